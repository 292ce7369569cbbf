import { Writer, createAPI } from '@platformatic/kafka';
import type { ResponseParser } from '@platformatic/kafka';

export interface FetchRequest {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxPartitionBytes: number;
  /** By topic id, so that a topic made anew under the same name is not taken for the old one. */
  readonly topics: ReadonlyMap<string, readonly FetchEntry[]>;
}

export interface FetchEntry {
  readonly partition: number;
  readonly offset: number;
}

export interface FetchResult {
  readonly topicId: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly endOffset: number;
  /** Record batches as the broker keeps them; the last may be cut off. */
  readonly bytes: Uint8Array;
}

/** Fetch, version 13 (Kafka 3.1 and later): the answer's batches stay bytes, where the library's own call makes objects. */
export const fetchRecords = createAPI<[FetchRequest], FetchResult[]>(1, 13, writeRequest, readResponse);

function writeRequest({ maxWaitMs, minBytes, maxBytes, maxPartitionBytes, topics }: FetchRequest): Writer {
  return Writer.create()
    .appendInt32(-1) // a client, not a replica
    .appendInt32(maxWaitMs)
    .appendInt32(minBytes)
    .appendInt32(maxBytes)
    .appendInt8(0) // read uncommitted: nobody writes in transactions
    .appendInt32(0)
    .appendInt32(-1) // no fetch session
    .appendArray([...topics], (w, [topicId, entries]) => {
      w.appendUUID(topicId).appendArray([...entries], (entry, { partition, offset }) => {
        entry
          .appendInt32(partition)
          .appendInt32(-1)
          .appendInt64(BigInt(offset))
          .appendInt32(-1)
          .appendInt64(-1n)
          .appendInt32(maxPartitionBytes);
      });
    })
    .appendArray([], () => undefined)
    .appendString('') // rack
    .appendTaggedFields();
}

/** Reads the whole answer from one contiguous buffer; batches are views of it. */
function readResponse(...[, , , reader]: Parameters<ResponseParser<FetchResult[]>>): FetchResult[] {
  const bytes = reader.buffer.slice(reader.position);
  const whole = new ResponseCursor(bytes);
  whole.skip(4); // throttle time
  const errorCode = whole.int16();
  if (errorCode !== 0) throw new Error(`the broker refused a fetch with error ${errorCode}`);
  whole.skip(4); // session
  const results: FetchResult[] = [];
  for (let topics = whole.compactLength(); topics > 0; topics--) {
    const topicId = whole.uuid();
    for (let partitions = whole.compactLength(); partitions > 0; partitions--) results.push(readPartition(whole, topicId));
    whole.skipTags();
  }
  return results;
}

function readPartition(cursor: ResponseCursor, topicId: string): FetchResult {
  const partition = cursor.int32();
  const errorCode = cursor.int16();
  const endOffset = cursor.int64();
  cursor.skip(16); // last stable offset, start of the log
  for (let aborted = cursor.compactLength(); aborted > 0; aborted--) {
    cursor.skip(16);
    cursor.skipTags();
  }
  cursor.skip(4); // preferred replica
  const bytes = cursor.bytes(cursor.compactLength());
  cursor.skipTags();
  return { topicId, partition, errorCode, endOffset, bytes };
}

class ResponseCursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }

  int16(): number {
    this.#at += 2;
    return this.#bytes.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }

  int64(): number {
    this.#at += 8;
    return Number(this.#bytes.readBigInt64BE(this.#at - 8));
  }

  /** Lengths of compact arrays and bytes are one greater on the wire; 0 is null, read as empty. */
  compactLength(): number {
    return Math.max(0, this.unsignedVarint() - 1);
  }

  unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#at++);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  uuid(): string {
    const hex = this.#bytes.toString('hex', this.#at, this.#at + 16);
    this.#at += 16;
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  bytes(length: number): Uint8Array {
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  skipTags(): void {
    for (let tags = this.unsignedVarint(); tags > 0; tags--) {
      this.unsignedVarint();
      this.skip(this.unsignedVarint());
    }
  }
}
