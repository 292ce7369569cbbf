/** Searches every table of the schema for texts: what no statement of a service would find. */
import type pg from 'pg';
import { quoted } from './entity-table.ts';

/** Tombstones, what is forgotten with the dedup window, and the audit, which may not be changed. */
const KEPT: readonly string[] = ['erasure', 'control_record', 'commit_journal', 'audit_record'];

/** Of each table and name that it holds, as text or as the bytes of one: the table, the name's name, how many rows. */
export async function findInTables(
  pool: pg.Pool,
  names: Readonly<Record<string, string>>,
): Promise<readonly (readonly [table: string, name: string, rows: number])[]> {
  const { rows: tables } = await pool.query<{ relname: string }>(
    `SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname <> ALL ($1) ORDER BY 1`,
    [KEPT],
  );
  const found: [string, string, number][] = [];
  for (const { relname } of tables) {
    for (const [name, text] of Object.entries(names)) {
      const { rows } = await pool.query<{ rows: number }>(
        `SELECT count(*)::float8 AS rows FROM ${quoted(relname)} t WHERE position($1 IN t::text) > 0 OR position($2 IN t::text) > 0`,
        [text, Buffer.from(text).toString('hex')],
      );
      const count = rows[0]?.rows ?? 0;
      if (count > 0) found.push([relname, name, count]);
    }
  }
  return found;
}
