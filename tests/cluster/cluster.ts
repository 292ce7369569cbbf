import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '@tidegate/native';
import { stringify } from 'yaml';
import type { Manifest } from '../../scripts/k8s/manifest.ts';

const MAX_BYTES = 64 * 1_024 * 1_024;

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function given(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: these tests run by npm run test:cluster`);
  return value;
}

function run(program: string, args: readonly string[], input = ''): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(given(program), [...args], { cwd: repositoryRoot, maxBuffer: MAX_BYTES }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** Runs kubectl to its end, however it ends. */
export function tryKubectl(args: readonly string[], input?: string): Promise<Outcome> {
  return run('KUBECTL', args, input);
}

/** @throws Error with kubectl's own message */
export async function kubectl(args: readonly string[], input?: string): Promise<string> {
  return succeeded('kubectl', args, await tryKubectl(args, input));
}

/** Runs Helm to its end, however it ends. */
export function tryHelm(args: readonly string[]): Promise<Outcome> {
  return run('HELM', args);
}

/** @throws Error with Helm's own message */
export async function helm(args: readonly string[]): Promise<string> {
  return succeeded('helm', args, await tryHelm(args));
}

function succeeded(program: string, args: readonly string[], { code, stdout, stderr }: Outcome): string {
  if (code !== 0) throw new Error(`${program} ${args.slice(0, 3).join(' ')} ended with ${code}: ${stderr.trim()}`);
  return stdout;
}

export async function get<T>(kind: string, namespace: string, args: readonly string[] = []): Promise<readonly T[]> {
  const text = await kubectl(['get', kind, '--namespace', namespace, '--output', 'json', ...args]);
  const list: { readonly items: readonly T[] } = JSON.parse(text);
  return list.items;
}

/** As YAML 1.1, which is what kubectl reads: there `off` is no text. */
export function toText(objects: readonly Manifest[]): string {
  return objects.map((object) => stringify(object, { version: '1.1' })).join('---\n');
}

/** A namespace in which every pod has to keep the strictest standard. */
export async function makeNamespace(name: string): Promise<string> {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/warn': 'restricted' };
  await apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }]);
  // Made by a controller; no pod is let in before.
  await eventually(
    async () => get('serviceaccounts', name),
    (accounts) => accounts.length > 0,
  );
  return name;
}

export async function apply(objects: readonly Manifest[]): Promise<void> {
  await kubectl(['apply', '--server-side', '--filename', '-'], toText(objects));
}

/** Resolves with what `look` gives once `holds` holds of it; the test's own time limit ends the waiting. */
export async function eventually<T>(look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export const CHART: string = join(repositoryRoot, 'k8s/chart');
