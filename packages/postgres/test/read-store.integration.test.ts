import { createState, encodeState, NOTHING_SEALED, seriesEntry, unpackCells } from '@tidegate/core';
import type { CellRange, RangePiece, SealedThrough } from '@tidegate/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGapStore } from '../src/gap-store.ts';
import { createPgStore } from '../src/pg-store.ts';
import { createPool } from '../src/pool.ts';
import { createReadStore } from '../src/read-store.ts';
import type { ReadStore } from '../src/read-store.ts';
import { statement } from '../src/statements.ts';
import { createMigratedDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

const STATE = Buffer.from(encodeState(createState([{ name: 'edits', kind: 'count', numbers: 'exact' }])));
const RANGE: CellRange = { tenant: 'acme', metric: 'm', version: 1, setNo: 0, subject: null, fromS: 0, toS: 86_400 };

describe('reading cells', () => {
  let database: ScratchDatabase;
  let pool: ReturnType<typeof createPool>;
  let store: ReadStore;

  async function put(
    key: { tenant?: string; version?: number; subject?: string; page: string | null },
    cells: readonly [bucketS: number, partition: number][],
  ): Promise<void> {
    const { tenant = 'acme', version = 1, subject = '', page } = key;
    const { id } = seriesEntry({ tenant, metric: 'm', version, setNo: 0, subject, dims: [page] });
    const hex = Buffer.from(id).toString('hex');
    await database.query('INSERT INTO series VALUES ($1, $2, $3, $4, 0, $5, $6)', [hex, tenant, 'm', version, subject, [page]]);
    for (const [bucketS, partition] of cells) {
      await database.query('INSERT INTO cell VALUES ($1, 2, $2, $3, $4, 7, 9007199254740991, 1)', [hex, bucketS, partition, STATE]);
    }
  }

  beforeAll(async () => {
    database = await createMigratedDatabase();
    pool = createPool({
      databaseUrl: database.url,
      applicationName: 'test',
      role: 'tidegate_query',
      connectionsMax: 2,
      statementTimeoutMs: 10_000,
    });
    store = createReadStore(pool);
    await put({ page: 'a' }, [
      [-900, 0],
      [0, 0],
      [0, 1],
      [85_500, 0],
      [86_400, 0],
    ]);
    await put({ page: null, subject: 'f'.repeat(64) }, [[900, 2]]);
    await put({ page: 'old version', version: 2 }, [[0, 0]]);
    await put({ page: 'other tenant', tenant: 'other' }, [[0, 0]]);
    await database.query(
      `INSERT INTO partition_progress (lane, partition, owner, term, commit_no, next_offset, log_generation, topic_id, complete_through)
       VALUES ('live', 0, '\\x00', 3, 5, 9007199254740991, 2, 't', '2026-01-01T00:00:00.250Z'), ('live', 1, '\\x00', 1, 0, 0, 1, 't', NULL),
         ('backfill', 0, '\\x00', 3, 5, 9007199254740990, 1, 'b', '2025-01-01'), ('rejected', 0, '\\x00', 3, 5, 1, 2, 't', NULL)`,
    );
    await database.query(
      `UPDATE partition_progress SET sealed_hour = 7200 - 3600 * partition, sealed_day = CASE partition WHEN 0 THEN -86400 END WHERE lane = 'live'`,
    );
    await database.query(`INSERT INTO log_gap (lane, partition, log_generation, from_offset, to_offset) VALUES ('live', 1, 1, 5, 9)`);
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  test('the series of some subjects are found by them, whatever is asked for', async () => {
    await database.query(
      `INSERT INTO series SELECT gen_random_uuid(), 'acme', 'of persons', 1, 0, 'p-' || n, '{}' FROM generate_series(1, 3000) n`,
    );
    await database.query('ANALYZE series');
    const client = await pool.connect();
    try {
      // As a prepared statement is planned once it has been asked a few times: without a look at the values.
      await client.query('SET plan_cache_mode = force_generic_plan');
      await client.query(
        `PREPARE asked (text, text, int, int, text[], int2[], int8[], int8[], int8, int8) AS ${statement('read-range-cells')}`,
      );
      const asked = "EXPLAIN EXECUTE asked('acme', 'of persons', 1, 0, '{p-7}', '{2}', '{0}', '{900}', 1, 9)";
      const plan = (await client.query<{ 'QUERY PLAN': string }>(asked)).rows.map((row) => row['QUERY PLAN']);
      expect(plan.filter((line) => line.includes('Index Cond') && line.includes('(subject = ANY ($5))'))).toHaveLength(1);
      // Each series and piece by one search, where cells are counted as where they are read.
      expect(plan.filter((line) => line.includes('Index Cond') && line.includes('series_id = s'))).toHaveLength(2);
      expect(plan.filter((line) => line.includes('Seq Scan on cell'))).toEqual([]);
    } finally {
      client.release(true);
    }
  });

  test('a range holds its cells from its first bucket to before its last, of one tenant, metric version and set alone', async () => {
    const { series, cells, isCut, isReplica } = await store.readCells(RANGE, 10);
    expect(series.map(({ dims, subject }) => [dims[0], subject.length])).toEqual(
      expect.arrayContaining([
        ['a', 0],
        [null, 64],
      ]),
    );
    const lines = unpackCells(cells)
      .map(({ bucketS, partition, term, commitNo }) => [bucketS, partition, term, commitNo].join(' '))
      .sort();
    const version = '7 9007199254740991';
    expect(lines).toEqual([`0 0 ${version}`, `0 1 ${version}`, `85500 0 ${version}`, `900 2 ${version}`]);
    expect([series.length, isCut, isReplica]).toEqual([2, false, false]);
    expect(unpackCells(cells).every((cell) => Buffer.from(cell.state).equals(STATE) && series.some(({ id }) => id === cell.seriesId))).toBe(
      true,
    );
  });

  test('a subject’s range holds that subject’s cells alone, and a range too large is told', async () => {
    const one = await store.readCells({ ...RANGE, subject: 'f'.repeat(64) }, 10);
    expect([one.series.length, unpackCells(one.cells).map(({ bucketS }) => bucketS)]).toEqual([1, [900]]);
    const some = await store.readCells({ ...RANGE, among: ['nobody', 'f'.repeat(64)] }, 10);
    expect([some.series.length, unpackCells(some.cells).map(({ bucketS }) => bucketS)]).toEqual([1, [900]]);
    expect((await store.readCells({ ...RANGE, among: ['nobody'] }, 10)).series).toEqual([]);
    // Of one subject, whoever else is named beside.
    expect((await store.readCells({ ...RANGE, subject: 'nobody', among: ['f'.repeat(64)] }, 10)).series).toEqual([]);
    expect((await store.readCells(RANGE, 4)).isCut).toBe(false);
    const cut = await store.readCells(RANGE, 3);
    expect([cut.isCut, cut.series, cut.cells, cut.progress.length]).toEqual([true, [], [], 2]);
  });

  test('the pieces of a range are cut by what is sealed on every partition, and hold the cells of their own grain alone', async () => {
    await put({ page: 'hours', version: 9 }, [
      [0, 0],
      [3_600, 0],
    ]);
    await database.query('UPDATE cell SET grain = 3 WHERE bucket_s = 0 AND series_id IN (SELECT series_id FROM series WHERE version = 9)');
    const asked: SealedThrough[] = [];
    const piecesOf = (sealed: SealedThrough): readonly RangePiece[] => {
      asked.push(sealed);
      return [
        { grain: 3, fromS: 0, toS: 3_600 },
        { grain: 2, fromS: 3_600, toS: 7_200 },
      ];
    };
    const { cells, series } = await store.readCells({ ...RANGE, version: 9 }, 10, piecesOf);
    expect(asked).toEqual([{ ...NOTHING_SEALED, hour: 3_600 }]);
    expect([
      unpackCells(cells)
        .map(({ bucketS }) => bucketS)
        .toSorted(),
      series.length,
    ]).toEqual([[0, 3_600], 1]);
    const quarters = await store.readCells({ ...RANGE, version: 9 }, 10);
    expect(unpackCells(quarters.cells).map(({ bucketS }) => bucketS)).toEqual([3_600]);
    expect((await store.readCells({ ...RANGE, version: 9 }, 10, () => [])).cells).toEqual([]);
    // Known pieces, of whatever grain, by themselves.
    const pieces = await store.readPieces({ ...RANGE, version: 9 }, 10, piecesOf(NOTHING_SEALED));
    expect(pieces.cells.flatMap((one) => unpackCells([one]).map(({ bucketS }) => [one.piece, bucketS])).toSorted()).toEqual([
      [0, 0],
      [1, 3_600],
    ]);
    expect([pieces.series.length, pieces.isCut, pieces.isReplica]).toEqual([1, false, false]);
    expect((await store.readPieces({ ...RANGE, version: 9 }, 1, piecesOf(NOTHING_SEALED))).isCut).toBe(true);
    expect(await store.readPieces({ ...RANGE, version: 77 }, 1, [])).toEqual({ series: [], cells: [], isCut: false, isReplica: false });
  });

  test('cells of a long piece come in rows of bearable size, each under its piece', async () => {
    const quarter = 900;
    const buckets = [-5_000, -1, 0, 1_999, 2_000, 3_999].map((at) => at * quarter);
    await put(
      { page: 'long', version: 11 },
      buckets.map((bucketS) => [bucketS, 0]),
    );
    const pieces: RangePiece[] = [
      { grain: 2, fromS: -6_000 * quarter, toS: -1 * quarter },
      { grain: 2, fromS: -1 * quarter, toS: 4_000 * quarter },
    ];
    const { cells, isCut } = await store.readCells({ ...RANGE, version: 11 }, 100_000, () => pieces);
    const found = cells.flatMap((one) => unpackCells([one]).map(({ bucketS }) => [one.piece, bucketS / quarter]));
    expect(found.toSorted(([, a = 0], [, b = 0]) => a - b)).toEqual([
      [0, -5_000],
      [1, -1],
      [1, 0],
      [1, 1_999],
      [1, 2_000],
      [1, 3_999],
    ]);
    expect([cells.length > 2, isCut]).toEqual([true, false]);
  });

  test('progress is that of the live lane, beside it how far the backfill lane is counted, with the partitions whose accepted events are gone', async () => {
    expect(await store.readProgress()).toEqual([
      {
        partition: 0,
        term: 3,
        commitNo: 5,
        nextOffset: 9_007_199_254_740_991,
        logGeneration: 2,
        completeThroughMs: Date.UTC(2026, 0, 1) + 250,
        backfill: { nextOffset: 9_007_199_254_740_990, logGeneration: 1 },
        hasGap: false,
        sealed: { ...NOTHING_SEALED, hour: 7_200, day: -86_400 },
      },
      {
        ...{ partition: 1, term: 1, commitNo: 0, nextOffset: 0, logGeneration: 1, completeThroughMs: null, backfill: null, hasGap: true },
        sealed: { ...NOTHING_SEALED, hour: 3_600 },
      },
    ]);
    expect((await store.readCells(RANGE, 10)).progress).toEqual(await store.readProgress());
  });

  test('gaps of both event lanes are told with their range, the newest first', async () => {
    await database.query(
      `INSERT INTO log_gap (lane, partition, log_generation, from_offset, to_offset, found_at) VALUES ('live', 0, 2, 9007199254740000, 9007199254740991, '2126-01-01T00:00:00.5Z'), ('rejected', 0, 1, 0, 3, now()),
         ('backfill', 0, 1, 7, 8, '2025-01-01')`,
    );
    const gaps = await store.readGaps();
    expect(gaps).toEqual([
      {
        lane: 'live',
        partition: 0,
        logGeneration: 2,
        fromOffset: 9_007_199_254_740_000,
        toOffset: 9_007_199_254_740_991,
        foundAtMs: Date.UTC(2126, 0, 1) + 500,
        acknowledged: null,
      },
      { lane: 'live', partition: 1, logGeneration: 1, fromOffset: 5, toOffset: 9, foundAtMs: expect.any(Number), acknowledged: null },
      { lane: 'backfill', partition: 0, logGeneration: 1, fromOffset: 7, toOffset: 8, foundAtMs: Date.UTC(2025, 0, 1), acknowledged: null },
    ]);
  });

  test('a gap that an operator has read of counts as none, and the first word on it stays', async () => {
    const hasGap = async () => (await store.readProgress()).find(({ partition }) => partition === 1)?.hasGap;
    const place = { lane: 'live', partition: 1, logGeneration: 1, fromOffset: 5 } as const;
    expect(await hasGap()).toBe(true);
    // As the query service: the store's own pool has its role.
    const gaps = createGapStore(pool);
    for (const other of [{ ...place, fromOffset: 6 }, { ...place, lane: 'backfill' } as const])
      await gaps.acknowledge(other, { by: 'k0', reason: 'no such gap' });
    expect(await hasGap()).toBe(true);
    await gaps.acknowledge(place, { by: 'k1', reason: 'power loss' });
    await gaps.acknowledge(place, { by: 'k2', reason: 'later' });
    expect(await hasGap()).toBe(false);
    const gap = (await store.readGaps()).find(({ partition }) => partition === 1);
    expect(gap?.acknowledged).toEqual({ atMs: expect.any(Number), by: 'k1', reason: 'power loss' });
    await expect(pool.query('UPDATE log_gap SET to_offset = 0')).rejects.toThrow('permission denied');
  });

  test('a log that gave way to another is kept with how far it was counted, and one that only moved on is not', async () => {
    const owner = createPgStore({ databaseUrl: database.url, applicationName: 'test', role: 'tidegate_aggregator' });
    const [partition, token] = [5, Buffer.alloc(16, 1)];
    const start = { startOffset: 40, topicId: 'c/t' };
    await owner.claim([{ partition, live: start, backfill: start, rejected: start }], token);
    const moved = { nextOffset: 50, logGeneration: 1, topicId: 'c/t', lastRecordSha256: null };
    await owner.amend({ partition, lane: 'live', position: moved }, token);
    expect(await store.readEndedLogs()).toEqual([]);
    const anew = { nextOffset: 0, logGeneration: 4, topicId: 'c/u', lastRecordSha256: null };
    await owner.amend({ partition, lane: 'rejected', position: anew }, token);
    await owner.amend({ partition, lane: 'live', position: anew }, token);
    expect(await store.readEndedLogs()).toEqual([{ lane: 'live', partition, logGeneration: 1, nextOffset: 50 }]);
    await owner.close();
  });

  test('rejected rows are counted in the asked ranges of their own log, for their tenant or for none', async () => {
    const row = async (
      tenant: string,
      at: readonly [topic: string, generation: number, partition: number, offset: number],
      lane = 'events',
    ) =>
      database.query(
        `INSERT INTO rejected_event (tenant, topic, log_generation, partition, log_offset, code, path, lane, length, sha256, received_at)
         VALUES ($1, $2, $3, $4, $5, 'event_unstorable', '', $6, 1, '\\x00', now())`,
        [tenant, ...at, lane],
      );
    await row('acme', ['events', 1, 0, 10]);
    await row('-', ['events', 1, 0, 12]);
    await row('acme', ['backfill', 1, 0, 10], 'backfill');
    await row('acme', ['events', 1, 1, 9_007_199_254_740_991]);
    // Beside the ranges: another tenant, log, partition, offset, topic; and one that was never accepted.
    await row('other', ['events', 1, 0, 11]);
    await row('acme', ['events', 2, 0, 11]);
    await row('acme', ['events', 1, 2, 11]);
    await row('acme', ['events', 1, 0, 9]);
    await row('acme', ['events', 1, 0, 13]);
    await row('acme', ['rejected', 1, 0, 11]);
    await row('acme', ['events', 1, 1, 9_007_199_254_740_990], 'ingest');
    const live = 'live' as const;
    const spans = [
      { lane: live, partition: 0, logGeneration: 1, firstOffset: 10, lastOffset: 12 },
      { lane: live, partition: 1, logGeneration: 1, firstOffset: 9_007_199_254_740_990, lastOffset: 9_007_199_254_740_991 },
    ];
    const of = { topics: { live: 'events', backfill: 'backfill' }, tenant: 'acme' };
    expect(await store.countRejected(of, spans)).toBe(3);
    expect(await store.countRejected(of, [{ lane: 'backfill', partition: 0, logGeneration: 1, firstOffset: 10, lastOffset: 12 }])).toBe(1);
    expect(await store.countRejected(of, [])).toBe(0);
  });

  test('cells and progress are of one instant, though commits go on while they are read', async () => {
    const commit = async (): Promise<void> => {
      await database.query(
        `WITH c AS (UPDATE cell SET commit_no = 6 WHERE bucket_s = 85500) UPDATE partition_progress SET commit_no = 6 WHERE lane = 'live' AND partition = 0`,
      );
    };
    const [snapshot] = await Promise.all([store.readCells(RANGE, 10), commit()]);
    const isNew = snapshot.progress[0]?.commitNo === 6;
    expect(unpackCells(snapshot.cells).some(({ commitNo }) => commitNo === 6)).toBe(isNew);
  });
});
