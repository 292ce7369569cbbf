/** What readers must know of what was dropped. */
import type pg from 'pg';
import { readCellFloors } from './retention-store.ts';
import type { CellFloorRow } from './retention-store.ts';
import { run } from './statements.ts';

/** Raw events that arrived up to the end of a day are gone. */
export interface LostRaw {
  /** Null: of every tenant and type. */
  readonly of: { readonly tenant: string; readonly type: string } | null;
  /** They are in the archive. */
  readonly isArchived: boolean;
  /** First instant after them, epoch milliseconds. */
  readonly untilMs: number;
}

export interface Kept {
  readonly floors: readonly CellFloorRow[];
  readonly lostRaw: readonly LostRaw[];
}

export interface KeptStore {
  readKept(): Promise<Kept>;
}

interface LostRow {
  readonly tenant: string | null;
  readonly type: string | null;
  readonly is_archived: boolean;
  readonly day: string;
}

const DAY_MS = 86_400_000;

export function createKeptStore(pool: pg.Pool): KeptStore {
  return {
    async readKept() {
      const floors = await readCellFloors(pool);
      const rows = await run<LostRow>(pool, 'read-lost-raw', []);
      const lostRaw = rows.map(({ tenant, type, is_archived: isArchived, day }) => ({
        of: tenant === null || type === null ? null : { tenant, type },
        isArchived,
        untilMs: Date.parse(day) + DAY_MS,
      }));
      return { floors, lostRaw };
    },
  };
}
