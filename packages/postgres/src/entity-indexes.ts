/**
 * Indexes that packs added to large tables of entities (docs/adr/0050-indexes-of-entities.md), made beside writes: it waits for whoever is at
 * work, and nobody for it.
 *
 * | it dies after       | what is there                                     | the next run                |
 * |---------------------|---------------------------------------------------|-----------------------------|
 * | a part of the index | an index that is not valid, which nobody reads    | drops it and makes it anew  |
 * | the index           | the index, and the row that says it is wanted     | takes the row away          |
 * | the row             | the index                                         | has nothing to do           |
 */
import pg from 'pg';
import { isGivingWay } from './apply-migration.ts';

export interface WantedIndex {
  readonly table: string;
  readonly index: string;
}

export interface EntityIndexes {
  readonly made: readonly WantedIndex[];
  /** A transaction that had begun before was still at work: they are as good as not there, and the next run makes them. */
  readonly waiting: readonly WantedIndex[];
}

interface Row {
  readonly table_name: string;
  readonly index_name: string;
  readonly is_whole: boolean;
  readonly statement: string;
}

const LIST = `SELECT e.table_name, e.index_name, coalesce(i.indisvalid, false) AS is_whole,
  format('CREATE INDEX CONCURRENTLY %I ON %I (_tenant, %s) WHERE _exists', e.index_name, e.table_name, e.columns) AS statement
FROM entity_index e LEFT JOIN pg_index i ON i.indexrelid = to_regclass(quote_ident(e.index_name))
ORDER BY e.wanted_at, e.index_name`;

/** Those that no run has made yet. */
export async function readWantedIndexes(on: pg.ClientBase | pg.Pool): Promise<readonly WantedIndex[]> {
  return (await list(on)).map(toWanted);
}

/** On a session of its own, which nobody but this run may have: two would make the same one. */
export async function makeEntityIndexes(client: pg.Client, waitMs: number): Promise<EntityIndexes> {
  const [made, waiting]: [WantedIndex[], WantedIndex[]] = [[], []];
  await client.query(`SET lock_timeout = ${waitMs}`);
  for (const row of await list(client)) {
    const isMade = row.is_whole || (await makeBesideWrites(client, row));
    if (isMade) await client.query('DELETE FROM entity_index WHERE index_name = $1', [row.index_name]);
    (isMade ? made : waiting).push(toWanted(row));
  }
  await client.query('RESET lock_timeout');
  return { made, waiting };
}

async function makeBesideWrites(client: pg.Client, { index_name: index, statement }: Row): Promise<boolean> {
  try {
    await client.query(`DROP INDEX CONCURRENTLY IF EXISTS ${pg.escapeIdentifier(index)}`);
    await client.query(statement);
    return true;
  } catch (error) {
    if (isGivingWay(error)) return false;
    throw error;
  }
}

/** A database that is not migrated has none. */
async function list(on: pg.ClientBase | pg.Pool): Promise<readonly Row[]> {
  const { rows } = await on.query<{ is_there: boolean }>(`SELECT to_regclass('entity_index') IS NOT NULL AS is_there`);
  return rows[0]?.is_there === true ? (await on.query<Row>(LIST)).rows : [];
}

function toWanted({ table_name: table, index_name: index }: Row): WantedIndex {
  return { table, index };
}
