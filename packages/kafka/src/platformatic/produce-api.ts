import { Writer, createAPI } from '@platformatic/kafka';
import type { Reader, ResponseParser } from '@platformatic/kafka';

/** Sealed batches for partitions of one broker. Kafka takes one batch per partition and request. */
export interface ProduceRequest {
  readonly timeoutMs: number;
  /** By topic name. */
  readonly topics: ReadonlyMap<string, readonly ProduceEntry[]>;
}

export interface ProduceEntry {
  readonly partition: number;
  readonly batch: Uint8Array;
}

export interface ProduceResult {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly baseOffset: number;
  /** -1 where the topic keeps the producer's time. */
  readonly appendTimeMs: number;
}

const ALL_IN_SYNC = -1;

/** Produce, version 8 (Kafka 2.4 and later): the batches go in as they are, where the library's own call would encode objects. */
export const produce = createAPI<[ProduceRequest], ProduceResult[]>(0, 8, writeRequest, readResponse, false, false);

function writeRequest({ timeoutMs, topics }: ProduceRequest): Writer {
  const writer = Writer.create()
    .appendString(null, false) // no transaction
    .appendInt16(ALL_IN_SYNC)
    .appendInt32(timeoutMs)
    .appendInt32(topics.size);
  for (const [topic, entries] of topics) {
    writer.appendString(topic, false).appendInt32(entries.length);
    for (const { partition, batch } of entries) {
      writer
        .appendInt32(partition)
        .appendInt32(batch.length)
        .append(Buffer.from(batch.buffer, batch.byteOffset, batch.length));
    }
  }
  return writer;
}

function readResponse(...[, , , reader]: Parameters<ResponseParser<ProduceResult[]>>): ProduceResult[] {
  const results: ProduceResult[] = [];
  for (let topics = reader.readInt32(); topics > 0; topics--) {
    const topic = reader.readString(false);
    for (let partitions = reader.readInt32(); partitions > 0; partitions--) results.push(readResult(reader, topic));
  }
  return results;
}

function readResult(reader: Reader, topic: string): ProduceResult {
  const partition = reader.readInt32();
  const errorCode = reader.readInt16();
  const baseOffset = Number(reader.readInt64());
  const appendTimeMs = Number(reader.readInt64());
  reader.readInt64(); // start of the log
  let recordError: string | null = null;
  for (let records = reader.readInt32(); records > 0; records--) {
    const index = reader.readInt32();
    const message = reader.readNullableString(false);
    recordError ??= `record ${index}: ${message ?? 'refused'}`;
  }
  const errorMessage = reader.readNullableString(false) ?? recordError;
  return { topic, partition, errorCode, errorMessage, baseOffset, appendTimeMs };
}
