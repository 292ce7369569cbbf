import { NO_TALLY, toRecountJson } from '@tidegate/core';
import type { RecountRound } from '@tidegate/core';
import type { AuditStore, DriftInfo } from '@tidegate/postgres';
import { expect, it } from 'vitest';
import { createRecountHandlers } from '../src/recounts.ts';
import { serveAsk } from './serve-ask.ts';

const VERSION = { tenant: 'acme', metric: 'wiki.edits', version: 1 };
const round = (requestNo: number, more: Partial<RecountRound> = {}): RecountRound => ({
  ...{ ...NO_TALLY, days: 2, cells: 10, startedMs: 1_000, finishedMs: 5_000, requestNo, nextDay: null, share: 1 },
  ...more,
});
const DRIFT: DriftInfo = {
  ...{ metric: 'wiki.edits', version: 1, partition: 3, grain: 3, bucketS: 3_600, subject: '', dims: { page: 'Oslo' }, kind: 'differs' },
  ...{ expected: { n: 4 }, found: { n: 5 }, foundAtMs: 4_000, repairedAtMs: null },
};

interface Told {
  readonly recounts: readonly Readonly<Record<string, unknown>>[];
  readonly drift: readonly Readonly<Record<string, unknown>>[];
}

/** What the route answers where two partitions are tracked. */
async function told(audit: Partial<AuditStore>): Promise<Told> {
  const stores = { readRecounts: async () => [], readRequests: async () => new Map(), listDrifts: async () => [], request: async () => 1 };
  const { readRecounts } = createRecountHandlers({
    audit: { ...stores, ...audit },
    registry: { metric: () => null, metrics: () => [] },
    freshness: {
      tracked: () =>
        new Map([
          [0, null],
          [1, null],
        ]) as never,
    },
  });
  let body = '';
  const response = { writeHead: () => undefined, end: (bytes: Buffer) => void (body = bytes.toString()) };
  await readRecounts({ caller: { tenant: 'acme' }, query: new URLSearchParams(), response, context: { requestId: 'r' } } as never);
  return JSON.parse(body) as Told;
}

const rows =
  (...tasks: Parameters<typeof toRecountJson>[0][]): AuditStore['readRecounts'] =>
  async () =>
    tasks.map(toRecountJson);

it('a recount is what all partitions found, and done once each has answered the newest request', async () => {
  const drifting = round(4, { drift: 2, repaired: 1, finishedMs: 9_000 });
  const done = await told({
    readRecounts: rows({ version: VERSION, round: null, last: round(4) }, { version: VERSION, round: null, last: drifting }),
    readRequests: async () => new Map([['wiki.edits', 4]]),
    listDrifts: async () => [DRIFT],
  });
  expect(done.recounts).toMatchObject([
    {
      metric: 'wiki.edits',
      state: 'drift',
      partitions: 2,
      partitions_done: 2,
      share: 1,
      days: 4,
      cells: 20,
      drift: 2,
      repaired: 1,
      request_no: 4,
    },
  ]);
  expect(done.recounts[0]).toMatchObject({ started_at: '1970-01-01T00:00:01.000Z', finished_at: '1970-01-01T00:00:09.000Z' });
  expect(done.drift).toMatchObject([
    { grain: 'hour', bucket: '1970-01-01T01:00:00.000Z', subject: null, dimensions: { page: 'Oslo' }, repaired_at: null },
  ]);
});

it.each([
  ['waiting', [{ version: VERSION, round: null, last: round(3) }], 0],
  ['running', [{ version: VERSION, round: round(4, { finishedMs: null, share: 0.5 }), last: round(3) }], 0.25],
  ['running', [{ version: VERSION, round: null, last: round(4) }], 0.5],
] as const)('one that was asked for is %s until it is done', async (state, tasks, share) => {
  const { recounts } = await told({ readRecounts: rows(...tasks), readRequests: async () => new Map([[null, 4]]) });
  expect(recounts).toMatchObject([{ state, share, finished_at: null, request_no: 0 }]);
});

it('a metric that is not known is recounted by nobody; a request is taken in with the key that asks', async () => {
  const asked: unknown[] = [];
  const served = await serveAsk(() => Promise.reject(new Error('unasked')), {
    audit: {
      ...{ readRecounts: async () => [], readRequests: async () => new Map(), listDrifts: async () => [] },
      request: async (of) => asked.push(of) + 6,
    },
  });
  const answer = await served.call('/v1/audit/reconcile', { method: 'POST' });
  expect([answer.status, await answer.json(), asked]).toEqual([202, { request_no: 7 }, [{ tenant: 'acme', metric: null, askedBy: 'k' }]]);
  expect((await served.call('/v1/audit/reconcile', { method: 'POST', body: '{"metric":"no"}' })).status).toBe(404);
  expect((await served.call('/v1/audit/reconcile?metric=no')).status).toBe(404);
  expect((await served.call('/v1/audit/reconcile?limit=-1')).status).toBe(422);
  const wrong = await served.call('/v1/audit/reconcile', { method: 'POST', body: '{"metrics":"wiki.edits"}' });
  expect([wrong.status, ((await wrong.json()) as { code: string }).code]).toEqual([422, 'request_invalid']);
  await served.close();
});
