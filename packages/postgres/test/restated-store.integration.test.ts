import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPgStore } from '../src/pg-store.ts';
import { createPool } from '../src/pool.ts';
import { createRestatedStore } from '../src/restated-store.ts';
import type { RestatedBucket, RestatedFilter } from '../src/restated-store.ts';
import { createMigratedDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

const TOKEN = new Uint8Array(16).fill(1);
const NOTHING = new Uint8Array(0);
const ALL: RestatedFilter = { tenant: 'acme', metric: null, fromS: null, toS: null, sinceMs: null, after: null, rowsMax: 100 };

describe('restated buckets', () => {
  let database: ScratchDatabase;
  let store: ReturnType<typeof createPgStore>;
  let pool: ReturnType<typeof createPool>;
  const commitNos = [0, 0];

  beforeAll(async () => {
    database = await createMigratedDatabase();
    const shared = { databaseUrl: database.url, applicationName: 'tidegate-restated-test' };
    store = createPgStore({ ...shared, role: 'tidegate_aggregator' });
    pool = createPool({ ...shared, role: 'tidegate_query', connectionsMax: 1, statementTimeoutMs: 10_000 });
    const lane = { startOffset: 0, topicId: 'c/t' };
    await store.claim(
      [0, 1].map((partition) => ({ partition, live: lane, backfill: lane, rejected: lane })),
      TOKEN,
    );
  });
  afterAll(async () => {
    await store.close();
    await pool.end();
    await database.drop();
  });

  const bucket = (metric: string, bucketS: number, more: Partial<RestatedBucket> = {}): RestatedBucket => ({
    ...{ tenant: 'acme', metric, version: 1, bucketS, cause: 'late_event' },
    ...more,
  });

  async function commit(partition: number, restated: readonly RestatedBucket[], token = TOKEN): Promise<string> {
    const commitNo = (commitNos[partition] ?? 0) + 1;
    const { kind } = await store.commit({
      partitions: [
        {
          ...{ partition, token, term: 1, commitNo, backfill: null, rejectedLane: null, completeThroughMs: null, restated },
          live: { expected: 0, next: 0, lastRecordSha256: null },
          ...{ rawRows: NOTHING, arrivalDays: [], series: [], identities: NOTHING, generation: 1, rejected: [], slice: null },
          ...{ arrivalFromMs: 0, arrivalToMs: 0, cells: { absent: [], values: null, sealed: () => [], resolve: () => [] } },
        },
      ],
    });
    if (kind === 'committed') commitNos[partition] = commitNo;
    return kind;
  }

  it('each commit that changes a closed bucket is one revision of it, over all partitions, and a commit that is refused is none', async () => {
    expect(await commit(0, [bucket('b', 900), bucket('a', -900), bucket('a', 1_800)])).toBe('committed');
    expect(await commit(0, [bucket('a', 1_800), bucket('a', 0, { cause: 'repair' }), bucket('a', 1_800, { tenant: 'other' })])).toBe(
      'committed',
    );
    expect(await commit(1, [bucket('a', 1_800)])).toBe('committed');
    expect(await commit(1, [bucket('a', 1_800)], new Uint8Array(16).fill(9))).toBe('lost');
    const list = async (filter: Partial<RestatedFilter> = {}) =>
      (await createRestatedStore(pool).list({ ...ALL, ...filter })).map((row) => [row.metric, row.bucketS, row.cause, row.revision]);
    const rows = [
      ['a', -900, 'late_event', 1],
      ['a', 0, 'repair', 1],
      ['a', 1_800, 'late_event', 3],
      ['b', 900, 'late_event', 1],
    ];
    expect(await list()).toEqual(rows);
    expect(await list({ metric: 'a', fromS: 0, toS: 1_800 })).toEqual([rows[1]]);
    expect(await list({ sinceMs: Date.now() + 60_000 })).toEqual([]);
    expect(await list({ tenant: 'other' })).toEqual([['a', 1_800, 'late_event', 1]]);
    const after = { metric: 'a', version: 1, bucketS: 0, cause: 'repair' } as const;
    expect(await list({ after, rowsMax: 1 })).toEqual([rows[2]]);
  });
});
