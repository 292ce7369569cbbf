import { beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../scripts/k8s/manifest.ts';
import { readManifests } from '../../scripts/k8s/manifests.ts';
import { apply, eventually, kubectl, toText } from './cluster.ts';
import { differences, makePlace, MINIMAL, PRODUCTION, readyPods, refusals, rendered, type Values } from './installation.ts';
import { danglingIn } from './wiring.ts';

const EXTERNAL = ['migrations.mode=external', 'helmTest.enabled=false'];
const namespace = 'planted';
beforeAll(() => makePlace(namespace));

/** A rendering with a fault in it, put there as a person would put it into a template. */
async function plant(values: Values, found: string | RegExp, planted: string): Promise<readonly Manifest[]> {
  const text = toText(await rendered(namespace, { ...values, set: EXTERNAL }));
  const changed = text.replace(found, planted);
  expect(changed).not.toBe(text);
  return readManifests(changed);
}

describe('the API server', () => {
  it.each([
    ['a misspelt field', 'readOnlyRootFilesystem', 'readOnlyRootFileSystem', /readOnlyRootFileSystem/],
    ['a pod that may run as root', 'runAsNonRoot: true', 'runAsNonRoot: false', /would violate PodSecurity "restricted/],
    ['a number as text', 'replicas: 2', 'replicas: two', /replicas/],
    [
      'a selector that its pods do not match',
      /(kind: Deployment[\s\S]*?selector:\n {4}matchLabels:\n {6}app.kubernetes.io\/name: )tidegate/,
      '$1other',
      /selector. does not match template/,
    ],
  ])('refuses or warns of %s', async (_, found, planted, message) => {
    expect((await refusals(await plant(MINIMAL, found, planted))).join('\n')).toMatch(message);
  });
});

describe('what is running', () => {
  it.each([
    [
      'a network policy about nothing',
      MINIMAL,
      /(kind: NetworkPolicy\nmetadata:\n {2}name: tidegate-gateway[\s\S]*?podSelector:[\s\S]*?component: )gateway/,
      '$1gate',
      /network policy tidegate-gateway is about no pods/,
    ],
    ['a port that pods do not have', MINIMAL, /(kind: NetworkPolicy[\s\S]*?port: )metrics/, '$1metric', /names port metric,/],
    [
      'a budget about nothing',
      MINIMAL,
      /(kind: PodDisruptionBudget[\s\S]*?component: gateway[\s\S]*?component: )gateway/,
      '$1gate',
      /budget tidegate-gateway is about no pods/,
    ],
    [
      'a service without pods',
      MINIMAL,
      /(kind: Service\n[\s\S]*?selector:[\s\S]*?component: )gateway/,
      '$1gate',
      /service tidegate-gateway has nobody behind it/,
    ],
    [
      'an autoscaler of nothing',
      PRODUCTION,
      /(scaleTargetRef:[\s\S]*?name: tidegate-)gateway/,
      '$1gate',
      /autoscaler tidegate-gateway finds nothing to scale/,
    ],
  ])('shows %s', async (_, values, found, planted, message) => {
    const objects = await plant(values, found, planted);
    await apply(objects);
    await eventually(
      () => readyPods(namespace, 'query'),
      (pods) => pods.length >= 2,
    );
    // Everything else settles: what is left is what was planted.
    const faults = await eventually(
      () => danglingIn(namespace),
      (seen) => seen.length === 1,
    );
    expect(faults.join('\n')).toMatch(message);
    await kubectl(['delete', '--filename', '-', '--wait'], toText(objects));
  });

  it('differs from a rendering that says the number of pods beside an autoscaler', async () => {
    const numbered = await plant(PRODUCTION, /(kind: Deployment[\s\S]*?spec:\n)( +revisionHistoryLimit)/, '$1  replicas: 3\n$2');
    await apply(numbered);
    await eventually(
      () => readyPods(namespace, 'gateway'),
      (pods) => pods.length >= 10,
    );
    expect(await differences(numbered, 'kubectl')).toMatch(/replicas/);
    await kubectl(['delete', '--filename', '-', '--wait'], toText(numbered));
  });
});
