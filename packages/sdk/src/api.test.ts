import { expect, expectTypeOf, it } from 'vitest';
import { createApi } from './api.ts';
import type { Call } from './index.ts';

function recording() {
  const calls: Call[] = [];
  const api = createApi({
    call: (request) => {
      calls.push(request);
      return Promise.resolve({ counted: true });
    },
  });
  return { api, calls };
}

it('fills paths, writes queries and bodies', async () => {
  const { api, calls } = recording();
  const receipt = await api.get('/v1/receipts/{receipt}', { path: { receipt: 'tgr1.a/b' }, query: { wait_ms: 100 } });
  await api.get('/v1/packs');
  await api.post('/v1/query', { body: { kind: 'summary', metric: 'wiki.edits', measures: ['edits'], last: '1d' } });
  expect(calls).toMatchObject([
    { method: 'GET', path: '/v1/receipts/tgr1.a%2Fb?wait_ms=100' },
    { method: 'GET', path: '/v1/packs' },
    { method: 'POST', path: '/v1/query', headers: { 'content-type': 'application/json' } },
  ]);
  expect(JSON.parse(String(calls[2]?.body))).toEqual({ kind: 'summary', metric: 'wiki.edits', measures: ['edits'], last: '1d' });
  expectTypeOf(receipt.counted).toEqualTypeOf<boolean>();
});

it('has the types of the document: what it does not say does not compile', async () => {
  const { api, calls } = recording();
  // @ts-expect-error there is no such route
  await api.get('/v1/nothing');
  // @ts-expect-error a receipt is needed
  await api.get('/v1/receipts/{receipt}');
  // @ts-expect-error the route is read, not written to
  await api.post('/v1/packs/{pack}', { path: { pack: 'a' } });
  // @ts-expect-error a wait is a number
  await api.get('/v1/receipts/{receipt}', { path: { receipt: 'r' }, query: { wait_ms: 'long' } });
  expect(calls).toHaveLength(4);
});

it('takes the routes of packs from a document of one’s own', async () => {
  interface Own {
    '/v1/dashboard': {
      get: {
        parameters: { query?: { user_id?: string; kinds?: string[] } };
        responses: { 200: { content: { 'application/json': { week: { activities: number } } } } };
      };
    };
  }
  const calls: Call[] = [];
  const api = createApi<Own>({
    call: (request) => {
      calls.push(request);
      return Promise.resolve({ week: { activities: 3 } });
    },
  });
  const { week } = await api.get('/v1/dashboard', { query: { user_id: 'ada', kinds: ['run', 'ride'] } });
  expectTypeOf(week.activities).toEqualTypeOf<number>();
  expect([week.activities, calls[0]?.path]).toEqual([3, '/v1/dashboard?user_id=ada&kinds=run%2Cride']);
});
