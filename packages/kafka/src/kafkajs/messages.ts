import type { IHeaders, KafkaMessage, Message } from 'kafkajs';
import { encodeHeaders, readHeaders } from '../headers.ts';
import type { RecordBatch, RecordHeader, RecordSlab } from '../port.ts';
import { readSlab } from '../slab.ts';

const NO_PRODUCER = { producerId: -1n, producerEpoch: -1, baseSequence: -1 };

/** A batch as the objects that the library wants: it has no way in for bytes that are encoded already. */
export function toMessages(batch: RecordBatch, partition: number, timestampMs: number): Message[] {
  const bytes = batch.seal({ ...NO_PRODUCER, timestampMs });
  const slab = readSlab({ topic: '', partition, bytes, fromOffset: 0, endOffset: 0 });
  return Array.from({ length: slab.count }, (_, i) => ({
    partition,
    key: slice(slab.bytes, slab.keyStart[i], slab.keyEnd[i]),
    value: slice(slab.bytes, slab.valueStart[i], slab.valueEnd[i]),
    timestamp: String(timestampMs),
    headers: toLibraryHeaders(readHeaders(slab.bytes, slab.headersStart[i] ?? 0, slab.headersEnd[i] ?? 0)),
  }));
}

function slice(bytes: Uint8Array, start: number | undefined, end: number | undefined): Buffer | null {
  return start === undefined || start < 0 ? null : Buffer.from(bytes.subarray(start, end));
}

/** The library keeps headers by name, so repeated names come together; a null value, which it cannot encode, is sent empty. */
function toLibraryHeaders(headers: readonly RecordHeader[]): IHeaders {
  const byName: Record<string, Buffer[]> = {};
  for (const { name, value } of headers) (byName[name] ??= []).push(Buffer.from(value ?? []));
  return byName;
}

export interface FetchedMessages {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly KafkaMessage[];
  readonly endOffset: number;
  readonly nextOffset: number;
}

/** Puts the library's objects back into one buffer with columns. */
export function toSlab({ topic, partition, messages, endOffset, nextOffset }: FetchedMessages): RecordSlab {
  const count = messages.length;
  const parts: Uint8Array[] = [];
  let size = 0;
  const place = (part: Uint8Array | null): [number, number] => {
    if (part === null) return [-1, -1];
    parts.push(part);
    size += part.length;
    return [size - part.length, size];
  };
  const column = (): Int32Array => new Int32Array(count);
  const columns = {
    keyStart: column(),
    keyEnd: column(),
    valueStart: column(),
    valueEnd: column(),
    headersStart: column(),
    headersEnd: column(),
  };
  const offsets = new Float64Array(count);
  const timestampsMs = new Float64Array(count);
  messages.forEach((message, i) => {
    offsets[i] = Number(message.offset);
    timestampsMs[i] = Number(message.timestamp);
    [columns.keyStart[i], columns.keyEnd[i]] = place(message.key);
    [columns.valueStart[i], columns.valueEnd[i]] = place(message.value);
    [columns.headersStart[i], columns.headersEnd[i]] = place(encodeHeaders(fromLibraryHeaders(message.headers ?? {})));
  });
  return { topic, partition, count, bytes: Buffer.concat(parts, size), offsets, timestampsMs, ...columns, endOffset, nextOffset };
}

function fromLibraryHeaders(headers: IHeaders): RecordHeader[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    // Null at run time where the sender gave null, though the library's type says undefined.
    (Array.isArray(value) ? value : [value]).map((one) => ({
      name,
      value: typeof one === 'string' || Buffer.isBuffer(one) ? Buffer.from(one) : null,
    })),
  );
}
