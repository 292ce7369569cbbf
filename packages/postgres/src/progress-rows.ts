import { fromSealColumns } from './seal-columns.ts';
import type { SealColumns } from './seal-columns.ts';
import type { Lane, LanePosition, ProgressRow } from './store.ts';

/** A row of `claim.sql` and `read-progress.sql`. */
export interface LaneRow extends SealColumns {
  lane: string;
  partition: number;
  owner: Buffer;
  term: string;
  commit_no: string;
  next_offset: string;
  log_generation: number;
  topic_id: string;
  last_record_sha256: Buffer | null;
  complete_through_ms: number | null;
}

/** One for each live row, with what stands in the rows of the other lanes. */
export function fromProgressRows(rows: readonly LaneRow[]): ProgressRow[] {
  const rowsOf = (lane: Lane): Map<number, LaneRow> => new Map(rows.filter((row) => row.lane === lane).map((row) => [row.partition, row]));
  const [backfill, rejected] = [rowsOf('backfill'), rowsOf('rejected')];
  return rows
    .filter((row) => row.lane === 'live')
    .sort((a, b) => a.partition - b.partition)
    .map((row) => ({
      partition: row.partition,
      owner: row.owner,
      term: Number(row.term),
      commitNo: Number(row.commit_no),
      completeThroughMs: row.complete_through_ms,
      live: toPosition(row),
      backfill: toPosition(backfill.get(row.partition) ?? row),
      backfillThroughMs: backfill.get(row.partition)?.complete_through_ms ?? null,
      rejected: toPosition(rejected.get(row.partition) ?? row),
      seals: fromSealColumns(row),
    }));
}

function toPosition(row: LaneRow): LanePosition {
  return {
    nextOffset: Number(row.next_offset),
    logGeneration: row.log_generation,
    topicId: row.topic_id,
    lastRecordSha256: row.last_record_sha256,
  };
}
