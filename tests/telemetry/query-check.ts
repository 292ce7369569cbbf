import { createMetrics, METRICS, type MetricSpec } from '@tidegate/telemetry';
import { readRules } from './alert-rules.ts';
import { readQuery } from './promql.ts';

/** What a scrape adds to every series. */
const SCRAPE_LABELS = ['service', 'namespace', 'pod', 'instance', 'le'];
/** Of exporters beside ours: cAdvisor, kube-state-metrics, redis_exporter. */
const OTHERS = [
  'container_cpu_usage_seconds_total',
  'container_memory_working_set_bytes',
  'kube_pod_container_resource_limits',
  'kube_horizontalpodautoscaler_status_current_replicas',
  'kube_horizontalpodautoscaler_spec_max_replicas',
  'redis_memory_used_bytes',
  'redis_memory_max_bytes',
  'redis_evicted_keys_total',
  'redis_commands_total',
  'ALERTS',
];

/** Says what is wrong with a query: that it does not parse, or what it asks for that nobody exposes. */
export async function createQueryCheck(): Promise<(query: string) => readonly string[]> {
  const labelsOf = new Map<string, readonly string[]>();
  for (const [name, spec] of Object.entries<MetricSpec>(METRICS)) {
    const names = spec.kind === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name];
    for (const exposed of names) labelsOf.set(exposed, spec.labels);
  }
  // What Node's own metrics are called is asked of the library that exposes them.
  const exposed = await createMetrics('query', { withProcess: true }).expose();
  const own = new Set([...exposed.matchAll(/^# TYPE ((?:process|nodejs)_\w+)/gm)].map(([, name]) => name));
  const free = new Set([...own, ...OTHERS, ...readRules().map(({ record }) => record)]);
  return (query) => {
    const { isWellFormed, selectors } = readQuery(query);
    if (!isWellFormed) return [`does not parse: ${query}`];
    return selectors.flatMap(({ metric, labels }) => {
      if (free.has(metric)) return [];
      const known = labelsOf.get(metric);
      if (known === undefined) return [`nobody exposes ${metric}`];
      return labels
        .filter((label) => !known.includes(label) && !SCRAPE_LABELS.includes(label))
        .map((label) => `${metric} has no label ${label}`);
    });
  };
}
