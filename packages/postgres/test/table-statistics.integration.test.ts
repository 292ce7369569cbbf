import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPool } from '../src/pool.ts';
import { createTableStatistics } from '../src/table-statistics.ts';
import { createMigratedDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

let database: ScratchDatabase;
let owner: pg.Pool;
let aggregator: pg.Pool;

beforeAll(async () => {
  database = await createMigratedDatabase();
  const poolOf = (role: string | undefined): pg.Pool =>
    createPool({
      ...{ databaseUrl: database.url, applicationName: 'tidegate-statistics-test', connectionsMax: 1, statementTimeoutMs: 10_000 },
      ...(role === undefined ? {} : { role }),
    });
  owner = poolOf(undefined);
  aggregator = poolOf('tidegate_aggregator');
  await leaveToTest('series');
});
afterAll(async () => {
  await Promise.all([owner, aggregator].map(async (pool) => pool.end()));
  await database.drop();
});

/** Nothing but what is tested samples it. */
async function leaveToTest(table: string): Promise<void> {
  await owner.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
}

/** The table of an entity, as a pack makes one. */
async function makeTable(entity: string): Promise<string> {
  await owner.query("SELECT ensure_entity_table('health', $1, ARRAY['kind.text'], ARRAY[]::text[])", [entity]);
  const table = `"entity.health.${entity}"`;
  await leaveToTest(table);
  return table;
}

async function insertRows(table: string, count: number, from = 0): Promise<void> {
  await owner.query(
    `INSERT INTO ${table} (_tenant, _subject, _id, _exists, _partition, _state)
     SELECT 'acme', 'person ' || n / 100, n::text, true, 0, '' FROM generate_series($1::int4, $2::int4) n`,
    [from, from + count - 1],
  );
  await owner.query('SELECT pg_stat_force_next_flush()');
}

async function insertSeries(count: number): Promise<void> {
  await owner.query(
    `INSERT INTO series (series_id, tenant, metric, version, set_no, subject, dims)
     SELECT gen_random_uuid(), 'acme', 'sales', 1, 0, n::text, ARRAY[]::text[] FROM generate_series(1, $1::int4) n`,
    [count],
  );
  await owner.query('SELECT pg_stat_force_next_flush()');
}

/** Rows as the planner believes; -1: it has never been told. */
async function believed(table: string): Promise<number> {
  const { rows } = await owner.query<{ tuples: number }>('SELECT reltuples::int4 AS tuples FROM pg_class WHERE oid = $1::regclass', [
    table,
  ]);
  return rows[0]?.tuples ?? Number.NaN;
}

it('a table that took many rows at once is sampled by the aggregator, whoever owns it, those first that grew most', async () => {
  const table = await makeTable('measurement');
  await insertSeries(2_000);
  await insertRows(table, 5_000);
  const statistics = createTableStatistics(aggregator);
  expect([await statistics.analyseGrown(), await statistics.analyseGrown(), await statistics.analyseGrown()]).toEqual([
    ...[table, 'series', null],
  ]);
  expect([await believed(table), await believed('series')]).toEqual([5_000, 2_000]);
});

it('a small table is left alone, and so is one that has not grown twofold since', async () => {
  const table = await makeTable('meal');
  const statistics = createTableStatistics(aggregator);
  await insertRows(table, 999);
  expect(await statistics.analyseGrown()).toBeNull();
  await insertRows(table, 1_001, 999);
  expect(await statistics.analyseGrown()).toBe(table);
  await insertRows(table, 1_999, 2_000);
  expect(await statistics.analyseGrown()).toBeNull();
  await insertRows(table, 1, 3_999);
  expect(await statistics.analyseGrown()).toBe(table);
  expect(await believed(table)).toBe(4_000);
});

it('a table that somebody works on is not waited for', async () => {
  const table = await makeTable('goal');
  await insertRows(table, 2_000);
  const holder = await owner.connect();
  try {
    await holder.query('BEGIN');
    await holder.query(`LOCK TABLE ${table} IN SHARE UPDATE EXCLUSIVE MODE`);
    expect(await createTableStatistics(aggregator).analyseGrown()).toBeNull();
    await holder.query('ROLLBACK');
  } finally {
    holder.release();
  }
  expect(await createTableStatistics(aggregator).analyseGrown()).toBe(table);
});
