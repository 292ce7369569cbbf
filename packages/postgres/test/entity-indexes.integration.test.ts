import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readIndexReport } from '../src/index-report.ts';
import { migrate } from '../src/migrate.ts';
import type { MigrationResult } from '../src/migrate.ts';
import { createMigratedDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

const TABLE = 'entity.shop.order';
const PHASES = 'SELECT phase FROM pg_stat_progress_create_index WHERE datname = current_database()';
const INDEXES = `SELECT pg_get_indexdef(i.indexrelid) AS text, i.indisvalid AS is_valid FROM pg_index i
  WHERE i.indrelid = '"${TABLE}"'::regclass AND NOT i.indisprimary`;
const MADE = expect.stringMatching(/ON public\."entity\.shop\.order" USING btree \(_tenant, "place\.text"\) WHERE _exists$/);
/** Of 60,000 rows of 300 bytes and more: above the 8 MiB of a small table. */
const ROWS = 60_000;

let database: ScratchDatabase;
let reader: pg.Client;
let writer: pg.Client;

async function ensure(...indexes: string[]): Promise<unknown> {
  return database.query('SELECT ensure_entity_table($1, $2, $3, $4) AS outcome', ['shop', 'order', ['place.text', 'note.text'], indexes]);
}

async function fill(rows: number): Promise<void> {
  await database.query(
    `INSERT INTO "${TABLE}" (_tenant, _subject, _id, _exists, _partition, _state, "place.text", "note.text")
     SELECT 'acme', 's' || n, n, true, 0, '\\x01', 'p' || n % 7, repeat('x', 200) FROM generate_series(1, $1::int) n`,
    [rows],
  );
}

/** Would have to wait for a second: it fails. */
async function write(): Promise<unknown> {
  return writer.query(`UPDATE "${TABLE}" SET "place.text" = 'new' WHERE _tenant = 'acme' AND _subject = 's1' AND _id = '1'`);
}

const migrated = async (indexWaitMs = 60_000): Promise<MigrationResult['indexes']> =>
  (await migrate({ databaseUrl: database.url, indexWaitMs })).indexes;
const wanted = async () =>
  (await readIndexReport({ databaseUrl: database.url, bytesMin: 0, rowsMin: 0, slowMs: 0 })).wanted.map(({ table }) => table);

beforeEach(async () => {
  database = await createMigratedDatabase();
  await ensure();
  [reader, writer] = [new pg.Client({ connectionString: database.url }), new pg.Client({ connectionString: database.url })];
  await Promise.all([reader.connect(), writer.connect()]);
  await writer.query(`SET lock_timeout = '1s'`);
});
afterEach(async () => {
  await Promise.all([reader.end(), writer.end()]);
  await database.drop();
});

async function readLong(): Promise<void> {
  await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await reader.query(`SELECT count(*) FROM "${TABLE}"`);
}

it('an index of a small table is there with its pack', async () => {
  await fill(100);
  expect(await ensure('place.text,')).toEqual([{ outcome: 'ok' }]);
  expect(await database.query(INDEXES)).toEqual([{ text: MADE, is_valid: true }]);
  expect(await wanted()).toEqual([]);
  expect(await migrated()).toEqual({ made: [], waiting: [] });
});

it('an index of a large table holds up no write: not while the pack is applied, not while it is made beside a long reader', async () => {
  await fill(ROWS);
  await readLong();
  const applying = new pg.Client({ connectionString: database.url });
  await applying.connect();
  await applying.query('BEGIN');
  await applying.query(`SELECT ensure_entity_table('shop', 'order', '{place.text,note.text}', '{"place.text,"}')`);
  await write();
  await applying.query('COMMIT');
  await applying.end();
  // The pack is in force, and what it wants is told.
  expect([await database.query(INDEXES), await wanted()]).toEqual([[], [TABLE]]);
  const migrating = migrated();
  await expect.poll(async () => database.query(PHASES), { timeout: 20_000 }).toMatchObject([{ phase: expect.stringMatching(/^waiting/) }]);
  for (let n = 0; n < 50; n += 1) await write();
  expect(await database.query(PHASES)).toHaveLength(1);
  // Meanwhile a version of the pack without further columns is applied, and notes nothing twice.
  expect(await ensure('place.text,')).toEqual([{ outcome: 'ok' }]);
  await reader.query('COMMIT');
  expect((await migrating).made.map(({ table }) => table)).toEqual([TABLE]);
  expect([await database.query(INDEXES), await wanted()]).toEqual([[{ text: MADE, is_valid: true }], []]);
  await database.query('SET enable_seqscan = off');
  expect(await database.query(`SELECT _id FROM "${TABLE}" WHERE _exists AND _tenant = 'acme' AND "place.text" = 'new'`)).toEqual([
    { _id: '1' },
  ]);
});

it('an index whose maker was killed half way is made anew, and one that was whole is not made again', async () => {
  await fill(ROWS);
  await ensure('place.text,');
  await readLong();
  const killed = migrated().then(
    () => 'made',
    (error: unknown) => String(error),
  );
  await expect.poll(async () => database.query(PHASES), { timeout: 20_000 }).toHaveLength(1);
  await database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tidegate-migrate' AND datname = current_database()`,
  );
  expect(await killed).toMatch(/terminat/);
  expect([await database.query(INDEXES), await wanted()]).toEqual([[{ text: MADE, is_valid: false }], [TABLE]]);
  await reader.query('COMMIT');
  const row = await database.query('SELECT * FROM entity_index');
  expect((await migrated()).made).toHaveLength(1);
  expect([await database.query(INDEXES), await wanted()]).toEqual([[{ text: MADE, is_valid: true }], []]);
  // As if it had died before the row went.
  const [oid] = await database.query(
    `SELECT i.indexrelid FROM pg_index i WHERE i.indrelid = '"${TABLE}"'::regclass AND NOT i.indisprimary`,
  );
  await database.query('INSERT INTO entity_index SELECT * FROM json_populate_recordset(NULL::entity_index, $1)', [JSON.stringify(row)]);
  expect((await migrated()).made).toHaveLength(1);
  expect(
    await database.query(`SELECT i.indexrelid FROM pg_index i WHERE i.indrelid = '"${TABLE}"'::regclass AND NOT i.indisprimary`),
  ).toEqual([oid]);
});

it('a reader that does not end leaves the index to the next run, and the migration goes on', async () => {
  await fill(ROWS);
  await ensure('place.text,');
  await readLong();
  const { made, waiting } = await migrated(200);
  expect([made, waiting.map(({ table }) => table), await wanted()]).toEqual([[], [TABLE], [TABLE]]);
  await write();
  await reader.query('COMMIT');
  expect((await migrated()).made).toHaveLength(1);
  expect(await database.query(INDEXES)).toEqual([{ text: MADE, is_valid: true }]);
});

it('what is wanted counts as an index of the table, of which there are 32 at most', async () => {
  await fill(ROWS);
  const orders = Array.from({ length: 40 }, (_, at) => `place.text,${at % 2 === 0 ? 'note.text,' : ''}${'_created_at,'.repeat(at >> 1)}`);
  expect(await ensure(...orders.slice(0, 32))).toEqual([{ outcome: 'ok' }]);
  expect(await ensure(...orders)).toEqual([{ outcome: 'too_many_indexes' }]);
});
