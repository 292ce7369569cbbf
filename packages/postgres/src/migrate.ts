import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { applyMigration, PATIENCE } from './apply-migration.ts';
import type { MigrationFile, Patience } from './apply-migration.ts';
import { makeEntityIndexes } from './entity-indexes.ts';
import type { EntityIndexes } from './entity-indexes.ts';
import { installQueueSchema } from './jobs/queue-schema.ts';

/** Two migrators of one database meet on this advisory lock. */
const MIGRATION_LOCK = '7425132';
const TURN_EVERY_MS = 100;
const INDEX_WAIT_MS = 60_000;
const FILE_NAME = /^(\d{4})-[a-z0-9-]+\.sql$/;

export interface MigrateOptions {
  readonly databaseUrl: string;
  /** Folder of `NNNN-name.sql`; default: the migrations of this package. */
  readonly directory?: string;
  /** Of a migration that waits for locks. */
  readonly patience?: Partial<Patience>;
  /** How long an index of an entity waits for each transaction that is at work; then it is left to the next run. Default: a minute. */
  readonly indexWaitMs?: number;
}

export interface MigrationResult {
  /** File names that this run applied, in order. */
  readonly applied: readonly string[];
  /** How many were in place before. */
  readonly present: number;
  /** Indexes that packs added to large tables. */
  readonly indexes: EntityIndexes;
}

/**
 * Brings a database to the newest schema: numbered files in order, each in a transaction of its own that also records it
 * with its SHA-256 (but for an index that is made beside writes, see `apply-migration.ts`); then the schema of the job queue's library; then indexes that packs have added to large tables of entities. Throws when a recorded file was edited or is missing, and when a file fails (the ones before it stay).
 */
export async function migrate(options: MigrateOptions): Promise<MigrationResult> {
  const files = await readMigrations(options.directory ?? fileURLToPath(new URL('../migrations/', import.meta.url)));
  const client = new pg.Client({ connectionString: options.databaseUrl, application_name: 'tidegate-migrate' });
  await client.connect();
  try {
    await takeTurn(client);
    await client.query(
      `CREATE TABLE IF NOT EXISTS schema_migration (
         number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    const recorded = await readRecorded(client);
    refuseEdited(files, recorded);
    const applied: string[] = [];
    for (const file of files) {
      if (recorded.has(file.number)) continue;
      await applyMigration(client, file, { ...PATIENCE, ...options.patience });
      applied.push(file.name);
    }
    await installQueueSchema(client);
    return { applied, present: recorded.size, indexes: await makeEntityIndexes(client, options.indexWaitMs ?? INDEX_WAIT_MS) };
  } finally {
    await client.end();
  }
}

/** Asked for again and again, for whoever waits inside a statement is waited for by an index that is made CONCURRENTLY. */
async function takeTurn(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [MIGRATION_LOCK]);
    if (rows[0]?.mine === true) return;
    await delay(TURN_EVERY_MS);
  }
}

async function readMigrations(directory: string): Promise<readonly MigrationFile[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  const files: MigrationFile[] = [];
  for (const name of names) {
    const number = Number(FILE_NAME.exec(name)?.[1] ?? Number.NaN);
    // Of work that goes on side by side a number may come before the one below it: that one is applied when it is there.
    if (!(number > (files.at(-1)?.number ?? 0)))
      throw new Error(`migration ${name}: expected a number of its own, in the form NNNN-name.sql`);
    const text = await readFile(`${directory}/${name}`, 'utf8');
    files.push({ number, name, text, sha256: createHash('sha256').update(text).digest('hex') });
  }
  return files;
}

async function readRecorded(client: pg.Client): Promise<ReadonlyMap<number, { name: string; sha256: string }>> {
  const { rows } = await client.query<{ number: number; name: string; sha256: string }>(
    'SELECT number, name, sha256 FROM schema_migration',
  );
  return new Map(rows.map((row) => [row.number, row]));
}

function refuseEdited(files: readonly MigrationFile[], recorded: ReadonlyMap<number, { name: string; sha256: string }>): void {
  for (const [number, was] of recorded) {
    const file = files.find((one) => one.number === number);
    if (file === undefined)
      throw new Error(`migration ${was.name} is applied to this database but not in this release: the database is newer`);
    if (file.sha256 !== was.sha256) throw new Error(`migration ${file.name} was edited after it was applied: write a new one instead`);
  }
}
