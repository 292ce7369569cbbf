import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPool } from '../src/pool.ts';
import { createRejectedStore, parseRejectedRef, rejectedRef } from '../src/rejected-store.ts';
import type { RejectedInfo, RejectedStore } from '../src/rejected-store.ts';
import { createMigratedDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

const TOPICS = { ingest: 'rejected', events: 'events', backfill: 'backfill' };
const EVERYTHING = { tenant: 'acme', sinceMs: null, code: null, after: null, rowsMax: 100 };

let database: ScratchDatabase;
let pools: readonly ReturnType<typeof createPool>[];
let ingest: RejectedStore;
let query: RejectedStore;

beforeAll(async () => {
  database = await createMigratedDatabase();
  pools = ['tidegate_ingest', 'tidegate_query'].map((role) =>
    createPool({ databaseUrl: database.url, applicationName: 'test', role, connectionsMax: 1, statementTimeoutMs: 10_000 }),
  );
  [ingest, query] = pools.map((pool) => createRejectedStore(pool, TOPICS)) as [RejectedStore, RejectedStore];
  // 24 rows of acme in 4 milliseconds, so that many tie; every third of code `b`. One row of another tenant.
  await database.query(
    `INSERT INTO rejected_event (tenant, topic, log_generation, partition, log_offset, code, path, lane, length, sha256, sealed, received_at)
     SELECT 'acme', CASE WHEN i % 2 = 0 THEN 'rejected' ELSE 'events' END, 1 + i % 2, i % 3, i, CASE WHEN i % 3 = 0 THEN 'b' ELSE 'a' END, 'p',
       CASE WHEN i % 2 = 0 THEN 'ingest' ELSE 'events' END, 5, '\\x00', '\\x0102', timestamptz 'epoch' + make_interval(secs => 1 + (i % 4) / 1000.0)
     FROM generate_series(0, 23) i`,
  );
  await database.query(
    `INSERT INTO rejected_event (tenant, topic, log_generation, partition, log_offset, code, path, lane, length, sha256, received_at)
     VALUES ('other', 'rejected', 1, 0, 99, 'a', '', 'ingest', 5, '\\x00', now())`,
  );
});

afterAll(async () => {
  for (const pool of pools) await pool.end();
  await database.drop();
});

const orderOf = (row: RejectedInfo) => [
  row.receivedAtMs,
  TOPICS[row.lane] === 'rejected' ? 1 : 0,
  row.logGeneration,
  row.partition,
  row.logOffset,
];

describe('rejected rows', () => {
  test('are listed newest first, and pages of any length hold each row once', async () => {
    const all = await query.list(EVERYTHING);
    expect(all).toHaveLength(24);
    expect(all.map(({ receivedAtMs }) => receivedAtMs)).toEqual([1_003, 1_002, 1_001, 1_000].flatMap((ms) => Array(6).fill(ms)));
    const descending = all.toSorted((a, b) => {
      const [x, y] = [orderOf(a), orderOf(b)];
      const at = x.findIndex((value, i) => value !== y[i]);
      return (y[at] ?? 0) - (x[at] ?? 0);
    });
    expect(all.map(rejectedRef)).toEqual(descending.map(rejectedRef));
    for (const rowsMax of [1, 5, 7]) {
      const paged: RejectedInfo[] = [];
      for (let after: RejectedInfo | null = null; ;) {
        const page: readonly RejectedInfo[] = await query.list({ ...EVERYTHING, after, rowsMax });
        paged.push(...page);
        after = page.at(-1) ?? null;
        if (after === null) break;
      }
      expect(paged.map(rejectedRef)).toEqual(all.map(rejectedRef));
    }
  });

  test('are found by code, by instant, and only by their own tenant', async () => {
    expect(await query.list({ ...EVERYTHING, code: 'b' })).toHaveLength(8);
    expect(await query.list({ ...EVERYTHING, sinceMs: 1_002 })).toHaveLength(12);
    expect((await query.list({ ...EVERYTHING, tenant: 'other' })).map(rejectedRef)).toEqual(['i-1-0-99']);
    const place = { lane: 'ingest', logGeneration: 1, partition: 0, logOffset: 99 } as const;
    expect(await query.find('acme', place)).toBe(null);
    expect(await query.find('other', place)).toMatchObject({ sealed: null, sealedBytes: 0 });
  });

  test('keep the first identity that is bound to them until they are closed, and stay closed', async () => {
    const place = { lane: 'ingest', logGeneration: 1, partition: 0, logOffset: 0 } as const;
    const [one, two] = [new Uint8Array(12).fill(1), new Uint8Array(12).fill(2)];
    await ingest.raise('acme', place, { code: 'c', path: 'q' });
    expect(await ingest.bind('other', place, two)).toBe(false);
    expect(await ingest.bind('acme', place, one)).toBe(true);
    expect(await ingest.bind('acme', place, two)).toBe(false);
    expect(await ingest.bind('acme', place, one)).toBe(true);
    await ingest.close('acme', place, 'tgr1.first');
    await ingest.close('acme', place, 'tgr1.second');
    await ingest.raise('acme', place, { code: 'd', path: 'r' });
    expect(await ingest.bind('acme', place, one)).toBe(false);
    const row = await ingest.find('acme', place);
    expect(row).toMatchObject({ isReplayed: true, receipt: 'tgr1.first', attempts: 2, code: 'c', path: 'q' });
    expect(row?.replayedAtMs).toBeGreaterThan(0);
    expect([...(row?.replayIdentity ?? [])]).toEqual([...one]);
    expect([...(row?.sealed ?? [])]).toEqual([1, 2]);
  });

  test('cannot be changed by the role of the query service', async () => {
    const place = { lane: 'ingest', logGeneration: 1, partition: 2, logOffset: 2 } as const;
    await expect(query.close('acme', place, 'x')).rejects.toThrow('permission denied');
  });

  test('have names that are read back, and no other text is one', () => {
    const place = { lane: 'events', logGeneration: 3, partition: 47, logOffset: 999_999_999_999_999 } as const;
    expect(parseRejectedRef(rejectedRef(place))).toEqual(place);
    for (const text of ['', 'x-1-1-1', 'i-1-1', 'i-1-1-1-1', 'i-1-1--1', 'i-1-1-1 ']) expect(parseRejectedRef(text)).toBe(null);
  });
});
