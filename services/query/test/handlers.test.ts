import { afterEach, expect, test } from 'vitest';
import type { Ask } from '../src/ask.ts';
import { serveAsk } from './serve-ask.ts';
import type { ServedAsk } from './serve-ask.ts';

let served: ServedAsk | null = null;
afterEach(async () => served?.close());

async function answerOf(ask: Ask, path = '/v1/query'): Promise<Response> {
  served = await serveAsk(ask);
  return served.call(path, path === '/v1/query' ? { method: 'POST', body: '{}' } : {});
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
