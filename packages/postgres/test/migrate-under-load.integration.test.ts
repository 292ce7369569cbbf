import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { migrate } from '../src/migrate.ts';
import type { MigrationResult } from '../src/migrate.ts';
import { createScratchDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

const SOON = { lockMs: 200, pauseMs: 50 };
const PHASES = 'SELECT phase FROM pg_stat_progress_create_index WHERE datname = current_database()';
const INDEXES = `SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname LIKE 'busy_%' ORDER BY 1`;

let database: ScratchDatabase;
let directory: string;
let reader: pg.Client;
let writer: pg.Client;
beforeEach(async () => {
  database = await createScratchDatabase();
  directory = await mkdtemp(join(tmpdir(), 'tidegate-migrations-'));
  await writeFile(join(directory, '0001-busy.sql'), 'CREATE TABLE busy (id int); INSERT INTO busy SELECT generate_series(1, 1000)');
  await migrate({ databaseUrl: database.url, directory });
  [reader, writer] = [new pg.Client({ connectionString: database.url }), new pg.Client({ connectionString: database.url })];
  await Promise.all([reader.connect(), writer.connect()]);
  // A transaction that has read the table and goes on.
  await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await reader.query('SELECT count(*) FROM busy');
});
afterEach(async () => {
  await Promise.all([reader.end(), writer.end()]);
  await database.drop();
  await rm(directory, { recursive: true });
});

const applied = async (more: object = {}): Promise<MigrationResult> => migrate({ databaseUrl: database.url, directory, ...more });
const write = async (): Promise<unknown> => writer.query('INSERT INTO busy VALUES (0)');

it('an index is made while a long reader reads and others write, and is whole when both have ended', async () => {
  await writeFile(join(directory, '0002-index.sql'), '-- Why.\nCREATE INDEX CONCURRENTLY busy_id ON busy (id);\n');
  const migrating = applied();
  // It stands before it is filled: the snapshot of the reader has to end first.
  await expect.poll(async () => database.query(PHASES)).toMatchObject([{ phase: expect.stringMatching(/^waiting/) }]);
  for (let n = 0; n < 50; n += 1) await write();
  expect(await database.query(PHASES)).toHaveLength(1);
  await reader.query('COMMIT');
  expect(await migrating).toMatchObject({ applied: ['0002-index.sql'], present: 1 });
  expect(await database.query(INDEXES)).toEqual([{ relname: 'busy_id', indisvalid: true }]);
  await database.query('SET enable_seqscan = off');
  expect(await database.query('SELECT count(*)::int AS n FROM busy WHERE id = 0')).toEqual([{ n: 50 }]);
});

it('a second migrator that waits for its turn is not waited for by the index', async () => {
  await writeFile(join(directory, '0002-index.sql'), 'CREATE INDEX CONCURRENTLY busy_id ON busy (id)');
  const both = Promise.all([applied(), applied()]);
  await expect.poll(async () => database.query(PHASES)).toHaveLength(1);
  await reader.query('COMMIT');
  expect((await both).flatMap((one) => one.applied)).toEqual(['0002-index.sql']);
});

it('an index whose migrator was killed half way is made anew by the next one', async () => {
  await writeFile(join(directory, '0002-index.sql'), 'CREATE UNIQUE INDEX CONCURRENTLY busy_id ON busy (id) WHERE id > 0');
  const killed = applied().then(
    () => 'applied',
    (error: unknown) => String(error),
  );
  await expect.poll(async () => database.query(PHASES)).toHaveLength(1);
  await database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tidegate-migrate' AND datname = current_database()`,
  );
  expect(await killed).toMatch(/0002-index.sql failed: .*terminat/);
  expect(await database.query(INDEXES)).toEqual([{ relname: 'busy_id', indisvalid: false }]);
  await reader.query('COMMIT');
  expect((await applied()).applied).toEqual(['0002-index.sql']);
  expect(await database.query(INDEXES)).toEqual([{ relname: 'busy_id', indisvalid: true }]);
});

it('a migration that needs the table for itself gives way to writers again and again, and is applied when the reader has ended', async () => {
  await writeFile(join(directory, '0002-column.sql'), 'ALTER TABLE busy ADD COLUMN more int');
  let gaveWay = 0;
  const patience = { ...SOON, onGaveWay: () => (gaveWay += 1) };
  const migrating = applied({ patience });
  await expect.poll(() => gaveWay).toBeGreaterThan(1);
  // Behind its lock for a moment, and through: the reader still reads.
  await write();
  expect(await reader.query('SELECT count(*)::int AS n FROM busy')).toMatchObject({ rows: [{ n: 1_000 }] });
  await reader.query('COMMIT');
  expect((await migrating).applied).toEqual(['0002-column.sql']);
});

it('a table that stays in use is told of by an error, and nothing of the migration is there', async () => {
  await writeFile(join(directory, '0002-column.sql'), 'CREATE TABLE beside (id int); ALTER TABLE busy ADD COLUMN more int');
  await expect(applied({ patience: { ...SOON, tries: 2 } })).rejects.toThrow(
    '0002-column.sql failed: canceling statement due to lock timeout',
  );
  expect(await database.query(`SELECT FROM pg_class WHERE relname = 'beside'`)).toEqual([]);
});

it('an index beside writes is a file of its own', async () => {
  await writeFile(join(directory, '0002-index.sql'), 'CREATE TABLE beside (id int); CREATE INDEX CONCURRENTLY busy_id ON busy (id)');
  await expect(applied()).rejects.toThrow('0002-index.sql failed: an index made CONCURRENTLY is a file of its own');
});

it('an index is dropped beside writes', async () => {
  await writeFile(join(directory, '0002-index.sql'), 'CREATE INDEX busy_id ON busy (id)');
  await reader.query('COMMIT');
  await applied();
  await reader.query('BEGIN; SELECT count(*) FROM busy');
  await writeFile(join(directory, '0003-no-index.sql'), 'DROP INDEX CONCURRENTLY busy_id;');
  const migrating = applied();
  await expect
    .poll(async () =>
      database.query(
        `SELECT FROM pg_stat_activity WHERE query LIKE 'DROP INDEX CONCURRENTLY%' AND wait_event_type = 'Lock' AND datname = current_database()`,
      ),
    )
    .toHaveLength(1);
  await write();
  await reader.query('COMMIT');
  expect((await migrating).applied).toEqual(['0003-no-index.sql']);
  expect(await database.query(INDEXES)).toEqual([]);
});
