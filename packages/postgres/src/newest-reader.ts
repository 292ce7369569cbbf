/** The newest counted events of a tenant, or of one person of it (docs/design/recent-events.md). */
import type pg from 'pg';
import { inTransaction, SNAPSHOT } from './in-transaction.ts';
import { int4Array, int8Array, textArray } from './binary-array.ts';
import { fromRawRow } from './raw-reader.ts';
import type { RawEventRow } from './raw-reader.ts';
import type { StoredEvent } from './raw-shape.ts';
import { readCountedProgress } from './read-store.ts';
import type { CountedProgress } from './read-store.ts';
import { run } from './statements.ts';
import type { EventLane } from './store.ts';

export interface NewestAsk {
  readonly tenant: string;
  readonly types: readonly string[];
  /** `fromMs` ≤ time of occurrence < `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Pseudonym; null: of anybody and nobody. */
  readonly subject: string | null;
  /** Of one person `rowsMax` alone counts. */
  readonly rowsOfTypeMax: number;
  readonly rowsMax: number;
}

export interface NewestRead {
  /** The newest first; of equal instants the greater id. */
  readonly events: readonly StoredEvent[];
  /** Of the same instant. */
  readonly progress: readonly CountedProgress[];
  /** What arrived before it on a day that is not closed is not looked at; null: everything is. */
  readonly floorMs: number | null;
}

/** Where a lane of a partition was counted to. */
export interface LanePlace {
  readonly lane: EventLane;
  readonly partition: number;
  readonly logGeneration: number;
  readonly nextOffset: number;
}

export interface NewestReader {
  read(ask: NewestAsk): Promise<NewestRead>;
  /** What was counted behind these places, the newest of each type, in no order. */
  behind(ask: Pick<NewestAsk, 'tenant' | 'types' | 'rowsOfTypeMax'>, places: readonly LanePlace[]): Promise<NewestRead>;
}

/** Of each lane of a partition so many of the last offsets are looked at on days without an index. */
export const NEWEST_OFFSETS = 100_000;

export function createNewestReader(pool: pg.Pool, offsetsMax: number = NEWEST_OFFSETS): NewestReader {
  return {
    read: async (ask) => inSnapshot(pool, async (client) => readNewest(client, ask, offsetsMax)),
    behind: async ({ tenant, types, rowsOfTypeMax }, places) =>
      inSnapshot(pool, async (client) => {
        const rows = await run<RawEventRow>(client, 'read-events-behind', [
          ...[tenant, textArray(types)],
          textArray(places.map(({ lane }) => lane)),
          int4Array(places.map(({ partition }) => partition)),
          int4Array(places.map(({ logGeneration }) => logGeneration)),
          int8Array(places.map(({ nextOffset }) => nextOffset)),
          rowsOfTypeMax,
        ]);
        return { events: rows.map((row) => fromRawRow(tenant, row)), floorMs: null };
      }),
  };
}

async function readNewest(client: pg.ClientBase, ask: NewestAsk, offsetsMax: number): Promise<Omit<NewestRead, 'progress'>> {
  const { tenant, types, fromMs, toMs, subject, rowsOfTypeMax, rowsMax } = ask;
  const of = [tenant, textArray(types), new Date(fromMs), new Date(toMs), offsetsMax];
  const rows =
    subject === null
      ? await run<RawEventRow>(client, 'read-newest-events', [...of, rowsOfTypeMax, rowsMax])
      : await run<RawEventRow>(client, 'read-newest-of-person', [...of, rowsMax, subject]);
  const [floor] = await run<{ floor_ms: number | null }>(client, 'read-newest-floor', [offsetsMax]);
  return { events: rows.map((row) => fromRawRow(tenant, row)), floorMs: floor?.floor_ms ?? null };
}

async function inSnapshot(pool: pg.Pool, read: (client: pg.ClientBase) => Promise<Omit<NewestRead, 'progress'>>): Promise<NewestRead> {
  return inTransaction(
    pool,
    async (client) => {
      const progress = await readCountedProgress(client);
      return { ...(await read(client)), progress };
    },
    { begin: SNAPSHOT },
  );
}
