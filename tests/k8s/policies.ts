import type { Manifest } from '../../scripts/k8s/manifest.ts';
import { containersOf, matches, ofKind, podsOf, type Container, type Labels, type Pod, type PodSpec } from './objects.ts';

/** What has to hold of the objects of an installation together; each finding is a sentence about one of them. */
export function policyFaults(objects: readonly Manifest[]): readonly string[] {
  const pods = podsOf(objects);
  return [
    ...pods.flatMap(securityFaults),
    ...pods.filter(({ owner }) => owner.kind === 'Deployment').flatMap(serviceFaults),
    ...disruptionFaults(objects, pods),
    ...scalerFaults(objects),
    ...serviceTargetFaults(objects, pods),
    ...networkFaults(objects, pods),
    ...referenceFaults(objects, pods),
    ...secretFaults(objects),
  ];
}

interface Rule<T> {
  readonly keeps: (of: T) => boolean;
  /** How a breach reads, after the name of what breaks it. */
  readonly breach: string;
}

const breachesOf = <T>(rules: readonly Rule<T>[], of: T): readonly string[] =>
  rules.filter(({ keeps }) => !keeps(of)).map(({ breach }) => breach);

/** Pod Security Standards, "restricted", and what else a pod does not need. */
const POD_RULES: readonly Rule<PodSpec>[] = [
  { keeps: ({ securityContext }) => securityContext?.runAsNonRoot === true, breach: 'may run as root' },
  { keeps: ({ securityContext }) => securityContext?.seccompProfile?.type === 'RuntimeDefault', breach: 'has no seccomp profile' },
  { keeps: ({ securityContext }) => securityContext?.runAsUser === undefined, breach: 'fixes its user, which OpenShift refuses' },
  { keeps: ({ automountServiceAccountToken }) => automountServiceAccountToken === false, breach: 'mounts a token of the API server' },
  { keeps: ({ hostNetwork }) => hostNetwork !== true, breach: 'is on the network of its host' },
  { keeps: ({ volumes = [] }) => !volumes.some((volume) => 'hostPath' in volume), breach: 'mounts a folder of its host' },
];

const CONTAINER_RULES: readonly Rule<Container>[] = [
  { keeps: ({ securityContext }) => securityContext?.allowPrivilegeEscalation === false, breach: 'may gain privileges' },
  { keeps: ({ securityContext }) => securityContext?.readOnlyRootFilesystem === true, breach: 'may write to its root' },
  { keeps: ({ securityContext }) => securityContext?.capabilities?.drop?.includes('ALL') === true, breach: 'keeps capabilities' },
  { keeps: ({ securityContext }) => securityContext?.capabilities?.add === undefined, breach: 'adds capabilities' },
  { keeps: ({ image }) => /@sha256:[0-9a-f]{64}$|:[\w.-]*\d[\w.-]*$/.test(image), breach: 'has no version' },
  { keeps: ({ resources }) => resources?.requests?.['memory'] !== undefined, breach: 'asks for no memory' },
  { keeps: ({ resources }) => resources?.requests?.['cpu'] !== undefined, breach: 'asks for no processor' },
  { keeps: ({ resources }) => resources?.limits?.['memory'] !== undefined, breach: 'has no bound of memory' },
];

/** Probes are of the port that callers do not reach, and a service is taken out of the way before it is asked to stop. */
const SERVICE_RULES: readonly Rule<Container>[] = [
  {
    keeps: ({ ports }) => ports?.some(({ name, containerPort }) => name === 'metrics' && containerPort === 9_464) === true,
    breach: 'has no port 9464',
  },
  {
    keeps: ({ startupProbe, livenessProbe, readinessProbe }) =>
      [startupProbe, livenessProbe, readinessProbe].every((probe) => probe?.httpGet.port === 'metrics'),
    breach: 'is not probed at port 9464',
  },
  { keeps: ({ livenessProbe }) => livenessProbe?.httpGet.path === '/livez', breach: 'has no probe of its life' },
  { keeps: ({ readinessProbe }) => readinessProbe?.httpGet.path === '/readyz', breach: 'has no probe of its readiness' },
  { keeps: (container) => pauseOf(container) >= 1, breach: 'does not wait before it stops' },
];

const STOPS_WITHIN_S = 25;

function pauseOf({ lifecycle }: Container): number {
  return lifecycle?.preStop?.sleep?.seconds ?? 0;
}

function securityFaults(pod: Pod): readonly string[] {
  const name = `${pod.owner.kind} ${pod.owner.metadata.name}`;
  const inside = containersOf(pod).flatMap((container) =>
    breachesOf(CONTAINER_RULES, container).map((fault) => `${container.name} ${fault}`),
  );
  return [...breachesOf(POD_RULES, pod.spec), ...inside].map((fault) => `${name} ${fault}`);
}

function serviceFaults({ owner, spec }: Pod): readonly string[] {
  const graceS = spec.terminationGracePeriodSeconds ?? 30;
  const faults = spec.containers.flatMap((container) => [
    ...breachesOf(SERVICE_RULES, container),
    ...(graceS < pauseOf(container) + STOPS_WITHIN_S ? ['is killed before it may have stopped'] : []),
  ]);
  return faults.map((fault) => `${owner.metadata.name} ${fault}`);
}

function disruptionFaults(objects: readonly Manifest[], pods: readonly Pod[]): readonly string[] {
  const budgets = ofKind<{ selector: { matchLabels: Labels }; maxUnavailable: number }>(objects, 'PodDisruptionBudget');
  const idle = budgets
    .filter(({ spec }) => !pods.some(({ owner, labels }) => owner.kind === 'Deployment' && matches(spec.selector.matchLabels, labels)))
    .map(({ metadata }) => `budget ${metadata.name} is about no pods`);
  const open = pods
    .filter(({ owner }) => owner.kind === 'Deployment' && podsAtLeast(objects, owner) > 1)
    .filter(({ labels }) => budgets.filter(({ spec }) => matches(spec.selector.matchLabels, labels)).length !== 1)
    .map(({ owner }) => `${owner.metadata.name} has not exactly one budget`);
  return [...idle, ...open];
}

interface ScalerSpec {
  readonly scaleTargetRef: { readonly name: string };
  readonly minReplicas?: number;
  readonly minReplicaCount?: number;
}

function scalersOf(objects: readonly Manifest[]): readonly (Manifest & { readonly spec: ScalerSpec })[] {
  return [...ofKind<ScalerSpec>(objects, 'HorizontalPodAutoscaler'), ...ofKind<ScalerSpec>(objects, 'ScaledObject')];
}

function podsAtLeast(objects: readonly Manifest[], owner: Manifest): number {
  const scaler = scalersOf(objects).find(({ spec }) => spec.scaleTargetRef.name === owner.metadata.name);
  const { replicas = 1 } = (owner as Manifest & { readonly spec: { readonly replicas?: number } }).spec;
  return scaler?.spec.minReplicas ?? scaler?.spec.minReplicaCount ?? replicas;
}

function scalerFaults(objects: readonly Manifest[]): readonly string[] {
  const deployments = ofKind<{ replicas?: number }>(objects, 'Deployment');
  return scalersOf(objects).flatMap(({ kind, metadata, spec }) => {
    const target = deployments.find((deployment) => deployment.metadata.name === spec.scaleTargetRef.name);
    if (target === undefined) return [`${kind} ${metadata.name} scales nothing`];
    const others = scalersOf(objects).filter((other) => other.spec.scaleTargetRef.name === spec.scaleTargetRef.name);
    if (others.length > 1) return [`${target.metadata.name} has two autoscalers`];
    return target.spec.replicas === undefined ? [] : [`${target.metadata.name} has a number of pods beside its autoscaler`];
  });
}

interface ServiceSpec {
  readonly selector: Labels;
  readonly ports: readonly { readonly name?: string; readonly targetPort?: string | number }[];
}

function serviceTargetFaults(objects: readonly Manifest[], pods: readonly Pod[]): readonly string[] {
  return ofKind<ServiceSpec>(objects, 'Service').flatMap(({ metadata, spec }) => {
    const behind = pods.filter(({ labels }) => matches(spec.selector, labels));
    if (behind.length === 0) return [`service ${metadata.name} selects no pods`];
    if (behind.some(({ owner }) => owner.kind !== 'Deployment')) return [`service ${metadata.name} sends calls to a Job or a test`];
    return spec.ports.flatMap(({ name, targetPort }) => {
      if (name === undefined) return [`service ${metadata.name} has a port without name`];
      const named = behind.every(({ spec: pod }) => pod.containers.some(({ ports }) => ports?.some((port) => port.name === targetPort)));
      return named ? [] : [`service ${metadata.name} sends to port ${targetPort}, which its pods do not have`];
    });
  });
}

function networkFaults(objects: readonly Manifest[], pods: readonly Pod[]): readonly string[] {
  const policies = ofKind<{ podSelector: { matchLabels: Labels }; policyTypes: readonly string[] }>(objects, 'NetworkPolicy');
  if (policies.length === 0) return [];
  const idle = policies
    .filter(({ spec }) => !pods.some(({ labels }) => matches(spec.podSelector.matchLabels, labels)))
    .map(({ metadata }) => `network policy ${metadata.name} is about no pods`);
  const open = pods
    .filter(({ owner }) => owner.kind === 'Deployment')
    .filter(({ labels }) => !policies.some(({ spec }) => matches(spec.podSelector.matchLabels, labels) && spec.policyTypes.length === 2))
    .map(({ owner }) => `${owner.metadata.name} may be reached by and reach everybody`);
  return [...idle, ...open];
}

/** Config maps and accounts of the chart's own names have to be among the objects; others are the operator's. */
function referenceFaults(objects: readonly Manifest[], pods: readonly Pod[]): readonly string[] {
  const has = (kind: string, name: string): boolean => objects.some((object) => object.kind === kind && object.metadata.name === name);
  return pods.flatMap((pod) => {
    const { owner, spec, labels } = pod;
    const account = spec.serviceAccountName ?? 'default';
    const spreads = (spec.topologySpreadConstraints ?? []).filter(({ labelSelector }) => !matches(labelSelector.matchLabels, labels));
    const maps = containersOf(pod).flatMap(({ envFrom = [] }) => envFrom.map(({ configMapRef }) => configMapRef.name));
    return [
      ...maps
        .filter((name) => !has('ConfigMap', name))
        .map((name) => `${owner.metadata.name} reads config map ${name}, which is not there`),
      ...(account === 'default' || has('ServiceAccount', account) ? [] : [`${owner.metadata.name} runs as ${account}, which is not there`]),
      ...spreads.map(({ topologyKey }) => `${owner.metadata.name} is spread over ${topologyKey} by labels that it does not have`),
    ];
  });
}

/** A secret has no value in a manifest: neither as an object nor in the environment. */
function secretFaults(objects: readonly Manifest[]): readonly string[] {
  const held = objects.filter(({ kind }) => kind === 'Secret').map(({ metadata }) => `secret ${metadata.name} lies in a manifest`);
  const plain = podsOf(objects).flatMap((pod) =>
    containersOf(pod).flatMap(({ env = [] }) =>
      env
        .filter(({ name, value }) => value !== undefined && /(SECRET|PASSWORD|KEYS?$|DATABASE_URL|TOKEN)/.test(name))
        .map(({ name }) => `${pod.owner.metadata.name} has ${name} in the clear`),
    ),
  );
  return [...held, ...plain];
}
