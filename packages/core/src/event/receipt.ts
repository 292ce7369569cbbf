import { ByteReader } from '../rollup/byte-reader.ts';
import { ByteWriter } from '../rollup/byte-writer.ts';
import type { OffsetRun } from './offset-runs.ts';
import { closeGaps, mergeRuns } from './offset-runs.ts';

/** The lanes in which events come: `live` is events.v1, `backfill` is backfill.v1, whose events may wait. */
export type EventLane = 'live' | 'backfill';

/** What a receipt proves, before it is sealed: where the events of one request lie in the log. */
export interface ReceiptEntry {
  readonly lane: EventLane;
  readonly partition: number;
  /** Where in the partition, ascending; one at least. */
  readonly runs: readonly OffsetRun[];
}

export interface Receipt {
  readonly tenant: string;
  readonly logGeneration: number;
  readonly entries: readonly ReceiptEntry[];
}

/**
 * Runs that a receipt holds at most: 3 to 5 KB as text, which a header and an address carry. A request has more only where
 * its events trickled in, one by one, among others'; then the narrowest gaps are closed, and what is said of the events is an
 * upper bound.
 */
export const RECEIPT_RUNS_MAX = 1_000;

/** Version 1 knew the last offset and the number of events of a partition, and took them to lie together. */
const OLD_VERSION = 1;
const VERSION = 2;

/** Version byte, tenant, then varints; docs/design/road.md section 7. Runs may come in any order and touch each other. */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  const out = new ByteWriter(64);
  out.byte(VERSION);
  out.text(receipt.tenant);
  out.varint(receipt.logGeneration);
  out.varint(receipt.entries.length);
  const merged = receipt.entries.map(({ runs }) => mergeRuns(runs));
  const lists = closeGaps(merged, RECEIPT_RUNS_MAX);
  for (const [i, { lane, partition }] of receipt.entries.entries()) {
    out.varint(lane === 'live' ? 0 : 1);
    out.varint(partition);
    writeRuns(out, lists[i] ?? []);
  }
  return out.finish();
}

/** How many, then for each how many offsets lie between it and the one before it (or zero), and its length less one. */
function writeRuns(out: ByteWriter, runs: readonly OffsetRun[]): void {
  out.varint(runs.length);
  let end = 0;
  for (const { first, count } of runs) {
    out.varint(first - end);
    out.varint(count - 1);
    end = first + count;
  }
}

/** Null where the bytes are no receipt of a version that this program knows. */
export function decodeReceipt(bytes: Uint8Array): Receipt | null {
  const reader = new ByteReader(bytes);
  const version = reader.byte();
  if (version !== VERSION && version !== OLD_VERSION) return null;
  const tenant = reader.text();
  const logGeneration = reader.varint();
  const count = reader.count();
  const entries: ReceiptEntry[] = [];
  for (let i = 0; i < count; i += 1) {
    const lane = reader.varint() === 0 ? 'live' : 'backfill';
    const partition = reader.varint();
    entries.push({ lane, partition, runs: version === OLD_VERSION ? [readOldRun(reader)] : readRuns(reader) });
  }
  return reader.isDone ? { tenant, logGeneration, entries } : null;
}

function readRuns(reader: ByteReader): OffsetRun[] {
  const runs: OffsetRun[] = [];
  const length = reader.count();
  let end = 0;
  for (let i = 0; i < length; i += 1) {
    const first = end + reader.varint();
    const count = reader.varint() + 1;
    end = first + count;
    runs.push({ first, count });
  }
  return length === 0 || !Number.isSafeInteger(end) ? broken(reader) : runs;
}

function readOldRun(reader: ByteReader): OffsetRun {
  const last = reader.varint();
  const count = reader.varint();
  if (count === 0 || count > last + 1) reader.fail();
  return { first: last - count + 1, count };
}

function broken(reader: ByteReader): OffsetRun[] {
  reader.fail();
  return [];
}

/** Events of the entry. */
export function countOf({ runs }: ReceiptEntry): number {
  return runs.reduce((sum, { count }) => sum + count, 0);
}

/** The entry's last offset: what has passed it has passed all its events. */
export function lastOffsetOf({ runs }: ReceiptEntry): number {
  const last = runs.at(-1);
  return last === undefined ? -1 : last.first + last.count - 1;
}
