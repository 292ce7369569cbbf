import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@tidegate/native';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../scripts/k8s/manifest.ts';
import { readManifests } from '../../scripts/k8s/manifests.ts';
import { eventually, get, kubectl, toText, tryKubectl } from './cluster.ts';
import {
  allReady,
  differences,
  makePlace,
  PRODUCTION,
  readyPods,
  rendered,
  versionsIn,
  type Deployment,
  type Values,
} from './installation.ts';
import { danglingIn } from './wiring.ts';

const MANAGER = 'gitops';
const applyAs = (objects: readonly Manifest[]): Promise<string> =>
  kubectl(['apply', '--server-side', '--field-manager', MANAGER, '--filename', '-'], toText(objects));

/** Rises with each change of what is asked for, and with nothing else. */
async function generationsIn(namespace: string): Promise<readonly string[]> {
  const found = await get<Deployment>('deployments,poddisruptionbudgets,networkpolicies', namespace);
  return found.map(({ metadata }) => `${metadata.name} ${metadata.generation}`);
}

describe.each<[string, Values, number]>([
  ['no-hooks-values.yaml', { files: ['k8s/chart/ci/no-hooks-values.yaml'] }, 2],
  ['values-production.yaml', { ...PRODUCTION, set: ['migrations.mode=external', 'helmTest.enabled=false'] }, 10],
])('what a tool renders with %s and applies', (file, values, pods) => {
  const namespace = `gitops-${file.replace('-values.yaml', '').replace('.yaml', '')}`;
  beforeAll(() => makePlace(namespace));

  it('runs, and is the same when it is rendered and applied again', async () => {
    await applyAs(await rendered(namespace, values));
    await eventually(
      () => readyPods(namespace, 'gateway'),
      (found) => found.length === pods,
    );
    await allReady(namespace);
    const before = await generationsIn(namespace);
    expect(await differences(await rendered(namespace, values), MANAGER)).toBe('');
    await applyAs(await rendered(namespace, values));
    expect(await generationsIn(namespace)).toEqual(before);
    expect(
      await eventually(
        () => danglingIn(namespace),
        (found) => found.length === 0,
      ),
    ).toEqual([]);
  });
});

describe('the plain manifests', () => {
  const FILE = 'k8s/deployment.yaml';
  const SERVICES = ['aggregator', 'gateway', 'ingest', 'query'];

  it('of k8s/base run after kubectl apply -k, and are the same when they are applied again', async () => {
    await kubectl(['apply', '--kustomize', 'k8s/base']);
    await allReady('tidegate');
    expect(Object.keys(await versionsIn('tidegate')).toSorted()).toEqual(SERVICES);
    expect(
      await eventually(
        () => danglingIn('tidegate'),
        (found) => found.length === 0,
      ),
    ).toEqual([]);
    const before = await generationsIn('tidegate');
    await kubectl(['apply', '--kustomize', 'k8s/base']);
    expect(await generationsIn('tidegate')).toEqual(before);
  });

  it('of k8s/deployment.yaml are those of k8s/base', async () => {
    expect(await tryKubectl(['diff', '--filename', FILE])).toMatchObject({ code: 0, stdout: '' });
    const objects = readManifests(readFileSync(join(repositoryRoot, FILE), 'utf8'));
    const [base, file] = [readManifests(await kubectl(['kustomize', 'k8s/base'])), objects];
    expect(file.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted()).toEqual(
      base.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted(),
    );
  });

  it('of the overlay production scale what runs, and stay as they are beside the autoscalers', async () => {
    await kubectl(['apply', '--kustomize', 'k8s/overlays/production']);
    await eventually(
      () => readyPods('tidegate', 'gateway'),
      (found) => found.length === 10,
    );
    await allReady('tidegate');
    expect(await tryKubectl(['diff', '--kustomize', 'k8s/overlays/production'])).toMatchObject({ code: 0, stdout: '' });
    await kubectl(['delete', '--kustomize', 'k8s/overlays/production', '--wait']);
  });

  it('of k8s/deployment.yaml run by themselves', async () => {
    await kubectl(['apply', '--filename', FILE]);
    await allReady('tidegate');
    expect(await tryKubectl(['diff', '--filename', FILE])).toMatchObject({ code: 0, stdout: '' });
    await kubectl(['delete', '--filename', FILE, '--wait']);
  });
});
