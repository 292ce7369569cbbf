import { matches, type Labels } from '../k8s/objects.ts';
import { get } from './cluster.ts';

interface Named {
  readonly metadata: { readonly name: string; readonly labels?: Labels };
}
interface Pod extends Named {
  readonly spec: { readonly nodeName?: string; readonly containers: readonly { readonly ports?: readonly { readonly name?: string }[] }[] };
}
interface Peer {
  readonly podSelector?: { readonly matchLabels?: Labels };
}
interface Rule {
  readonly ports?: readonly { readonly port?: string | number }[];
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
}
interface NetworkPolicy extends Named {
  readonly spec: {
    readonly podSelector: { readonly matchLabels?: Labels };
    readonly ingress?: readonly Rule[];
    readonly egress?: readonly Rule[];
  };
}
interface Autoscaler extends Named {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[] };
}
interface Budget extends Named {
  readonly status?: { readonly expectedPods?: number };
}
interface Endpoints extends Named {
  readonly endpoints?: readonly { readonly conditions?: { readonly ready?: boolean } }[] | null;
}

/** What in a namespace points at nothing, by what its controllers and the pods that are there say; each finding is a sentence. */
export async function danglingIn(namespace: string): Promise<readonly string[]> {
  const [pods, policies, scalers, budgets, services, slices] = await Promise.all([
    get<Pod>('pods', namespace),
    get<NetworkPolicy>('networkpolicies', namespace),
    get<Autoscaler>('horizontalpodautoscalers', namespace),
    get<Budget>('poddisruptionbudgets', namespace),
    get<Named>('services', namespace),
    get<Endpoints>('endpointslices', namespace),
  ]);
  return [
    ...policies.flatMap((policy) => policyFaults(policy, pods)),
    ...scalers.filter((scaler) => !isAble(scaler)).map(({ metadata }) => `autoscaler ${metadata.name} finds nothing to scale`),
    ...budgets.filter(({ status }) => (status?.expectedPods ?? 0) === 0).map(({ metadata }) => `budget ${metadata.name} is about no pods`),
    ...services.filter((service) => !isServed(service, slices)).map(({ metadata }) => `service ${metadata.name} has nobody behind it`),
  ];
}

function isAble({ status }: Autoscaler): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'AbleToScale' && is === 'True') === true;
}

function isServed({ metadata }: Named, slices: readonly Endpoints[]): boolean {
  const own = slices.filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === metadata.name);
  return own.some(({ endpoints }) => (endpoints ?? []).some(({ conditions }) => conditions?.ready === true));
}

function policyFaults({ metadata, spec }: NetworkPolicy, pods: readonly Pod[]): readonly string[] {
  const selected = (labels: Labels | undefined): readonly Pod[] => pods.filter((pod) => matches(labels ?? {}, pod.metadata.labels ?? {}));
  const own = selected(spec.podSelector.matchLabels);
  if (own.length === 0) return [`network policy ${metadata.name} is about no pods`];
  const peers = [...(spec.ingress ?? []), ...(spec.egress ?? [])].flatMap(({ from = [], to = [] }) => [...from, ...to]);
  const strangers = peers.filter(({ podSelector }) => podSelector !== undefined && selected(podSelector.matchLabels).length === 0);
  const entries = (spec.ingress ?? []).map((rule) => ({ rule, served: own }));
  const exits = (spec.egress ?? []).flatMap((rule) =>
    (rule.to ?? []).map(({ podSelector }) => ({ rule, served: selected(podSelector?.matchLabels) })),
  );
  const portless = [...entries, ...exits].flatMap(({ rule, served }) => missingPorts(rule, served));
  return [
    ...strangers.map(() => `network policy ${metadata.name} lets pods through that are not there`),
    ...portless.map((port) => `network policy ${metadata.name} names port ${port}, which its pods do not have`),
  ];
}

function missingPorts({ ports = [] }: Rule, served: readonly Pod[]): readonly (string | number)[] {
  const has = (pod: Pod, name: string): boolean =>
    pod.spec.containers.some((container) => container.ports?.some((port) => port.name === name));
  return ports.flatMap(({ port }) => (typeof port === 'string' && !served.every((pod) => has(pod, port)) ? [port] : []));
}
