import { quantiles, type Board } from './board.ts';

const GATEWAY = '{service="gateway"}';

/** Rate, errors and duration of what callers ask, and whether the whole is well. */
export const overview: Board = {
  name: 'overview',
  title: 'overview',
  panels: [
    {
      title: 'Requests by status',
      unit: 'reqps',
      queries: { [`sum by (status) (rate(requests_total${GATEWAY}[$__rate_interval]))`]: '{{status}}' },
    },
    {
      title: 'Answered 5xx',
      unit: 'percentunit',
      queries: {
        'sum(rate(requests_total{service="gateway", status=~"5.."}[$__rate_interval])) / sum(rate(requests_total{service="gateway"}[$__rate_interval]))':
          'errors',
      },
    },
    { title: 'Duration of requests', unit: 's', queries: quantiles('requests_duration_seconds', GATEWAY) },
    {
      title: 'Duration by route, p95',
      unit: 's',
      queries: {
        [`histogram_quantile(0.95, sum by (le, route) (rate(requests_duration_seconds_bucket${GATEWAY}[$__rate_interval])))`]: '{{route}}',
      },
    },
    { title: 'Requests in progress', unit: 'short', queries: { 'sum by (service) (requests_in_progress)': '{{service}}' } },
    {
      title: 'Events',
      unit: 'ops',
      queries: {
        'sum(rate(events_accepted_total[$__rate_interval]))': 'accepted',
        'sum(rate(events_counted_total[$__rate_interval]))': 'counted',
        'sum(rate(dedupe_copies_total[$__rate_interval]))': 'copies dropped',
        'sum(rate(events_rejected_total[$__rate_interval]))': 'rejected',
        'sum(rate(events_retry_total[$__rate_interval]))': 'to be sent again',
      },
    },
    {
      title: 'Age of the oldest event not counted',
      unit: 's',
      queries: { 'max(lag_seconds)': 'live', 'max(backfill_lag_seconds)': 'backfill' },
    },
    { title: 'Dependencies', unit: 'short', isNow: true, queries: { 'min by (dependency) (dependency_up)': '{{dependency}}' } },
    { title: 'Degraded', unit: 'short', isNow: true, queries: { 'max by (service, reason) (degraded)': '{{service}}: {{reason}}' } },
    { title: 'Rejected by code', unit: 'ops', queries: { 'sum by (code) (rate(events_rejected_total[$__rate_interval]))': '{{code}}' } },
    {
      title: 'Calls of upstreams that failed',
      unit: 'ops',
      queries: { 'sum by (upstream, reason) (rate(proxy_upstream_failures_total[$__rate_interval]))': '{{upstream}}: {{reason}}' },
    },
    {
      title: 'Known of packs and keys, ago',
      unit: 's',
      queries: { 'time() - min by (service) (control_known_through_seconds)': '{{service}}' },
    },
  ],
};

/** The way of events from Kafka into answers. */
export const counting: Board = {
  name: 'kafka-lag',
  title: 'Kafka, lag and freshness',
  panels: [
    { title: 'Records not counted', unit: 'short', queries: { 'sum by (partition) (lag_records)': '{{partition}}' } },
    { title: 'Age of the oldest one', unit: 's', queries: { 'max by (partition) (lag_seconds)': '{{partition}}' } },
    { title: 'Complete through, ago', unit: 's', queries: { 'time() - min by (partition) (complete_through_seconds)': '{{partition}}' } },
    {
      title: 'Partitions of each aggregator',
      unit: 'short',
      queries: { 'sum by (pod, instance) (partitions_owned)': '{{pod}} {{instance}}' },
    },
    { title: 'Partitions taken over', unit: 'ops', queries: { 'sum(increase(takeovers_total[$__rate_interval]))': 'taken over' } },
    {
      title: 'Appends',
      unit: 's',
      queries: quantiles('append_duration_seconds'),
    },
    {
      title: 'Appends that failed',
      unit: 'ops',
      queries: { 'sum by (outcome) (rate(append_failures_total[$__rate_interval]))': '{{outcome}}' },
    },
    { title: 'Flushes', unit: 's', queries: quantiles('flush_duration_seconds') },
    {
      title: 'In a flush',
      unit: 'short',
      queries: {
        'histogram_quantile(0.5, sum by (le) (rate(flush_events_bucket[$__rate_interval])))': 'events, p50',
        'histogram_quantile(0.5, sum by (le) (rate(flush_cells_bucket[$__rate_interval])))': 'cells, p50',
      },
    },
    {
      title: 'Flushes that failed',
      unit: 'ops',
      queries: { 'sum by (reason) (rate(flush_failures_total[$__rate_interval]))': '{{reason}}' },
    },
    { title: 'Announcements applied, age', unit: 's', queries: { 'max by (partition) (materialiser_lag_seconds)': '{{partition}}' } },
    {
      title: 'How late events are counted',
      unit: 's',
      queries: { 'histogram_quantile(0.95, sum by (le) (rate(lateness_seconds_bucket[$__rate_interval])))': 'p95' },
    },
    {
      title: 'Backfill lane',
      unit: 'ops',
      queries: {
        'sum by (reason) (rate(backfill_routed_total[$__rate_interval]))': 'in: {{reason}}',
        'sum(rate(backfill_counted_total[$__rate_interval]))': 'counted',
      },
    },
    { title: 'Lost', unit: 'short', isNow: true, queries: { 'sum(increase(events_lost_total[$__range]))': 'events' } },
    {
      title: 'Dedup window',
      unit: 'short',
      queries: { 'sum(dedupe_window_identities)': 'identities', 'max(dedupe_generations_without_filter)': 'generations without filter' },
    },
  ],
};

const BUDGET = 0.001;
const burn = (window: string): string => `tidegate:request_errors:ratio_rate${window} / ${BUDGET}`;

/** 99.9 % of the requests of 30 days are not answered 5xx. */
export const objective: Board = {
  name: 'slo',
  title: 'service level',
  panels: [
    {
      title: 'Answered without 5xx, of this range',
      unit: 'percentunit',
      isNow: true,
      queries: {
        '1 - sum(increase(requests_total{service="gateway", status=~"5.."}[$__range])) / sum(increase(requests_total{service="gateway"}[$__range]))':
          'of 0.999',
      },
    },
    {
      title: 'Times the rate that uses the errors up in 30 days',
      unit: 'short',
      queries: { [burn('5m')]: '5 m', [burn('1h')]: '1 h', [burn('6h')]: '6 h', [burn('3d')]: '3 d' },
    },
    {
      title: 'Errors by route',
      unit: 'reqps',
      queries: {
        'sum by (route, status) (rate(requests_total{service="gateway", status=~"5.."}[$__rate_interval]))': '{{route}} {{status}}',
      },
    },
    {
      title: 'Answered within a second',
      unit: 'percentunit',
      queries: {
        'sum(rate(requests_duration_seconds_bucket{service="gateway", le="1"}[$__rate_interval])) / sum(rate(requests_duration_seconds_count{service="gateway"}[$__rate_interval]))':
          'of 0.95',
      },
    },
    { title: 'Counted within, oldest', unit: 's', queries: { 'max(lag_seconds)': 'of 60 s' } },
    { title: 'Alerts', unit: 'short', isNow: true, queries: { 'count by (alertname) (ALERTS{alertstate="firing"})': '{{alertname}}' } },
  ],
};
