import { createHttpServer, signCaller } from '@tidegate/http';
import type { HttpListener } from '@tidegate/http';
import { systemClock as clock } from '@tidegate/runtime';
import { createMetrics, createTracing, silentLogger as log } from '@tidegate/telemetry';
import { afterEach, expect, test } from 'vitest';
import type { Ask } from '../src/ask.ts';
import { createFreshness } from '../src/freshness.ts';
import { createHandlers } from '../src/handlers.ts';
import { createRegistry } from '../src/registry.ts';

const callerKey = new Uint8Array(32).fill(5);
let server: HttpListener | null = null;
afterEach(async () => server?.close(0));

/** The service with a given outcome of its questions and receipts. */
async function answerOf(ask: Ask, path = '/v1/query'): Promise<Response> {
  const handlers = createHandlers({
    ask,
    receipts: {
      open: () => ({ tenant: 'acme', logGeneration: 1, entries: [] }),
      waitFor: async () => ask({}, { tenant: 'acme', signal: AbortSignal.abort() }).then(() => ({ countedIn: null, held: [] })),
      stateOf: async () => ({ isCounted: true, pendingEvents: 0, isLogChanged: false, covered: [] }),
      rejectedEvents: async () => 0,
    },
    registry: createRegistry(() => undefined),
    freshness: createFreshness(() => clock.nowMs()),
    status: async () => ({}),
    nowMs: () => clock.nowMs(),
    questionBytesMax: 1_024,
  });
  const metrics = createMetrics('query');
  server = createHttpServer({ handlers, callerKey, clock, log, metrics, tracing: createTracing({ service: 'query' }) });
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  const caller = signCaller(callerKey, { tenant: 'acme', keyId: 'k', scopes: [] }, clock.nowMs());
  const init = path === '/v1/query' ? { method: 'POST', body: '{}' } : {};
  return fetch(`http://127.0.0.1:${port}${path}`, {
    ...init,
    headers: { 'x-tidegate-caller': caller, 'content-type': 'application/json' },
  });
}

const away: Ask = async () => Promise.reject(Object.assign(new Error('connect 10.0.0.7:5432'), { code: 'ECONNREFUSED' }));

test.each(['/v1/query', '/v1/receipts/tgr1.x'])(
  '%s: what needs Postgres while it is away is refused as worth another try',
  async (path) => {
    const answer = await answerOf(away, path);
    expect([answer.status, answer.headers.get('retry-after'), answer.headers.get('content-type')]).toEqual([
      503,
      '2',
      'application/problem+json',
    ]);
    expect(await answer.json()).toMatchObject({ code: 'unavailable', status: 503 });
  },
);

/** As node-postgres tells of a statement that Postgres ended. */
const overTime: Ask = async () =>
  Promise.reject(Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' }));

test.each([
  ['/v1/query', 'question_too_slow'],
  ['/v1/receipts/tgr1.x', 'unavailable'],
])('%s: what Postgres gave up for its time limit is refused as %s, not as a fault of our own', async (path, code) => {
  const answer = await answerOf(overTime, path);
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '30']);
  const text = await answer.text();
  expect(text).toContain(`"code":"${code}"`);
  expect(text).not.toContain('canceling');
});

test('a fault of our own is 500, and its text stays inside', async () => {
  const answer = await answerOf(async () => Promise.reject(new Error('the state of a cell cannot be decoded')));
  expect(answer.status).toBe(500);
  const text = await answer.text();
  expect(text).toContain('"internal"');
  expect(text).not.toContain('cell cannot be decoded');
});
