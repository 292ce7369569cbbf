import type { Manifest } from '../../scripts/k8s/manifest.ts';

export type Labels = Readonly<Record<string, string>>;

export interface EnvEntry {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
    readonly configMapKeyRef?: { readonly name: string; readonly key: string };
  };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env?: readonly EnvEntry[];
  readonly envFrom?: readonly { readonly configMapRef: { readonly name: string } }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources?: { readonly requests?: Labels; readonly limits?: Labels };
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
    readonly runAsUser?: number;
  };
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
  readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds: number } } };
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string | number };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly hostNetwork?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: {
    readonly runAsNonRoot?: boolean;
    readonly runAsUser?: number;
    readonly seccompProfile?: { readonly type: string };
  };
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
  readonly topologySpreadConstraints?: readonly {
    readonly labelSelector: { readonly matchLabels: Labels };
    readonly topologyKey: string;
  }[];
}

/** A pod, by itself or as what a Deployment, Job or CronJob makes. */
export interface Pod {
  readonly owner: Manifest;
  readonly labels: Labels;
  readonly spec: PodSpec;
}

interface Templated {
  readonly spec: { readonly template: { readonly metadata?: { readonly labels?: Labels }; readonly spec: PodSpec } };
}

interface Scheduled {
  readonly spec: { readonly jobTemplate: Templated };
}

export function podsOf(objects: readonly Manifest[]): readonly Pod[] {
  return objects.flatMap((owner) => {
    if (owner.kind === 'Pod') {
      const { spec } = owner as Manifest & { readonly spec: PodSpec };
      return [{ owner, labels: owner.metadata.labels ?? {}, spec }];
    }
    if (owner.kind !== 'Deployment' && owner.kind !== 'Job' && owner.kind !== 'CronJob') return [];
    const of = owner.kind === 'CronJob' ? (owner as Manifest & Scheduled).spec.jobTemplate : (owner as Manifest & Templated);
    const { template } = of.spec;
    return [{ owner, labels: template.metadata?.labels ?? {}, spec: template.spec }];
  });
}

export function containersOf({ spec }: Pod): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

/** Objects of a kind, whose `spec` the caller knows: schemas are checked elsewhere. */
export function ofKind<T>(objects: readonly Manifest[], kind: string): readonly (Manifest & { readonly spec: T })[] {
  return objects.flatMap((object) => (object.kind === kind ? [object as Manifest & { readonly spec: T }] : []));
}

export function matches(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}
