import { GRAINS, seriesEntry } from '@tidegate/core';
import type { StoredGrain } from '@tidegate/core';
import { createKeptStore, createPgStore, createPool, createRetentionStore } from '@tidegate/postgres';
import { createMigratedDatabase } from '@tidegate/postgres/scratch';
import type { ScratchDatabase } from '@tidegate/postgres/scratch';
import { createMetrics, silentLogger } from '@tidegate/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maintainOnce } from '../src/maintain.ts';
import type { MaintenanceDeps } from '../src/maintain.ts';
import { BY_MINUTE } from './sealing-owner.ts';

const DAY_MS = 86_400_000;
const TODAY = Math.floor(Date.now() / DAY_MS);
const NOW_MS = TODAY * DAY_MS + DAY_MS / 2;
const signal = new AbortController().signal;

describe('maintenance on Postgres', () => {
  let database: ScratchDatabase;
  let retention: ReturnType<typeof createRetentionStore>;
  let store: ReturnType<typeof createPgStore>;
  let pool: ReturnType<typeof createPool>;

  beforeAll(async () => {
    database = await createMigratedDatabase();
    const shared = { databaseUrl: database.url, role: 'tidegate_aggregator' };
    retention = createRetentionStore(shared);
    store = createPgStore({ ...shared, applicationName: 'tidegate-maintenance-test' });
    pool = createPool({ ...shared, role: 'tidegate_query', applicationName: 'test', connectionsMax: 1, statementTimeoutMs: 10_000 });
  });
  afterAll(async () => {
    await retention.close();
    await store.close();
    await pool.end();
    await database.drop();
  });

  function depsOf(more: Partial<MaintenanceDeps> = {}): MaintenanceDeps {
    return {
      store: retention,
      packs: () => [{ tenant: 'acme', types: ['shop.sale'], rawDays: 20, rejectedDays: undefined, metrics: [BY_MINUTE] }],
      defaults: {
        rawDays: 30,
        rawDaysMin: 9,
        rejectedDays: 30,
        listDays: 400,
        cellDays: { minute: 3, quarter_hour: null, hour: null, day: null },
      },
      ...{ archivedOnly: true, rawIndexes: [], holder: 'one', everyMs: 60_000, sleep: async () => undefined },
      clock: { nowMs: () => NOW_MS, monotonicMs: () => 0 },
      ...{ metrics: createMetrics('aggregator'), log: silentLogger },
      ...more,
    };
  }

  const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
  const days = async () =>
    (
      await database.query<{ day: string; state: string; rows: string | null }>(
        `SELECT to_char(day, 'YYYY-MM-DD') AS day, state, rows FROM raw_day ORDER BY 1`,
      )
    ).map(({ day, state, rows }) => [Date.parse(day) / DAY_MS - TODAY, state, rows === null ? null : Number(rows)]);
  const rawCount = async (): Promise<number> => Number((await database.query<{ n: string }>('SELECT count(*) AS n FROM raw_event'))[0]?.n);
  const indexesOf = async (day: number): Promise<string[]> =>
    (
      await database.query<{ name: string }>('SELECT indexname AS name FROM pg_indexes WHERE tablename = $1 ORDER BY 1', [
        `raw_event_${dateOf(day).replaceAll('-', '')}`,
      ])
    ).map(({ name }) => name.replace(/^raw_event_\d+_/, ''));

  it('closes days that every partition has passed, prunes and drops what is archived and past its time, and says so', async () => {
    const made = [TODAY - 40, TODAY - 25, TODAY - 2, TODAY - 1, TODAY];
    await store.ensureRawDays(made);
    const lane = { startOffset: 0, topicId: 'c/t' };
    await store.claim(
      [0, 1].map((partition) => ({ partition, live: lane, backfill: lane, rejected: lane })),
      new Uint8Array(16),
    );
    for (const day of made) {
      for (const type of ['shop.sale', 'shop.visit'])
        await database.query(`INSERT INTO raw_event VALUES ('acme', 'e', '', $1, 'p', $2, $2, 0, 1, 1, 1, '{}')`, [
          type,
          new Date(day * DAY_MS + 1_000).toISOString(),
        ]);
      await database.query(`INSERT INTO arrival_day VALUES ($1::date, $1::date, 'acme')`, [dateOf(day)]);
    }
    // One partition has not told: nothing is closed.
    await database.query(`UPDATE partition_progress SET complete_through = $1 WHERE partition = 0`, [new Date(NOW_MS).toISOString()]);
    await maintainOnce(depsOf(), signal);
    expect((await days()).map(([, state]) => state)).toEqual(['open', 'open', 'open', 'open', 'open']);
    expect(await indexesOf(TODAY - 1)).toEqual(['partition_log_offset_idx']);
    // Yesterday's last ten minutes have not passed the second one.
    await database.query(`UPDATE partition_progress SET complete_through = $1 WHERE partition = 1`, [
      new Date(TODAY * DAY_MS + 599_000).toISOString(),
    ]);
    await maintainOnce(depsOf(), signal);
    expect(await days()).toEqual([
      [-40, 'closed', 2],
      [-25, 'closed', 2],
      [-2, 'closed', 2],
      [-1, 'open', null],
      [0, 'open', null],
    ]);
    expect(await indexesOf(TODAY - 2)).toEqual(['id', 'partition_log_offset_idx', 'subject', 'type']);
    // Due since 10 days and 5 days; kept until they are archived.
    expect(await rawCount()).toBe(10);
    await database.query(`UPDATE raw_day SET archived_at = now() WHERE day = $1::date`, [dateOf(TODAY - 40)]);
    await database.query(`UPDATE raw_day SET archived_at = now() WHERE day = $1::date`, [dateOf(TODAY - 25)]);
    const metrics = createMetrics('aggregator');
    await maintainOnce(depsOf({ metrics }), signal);
    expect((await days()).slice(0, 3)).toEqual([
      [-40, 'dropped', 2],
      [-25, 'closed', 2],
      [-2, 'closed', 2],
    ]);
    // Of the day before 25 days shop.sale is gone, which its pack keeps for 20 days; the other type is of no pack: 30 days.
    expect(await rawCount()).toBe(7);
    const scraped = await metrics.expose();
    expect(scraped).toMatch(/retention_removed_total\{what="raw_days",.*\} 1\n/);
    // Nothing is said of a timer that nobody has set.
    expect(scraped).not.toMatch(/^archive_last_success_seconds/m);
    expect(scraped).toMatch(/retention_removed_total\{what="raw_rows",.*\} 1\n/);
    // What a dropped day held is still told, and that it is gone; a day of which rows are gone is whole for other types alone.
    const kept = async (types: readonly string[]) =>
      (await store.readArrivalDays({ tenant: 'acme', types, eventDay: null })).map(({ arrivalDay, isKept }) => [
        arrivalDay - TODAY,
        isKept,
      ]);
    const others = [-2, -1, 0].map((day) => [day, true]);
    expect(await kept(['shop.visit'])).toEqual([[-40, false], [-25, true], ...others]);
    expect(await kept(['shop.visit', 'shop.sale'])).toEqual([[-40, false], [-25, false], ...others]);
    // Gone from here, and in the archive.
    expect((await createKeptStore(pool).readKept()).lostRaw).toEqual([
      { of: null, isArchived: true, untilMs: (TODAY - 39) * DAY_MS },
      { of: { tenant: 'acme', type: 'shop.sale' }, isArchived: true, untilMs: (TODAY - 24) * DAY_MS },
    ]);
  });

  it('a dropped day without an archive is told as lost; a day that comes again is open again', async () => {
    await store.ensureRawDays([TODAY - 50]);
    await maintainOnce(depsOf({ archivedOnly: false }), signal);
    expect((await days())[0]).toEqual([-50, 'dropped', 0]);
    const { lostRaw } = await createKeptStore(pool).readKept();
    expect(lostRaw.filter(({ isArchived }) => !isArchived)).toEqual([{ of: null, isArchived: false, untilMs: (TODAY - 49) * DAY_MS }]);
    await store.ensureRawDays([TODAY - 50]);
    expect((await days())[0]).toEqual([-50, 'open', null]);
  });

  it('no day is dropped while an owner has a task that may read it, or while somebody reads the table', async () => {
    await database.query(`INSERT INTO partition_task (partition, kind, spec) VALUES (0, 'recount', '{}')`);
    await maintainOnce(depsOf({ archivedOnly: false }), signal);
    expect((await days())[0]).toEqual([-50, 'closed', 0]);
    await database.query(`UPDATE partition_task SET state = 'done'`);
    const reader = await pool.connect();
    await reader.query('BEGIN; SELECT count(*) FROM raw_event');
    const metrics = createMetrics('aggregator');
    await maintainOnce(depsOf({ archivedOnly: false, metrics }), signal);
    expect((await days())[0]).toEqual([-50, 'closed', 0]);
    expect(await metrics.expose()).toMatch(/retention_waiting\{reason="in_use",.*\} 1\n/);
    await reader.query('ROLLBACK');
    reader.release();
    await maintainOnce(depsOf({ archivedOnly: false }), signal);
    expect((await days())[0]).toEqual([-50, 'dropped', 0]);
  });

  it('tells when the archive last ran to its end, and nothing where none is wanted', async () => {
    await database.query(`INSERT INTO archive_run (ended_at) VALUES ('2026-11-20T02:23:00Z')`);
    const told = async (archivedOnly: boolean): Promise<string> => {
      const metrics = createMetrics('aggregator');
      await maintainOnce(depsOf({ archivedOnly, metrics, packs: () => [] }), signal);
      return /^archive_last_success_seconds\S* (\S+)$/m.exec(await metrics.expose())?.[1] ?? 'nothing';
    };
    // 20,777 days of 86,400 s, and 2 h 23 min.
    expect([await told(true), await told(false)]).toEqual([String(20_777 * 86_400 + 8_580), 'nothing']);
  });

  it('minutes under a floor are deleted five minutes after readers were told of it, page by page, and no other cell is', async () => {
    const S = NOW_MS / 1_000;
    const series = Array.from({ length: 5 }, (_, at) =>
      seriesEntry({ tenant: 'acme', metric: BY_MINUTE.metric, version: 1, setNo: 0, subject: '', dims: [String(at)] }),
    );
    const other = seriesEntry({ tenant: 'acme', metric: BY_MINUTE.metric, version: 2, setNo: 0, subject: '', dims: ['0'] });
    const put = async (id: Uint8Array, grain: StoredGrain, ageS: number): Promise<void> => {
      await database.query(`INSERT INTO cell VALUES (encode($1::bytea, 'hex')::uuid, $2, $3, 0, '\\x01', 1, 1, 0)`, [
        Buffer.from(id),
        GRAINS[grain].code,
        S - ageS,
      ]);
    };
    for (const { id, version, dims } of [...series, other]) {
      await database.query(`INSERT INTO series VALUES (encode($1::bytea, 'hex')::uuid, 'acme', $2, $3, 0, '', $4)`, [
        Buffer.from(id),
        BY_MINUTE.metric,
        version,
        dims,
      ]);
      for (const ageS of [3 * 86_400 + 60, 3 * 86_400, 60]) await put(id, 'minute', ageS);
      await put(id, 'quarter_hour', 4 * 86_400);
    }
    const cells = async (): Promise<number> => Number((await database.query<{ n: string }>('SELECT count(*) AS n FROM cell'))[0]?.n);
    // Nothing is sealed: of these minutes quarters have yet to be made.
    await maintainOnce(depsOf(), signal);
    expect(await retention.readFloors()).toEqual([]);
    await database.query(`UPDATE partition_progress SET sealed_quarter_hour = $1 WHERE lane = 'live'`, [S - 86_400]);
    await maintainOnce(depsOf(), signal);
    const floor = { tenant: 'acme', metric: BY_MINUTE.metric, version: 1, grain: 1, floorS: S - 3 * 86_400, clearedS: null, isSeen: false };
    expect((await createKeptStore(pool).readKept()).floors).toEqual([floor]);
    expect(await cells()).toBe(24);
    await database.query(`UPDATE cell_floor SET set_at = now() - interval '6 minutes'`);
    await maintainOnce(depsOf(), signal);
    // One minute of each of the five series of version 1.
    expect(await cells()).toBe(19);
    expect(await retention.readFloors()).toEqual([{ ...floor, clearedS: floor.floorS, isSeen: true }]);
  });

  it('deletes around rows that a flush holds, and pages tile the series', async () => {
    const of = { tenant: 'acme', metric: BY_MINUTE.metric, version: 1, grain: 1 } as const;
    const flush = await pool.connect();
    flush.release();
    const holder = createPool({ databaseUrl: database.url, applicationName: 'flush', connectionsMax: 1, statementTimeoutMs: 10_000 });
    const held = await holder.connect();
    await held.query('BEGIN; SELECT * FROM cell WHERE grain = 1 ORDER BY series_id LIMIT 1 FOR UPDATE');
    let afterSeries: string | null = null;
    const pages: number[] = [];
    do {
      const page = await retention.dropCells(of, { floorS: NOW_MS / 1_000 - 3_600, afterSeries, seriesMax: 2 });
      pages.push(page.series);
      afterSeries = page.afterSeries;
    } while (afterSeries !== null);
    await held.query('ROLLBACK');
    held.release();
    await holder.end();
    expect(pages).toEqual([2, 2, 1]);
    const left = await database.query<{ n: string }>(
      `SELECT count(*) AS n FROM cell JOIN series USING (series_id) WHERE grain = 1 AND version = 1 AND bucket_s < $1`,
      [NOW_MS / 1_000 - 3_600],
    );
    expect(Number(left[0]?.n)).toBeLessThanOrEqual(1);
  });

  it('one process at a time maintains; another one waits for the lease to run out', async () => {
    expect(await maintainOnce(depsOf(), signal)).toBe(true);
    expect(await maintainOnce(depsOf({ holder: 'two' }), signal)).toBe(false);
    await retention.releaseLease('one');
    expect(await maintainOnce(depsOf({ holder: 'two' }), signal)).toBe(true);
  });

  it('deletes refused events and what was told of cells when their time is over, of each tenant by its own packs', async () => {
    const ages = [10, 29.9, 30.1, 50, 500];
    for (const [at, age] of ages.entries()) {
      for (const tenant of ['acme', 'other', 'patient']) {
        await database.query(
          `INSERT INTO rejected_event (tenant, topic, log_generation, partition, log_offset, code, path, lane, length, sha256, received_at)
           VALUES ($1, $1, 1, 0, $2, 'unreadable', '', 'ingest', 1, '', $3)`,
          [tenant, at, new Date(NOW_MS - age * DAY_MS)],
        );
        await database.query('INSERT INTO rejected_day VALUES ($1, $2, 0, 1)', [tenant, dateOf(TODAY - Math.floor(age))]);
      }
      await database.query(
        `INSERT INTO cell_drift (tenant, metric, version, partition, grain, bucket_s, series_id, subject, dims, kind, found_at)
         VALUES ('acme', 'm', 1, 0, 2, 0, gen_random_uuid(), '', '{}', 'differs', $1)`,
        [new Date(NOW_MS - (ages.at(-1 - at) ?? 0) * DAY_MS)],
      );
      await database.query(
        `INSERT INTO restated_bucket (tenant, metric, version, bucket_s, cause, partition, restated_at) VALUES ('acme', 'm', 1, $1, 'repair', 0, $2)`,
        [at, new Date(NOW_MS - age * DAY_MS)],
      );
      for (const [id, closed] of [
        ['a', age],
        ['b', null],
      ] as const)
        await database.query(
          `INSERT INTO insight_finding (tenant, subject, pack, insight, finding_id, rule, about, finding, created_at, seen_at, closed_at)
           VALUES ('acme', $1, 'p', 'i', gen_random_uuid(), 'r', $2, '{}', now(), now(), $3)`,
          [`${id}-${at}`, id, closed === null ? null : new Date(NOW_MS - closed * DAY_MS)],
        );
    }
    // Open ones of a tenant without a pack, of one that keeps less, and of one that keeps them for ever.
    const packOf = (tenant: string, rejectedDays: number | null) => ({ tenant, types: [], rawDays: undefined, rejectedDays, metrics: [] });
    const metrics = createMetrics('aggregator');
    const packs = () => [packOf('acme', 20), packOf('patient', null)];
    expect(await maintainOnce(depsOf({ metrics, packs, holder: 'two' }), signal)).toBe(true);
    const kept = async (table: string) =>
      (await database.query<{ tenant: string; n: string }>(`SELECT tenant, count(*) AS n FROM ${table} GROUP BY 1 ORDER BY 1`)).map(
        ({ tenant, n }) => [tenant, Number(n)],
      );
    expect(await kept('rejected_event')).toEqual([
      ['acme', 1],
      ['other', 2],
      ['patient', 5],
    ]);
    // A counted day goes once it has ended before.
    expect(await kept('rejected_day')).toEqual([
      ['acme', 1],
      ['other', 3],
      ['patient', 5],
    ]);
    // Of the findings those that hold stay.
    expect([await kept('cell_drift'), await kept('restated_bucket'), await kept('insight_finding')]).toEqual([
      [['acme', 4]],
      [['acme', 4]],
      [['acme', 9]],
    ]);
    const text = await metrics.expose();
    for (const [what, rows] of [
      ['rejected', 7],
      ['drift', 1],
      ['restated', 1],
      ['findings', 1],
    ])
      expect(text).toMatch(new RegExp(`retention_removed_total\\{[^}]*what="${what}"[^}]*\\} ${rows}\\b`));
  });
});
