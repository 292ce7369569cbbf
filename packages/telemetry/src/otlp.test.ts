import { startOtlpSink, type OtlpSink } from '@tidegate/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { forwardLogs } from './log-forwarding.ts';
import { createLogger } from './logger.ts';
import { METRICS } from './catalogue.ts';
import type { Metrics } from './metrics.ts';
import { createMetrics } from './metrics.ts';
import { startTelemetryServer } from './telemetry-server.ts';
import { createTracing } from './tracing.ts';

/** AGGREGATION_TEMPORALITY_CUMULATIVE and the severity numbers of the OTLP definition. */
const CUMULATIVE = 2;
const [INFO, ERROR] = [9, 17];
const health = { isLive: () => true, isReady: () => true };
let sink: OtlpSink;
beforeEach(async () => {
  sink = await startOtlpSink();
});
afterEach(() => sink.close());

const lastOf = (name: string) => sink.metrics.findLast((metric) => metric.name === name);
const pointOf = (name: string) => lastOf(name)?.histogram?.dataPoints[0];
const totalOf = (name: string) => lastOf(name)?.sum?.dataPoints[0];

async function serve(metrics: Metrics) {
  return startTelemetryServer({ host: '127.0.0.1', port: 0, metrics, health, push: { endpoint: `${sink.endpoint}/`, everyMs: 100 } });
}

test('counters and gauges reach a collector by label as they are served, again and again and once more at the end', async () => {
  const metrics = createMetrics('sample');
  const counter = metrics.counter('requests_total', { route: '/v1/events', method: 'POST', status: '202' });
  counter.inc(3);
  metrics.gauge('lag_records', { partition: '3' }).set(7);
  const server = await serve(metrics);
  await expect.poll(() => totalOf('requests_total')?.asDouble).toBe(3);
  counter.inc();
  await server.close();
  expect(lastOf('requests_total')).toMatchObject({
    sum: { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints: [{ asDouble: 4 }] },
  });
  const labels = totalOf('requests_total')?.attributes.map(({ key, value }) => [key, value.stringValue]);
  expect(Object.fromEntries(labels ?? [])).toEqual({ route: '/v1/events', method: 'POST', status: '202', service: 'sample' });
  expect(lastOf('lag_records')?.gauge?.dataPoints).toMatchObject([{ asDouble: 7 }]);
  expect([...sink.senders.metrics]).toEqual(['tidegate-sample']);
});

test('histograms reach a collector bucket by bucket, those that are counted elsewhere too', async () => {
  const metrics = createMetrics('sample');
  const duration = metrics.histogram('requests_duration_seconds', { route: '/v1/query', method: 'POST' });
  for (const seconds of [0.001, 0.001, 1_000_000]) duration.observe(seconds);
  metrics.tally('lateness_seconds', () => ({ counts: [2, 0, 1], sum: 50 }));
  const server = await serve(metrics);
  await server.close();
  const bounds = METRICS.requests_duration_seconds.buckets;
  // One million seconds lie beyond the last bound; a millisecond lies in the first bucket whose bound is not below it.
  const first = bounds.findIndex((bound) => bound >= 0.001);
  const expected = [...bounds.map((_, at) => (at === first ? 2 : 0)), 1];
  expect(pointOf('requests_duration_seconds')).toMatchObject({
    explicitBounds: bounds,
    count: 3,
    sum: 1_000_000.002,
    bucketCounts: expected,
  });
  expect(pointOf('lateness_seconds')).toMatchObject({ count: 3, sum: 50, bucketCounts: [2, 0, 1] });
});

test('log lines reach a collector with their level, members and span, scrubbed as on stdout', async () => {
  const lines: string[] = [];
  const forwarding = forwardLogs({ service: 'sample', endpoint: sink.endpoint });
  const log = createLogger({ service: 'sample', destination: { write: (line) => void lines.push(line) }, forward: forwarding.forward });
  log.debug('not_written');
  const span = createTracing({ service: 'sample', endpoint: sink.endpoint }).startSpan('step');
  span.run(() => log.info('flushed', { durationMs: 12, detail: { rows: 3, token: 'canary-word' } }));
  log.error('postgres_lost', { error: new Error('cannot reach postgres://tidegate:canary-word@db/x') });
  await forwarding.close();
  const [first, second] = sink.logs;
  expect(sink.logs).toHaveLength(2);
  expect(first).toMatchObject({
    severityNumber: INFO,
    body: { stringValue: 'flushed' },
    traceId: span.traceId,
    spanId: span.traceparent.split('-')[2],
  });
  expect(attributesOf(first)).toMatchObject({
    duration_ms: '12',
    'detail.rows': '3',
    'detail.token': '[redacted]',
    trace_id: span.traceId,
  });
  expect(second).toMatchObject({ severityNumber: ERROR });
  expect(attributesOf(second)).toMatchObject({
    'error.type': 'Error',
    'error.message': 'cannot reach postgres://tidegate:[redacted]@db/x',
  });
  expect(sink.bodies.join('')).not.toContain('canary-word');
  expect(lines).toHaveLength(2);
});

test('a collector that is away keeps nobody from ending for long', async () => {
  const endpoint = sink.endpoint;
  sink.close();
  const forwarding = forwardLogs({ service: 'sample', endpoint });
  createLogger({ service: 'sample', destination: { write: () => undefined }, forward: forwarding.forward }).info('lost');
  const server = await startTelemetryServer({
    host: '127.0.0.1',
    port: 0,
    metrics: createMetrics('sample'),
    health,
    push: { endpoint, everyMs: 1_000 },
  });
  const startedMs = performance.now();
  await Promise.all([server.close(), forwarding.close()]);
  // Left alone the libraries try for ten seconds.
  expect(performance.now() - startedMs).toBeLessThan(8_000);
});

function attributesOf(log: OtlpSink['logs'][number] | undefined): Record<string, string> {
  return Object.fromEntries((log?.attributes ?? []).map(({ key, value }) => [key, String(Object.values(value)[0])]));
}
