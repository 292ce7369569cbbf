import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { provideDeployTools, repositoryRoot, type DeployTools } from '@tidegate/native';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Manifest } from '../../scripts/k8s/manifest.ts';
import { manifestFiles, PRODUCTION_VALUES, readManifests, renderChart, runProgram } from '../../scripts/k8s/manifests.ts';
import { ofKind, podsOf, type EnvEntry } from './objects.ts';
import { policyFaults } from './policies.ts';
import { createSchemaCheck } from './schema-check.ts';
import { settingFaults } from './setting-check.ts';

let tools: DeployTools;
beforeAll(async () => {
  tools = await provideDeployTools();
}, 300_000);

const schemaFaults = createSchemaCheck();
const kustomize = (folder: string): readonly Manifest[] =>
  readManifests(runProgram(tools.kubectl, ['kustomize', join(repositoryRoot, folder)]));

function isNamed(entry: unknown): entry is Pick<EnvEntry, 'name'> {
  return typeof entry === 'object' && entry !== null && 'name' in entry;
}

/** Without what says who rendered it; variables and ports in the order of their names, which is all the same to a pod. */
function plain(object: Manifest): unknown {
  const text = JSON.stringify(object, (key: string, value: unknown) => {
    if (['helm.sh/chart', 'app.kubernetes.io/managed-by', 'checksum/config'].includes(key)) return undefined;
    const isUnordered = (key === 'env' || key === 'ports') && Array.isArray(value) && value.every(isNamed);
    return isUnordered ? value.toSorted((a, b) => a.name.localeCompare(b.name)) : value;
  });
  const copy: Manifest & { spec?: { template?: { metadata: { annotations?: unknown } } } } = JSON.parse(text);
  delete copy.spec?.template?.metadata.annotations;
  return copy;
}

const keyOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.name}`;
const byKey = (objects: readonly Manifest[]) => new Map(objects.map((object) => [keyOf(object), plain(object)]));

describe('the plain manifests', () => {
  it('are what the chart renders', () => {
    const stale = [...manifestFiles(tools)].filter(([name, content]) => {
      const path = join(repositoryRoot, name);
      return !existsSync(path) || readFileSync(path, 'utf8') !== content;
    });
    expect(stale.map(([name]) => name)).toEqual([]);
  });

  it.each([
    ['k8s/base', ['scripts/k8s/base-values.yaml'], ['Namespace tidegate', 'ConfigMap redis-config']],
    ['k8s/overlays/production', PRODUCTION_VALUES, ['Namespace tidegate', 'ConfigMap redis-config']],
  ])('of %s equal the chart wherever both have something', (folder, values, own) => {
    const chart = renderChart(tools.helm, { release: 'tidegate', values });
    // Rules, dashboards and scrapes are for clusters that have their operators.
    const wanted = byKey(
      chart.filter(({ kind, metadata }) => !/^(PrometheusRule|ServiceMonitor)$/.test(kind) && !metadata.name.includes('-dashboard-')),
    );
    const found = byKey(kustomize(folder));
    for (const [key, object] of wanted) expect([key, found.get(key)]).toEqual([key, object]);
    expect([...found.keys()].filter((key) => !wanted.has(key)).toSorted()).toEqual([...own].toSorted());
  });

  /** The base, with a part added. */
  function withComponent(component: string): readonly Manifest[] {
    const overlay = mkdtempSync(join(tmpdir(), 'tidegate-overlay-'));
    onTestFinished(() => rmSync(overlay, { recursive: true }));
    const path = (folder: string): string => relative(realpathSync(overlay), join(repositoryRoot, folder));
    const kustomization = { namespace: 'figures', resources: [path('k8s/base')], components: [path(component)] };
    writeFileSync(join(overlay, 'kustomization.yaml'), JSON.stringify(kustomization));
    return readManifests(runProgram(tools.kubectl, ['kustomize', overlay]));
  }

  it('add the backup job of the chart where an overlay names the component', () => {
    const objects = withComponent('k8s/components/backup');
    const added = objects.filter(({ metadata }) => metadata.name === 'tidegate-backup');
    expect(added.map(({ kind, metadata }) => [kind, metadata.namespace]).toSorted()).toEqual([
      ['ConfigMap', 'figures'],
      ['CronJob', 'figures'],
    ]);
    expect(added.flatMap(schemaFaults)).toEqual([]);
    expect(policyFaults(objects)).toEqual([]);
  });

  it('give query the settings of exports to a warehouse that the chart gives it, where an overlay names the component', () => {
    const objects = withComponent('k8s/components/warehouse');
    expect(objects.flatMap(schemaFaults)).toEqual([]);
    expect([...policyFaults(objects), ...settingFaults(objects)]).toEqual([]);
    const set = [
      'enabled=true',
      's3.endpoint=https://objects.example',
      's3.bucket=tidegate-warehouse',
      's3.existingSecret=tidegate-warehouse',
    ];
    const chart = renderChart(tools.helm, {
      ...{ release: 'tidegate', values: ['scripts/k8s/base-values.yaml'] },
      set: set.map((pair) => `warehouse.${pair}`),
    });
    const settingsOf = (of: readonly Manifest[]) =>
      podsOf(of)
        .filter(({ owner }) => owner.metadata.name === 'tidegate-query')
        .flatMap(({ spec }) => spec.containers.flatMap(({ env = [] }) => env))
        .filter(({ name }) => name.startsWith('WAREHOUSE_') && name !== 'WAREHOUSE_SCHEDULES')
        .toSorted((a, b) => a.name.localeCompare(b.name));
    expect(settingsOf(objects)).toHaveLength(6);
    expect(settingsOf(objects)).toEqual(settingsOf(chart));
    const portsOf = (of: readonly Manifest[]) =>
      ofKind<{ egress: readonly { ports: readonly { port: number | string }[] }[] }>(of, 'NetworkPolicy')
        .filter(({ metadata }) => metadata.name === 'tidegate-query')
        .flatMap(({ spec }) => spec.egress.flatMap(({ ports }) => ports.map(({ port }) => `${port}`)))
        .toSorted();
    expect(portsOf(objects)).toEqual(portsOf(chart));
  });

  it.each(['k8s/base', 'k8s/overlays/dev', 'k8s/overlays/staging', 'k8s/overlays/production'])(
    'of %s are taken by an API server, keep every policy, and give each service its settings',
    (folder) => {
      const objects = kustomize(folder);
      expect(objects.flatMap(schemaFaults)).toEqual([]);
      expect(policyFaults(objects)).toEqual([]);
      expect(settingFaults(objects)).toEqual([]);
    },
  );

  it('have a namespace that holds every pod to the strictest standard', () => {
    const [namespace] = kustomize('k8s/overlays/dev').filter(({ kind }) => kind === 'Namespace');
    expect(namespace?.metadata).toMatchObject({ name: 'tidegate-dev', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } });
  });

  it('of k8s/deployment.yaml are the whole base', () => {
    const file = readManifests(readFileSync(join(repositoryRoot, 'k8s/deployment.yaml'), 'utf8'));
    expect(byKey(file)).toEqual(byKey(kustomize('k8s/base')));
    expect(file[0]?.kind).toBe('Namespace');
  });

  it('of the overlay dev run one pod of each service, on one broker', () => {
    const objects = kustomize('k8s/overlays/dev');
    expect(ofKind<{ replicas: number }>(objects, 'Deployment').map(({ spec }) => spec.replicas)).toEqual([1, 1, 1, 1]);
    const topics = podsOf(objects).map(({ spec }) => spec.initContainers?.[1]?.args);
    for (const args of topics)
      expect(args).toEqual(['packages/cli/src/main.ts', 'topics', 'ensure', '--partitions', '12', '--replication', '1']);
  });
});
