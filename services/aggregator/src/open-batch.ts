import { Lateness } from '@tidegate/core';
import { createRawRows } from '@tidegate/postgres';
import type { RawRows, RejectedRow } from '@tidegate/postgres';
import type { RecordAt } from './record-digest.ts';

/** What a partition has folded since its last flush, beside what its folder and its pending dedup layer hold. */
export interface OpenBatch {
  /** Records of both lanes, copies and rejected ones included. */
  records: number;
  events: number;
  copies: number;
  readonly raw: RawRows;
  readonly rejected: RejectedRow[];
  /** Of its events. */
  readonly lateness: Lateness;
  /** W3C trace contexts of requests whose records are in the batch; kept only where spans are exported. */
  readonly causes: string[];
  arrivalFromMs: number;
  arrivalToMs: number;
  /** The last record of each lane; null where the lane has none in this batch. */
  lastLive: RecordAt | null;
  lastRejected: RecordAt | null;
}

/** Room for the rows of a partition that gets little; a batch that needs more is made with as much as the one before it took. */
const RAW_BYTES_MIN = 4_096;

/** @param rawBytes what the rows will take, as far as can be told */
export function createOpenBatch(rawBytes = RAW_BYTES_MIN): OpenBatch {
  return {
    records: 0,
    events: 0,
    copies: 0,
    raw: createRawRows(Math.max(RAW_BYTES_MIN, rawBytes)),
    rejected: [],
    lateness: new Lateness(),
    causes: [],
    arrivalFromMs: Number.POSITIVE_INFINITY,
    arrivalToMs: Number.NEGATIVE_INFINITY,
    lastLive: null,
    lastRejected: null,
  };
}
