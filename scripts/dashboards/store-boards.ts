import { quantiles, type Board } from './board.ts';

export const postgres: Board = {
  name: 'postgres',
  title: 'Postgres and pools',
  panels: [
    { title: 'Share of the pool in use', unit: 'percentunit', queries: { 'max by (service) (db_connection_pool_usage)': '{{service}}' } },
    { title: 'Connections that run a statement', unit: 'short', queries: { 'sum by (service) (db_connections_active)': '{{service}}' } },
    {
      title: 'Statements',
      unit: 'ops',
      queries: { 'sum by (statement) (rate(db_query_duration_seconds_count[$__rate_interval]))': '{{statement}}' },
    },
    {
      title: 'Time of statements, p95',
      unit: 's',
      queries: {
        'histogram_quantile(0.95, sum by (le, statement) (rate(db_query_duration_seconds_bucket[$__rate_interval])))': '{{statement}}',
      },
    },
    { title: 'Cells written', unit: 'ops', queries: { 'sum(rate(cells_written_total[$__rate_interval]))': 'cells' } },
    {
      title: 'Identities looked up',
      unit: 'ops',
      queries: { 'sum by (result) (rate(dedupe_lookups_total[$__rate_interval]))': '{{result}}' },
    },
    {
      title: 'Raw days',
      unit: 'short',
      queries: { 'max by (state) (raw_days)': '{{state}}', 'max by (reason) (retention_waiting)': 'waiting: {{reason}}' },
    },
    { title: 'Dropped as over', unit: 'ops', queries: { 'sum by (what) (rate(retention_removed_total[$__rate_interval]))': '{{what}}' } },
    {
      title: 'Background jobs',
      unit: 'short',
      queries: { 'max by (kind) (jobs_waiting)': 'waiting: {{kind}}', 'max by (kind) (jobs_running)': 'running: {{kind}}' },
    },
    {
      title: 'Processors of Postgres',
      unit: 'percentunit',
      queries: {
        'sum by (pod) (rate(container_cpu_usage_seconds_total{container="postgres"}[$__rate_interval])) / sum by (pod) (kube_pod_container_resource_limits{container="postgres", resource="cpu"})':
          '{{pod}}',
      },
    },
  ],
};

export const cache: Board = {
  name: 'cache-limits',
  title: 'cache and limits',
  panels: [
    {
      title: 'Share found in the cache',
      unit: 'percentunit',
      queries: {
        'sum by (class) (rate(cache_hits[$__rate_interval])) / (sum by (class) (rate(cache_hits[$__rate_interval])) + sum by (class) (rate(cache_misses[$__rate_interval])))':
          '{{class}}',
      },
    },
    {
      title: 'Uses of the cache that failed',
      unit: 'ops',
      queries: { 'sum by (class) (rate(cache_errors[$__rate_interval]))': '{{class}}' },
    },
    { title: 'Cells put into chunks', unit: 'ops', queries: { 'sum(rate(materialiser_cells_total[$__rate_interval]))': 'cells' } },
    {
      title: 'Cache begun anew',
      unit: 'ops',
      queries: { 'sum by (reason) (increase(materialiser_epochs_total[$__rate_interval]))': '{{reason}}' },
    },
    {
      title: 'Memory of Redis',
      unit: 'bytes',
      queries: { redis_memory_used_bytes: '{{instance}}', redis_memory_max_bytes: '{{instance}}, bound' },
    },
    {
      title: 'Evictions',
      unit: 'ops',
      queries: { 'sum by (instance) (rate(redis_evicted_keys_total[$__rate_interval]))': '{{instance}}' },
    },
    {
      title: 'Decisions of the limiter',
      unit: 'ops',
      queries: { 'sum by (result) (rate(limiter_decisions_total[$__rate_interval]))': '{{result}}' },
    },
    {
      title: 'Refused by class',
      unit: 'ops',
      queries: { 'sum by (class) (rate(limiter_decisions_total{result=~"denied.*"}[$__rate_interval]))': '{{class}}' },
    },
    { title: 'Time of a decision', unit: 's', queries: quantiles('limiter_duration_seconds') },
    {
      title: 'Requests decided by a call of Redis',
      unit: 'short',
      queries: {
        'sum(rate(limiter_calls_requests_total[$__rate_interval])) / sum(rate(limiter_calls_total[$__rate_interval]))': 'requests',
      },
    },
    { title: 'Limits without Redis', unit: 'short', isNow: true, queries: { 'max(rate_limiter_degraded)': 'degraded' } },
  ],
};

/** Use, saturation and errors of the processes. */
export const resources: Board = {
  name: 'resources',
  title: 'resources',
  panels: [
    {
      title: 'Processors',
      unit: 'short',
      queries: { 'sum by (service, pod) (rate(process_cpu_seconds_total[$__rate_interval]))': '{{service}} {{pod}}' },
    },
    { title: 'Memory', unit: 'bytes', queries: { 'sum by (service, pod) (process_resident_memory_bytes)': '{{service}} {{pod}}' } },
    { title: 'Heap', unit: 'bytes', queries: { 'sum by (service, pod) (nodejs_heap_size_used_bytes)': '{{service}} {{pod}}' } },
    {
      title: 'Delay of the event loop, p99',
      unit: 's',
      queries: { 'max by (service, pod) (nodejs_eventloop_lag_p99_seconds)': '{{service}} {{pod}}' },
    },
    {
      title: 'Memory of its bound',
      unit: 'percentunit',
      queries: {
        'max by (pod, container) (container_memory_working_set_bytes{container=~"gateway|ingest|aggregator|query"}) / max by (pod, container) (kube_pod_container_resource_limits{container=~"gateway|ingest|aggregator|query", resource="memory"})':
          '{{pod}}',
      },
    },
    { title: 'Dedup window', unit: 'bytes', queries: { 'sum by (pod) (dedupe_window_bytes)': '{{pod}}' } },
    {
      title: 'Pods',
      unit: 'short',
      queries: {
        'kube_horizontalpodautoscaler_status_current_replicas{horizontalpodautoscaler=~".*(gateway|ingest|aggregator|query)"}':
          '{{horizontalpodautoscaler}}',
      },
    },
  ],
};
