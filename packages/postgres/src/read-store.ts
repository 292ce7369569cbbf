/** The read side of the data plane: cells of a range together with the progress that they are complete for. */
import { GRAINS, leastSealed } from '@tidegate/core';
import type { CellRange, RangePiece, SealedThrough } from '@tidegate/core';
import type pg from 'pg';
import { inTransaction, SNAPSHOT } from './in-transaction.ts';
import { int4Array, int8Array, textArray } from './binary-array.ts';
import { fromRawRow } from './raw-reader.ts';
import type { RawEventRow } from './raw-reader.ts';
import type { StoredEvent } from './raw-shape.ts';
import { fromSealedColumns } from './seal-columns.ts';
import type { SealedColumns } from './seal-columns.ts';
import { readRangeCells } from './range-cells.ts';
import type { CellsOf, CellsRead } from './range-cells.ts';
import { run } from './statements.ts';
import type { EventLane } from './store.ts';
import type { TaskRow } from './task-shape.ts';

/** How far one lane of a partition is counted. */
export interface CountedLane {
  readonly nextOffset: number;
  readonly logGeneration: number;
}

/** How far a partition is counted, as committed. What stands at the top is the live lane's. */
export interface CountedProgress {
  readonly partition: number;
  readonly term: number;
  readonly commitNo: number;
  readonly nextOffset: number;
  readonly logGeneration: number;
  readonly completeThroughMs: number | null;
  /** Null: no owner has had this lane yet. */
  readonly backfill: CountedLane | null;
  /** Accepted events of the partition, of either lane, were gone from the log before they were counted, and no operator has read of it. */
  readonly hasGap: boolean;
  /** What of its coarse cells is made. */
  readonly sealed: SealedThrough;
}

/** Accepted events `fromOffset` ≤ offset < `toOffset` of a partition, gone from the log before they were counted. */
export interface LogGap {
  readonly lane: EventLane;
  readonly partition: number;
  readonly logGeneration: number;
  readonly fromOffset: number;
  readonly toOffset: number;
  readonly foundAtMs: number;
  /** An operator has read of it; null: nobody has. */
  readonly acknowledged: { readonly atMs: number; readonly by: string; readonly reason: string } | null;
}

/** How far a partition's log was counted that has given way to another one, of a greater generation. */
export interface EndedLog {
  readonly lane: EventLane;
  readonly partition: number;
  readonly logGeneration: number;
  readonly nextOffset: number;
}

/** Records `firstOffset` ≤ offset ≤ `lastOffset` of one log of a partition. */
export interface LogSpan {
  readonly lane: EventLane;
  readonly partition: number;
  readonly logGeneration: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
}

export interface CellSnapshot extends CellsRead {
  readonly progress: readonly CountedProgress[];
}

/** Which cells of a range are read, once the snapshot has told what is sealed on every partition. */
export type PiecesOf = (sealed: SealedThrough) => readonly RangePiece[];

export interface RecentAsk {
  readonly tenant: string;
  readonly types: readonly string[];
  readonly offsets: number;
  readonly rowsMax: number;
}

export interface ReadStore {
  readProgress(): Promise<readonly CountedProgress[]>;
  /** Tasks of one kind, of all partitions. */
  readTasks(kind: string, names: readonly string[]): Promise<readonly (TaskRow & { readonly partition: number })[]>;
  /** Raw events of a tenant among the last so many offsets of each partition, in no order. */
  readRecentEvents(ask: RecentAsk): Promise<readonly StoredEvent[]>;
  /** Newest first. */
  readGaps(): Promise<readonly LogGap[]>;
  /** Those of the event lanes, by lane, partition and generation. */
  readEndedLogs(): Promise<readonly EndedLog[]>;
  /** Accepted records that became rejected rows, of one tenant or of none that could be read. `topics`: those of the lanes. */
  countRejected(
    of: { readonly topics: Readonly<Record<EventLane, string>>; readonly tenant: string },
    spans: readonly LogSpan[],
  ): Promise<number>;
  /**
   * Progress, series and cells of one repeatable-read snapshot: together they are right at one instant. Without `piecesOf` the
   * quarter hours of the whole range.
   */
  readCells(range: CellRange, cellsMax: number, piecesOf?: PiecesOf): Promise<CellSnapshot>;
  /** Series and cells of known pieces, of one instant: for whoever knows how far they are complete otherwise. */
  readPieces(of: CellsOf, cellsMax: number, pieces: readonly RangePiece[]): Promise<CellsRead>;
}

interface ProgressRow extends SealedColumns {
  readonly partition: number;
  readonly term: string;
  readonly commit_no: string;
  readonly next_offset: string;
  readonly log_generation: number;
  readonly complete_through_ms: number | null;
  readonly backfill_next_offset: string | null;
  readonly backfill_log_generation: number | null;
  readonly has_gap: boolean;
}

interface GapRow {
  readonly lane: EventLane;
  readonly partition: number;
  readonly log_generation: number;
  readonly from_offset: string;
  readonly to_offset: string;
  readonly found_at_ms: number;
  readonly acknowledged_at_ms: number | null;
  readonly acknowledged_by: string | null;
  readonly acknowledged_reason: string | null;
}

interface EndedRow {
  readonly lane: EventLane;
  readonly partition: number;
  readonly log_generation: number;
  readonly next_offset: string;
}

export function createReadStore(pool: pg.Pool): ReadStore {
  return {
    readProgress: async () => readCountedProgress(pool),
    readTasks: (kind, names) => run<TaskRow & { partition: number }>(pool, 'read-task-progress', [kind, textArray(names)]),
    readRecentEvents: async ({ tenant, types, offsets, rowsMax }) => {
      const rows = await run<RawEventRow>(pool, 'read-recent-events', [tenant, textArray(types), offsets, rowsMax]);
      return rows.map((row) => fromRawRow(tenant, row));
    },
    readGaps: async () => (await run<GapRow>(pool, 'read-gaps', [])).map(toGap),
    readEndedLogs: async () => (await run<EndedRow>(pool, 'read-ended-logs', [])).map(toEndedLog),
    async countRejected({ topics, tenant }, spans) {
      const [row] = await run<{ rejected: number }>(pool, 'count-rejected', [
        textArray(spans.map((span) => topics[span.lane])),
        tenant,
        int4Array(spans.map((span) => span.logGeneration)),
        int4Array(spans.map((span) => span.partition)),
        int8Array(spans.map((span) => span.firstOffset)),
        int8Array(spans.map((span) => span.lastOffset)),
      ]);
      return row?.rejected ?? 0;
    },
    readCells: async (range, cellsMax, piecesOf = quarterHours(range)) =>
      inTransaction(pool, async (client) => readSnapshot(client, { range, piecesOf, cellsMax }), { begin: SNAPSHOT }),
    readPieces: async (of, cellsMax, pieces) => readRangeCells(pool, { of, pieces, cellsMax }),
  };
}

export async function readCountedProgress(on: pg.Pool | pg.ClientBase): Promise<readonly CountedProgress[]> {
  return (await run<ProgressRow>(on, 'read-live-progress', [])).map(toProgress);
}

function quarterHours({ fromS, toS }: CellRange): PiecesOf {
  return () => [{ grain: GRAINS.quarter_hour.code, fromS, toS }];
}

interface SnapshotAsk {
  readonly range: CellRange;
  readonly piecesOf: PiecesOf;
  readonly cellsMax: number;
}

async function readSnapshot(client: pg.ClientBase, { range, piecesOf, cellsMax }: SnapshotAsk): Promise<CellSnapshot> {
  const progress = await readCountedProgress(client);
  const pieces = piecesOf(leastSealed(progress.map(({ sealed }) => sealed)));
  return { progress, ...(await readRangeCells(client, { of: range, pieces, cellsMax })) };
}

function toProgress(row: ProgressRow): CountedProgress {
  return {
    partition: row.partition,
    term: Number(row.term),
    commitNo: Number(row.commit_no),
    nextOffset: Number(row.next_offset),
    logGeneration: row.log_generation,
    completeThroughMs: row.complete_through_ms,
    backfill: backfillOf(row),
    hasGap: row.has_gap,
    sealed: fromSealedColumns(row),
  };
}

function backfillOf({ backfill_next_offset: nextOffset, backfill_log_generation: logGeneration }: ProgressRow): CountedLane | null {
  return nextOffset === null || logGeneration === null ? null : { nextOffset: Number(nextOffset), logGeneration };
}

function toGap(row: GapRow): LogGap {
  return {
    lane: row.lane,
    partition: row.partition,
    logGeneration: row.log_generation,
    fromOffset: Number(row.from_offset),
    toOffset: Number(row.to_offset),
    foundAtMs: row.found_at_ms,
    acknowledged:
      row.acknowledged_at_ms === null
        ? null
        : { atMs: row.acknowledged_at_ms, by: row.acknowledged_by ?? '', reason: row.acknowledged_reason ?? '' },
  };
}

function toEndedLog(row: EndedRow): EndedLog {
  return { lane: row.lane, partition: row.partition, logGeneration: row.log_generation, nextOffset: Number(row.next_offset) };
}
