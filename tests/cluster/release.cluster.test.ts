import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, get, helm, tryHelm } from './cluster.ts';
import {
  allReady,
  chartOfVersion,
  helmArguments,
  makePlace,
  MINIMAL,
  readyPods,
  versionsIn,
  WAIT,
  type Deployment,
  type Pod,
} from './installation.ts';

const SERVICES = ['gateway', 'ingest', 'aggregator', 'query'];
const all = (version: string): Readonly<Record<string, string>> => Object.fromEntries(SERVICES.map((service) => [service, version]));
const OF_RELEASE = ['--selector', 'app.kubernetes.io/instance=tidegate'];
/** All kinds that the chart makes in a namespace. */
const KINDS = 'deployments,pods,jobs,services,configmaps,serviceaccounts,networkpolicies,poddisruptionbudgets';
/** Of pods whose image has this version the migration fails (`infra/native/cluster/failing-pod.yaml`). */
const FAILING: readonly string[] = ['image.tag=fails'];

interface Job {
  readonly metadata: { readonly name: string };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

const older = chartOfVersion('0.0.9');
afterAll(() => older.remove());

describe('a release', () => {
  const namespace = 'release';
  const revisions = async (): Promise<readonly (readonly [number, string])[]> => {
    const text = await helm(['history', 'tidegate', '--namespace', namespace, '--output', 'json']);
    const history: readonly { readonly revision: number; readonly status: string }[] = JSON.parse(text);
    return history.map(({ revision, status }) => [revision, status]);
  };
  beforeAll(() => makePlace(namespace));

  it('is installed with all its pods ready by the time that Helm is back, its migration done and gone', async () => {
    await helm([...helmArguments('install', namespace, { ...MINIMAL, chart: older.path }), ...WAIT]);
    for (const service of SERVICES) expect(await readyPods(namespace, service)).toHaveLength(2);
    expect(await versionsIn(namespace)).toEqual(all('0.0.9'));
    const events = await get<{ readonly reason: string }>('events', namespace, ['--field-selector', 'involvedObject.kind=Job']);
    expect(events.map(({ reason }) => reason)).toContain('Completed');
    expect(await get('jobs', namespace)).toEqual([]);
  });

  it('is upgraded from the version before with its own values and the new defaults, and not with the old defaults', async () => {
    const upgrade = helmArguments('upgrade', namespace, { files: [] });
    const { code, stderr } = await tryHelm([...upgrade, '--reuse-values']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('defaults of chart 0.0.9, and this is chart 0.1.0')]);
    await helm([...upgrade, '--reset-then-reuse-values', ...WAIT]);
    expect(await versionsIn(namespace)).toEqual(all('0.1.0'));
    await allReady(namespace);
  });

  it('stays as it was when the migration of an upgrade fails, and keeps the Job for its log', async () => {
    const before = await get<Deployment>('deployments', namespace);
    const { code, stderr } = await tryHelm([...helmArguments('upgrade', namespace, { ...MINIMAL, set: FAILING }), ...WAIT]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('tidegate-migrate')]);
    const after = await get<Deployment>('deployments', namespace);
    expect(after.map(({ metadata }) => metadata.generation)).toEqual(before.map(({ metadata }) => metadata.generation));
    expect(await versionsIn(namespace)).toEqual(all('0.1.0'));
    for (const service of SERVICES) expect(await readyPods(namespace, service)).toHaveLength(2);
    const [job] = await get<Job>('jobs', namespace);
    expect(job?.metadata.name).toBe('tidegate-migrate');
    expect(job?.status.conditions).toContainEqual(expect.objectContaining({ type: 'Failed', status: 'True' }));
    const pods = await get<Pod>('pods', namespace, ['--selector', 'app.kubernetes.io/component=migration']);
    expect(pods.map(({ status }) => status.phase)).toEqual(['Failed', 'Failed']);
  });

  it('is upgraded once the migration works again, whose failed Job then goes', async () => {
    await helm([...helmArguments('upgrade', namespace, { ...MINIMAL, set: ['image.tag=0.1.1'] }), ...WAIT]);
    expect(await versionsIn(namespace)).toEqual(all('0.1.1'));
    expect(await get('jobs', namespace)).toEqual([]);
  });

  it('goes back to the version before', async () => {
    await helm(['rollback', 'tidegate', '2', '--namespace', namespace, ...WAIT]);
    expect(await versionsIn(namespace)).toEqual(all('0.1.0'));
    await allReady(namespace);
    expect(await revisions()).toEqual([
      [1, 'superseded'],
      [2, 'superseded'],
      [3, 'failed'],
      [4, 'superseded'],
      [5, 'deployed'],
    ]);
  });

  it('leaves nothing but the secrets and the settings that were there before it', async () => {
    await helm(['uninstall', 'tidegate', '--namespace', namespace, ...WAIT]);
    // Helm waits for what it made; what that has made is collected afterwards, and a pod is gone when its node says so.
    const left = await eventually(
      async () => get<Pod>(KINDS, namespace, OF_RELEASE),
      (found) => found.length === 0,
    );
    expect(left).toEqual([]);
    const secrets = await get<{ readonly metadata: { readonly name: string } }>('secrets', namespace);
    expect(secrets.map(({ metadata }) => metadata.name).toSorted()).toEqual(['db-credentials', 'tidegate-secrets']);
  });
});

describe('an install whose migration fails', () => {
  const namespace = 'release-that-fails';
  beforeAll(() => makePlace(namespace));

  it('starts no pod of a service, and goes through when it is said again with what works', async () => {
    const { code } = await tryHelm([...helmArguments('install', namespace, { ...MINIMAL, set: FAILING }), ...WAIT]);
    expect(code).toBe(1);
    expect(await get('deployments', namespace)).toEqual([]);
    expect(await get('jobs', namespace)).toHaveLength(1);
    await helm([...helmArguments('upgrade', namespace, MINIMAL), '--install', ...WAIT]);
    await allReady(namespace);
    expect(await versionsIn(namespace)).toEqual(all('0.1.0'));
  });
});
