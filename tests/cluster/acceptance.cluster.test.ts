import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@tidegate/native';
import { beforeAll, describe, expect, it } from 'vitest';
import { readManifests } from '../../scripts/k8s/manifests.ts';
import { RENDERINGS } from '../k8s/renderings.ts';
import { get, helm, kubectl, makeNamespace } from './cluster.ts';
import { allReady, helmArguments, makePlace, refusals, rendered, WAIT, type Values } from './installation.ts';

const valuesOf = (name: string): Values => {
  const before = name === 'production' ? ['k8s/chart/values-production.yaml'] : [];
  return { files: [...before, `k8s/chart/ci/${name}-values.yaml`] };
};

/** Examples of servers whose operators' definitions are there. */
const EXAMPLES = ['cloudnative-pg', 'redis-cluster', 'otel-collector'];

beforeAll(async () => {
  for (const name of ['tidegate', 'tidegate-dev', 'tidegate-staging', 'examples']) await makeNamespace(name);
});

describe.each(RENDERINGS)('the chart with %s-values.yaml', (name) => {
  it('is taken by the API server, every field of every object, without a warning', async () => {
    expect(await refusals(await rendered('tidegate', valuesOf(name)))).toEqual([]);
  });

  it('is installed, every pod of it ready, where Pod Security is enforced', async () => {
    const namespace = await makePlace(`install-${name}`);
    await helm([...helmArguments('install', namespace, valuesOf(name)), ...WAIT]);
    await allReady(namespace);
    expect(await get('deployments', namespace)).toHaveLength(4);
    await helm(['uninstall', 'tidegate', '--namespace', namespace, ...WAIT]);
  });
});

it.each(['k8s/base', 'k8s/overlays/dev', 'k8s/overlays/staging', 'k8s/overlays/production'])(
  '%s is taken by the API server',
  async (folder) => {
    expect(await refusals(readManifests(await kubectl(['kustomize', folder])))).toEqual([]);
  },
);

it('k8s/deployment.yaml is taken by the API server', async () => {
  expect(await refusals(readManifests(readFileSync(join(repositoryRoot, 'k8s/deployment.yaml'), 'utf8')))).toEqual([]);
});

it.each(EXAMPLES)('the example %s is taken by the API server', async (folder) => {
  const path = join(repositoryRoot, 'k8s/dependencies', folder);
  const objects = readdirSync(path).flatMap((file) => readManifests(readFileSync(join(path, file), 'utf8')));
  const placed = objects.map((object) => ({ ...object, metadata: { ...object.metadata, namespace: 'examples' } }));
  expect(await refusals(placed)).toEqual([]);
});
