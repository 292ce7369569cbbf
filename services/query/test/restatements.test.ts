import type { RestatedFilter, RestatedInfo } from '@tidegate/postgres';
import { afterEach, expect, test } from 'vitest';
import { serveAsk } from './serve-ask.ts';
import type { ServedAsk } from './serve-ask.ts';

let served: ServedAsk | null = null;
afterEach(async () => served?.close());

const BUCKETS: readonly RestatedInfo[] = [0, 900, 1_800].map((bucketS, at) => ({
  ...{ metric: 'wiki.edits', version: 1, bucketS, cause: 'late_event', revision: at + 1, firstAtMs: 5_000_000, restatedAtMs: 6_000_000 },
}));

interface Page {
  readonly restatements: readonly { readonly bucket: string; readonly revision: number }[];
  readonly next_cursor: string | null;
}

function serving(asked: RestatedFilter[]): Promise<ServedAsk> {
  return serveAsk(() => Promise.reject(new Error('unasked')), {
    restated: {
      list: async (filter) => {
        asked.push(filter);
        return BUCKETS.filter(({ bucketS }) => filter.after === null || bucketS > filter.after.bucketS).slice(0, filter.rowsMax);
      },
    },
  });
}

test('pages of restated buckets hold each once; a cursor is of its tenant and its filters', async () => {
  const asked: RestatedFilter[] = [];
  served = await serving(asked);
  const path = '/v1/restatements?metric=wiki.edits&from=1970-01-01T00:00:00Z&limit=2';
  const first = (await (await served.call(path)).json()) as Page;
  expect(asked[0]).toEqual({ tenant: 'acme', metric: 'wiki.edits', fromS: 0, toS: null, sinceMs: null, after: null, rowsMax: 3 });
  expect(first.restatements.map(({ bucket, revision }) => [bucket, revision])).toEqual([
    ['1970-01-01T00:00:00.000Z', 1],
    ['1970-01-01T00:15:00.000Z', 2],
  ]);
  const cursor = `&cursor=${first.next_cursor ?? ''}`;
  const second = (await (await served.call(path + cursor)).json()) as Page;
  expect([second.restatements.map(({ revision }) => revision), second.next_cursor]).toEqual([[3], null]);
  for (const [wrong, as] of [
    [path + cursor, 'other'],
    [`/v1/restatements?limit=2${cursor}`, 'acme'],
    ['/v1/restatements?cursor=abc', 'acme'],
  ] as const) {
    const answer = await served.call(wrong, { tenant: as });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([422, 'cursor_invalid']);
  }
  expect((await served.call('/v1/restatements?from=yesterday')).status).toBe(422);
});
