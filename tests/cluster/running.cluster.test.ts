import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, get, helm, kubectl, tryKubectl } from './cluster.ts';
import { allReady, helmArguments, makePlace, MINIMAL, PRODUCTION, readyPods, WAIT, type Deployment, type Pod } from './installation.ts';
import { ZONES } from './nodes-and-kinds.ts';
import { danglingIn } from './wiring.ts';

const SCALED = ['gateway', 'ingest', 'query'];

describe('an installation with the figures of values-production.yaml', () => {
  const namespace = 'production';
  const replicas = async (): Promise<readonly number[]> => {
    const deployments = await get<Deployment>('deployments', namespace);
    return deployments.filter(({ metadata }) => !metadata.name.endsWith('-aggregator')).map(({ spec }) => spec.replicas);
  };
  beforeAll(async () => {
    await makePlace(namespace);
    await helm([...helmArguments('install', namespace, PRODUCTION), ...WAIT]);
    await eventually(replicas, (found) => found.every((count) => count === 10));
    await allReady(namespace);
  });

  it('has the ten pods of each service that its autoscaler wants at least, and nothing in it points at what is not there', async () => {
    for (const service of SCALED) expect(await readyPods(namespace, service)).toHaveLength(10);
    expect(await danglingIn(namespace)).toEqual([]);
  });

  it('has its pods spread evenly over three zones', async () => {
    for (const service of [...SCALED, 'aggregator']) {
      const pods = await readyPods(namespace, service);
      const counts = ZONES.map((zone) => pods.filter(({ spec }) => spec.nodeName?.startsWith(`node-${zone}`)).length);
      // Ten over three.
      expect(counts.toSorted()).toEqual([3, 3, 4]);
    }
  });

  it('is upgraded without the number of pods being taken back from the autoscaler', async () => {
    await helm([...helmArguments('upgrade', namespace, { ...PRODUCTION, set: ['logLevel=warn'] }), ...WAIT]);
    expect(await replicas()).toEqual([10, 10, 10]);
    await allReady(namespace);
  });
});

describe('an installation with two pods of each service', () => {
  const namespace = 'drained';
  beforeAll(async () => {
    await makePlace(namespace);
    await helm([...helmArguments('install', namespace, MINIMAL), ...WAIT]);
  });
  afterAll(async () => {
    for (const node of await nodes()) await kubectl(['uncordon', node]);
  });
  const nodes = async (): Promise<readonly string[]> => (await get<Pod>('nodes', namespace)).map(({ metadata }) => metadata.name);
  const evict = ({ metadata }: Pod) => {
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: metadata.name, namespace } };
    const path = `/api/v1/namespaces/${namespace}/pods/${metadata.name}/eviction`;
    return tryKubectl(['create', '--raw', path, '--filename', '-'], JSON.stringify(eviction));
  };

  it('has nothing that points at what is not there', async () => {
    expect(
      await eventually(
        () => danglingIn(namespace),
        (found) => found.length === 0,
      ),
    ).toEqual([]);
  });

  it.each(['gateway', 'ingest', 'aggregator', 'query'])(
    'gives one pod of %s to a drain, and the other not before that one is replaced',
    async (service) => {
      const [first, second] = await readyPods(namespace, service);
      if (first === undefined || second === undefined) throw new Error('two pods were to be there');
      for (const node of await nodes()) await kubectl(['cordon', node]);
      expect(await evict(first)).toMatchObject({ code: 0 });
      const refused = await evict(second);
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("violate the pod's disruption budget")]);
      for (const node of await nodes()) await kubectl(['uncordon', node]);
      await eventually(
        () => readyPods(namespace, service),
        (found) => found.length === 2,
      );
      await eventually(
        () => evict(second),
        ({ code }) => code === 0,
      );
    },
  );
});
