import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { compressionsAlgorithms } from '@platformatic/kafka';
import type { RecordSlab } from './port.ts';
import { BATCH_HEADER_BYTES } from './record-batch.ts';
import { readVarint } from './varint.ts';
import type { Cursor } from './varint.ts';

/** Where the bytes of a fetch answer come from and from which offset on they are wanted. */
export interface FetchedBatches {
  readonly topic: string;
  readonly partition: number;
  /** Record batches one after another; the last may be cut off (the broker fills up to a byte limit). */
  readonly bytes: Uint8Array;
  /** Records before this offset are left out: a batch is always sent whole. */
  readonly fromOffset: number;
  readonly endOffset: number;
}

/** A batch of the log that this program cannot read; the partition must not move past it by itself. */
export class UnreadableBatch extends Error {
  override readonly name = 'UnreadableBatch';
}

/** One batch in the fetched bytes. */
interface BatchSpan {
  readonly baseOffset: number;
  readonly count: number;
  readonly isControl: boolean;
  readonly isAppendTime: boolean;
  readonly compression: number;
  readonly firstTimestampMs: number;
  readonly maxTimestampMs: number;
  /** Range of the records; of the answer's bytes, or of the unpacked ones that follow them. */
  recordsStart: number;
  recordsEnd: number;
}

/**
 * Finds the records of fetched batches without copying or creating an object per record. Control batches (transaction
 * marks) are passed over. A cut-off last batch is left for the next fetch.
 */
export function readSlab(fetched: FetchedBatches): RecordSlab {
  const { spans, nextOffset } = findBatches(fetched);
  const bytes = unpack(fetched.bytes, spans);
  const rows = new SlabRows(spans.reduce((sum, span) => sum + span.count, 0));
  for (const span of spans) rows.read(bytes, span, fetched.fromOffset);
  return rows.toSlab({ ...fetched, bytes }, nextOffset);
}

function findBatches({ bytes, fromOffset }: FetchedBatches): { spans: BatchSpan[]; nextOffset: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const spans: BatchSpan[] = [];
  let nextOffset = fromOffset;
  let at = 0;
  while (at + BATCH_HEADER_BYTES <= bytes.length) {
    const end = at + 12 + view.getInt32(at + 8);
    if (end > bytes.length) break;
    const span = readBatchHeader(view, at, end);
    if (!span.isControl) spans.push(span);
    nextOffset = Math.max(nextOffset, span.baseOffset + view.getInt32(at + 23) + 1);
    at = end;
  }
  return { spans, nextOffset };
}

function readBatchHeader(view: DataView, at: number, end: number): BatchSpan {
  const magic = view.getInt8(at + 16);
  if (magic !== 2) throw new UnreadableBatch(`record batch of format ${magic}; only format 2 (Kafka 0.11 and later) is read`);
  const attributes = view.getInt16(at + 21);
  return {
    baseOffset: Number(view.getBigInt64(at)),
    count: view.getInt32(at + 57),
    compression: attributes & 7,
    isAppendTime: (attributes & 8) !== 0,
    isControl: (attributes & 32) !== 0,
    firstTimestampMs: Number(view.getBigInt64(at + 27)),
    maxTimestampMs: Number(view.getBigInt64(at + 35)),
    recordsStart: at + BATCH_HEADER_BYTES,
    recordsEnd: end,
  };
}

type Decompress = (bytes: Buffer) => Buffer;

/** By the codec number in a batch's attributes. */
const DECOMPRESS: readonly (Decompress | null)[] = [
  null,
  (bytes) => gunzipSync(bytes),
  (bytes) => compressionsAlgorithms.snappy.decompressSync(bytes),
  (bytes) => compressionsAlgorithms.lz4.decompressSync(bytes),
  (bytes) => zstdDecompressSync(bytes),
];

/** Puts unpacked records of compressed batches behind the fetched bytes, so that one buffer still holds everything. */
function unpack(bytes: Uint8Array, spans: readonly BatchSpan[]): Uint8Array {
  if (spans.every((span) => span.compression === 0)) return bytes;
  const parts: Uint8Array[] = [bytes];
  let end = bytes.length;
  for (const span of spans) {
    if (span.compression === 0) continue;
    const decompress = DECOMPRESS[span.compression];
    if (!decompress) throw new UnreadableBatch(`record batch at offset ${span.baseOffset} uses unknown compression ${span.compression}`);
    const records = decompress(Buffer.from(bytes.buffer, bytes.byteOffset + span.recordsStart, span.recordsEnd - span.recordsStart));
    parts.push(records);
    span.recordsStart = end;
    end += records.length;
    span.recordsEnd = end;
  }
  return Buffer.concat(parts, end);
}

/** The columns of a slab while they are filled. */
class SlabRows {
  readonly #offsets: Float64Array;
  readonly #timestampsMs: Float64Array;
  readonly #ranges: readonly [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];
  #count = 0;

  /** All columns share one allocation: eight would cost the garbage collector more than the reading costs. */
  constructor(capacity: number) {
    const memory = new ArrayBuffer(capacity * (2 * Float64Array.BYTES_PER_ELEMENT + 6 * Int32Array.BYTES_PER_ELEMENT));
    const times = capacity * Float64Array.BYTES_PER_ELEMENT;
    this.#offsets = new Float64Array(memory, 0, capacity);
    this.#timestampsMs = new Float64Array(memory, times, capacity);
    const column = (n: number): Int32Array => new Int32Array(memory, 2 * times + n * capacity * Int32Array.BYTES_PER_ELEMENT, capacity);
    this.#ranges = [column(0), column(1), column(2), column(3), column(4), column(5)];
  }

  read(bytes: Uint8Array, span: BatchSpan, fromOffset: number): void {
    const [keyStart, keyEnd, valueStart, valueEnd, headersStart, headersEnd] = this.#ranges;
    const cursor: Cursor = { position: span.recordsStart };
    let row = this.#count;
    for (let i = 0; i < span.count; i++) {
      const length = readVarint(bytes, cursor);
      const end = cursor.position + length;
      if (length < 0 || end > span.recordsEnd) throw new UnreadableBatch(`a record at or after offset ${span.baseOffset} is cut off`);
      cursor.position++; // attributes of a record are not used by the format
      const timestampDelta = readVarint(bytes, cursor);
      const offset = span.baseOffset + readVarint(bytes, cursor);
      if (offset < fromOffset) {
        cursor.position = end;
        continue;
      }
      this.#offsets[row] = offset;
      this.#timestampsMs[row] = span.isAppendTime ? span.maxTimestampMs : span.firstTimestampMs + timestampDelta;
      readRange(bytes, cursor, { row, starts: keyStart, ends: keyEnd });
      readRange(bytes, cursor, { row, starts: valueStart, ends: valueEnd });
      headersStart[row] = cursor.position;
      headersEnd[row] = end;
      cursor.position = end;
      row++;
    }
    this.#count = row;
  }

  toSlab(fetched: FetchedBatches, nextOffset: number): RecordSlab {
    const count = this.#count;
    const [keyStart, keyEnd, valueStart, valueEnd, headersStart, headersEnd] = this.#ranges;
    return {
      topic: fetched.topic,
      partition: fetched.partition,
      count,
      bytes: fetched.bytes,
      offsets: this.#offsets.subarray(0, count),
      timestampsMs: this.#timestampsMs.subarray(0, count),
      keyStart: keyStart.subarray(0, count),
      keyEnd: keyEnd.subarray(0, count),
      valueStart: valueStart.subarray(0, count),
      valueEnd: valueEnd.subarray(0, count),
      headersStart: headersStart.subarray(0, count),
      headersEnd: headersEnd.subarray(0, count),
      endOffset: fetched.endOffset,
      nextOffset,
    };
  }
}

interface RangeColumns {
  readonly row: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

function readRange(bytes: Uint8Array, cursor: Cursor, { row, starts, ends }: RangeColumns): void {
  const length = readVarint(bytes, cursor);
  starts[row] = length < 0 ? -1 : cursor.position;
  cursor.position += Math.max(0, length);
  ends[row] = length < 0 ? -1 : cursor.position;
}
