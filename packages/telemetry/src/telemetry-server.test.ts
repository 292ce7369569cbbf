import { afterEach, expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';
import type { TelemetryServer } from './telemetry-server.ts';
import { PROCESS_HEADER, startTelemetryServer } from './telemetry-server.ts';

const open: TelemetryServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function start(health: { live: boolean; ready: boolean }) {
  const metrics = createMetrics('sample');
  metrics.counter('events_accepted_total').inc(5);
  const server = await startTelemetryServer({
    host: '127.0.0.1',
    port: 0,
    metrics,
    health: { isLive: () => health.live, isReady: () => health.ready },
  });
  open.push(server);
  return async (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init);
}

test('probes follow live and ready, each on its own', async () => {
  const health = { live: true, ready: false };
  const ask = await start(health);
  expect((await ask('/livez')).status).toBe(200);
  expect((await ask('/readyz')).status).toBe(503);
  health.ready = true;
  health.live = false;
  expect((await ask('/readyz')).status).toBe(200);
  expect((await ask('/livez')).status).toBe(503);
});

test('metrics are served in the Prometheus text format', async () => {
  const ask = await start({ live: true, ready: true });
  const response = await ask('/metrics');
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(await response.text()).toContain('events_accepted_total{service="sample"} 5');
});

test('every answer names the process that gives it', async () => {
  const ask = await start({ live: true, ready: false });
  for (const path of ['/livez', '/readyz', '/metrics', '/'])
    expect((await ask(path)).headers.get(PROCESS_HEADER)).toBe(String(process.pid));
});

test('nothing else is there', async () => {
  const ask = await start({ live: true, ready: true });
  expect((await ask('/')).status).toBe(404);
  expect((await ask('/metrics', { method: 'POST' })).status).toBe(405);
});

test('a port that is taken is an error of the start', async () => {
  const metrics = createMetrics('sample');
  const health = { isLive: () => true, isReady: () => true };
  const first = await startTelemetryServer({ host: '127.0.0.1', port: 0, metrics, health });
  open.push(first);
  await expect(startTelemetryServer({ host: '127.0.0.1', port: first.port, metrics, health })).rejects.toThrow(/EADDRINUSE/);
});
