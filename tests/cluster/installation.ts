import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '../../scripts/k8s/manifest.ts';
import { readManifests } from '../../scripts/k8s/manifests.ts';
import { apply, CHART, eventually, get, helm, makeNamespace, toText, tryKubectl } from './cluster.ts';

const RELEASE = 'tidegate';
const COMPONENT = 'app.kubernetes.io/component';

/** The values that an installation is made with, the later file winning, and what is set besides. */
export interface Values {
  readonly files: readonly string[];
  readonly set?: readonly string[];
  readonly chart?: string;
}

export const MINIMAL: Values = { files: ['k8s/chart/ci/minimal-values.yaml'] };
export const PRODUCTION: Values = { files: ['k8s/chart/values-production.yaml', 'k8s/chart/ci/production-values.yaml'] };

function flagsOf({ files, set = [] }: Values): readonly string[] {
  return [...files.flatMap((file) => ['--values', file]), ...set.flatMap((pair) => ['--set', pair])];
}

/** Arguments of Helm that install, upgrade or render a release. */
export function helmArguments(command: 'install' | 'upgrade' | 'template', namespace: string, values: Values): readonly string[] {
  return [command, RELEASE, values.chart ?? CHART, '--namespace', namespace, ...flagsOf(values)];
}

export const WAIT: readonly string[] = ['--wait', '--timeout', '120s'];

/** A namespace that enforces `restricted` with what an operator has there before: the secrets and the address of Redis. */
export async function makePlace(name: string): Promise<string> {
  await makeNamespace(name);
  const metadata = (own: string): Manifest['metadata'] => ({ name: own, namespace: name });
  const secret = (own: string, stringData: Readonly<Record<string, string>>) => {
    return { apiVersion: 'v1', kind: 'Secret', metadata: metadata(own), stringData };
  };
  const redis = { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('redis-config'), data: { url: 'redis://redis:6379' } };
  await apply([
    secret('db-credentials', { url: 'postgres://postgres:5432/tidegate', 'direct-url': 'postgres://postgres:5432/tidegate' }),
    secret('tidegate-secrets', { SECRET_KEY: 'a', PSEUDONYM_SECRET: 'b', FIELD_KEYS: 'c' }),
    redis,
  ]);
  return name;
}

export async function rendered(namespace: string, values: Values): Promise<readonly Manifest[]> {
  return readManifests(await helm(helmArguments('template', namespace, values)));
}

/** The chart under another version, as it was when that one was the newest. */
export function chartOfVersion(version: string): { readonly path: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-chart-'));
  cpSync(CHART, folder, { recursive: true });
  for (const name of ['Chart.yaml', 'values.yaml']) {
    const file = join(folder, name);
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/^(version|appVersion|valuesOf): .*$/gm, `$1: ${version}`));
  }
  return { path: folder, remove: () => rmSync(folder, { recursive: true }) };
}

export interface Deployment {
  readonly metadata: { readonly name: string; readonly generation: number; readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly replicas: number;
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
  readonly status?: { readonly readyReplicas?: number; readonly updatedReplicas?: number };
}

/** `gateway` → version of its image. */
export async function versionsIn(namespace: string): Promise<Readonly<Record<string, string>>> {
  const deployments = await get<Deployment>('deployments', namespace);
  return Object.fromEntries(
    deployments.map(({ metadata, spec }) => {
      const image = spec.template.spec.containers[0]?.image ?? '';
      return [metadata.labels[COMPONENT] ?? metadata.name, image.slice(image.lastIndexOf(':') + 1)];
    }),
  );
}

export interface Pod {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

export function isReady({ metadata, status }: Pod): boolean {
  const ready = status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
  return ready && metadata.deletionTimestamp === undefined;
}

/** Pods of a service that take calls. */
export async function readyPods(namespace: string, service: string): Promise<readonly Pod[]> {
  const pods = await get<Pod>('pods', namespace, ['--selector', `${COMPONENT}=${service}`]);
  return pods.filter(isReady);
}

/** Resolves when every Deployment has the pods that it is to have, and all of them are ready. */
export async function allReady(namespace: string): Promise<void> {
  const isDone = ({ spec, status }: Deployment): boolean =>
    status?.readyReplicas === spec.replicas && status.updatedReplicas === spec.replicas;
  await eventually(
    () => get<Deployment>('deployments', namespace),
    (found) => found.length === 4 && found.every(isDone),
  );
}

/** What an API server says against objects, errors and warnings, a line each; nothing is stored. */
export async function refusals(objects: readonly Manifest[]): Promise<readonly string[]> {
  const args = ['apply', '--server-side', '--dry-run=server', '--validate=strict', '--filename', '-'];
  const { code, stderr } = await tryKubectl(args, toText(objects));
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return code !== 0 && lines.length === 0 ? [`kubectl ended with ${code}`] : lines;
}

/** How what is there differs from what would be applied; empty where it does not. */
export async function differences(objects: readonly Manifest[], fieldManager: string): Promise<string> {
  const args = ['diff', '--server-side', '--field-manager', fieldManager, '--filename', '-'];
  const { stdout, stderr, code } = await tryKubectl(args, toText(objects));
  return code > 1 ? `${stderr}${stdout}` : stdout;
}
