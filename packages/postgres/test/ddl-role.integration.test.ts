import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPgStore, createPool, migrate } from '../src/index.ts';
import type { ScratchDatabase } from './scratch-database.ts';
import { createScratchDatabase } from './scratch-database.ts';

const SHIPPED = fileURLToPath(new URL('../migrations/', import.meta.url));
const DAY = Date.UTC(2026, 10, 21) / 86_400_000;

let database: ScratchDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createScratchDatabase();
  // As an older release left it: with a day that belongs to whoever migrated.
  const older = await mkdtemp(join(tmpdir(), 'tidegate-migrations-'));
  await cp(SHIPPED, older, { recursive: true, filter: (source) => !/\/(?!000)\d{4}-[a-z-]+\.sql$/.test(source) });
  await migrate({ databaseUrl: database.url, directory: older });
  await database.query(`SELECT ensure_raw_day('2026-11-19')`);
  await migrate({ databaseUrl: database.url });
  await rm(older, { recursive: true });
  pool = createPool({ databaseUrl: database.url, applicationName: 'test', connectionsMax: 1, statementTimeoutMs: 10_000 });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** Runs statements in a session that logged in as the aggregator: what that login is no member of, it cannot become. */
async function asAggregator(...statements: readonly string[]): Promise<readonly unknown[]> {
  const client = await pool.connect();
  try {
    await client.query('SET SESSION AUTHORIZATION tidegate_aggregator');
    let rows: readonly unknown[] = [];
    for (const statement of statements) rows = (await client.query<Record<string, unknown>>(statement)).rows;
    return rows;
  } finally {
    client.release(true);
  }
}

const ownerOf = async (table: string): Promise<unknown> =>
  (await database.query(`SELECT tableowner AS owner FROM pg_tables WHERE tablename = $1`, [table]))[0];

describe('tables that are made while the system runs', () => {
  test('belong to a role of their own, though it is the aggregator that asks for them', async () => {
    await asAggregator(`SELECT ensure_raw_day('2026-11-20')`);
    expect(await ownerOf('raw_event_20261120')).toEqual({ owner: 'tidegate_ddl' });
    const store = createPgStore({ databaseUrl: database.url, applicationName: 'test', role: 'tidegate_aggregator' });
    await store.ensureRawDays([DAY, DAY, DAY + 1]);
    await store.close();
    expect(await ownerOf('raw_event_20261121')).toEqual({ owner: 'tidegate_ddl' });
    expect(await ownerOf('raw_event')).toEqual({ owner: 'tidegate_ddl' });
  });

  test.each([
    'ALTER TABLE raw_event ADD COLUMN more text',
    'ALTER TABLE raw_event DETACH PARTITION raw_event_20261120',
    'ALTER TABLE raw_event_20261120 DROP COLUMN data',
    'DROP TABLE raw_event_20261120',
    'DROP TABLE raw_event CASCADE',
    'TRUNCATE raw_event',
    'DELETE FROM raw_event_20261120',
    'DELETE FROM raw_day',
    'UPDATE raw_day SET archived_at = now()',
    'CREATE INDEX mine ON raw_event (tenant)',
    'CREATE TABLE mine (x int)',
    'ALTER TABLE cell ADD COLUMN more text',
    'DROP TABLE cell',
    'DROP FUNCTION ensure_raw_day(date)',
    'ALTER FUNCTION ensure_raw_day(date) OWNER TO tidegate_aggregator',
    'SET ROLE tidegate_ddl',
  ])('the role that writes data may not: %s', async (statement) => {
    await expect(asAggregator(statement)).rejects.toThrow(/permission denied|must be owner/);
    expect(await ownerOf('raw_event_20261120')).toEqual({ owner: 'tidegate_ddl' });
  });

  test('a temporary table in the way of a day’s name hides no day', async () => {
    await asAggregator('CREATE TEMPORARY TABLE raw_event_20261130 (x int)', `SELECT ensure_raw_day('2026-11-30')`);
    expect(await database.query(`SELECT FROM pg_tables WHERE tablename = 'raw_event_20261130' AND schemaname = 'public'`)).toHaveLength(1);
  });

  test.each(['cell', 'api_key', 'person_key', 'rejected_event'])('the role that makes them cannot read %s', async (table) => {
    const ddl = createPool({
      ...{ databaseUrl: database.url, applicationName: 'test', role: 'tidegate_ddl' },
      ...{ connectionsMax: 1, statementTimeoutMs: 10_000 },
    });
    await expect(ddl.query(`SELECT FROM ${table}`)).rejects.toThrow('permission denied');
    await ddl.end();
  });
});

test('a day that an older release made changes hands too, and rows are written and read as before', async () => {
  expect(await ownerOf('raw_event_20261119')).toEqual({ owner: 'tidegate_ddl' });
  const row = (day: number) =>
    `INSERT INTO raw_event VALUES ('acme', 'e', '', 't', NULL, now(), '2026-11-${day}T10:00:00Z', 0, 0, 1, 1, '{}')`;
  await asAggregator(row(19), row(20));
  expect(await asAggregator('SELECT count(*)::int AS n FROM raw_event')).toEqual([{ n: 2 }]);
});

describe('raw rows of a person', () => {
  const left = async (): Promise<unknown> =>
    (await database.query<{ of: string[] }>(`SELECT array_agg(DISTINCT coalesce(subject, '-')) AS of FROM raw_event`))[0]?.of;
  const IMPOSTOR = [
    'CREATE TEMPORARY TABLE erasure (tenant text, subject text, begun_at timestamptz)',
    `INSERT INTO erasure VALUES ('acme', 'anna', now())`,
  ];

  beforeAll(async () => {
    const people: readonly (readonly [string, number, string])[] = [
      ['acme', 24, `'anna'`],
      ['acme', 25, `'anna'`],
      ['acme', 25, `'berit'`],
      ['acme', 25, 'NULL'],
      // Of the same name elsewhere.
      ['other', 25, `'anna'`],
    ];
    for (const [tenant, day, subject] of people)
      await asAggregator(
        `SELECT ensure_raw_day('2026-11-${day}')`,
        `INSERT INTO raw_event VALUES ('${tenant}', 'e', '', 't', ${subject}, now(), '2026-11-${day}T10:00:00Z', 0, 0, 1, 1, '{}')`,
      );
    await database.query(
      `INSERT INTO erasure (request_id, tenant, subject, partition, requested_by) VALUES (gen_random_uuid(), 'acme', 'anna', 0, 'k')`,
    );
  });

  test('stay while nobody is erased: not those of who is about to be, and no temporary table says otherwise', async () => {
    const before = await left();
    for (const statements of [
      ['DELETE FROM raw_event'],
      [`DELETE FROM raw_event WHERE tenant = 'acme' AND subject = 'anna'`],
      [...IMPOSTOR, `DELETE FROM raw_event WHERE tenant = 'acme' AND subject = 'anna'`],
      ['DELETE FROM raw_event WHERE subject IS NULL'],
    ])
      await expect(asAggregator(...statements)).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('stay until') });
    // Nor does whoever owns the database delete them by mistake.
    await expect(database.query('DELETE FROM raw_event')).rejects.toMatchObject({ code: '42501' });
    expect(await left()).toEqual(before);
  });

  test('go, on whatever day they lie, once the tombstone stands, and nobody else’s with them', async () => {
    await database.query('UPDATE erasure SET begun_at = now()');
    await expect(asAggregator(`DELETE FROM raw_event WHERE subject = 'anna'`)).rejects.toMatchObject({ code: '42501' });
    await expect(asAggregator(`DELETE FROM raw_event WHERE tenant = 'acme'`)).rejects.toMatchObject({ code: '42501' });
    const gone = await asAggregator(`DELETE FROM raw_event WHERE tenant = 'acme' AND subject = 'anna' RETURNING received_at::date::text`);
    expect(gone).toHaveLength(2);
    expect(await left()).toEqual(['-', 'anna', 'berit']);
  });

  test('COPY and INSERT pass no trigger', async () => {
    const triggers = await database.query<{ on: string }>(
      `SELECT DISTINCT event_manipulation AS on FROM information_schema.triggers WHERE event_object_table LIKE 'raw_event%'`,
    );
    expect(triggers).toEqual([{ on: 'DELETE' }]);
  });
});
