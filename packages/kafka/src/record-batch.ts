import { crc32c } from '@platformatic/kafka';
import type { ProducerStamp, RecordBatch } from './port.ts';
import { varintSize, writeVarint } from './varint.ts';

/**
 * Kafka's record batch, format 2 (https://kafka.apache.org/documentation/#recordbatch): a header of 61 bytes, then records.
 * The header's place is kept free at the front of the same buffer that records are copied into, so sealing moves nothing.
 */
export const BATCH_HEADER_BYTES = 61;
/** The checksum covers everything from the attributes to the end. */
const CRC_START = 21;
/** Length counts from after itself (offset 12). */
const LENGTH_START = 12;

export interface RecordBatchOptions {
  /** First size of the buffer; it doubles when it is full. */
  readonly initialBytes?: number;
}

/** An empty batch. Records are encoded into one growing buffer when they are added; no object is kept per record. */
export function createRecordBatch({ initialBytes = 16 * 1024 }: RecordBatchOptions = {}): RecordBatch {
  return new GrowingRecordBatch(Math.max(initialBytes, BATCH_HEADER_BYTES));
}

class GrowingRecordBatch implements RecordBatch {
  #buffer: Buffer;
  #end = BATCH_HEADER_BYTES;
  #count = 0;

  constructor(initialBytes: number) {
    this.#buffer = Buffer.allocUnsafeSlow(initialBytes);
  }

  get count(): number {
    return this.#count;
  }

  get sizeBytes(): number {
    return this.#end;
  }

  add(key: Uint8Array | null, value: Uint8Array | null, headers: Uint8Array): number {
    const index = this.#count;
    const keyLength = key === null ? -1 : key.length;
    const valueLength = value === null ? -1 : value.length;
    // Attributes and a timestamp delta of 0 take a byte each; the append time is the broker's.
    const bodyBytes =
      2 +
      varintSize(index) +
      varintSize(keyLength) +
      Math.max(0, keyLength) +
      varintSize(valueLength) +
      Math.max(0, valueLength) +
      headers.length;
    this.#reserve(bodyBytes + 5);
    const buffer = this.#buffer;
    let at = writeVarint(buffer, this.#end, bodyBytes);
    buffer[at++] = 0;
    buffer[at++] = 0;
    at = writeVarint(buffer, at, index);
    at = writeField(buffer, at, key);
    at = writeField(buffer, at, value);
    buffer.set(headers, at);
    this.#end = at + headers.length;
    this.#count = index + 1;
    return index;
  }

  seal(stamp: ProducerStamp): Uint8Array {
    const buffer = this.#buffer;
    const timestamp = BigInt(stamp.timestampMs);
    buffer.writeBigInt64BE(0n, 0); // base offset: the broker's
    buffer.writeInt32BE(this.#end - LENGTH_START, 8);
    buffer.writeInt32BE(-1, 12); // partition leader epoch: the broker's
    buffer.writeInt8(2, 16); // magic
    buffer.writeInt16BE(0, 21); // attributes: no compression, no transaction
    buffer.writeInt32BE(this.#count - 1, 23);
    buffer.writeBigInt64BE(timestamp, 27);
    buffer.writeBigInt64BE(timestamp, 35);
    buffer.writeBigInt64BE(stamp.producerId, 43);
    buffer.writeInt16BE(stamp.producerEpoch, 51);
    buffer.writeInt32BE(stamp.baseSequence, 53);
    buffer.writeInt32BE(this.#count, 57);
    // The library's WebAssembly checksum: 1.7 GB/s against 0.75 GB/s of eight tables in JavaScript.
    buffer.writeUInt32BE(crc32c(buffer.subarray(CRC_START, this.#end)), 17);
    return buffer.subarray(0, this.#end);
  }

  #reserve(bytes: number): void {
    const needed = this.#end + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#end);
    this.#buffer = grown;
  }
}

function writeField(buffer: Uint8Array, position: number, value: Uint8Array | null): number {
  if (value === null) return writeVarint(buffer, position, -1);
  const at = writeVarint(buffer, position, value.length);
  buffer.set(value, at);
  return at + value.length;
}
