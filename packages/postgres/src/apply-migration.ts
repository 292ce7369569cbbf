/**
 * One migration, applied while services of the release before go on.
 *
 * A statement that waits for a lock of a table holds up whoever comes to that table after it, readers too. So a migration waits for
 * locks but a short while, gives all of them up, and comes again: one long reader makes it late and stops nobody.
 *
 * An index over a table that is written to all the time is a file of its own with one statement, `CREATE INDEX CONCURRENTLY <name> ON …`
 * (or `DROP INDEX CONCURRENTLY <name>`). It cannot be in a transaction:
 *
 * | it dies after | what is there | the next run |
 * |---|---|---|
 * | a part of the index | an index that is not valid, which nobody reads | drops it and makes it anew |
 * | the index | the index, and no record of the migration | the same |
 * | the record | both | has nothing to do |
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

export interface MigrationFile {
  readonly number: number;
  readonly name: string;
  readonly text: string;
  readonly sha256: string;
}

export interface Patience {
  /** Longest that others may have to wait behind a migration that waits for a lock. */
  readonly lockMs: number;
  /** Until it comes again. */
  readonly pauseMs: number;
  /** How often it comes before it is given up. */
  readonly tries: number;
  /** Told of each time that it gave way. */
  readonly onGaveWay?: (name: string, tries: number) => void;
}

export const PATIENCE: Patience = { lockMs: 2_000, pauseMs: 1_000, tries: 100 };

const LOCK_NOT_AVAILABLE = '55P03';
const CONCURRENT = /^(CREATE(?: UNIQUE)?|DROP) INDEX CONCURRENTLY (?:IF (?:NOT )?EXISTS )?([a-z_][a-z0-9_]*)\b[^;]*;?$/i;

/** @throws Error where the file fails, or what it changes is in use for too long */
export async function applyMigration(client: pg.Client, file: MigrationFile, patience: Patience): Promise<void> {
  try {
    const index = indexOf(file.text);
    if (index === null) await applyWhole(client, file, patience);
    else await applyBesideWrites(client, file, index);
  } catch (error) {
    throw new Error(`migration ${file.name} failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** Null: it is applied in a transaction. */
function indexOf(text: string): { readonly index: string; readonly statement: string } | null {
  const statement = text.replaceAll(/--[^\n]*/g, '').trim();
  if (!/\bINDEX\s+CONCURRENTLY\b/i.test(statement)) return null;
  const [, , index] = CONCURRENT.exec(statement.replaceAll(/\s+/g, ' ')) ?? [];
  if (index === undefined) throw new Error('an index made CONCURRENTLY is a file of its own with that one statement, and has a name');
  return { index, statement };
}

async function applyWhole(client: pg.Client, file: MigrationFile, { lockMs, pauseMs, tries, onGaveWay }: Patience): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    await client.query(`BEGIN; SET LOCAL lock_timeout = ${lockMs}`);
    try {
      await client.query(file.text);
      await record(client, file);
      await client.query('COMMIT');
      return;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      if (!isGivingWay(error) || tried >= tries) throw error;
      onGaveWay?.(file.name, tried);
      await delay(pauseMs);
    }
  }
}

/** Whether a statement waited for a lock for longer than it may. */
export function isGivingWay(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === LOCK_NOT_AVAILABLE;
}

/** It waits for whoever is at work, and nobody for it: its lock lets rows be read and written. */
async function applyBesideWrites(
  client: pg.Client,
  file: MigrationFile,
  { index, statement }: { readonly index: string; readonly statement: string },
): Promise<void> {
  await client.query(`DROP INDEX CONCURRENTLY IF EXISTS ${pg.escapeIdentifier(index)}`);
  if (!/^DROP/i.test(statement)) await client.query(statement);
  await record(client, file);
}

async function record(client: pg.Client, { number, name, sha256 }: MigrationFile): Promise<void> {
  await client.query('INSERT INTO schema_migration (number, name, sha256) VALUES ($1, $2, $3)', [number, name, sha256]);
}
