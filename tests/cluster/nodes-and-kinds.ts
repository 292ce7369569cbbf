import { join } from 'node:path';
import { repositoryRoot } from '@tidegate/native';
import type { Manifest } from '../../scripts/k8s/manifest.ts';
import { apply, eventually, get, kubectl } from './cluster.ts';

export const ZONES: readonly string[] = ['a', 'b', 'c'];
const NODES_OF_A_ZONE = 2;
const DEFINITIONS = ['tests/k8s/schemas/crds', 'tests/cluster/route-definition.yaml'];

/** What the values of the tests name of a cluster. */
const PRIORITY = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'important' }, value: 1_000 };
const PROCESSOR = { 'kubernetes.io/arch': 'arm64' };

interface Node {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Gives the control plane nodes in three zones, and the kinds of the operators that charts and examples are written for. */
export async function setup(): Promise<void> {
  await apply(ZONES.flatMap((zone) => Array.from({ length: NODES_OF_A_ZONE }, (_, at) => nodeOf(zone, at))));
  await apply([PRIORITY]);
  for (const path of DEFINITIONS) await kubectl(['apply', '--server-side', '--filename', join(repositoryRoot, path)]);
  await kubectl(['wait', '--for=condition=Established', 'customresourcedefinitions', '--all', '--timeout=60s']);
  await eventually(
    () => get<Node>('nodes', ''),
    (nodes) => nodes.every(({ status }) => status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true),
  );
}

function nodeOf(zone: string, at: number): Manifest {
  const name = `node-${zone}${at}`;
  const labels = { ...PROCESSOR, 'topology.kubernetes.io/zone': zone, 'kubernetes.io/hostname': name };
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } };
}
