import { expect, test } from 'vitest';
import type { MetricSpec } from './catalogue.ts';
import { METRICS } from './catalogue.ts';
import { createMetrics } from './metrics.ts';

/** The names that dashboards and alerts of users rely on; they carry no prefix. */
const PROMISED = [
  ['requests_total', 'counter'],
  ['requests_duration_seconds', 'histogram'],
  ['requests_in_progress', 'gauge'],
  ['cache_hits', 'counter'],
  ['cache_misses', 'counter'],
  ['cache_errors', 'counter'],
  ['db_query_duration_seconds', 'histogram'],
  ['db_connection_pool_usage', 'gauge'],
  ['db_connections_active', 'gauge'],
  ['users_total', 'gauge'],
  ['metrics_created_total', 'counter'],
  ['insights_generated_total', 'counter'],
] as const;

test('the twelve promised names exist with their kinds', () => {
  const catalogue: Readonly<Record<string, MetricSpec>> = METRICS;
  expect(PROMISED.map(([name]) => [name, catalogue[name]?.kind])).toEqual(PROMISED);
});

test('the catalogue is in alphabetical order, so that two additions do not collide', () => {
  expect(Object.keys(METRICS)).toEqual(Object.keys(METRICS).sort());
});

test('counters, gauges and histograms are exposed with the labels declared and the service', async () => {
  const metrics = createMetrics('sample');
  metrics.counter('requests_total', { route: '/v1/events', method: 'POST', status: '202' }).inc();
  metrics.counter('requests_total', { route: '/v1/events', method: 'POST', status: '202' }).inc(2);
  metrics.gauge('lag_records', { partition: '3' }).set(7);
  metrics.histogram('flush_duration_seconds').observe(0.02);
  const text = await metrics.expose();
  expect(text).toContain('requests_total{route="/v1/events",method="POST",status="202",service="sample"} 3');
  expect(text).toContain('lag_records{partition="3",service="sample"} 7');
  // 0.02 s lies above the bound 0.01 and not above 0.025.
  expect(text).toMatch(/flush_duration_seconds_bucket\{le="0\.01",service="sample"\} 0/);
  expect(text).toMatch(/flush_duration_seconds_bucket\{le="0\.025",service="sample"\} 1/);
});

test('a gauge that is read at the scrape shows the value of that moment', async () => {
  const metrics = createMetrics('sample');
  let owned = 1;
  metrics.onScrape(() => metrics.gauge('partitions_owned').set(owned));
  expect(await metrics.expose()).toContain('partitions_owned{service="sample"} 1');
  owned = 12;
  expect(await metrics.expose()).toContain('partitions_owned{service="sample"} 12');
});

test('two services in one process do not share series', async () => {
  const first = createMetrics('first');
  const second = createMetrics('second');
  first.counter('events_accepted_total').inc();
  expect(await second.expose()).not.toContain('events_accepted_total');
});
