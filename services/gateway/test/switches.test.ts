import { ROUTES } from '@tidegate/http';
import type { NamedRoute } from '@tidegate/http';
import { systemClock } from '@tidegate/runtime';
import { createMetrics, silentLogger } from '@tidegate/telemetry';
import { afterEach, describe, expect, it } from 'vitest';
import { startAuditLog } from '../src/audit/start-audit-log.ts';
import { createPackRoutes } from '../src/pack-routes.ts';
import type { GateUnderTest } from './gate-fixture.ts';
import { startGate } from './gate-fixture.ts';

const LIVE: NamedRoute = { ...ROUTES.listMetrics, name: 'listMetrics', path: '/v1/live', isLive: true };
const ROUTES_HERE: readonly NamedRoute[] = [
  { ...ROUTES.sendEvents, name: 'sendEvents' },
  { ...ROUTES.listMetrics, name: 'listMetrics' },
  LIVE,
];

const SWITCHES = ['analytics', 'live', 'audit', 'limiter'] as const;
type Switch = (typeof SWITCHES)[number];

/** All sixteen ways to set four switches. */
const COMBINATIONS: readonly (readonly [name: string, on: ReadonlySet<Switch>])[] = Array.from({ length: 16 }, (_, bits) => {
  const on = new Set(SWITCHES.filter((_one, at) => (bits & (1 << at)) !== 0));
  return [on.size === 0 ? 'none' : [...on].join(', '), on] as const;
});

let gate: GateUnderTest | null = null;
afterEach(async () => {
  await gate?.close();
  gate = null;
});

/** A log of the audit that was never connected to anything. */
function auditOff(seen: string[]) {
  return startAuditLog({
    client: { createProducer: () => expect.fail('a producer of an audit that is off') },
    ...{ topic: 'audit', gateway: 'gate-1', clock: systemClock, metrics: createMetrics('gateway'), log: silentLogger },
    ...{ signal: new AbortController().signal, isOn: false, onSent: ({ route }) => void seen.push(route) },
  });
}

describe('a feature that is switched off takes its own routes with it and nothing else', () => {
  it.each(COMBINATIONS)('on: %s', async (_name, on) => {
    const seen: string[] = [];
    const packRoutes = createPackRoutes();
    const view = { params: {}, queries: {}, answer: {} };
    packRoutes.put('acme', 'health', { pack: 'health', views: { trends: { ...view, route: 'GET /v1/analytics/trends' } } });
    const started = await startGate({
      ...{ routes: ROUTES_HERE, packRoutes, perMinute: 100, scopes: ['ingest:write', 'query:read', 'live:read'] },
      ...{ enableAnalytics: on.has('analytics'), enableLive: on.has('live'), isLimited: on.has('limiter') },
      ...(on.has('audit') ? {} : { auditLog: auditOff(seen) }),
    });
    gate = started;
    const ask = async (method: string, path: string) => {
      const sent = { method, headers: { 'x-api-key': started.key, connection: 'close' }, ...(method === 'POST' ? { body: '[]' } : {}) };
      const response = await fetch(`http://127.0.0.1:${started.port}${path}`, sent);
      await response.text();
      return [response.status, response.headers.has('x-ratelimit-limit')];
    };
    const isLimited = on.has('limiter');
    expect(await ask('POST', '/v1/events')).toEqual([200, isLimited]);
    expect(await ask('GET', '/v1/metrics')).toEqual([200, isLimited]);
    expect(await ask('GET', '/v1/live')).toEqual([on.has('live') ? 200 : 404, isLimited]);
    expect(await ask('GET', '/v1/analytics/trends')).toEqual([on.has('analytics') ? 200 : 404, isLimited]);
    // Where the audit is off nothing is written down, and keys are known to be used all the same.
    const told = () => ({ audited: started.audited.length > 0, used: seen.length > 0 });
    await expect.poll(told).toEqual({ audited: on.has('audit'), used: !on.has('audit') });
  });
});
