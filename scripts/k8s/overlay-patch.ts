import { isDeepStrictEqual } from 'node:util';
import type { Manifest } from './manifest.ts';

interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string }[];
  readonly ports?: readonly { readonly name?: string }[];
  readonly resources: unknown;
}

interface PodSpec {
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly topologySpreadConstraints: readonly unknown[];
}

interface PodTemplate {
  readonly metadata: { readonly annotations?: unknown; readonly labels: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
}

/** A Deployment, as far as overlays change it. */
export interface Deployment extends Manifest {
  readonly spec: { readonly replicas?: number; readonly template: PodTemplate };
}

/** The strategic merge patch that makes `wanted` of `base`: lists of containers, variables and ports are merged. */
export function overlayPatch(base: Deployment, wanted: Deployment): Manifest & { readonly spec: unknown } {
  const [from, to] = [base.spec.template.spec, wanted.spec.template.spec];
  const initContainers = containerPatches(from.initContainers ?? [], to.initContainers ?? []);
  // Constraints are told apart by what happens when they cannot be kept, so a changed one would be a further one.
  const spread = { topologySpreadConstraints: [{ $patch: 'replace' }, ...to.topologySpreadConstraints] };
  return {
    apiVersion: wanted.apiVersion,
    kind: wanted.kind,
    metadata: { name: wanted.metadata.name },
    spec: {
      // null takes the member away: an autoscaler owns the number.
      replicas: wanted.spec.replicas ?? null,
      template: {
        spec: {
          ...(isDeepStrictEqual(from.topologySpreadConstraints, to.topologySpreadConstraints) ? {} : spread),
          ...(initContainers.length === 0 ? {} : { initContainers }),
          containers: containerPatches(from.containers, to.containers),
        },
      },
    },
  };
}

function containerPatches(base: readonly Container[], wanted: readonly Container[]): readonly Partial<Container>[] {
  return wanted.flatMap((to) => {
    const from = base.find(({ name }) => name === to.name);
    const env = changed(from?.env, to.env);
    const ports = changed(from?.ports, to.ports);
    const patch = {
      ...(isDeepStrictEqual(from?.args, to.args) ? {} : { args: to.args }),
      ...(env.length === 0 ? {} : { env }),
      ...(ports.length === 0 ? {} : { ports }),
      ...(isDeepStrictEqual(from?.resources, to.resources) ? {} : { resources: to.resources }),
    };
    return Object.keys(patch).length === 0 ? [] : [{ name: to.name, ...patch }];
  });
}

function changed<T>(before: readonly T[] = [], after: readonly T[] = []): readonly T[] {
  return after.filter((entry) => !before.some((known) => isDeepStrictEqual(known, entry)));
}
