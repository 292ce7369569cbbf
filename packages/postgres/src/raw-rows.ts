import { fromPostgresMicros, toPostgresMicros } from './binary-array.ts';
import { ByteWriter } from './byte-writer.ts';
import type { EventLane } from './store.ts';

const TRUE = Uint8Array.of(1);

/** One first copy of an event on its way into raw_event. Callers may reuse one object for all rows. */
export interface RawRow {
  tenant: string;
  /** Looked at only where `idStart` is negative. */
  eventId: string;
  source: string;
  type: string;
  subject: string | null;
  occurredAtMs: number;
  receivedAtMs: number;
  partition: number;
  logOffset: number;
  logGeneration: number;
  packVersion: number;
  /** Range of the id in `bytes`, where it stands there as its UTF-8 text; else -1. */
  idStart: number;
  idEnd: number;
  /** Holds the event's `data` as JSON text at `dataStart` ≤ i < `dataEnd`. */
  bytes: Uint8Array;
  dataStart: number;
  dataEnd: number;
  /** As one JSON object; empty: it has none. */
  attributes: Uint8Array;
}

/** A row as it is stored. */
export interface StoredRawRow extends RawRow {
  /** Which of the two event lanes its position is in. */
  readonly isBackfill: boolean;
}

/** Columns in the order in which `createRawRows` writes them; `sql/copy-raw-rows.sql` and `copy-backfill-rows.sql` name the same. */
const COLUMNS = { live: 13, backfill: 14 } as const;

export interface RawRows {
  readonly count: number;
  readonly sizeBytes: number;
  add(row: RawRow): void;
  /** Rows in COPY BINARY, without header and trailer, so that those of several partitions can follow one another. */
  bytes(): Uint8Array;
}

export function createRawRows(initialBytes = 64 * 1_024, lane: EventLane = 'live'): RawRows {
  return new GrowingRawRows(initialBytes, lane);
}

/**
 * A class, because one is made for each batch: a literal with a getter gets a hidden class of its own, which is old at once and
 * keeps what the getter's closure holds until the next full garbage collection (docs/adr/0012-garbage-that-stays.md).
 */
class GrowingRawRows implements RawRows {
  readonly #to: ByteWriter;
  readonly #lane: EventLane;
  #count = 0;

  constructor(initialBytes: number, lane: EventLane) {
    this.#to = new ByteWriter(initialBytes);
    this.#lane = lane;
  }

  get count(): number {
    return this.#count;
  }

  get sizeBytes(): number {
    return this.#to.length;
  }

  add(row: RawRow): void {
    this.#count += 1;
    this.#to.int16(COLUMNS[this.#lane]);
    writeRow(this.#to, row);
    if (this.#lane === 'backfill') writeTrue(this.#to);
  }

  bytes(): Uint8Array {
    return this.#to.bytes();
  }
}

function writeRow(to: ByteWriter, row: RawRow): void {
  to.text(row.tenant);
  if (row.idStart < 0) to.text(row.eventId);
  else to.field(row.bytes, row.idStart, row.idEnd);
  to.text(row.source);
  to.text(row.type);
  if (row.subject === null) to.int32(-1);
  else to.text(row.subject);
  to.int32(8);
  to.int64(toPostgresMicros(row.occurredAtMs));
  to.int32(8);
  to.int64(toPostgresMicros(row.receivedAtMs));
  to.int32(4);
  to.int32(row.partition);
  to.int32(8);
  to.int64(row.logOffset);
  to.int32(4);
  to.int32(row.logGeneration);
  to.int32(4);
  to.int32(row.packVersion);
  to.field(row.bytes, row.dataStart, row.dataEnd);
  if (row.attributes.length === 0) to.int32(-1);
  else to.field(row.attributes);
}

/** The column `is_backfill`, which live rows leave to its default. */
function writeTrue(to: ByteWriter): void {
  to.field(TRUE, 0, TRUE.length);
}

/** Reads rows back; for the in-memory store and for tests. */
export function readRawRows(bytes: Uint8Array): readonly StoredRawRow[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rows: StoredRawRow[] = [];
  let at = 0;
  const field = (): Buffer | null => {
    const length = view.readInt32BE(at);
    at += 4;
    if (length < 0) return null;
    at += length;
    return view.subarray(at - length, at);
  };
  const text = (): string => field()?.toString('utf8') ?? '';
  const int32 = (): number => field()?.readInt32BE(0) ?? 0;
  const int64 = (): number => Number(field()?.readBigInt64BE(0) ?? 0n);
  while (at < view.length) {
    const isBackfill = view.readInt16BE(at) === COLUMNS.backfill;
    at += 2;
    const [tenant, eventId, source, type] = [text(), text(), text(), text()];
    const subject = field()?.toString('utf8') ?? null;
    const [occurredAtMs, receivedAtMs] = [fromPostgresMicros(int64()), fromPostgresMicros(int64())];
    const [partition, logOffset, logGeneration, packVersion] = [int32(), int64(), int32(), int32()];
    const data = Uint8Array.from(field() ?? []);
    const attributes = Uint8Array.from(field() ?? []);
    if (isBackfill) field();
    rows.push({
      isBackfill,
      ...{ tenant, eventId, source, type, subject, occurredAtMs, receivedAtMs, partition, logOffset, logGeneration, packVersion },
      ...{ idStart: -1, idEnd: -1, bytes: data, dataStart: 0, dataEnd: data.length, attributes },
    });
  }
  return rows;
}
