/** What the planner knows of tables that grow fast (`migrations/0049-statistics-of-grown-tables.sql`). */
import type pg from 'pg';
import { run } from './statements.ts';

export interface TableStatistics {
  /**
   * Samples the table that has grown most, if some table of 1,000 rows or more has grown twofold since it was sampled last; resolves
   * to its name, or to null where there is none, or somebody else works on it.
   */
  analyseGrown(): Promise<string | null>;
}

export function createTableStatistics(pool: pg.Pool): TableStatistics {
  return {
    analyseGrown: async () => (await run<{ name: string | null }>(pool, 'analyse-grown-table', []))[0]?.name ?? null,
  };
}
