import { Lateness } from '@tidegate/core';
import { createRawRows } from '@tidegate/postgres';
import type { EventLane, RawRows, RejectedRow } from '@tidegate/postgres';
import type { RecordAt } from './record-digest.ts';
import { TypeCounts } from './type-counts.ts';

/** What a batch holds of one event lane. */
export interface LanePart {
  events: number;
  readonly raw: RawRows;
  arrivalFromMs: number;
  arrivalToMs: number;
  /** The last record; null where the lane has none in this batch. */
  last: RecordAt | null;
}

/** What a partition has folded since its last flush, beside what its folder and its pending dedup layer hold. */
export interface OpenBatch {
  /** Records of all lanes, copies and rejected ones included. */
  records: number;
  copies: number;
  /** What of it is of which tenant and type, copies too. */
  readonly types: TypeCounts;
  readonly live: LanePart;
  /** Made with the first record of the lane: most batches have none. */
  backfill: LanePart | null;
  readonly rejected: RejectedRow[];
  /** Of its events. */
  readonly lateness: Lateness;
  /** W3C trace contexts of requests whose records are in the batch; kept only where spans are exported. */
  readonly causes: string[];
  /** The last record of rejected.v1; null where there is none. */
  lastRejected: RecordAt | null;
}

/** Room for the rows of a partition that gets little; a batch that needs more is made with as much as the one before it took. */
const RAW_BYTES_MIN = 4_096;

/** @param rawBytes what the rows will take, as far as can be told */
export function createOpenBatch(rawBytes = RAW_BYTES_MIN): OpenBatch {
  return {
    records: 0,
    copies: 0,
    types: new TypeCounts(),
    live: createPart('live', rawBytes),
    backfill: null,
    rejected: [],
    lateness: new Lateness(),
    causes: [],
    lastRejected: null,
  };
}

function createPart(lane: EventLane, rawBytes: number): LanePart {
  return {
    events: 0,
    raw: createRawRows(Math.max(RAW_BYTES_MIN, rawBytes), lane),
    arrivalFromMs: Number.POSITIVE_INFINITY,
    arrivalToMs: Number.NEGATIVE_INFINITY,
    last: null,
  };
}

export function partOf(batch: OpenBatch, lane: EventLane): LanePart {
  return lane === 'live' ? batch.live : (batch.backfill ??= createPart('backfill', RAW_BYTES_MIN));
}

export function eventsOf({ live, backfill }: OpenBatch): number {
  return live.events + (backfill?.events ?? 0);
}

/** Append times of both lanes; infinite where the batch holds no event record. */
export function arrivalOf({ live, backfill }: OpenBatch): { readonly fromMs: number; readonly toMs: number } {
  return {
    fromMs: Math.min(live.arrivalFromMs, backfill?.arrivalFromMs ?? Infinity),
    toMs: Math.max(live.arrivalToMs, backfill?.arrivalToMs ?? -Infinity),
  };
}
