import type { AppendReceipt, RecordBatch, RecordSlab, TopicDescription, TopicSpec } from './port.ts';
import { createRecordBatch } from './record-batch.ts';
import { readSlab } from './slab.ts';

interface StoredBatch {
  readonly baseOffset: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

interface StoredPartition {
  startOffset: number;
  endOffset: number;
  batches: StoredBatch[];
}

interface StoredTopic {
  description: TopicDescription;
  readonly keepsAppendTime: boolean;
  readonly partitions: StoredPartition[];
}

function emptyPartition(): StoredPartition {
  return { startOffset: 0, endOffset: 0, batches: [] };
}

const NO_PRODUCER = { producerId: -1n, producerEpoch: -1, baseSequence: -1 };
const APPEND_TIME_ATTRIBUTE = 8;

/** Topics in memory, as record batches in the broker's own format, so that readers decode what they would decode from Kafka. */
export class MemoryLog {
  readonly #topics = new Map<string, StoredTopic>();
  readonly #now: () => number;
  #madeTopics = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  create(spec: TopicSpec): void {
    if (this.#topics.has(spec.name)) return;
    this.#madeTopics++;
    this.#topics.set(spec.name, {
      description: {
        name: spec.name,
        topicId: `memory-topic-${this.#madeTopics}`,
        partitions: spec.partitions,
        replicationFactor: spec.replicationFactor,
      },
      keepsAppendTime: spec.configs['message.timestamp.type'] === 'LogAppendTime',
      partitions: Array.from({ length: spec.partitions }, emptyPartition),
    });
  }

  grow(topic: string, count: number): void {
    const found = this.#topics.get(topic);
    if (!found) throw new Error(`there is no topic ${topic}`);
    while (found.partitions.length < count) found.partitions.push(emptyPartition());
    found.description = { ...found.description, partitions: found.partitions.length };
  }

  delete(topic: string): void {
    this.#topics.delete(topic);
  }

  describe(topic: string): TopicDescription | null {
    return this.#topics.get(topic)?.description ?? null;
  }

  range(topic: string, partition: number): { start: number; end: number } | null {
    const found = this.#topics.get(topic)?.partitions[partition];
    return found ? { start: found.startOffset, end: found.endOffset } : null;
  }

  append(topic: string, partition: number, batch: RecordBatch): AppendReceipt | null {
    const found = this.#topics.get(topic);
    const target = found?.partitions[partition];
    if (!found || !target) return null;
    const nowMs = this.#now();
    const baseOffset = target.endOffset;
    const bytes = Buffer.from(batch.seal({ ...NO_PRODUCER, timestampMs: nowMs }));
    bytes.writeBigInt64BE(BigInt(baseOffset), 0);
    if (found.keepsAppendTime) bytes.writeInt16BE(APPEND_TIME_ATTRIBUTE, 21);
    target.batches.push({ baseOffset, count: batch.count, bytes });
    target.endOffset += batch.count;
    return { baseOffset, appendTimeMs: found.keepsAppendTime ? nowMs : null };
  }

  /** Records from `fromOffset` on, at least one batch and about `maxBytes`; null where there is no such partition. */
  read(topic: string, partition: number, at: { fromOffset: number; maxBytes: number }): RecordSlab | null {
    const source = this.#topics.get(topic)?.partitions[partition];
    if (!source) return null;
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for (const batch of source.batches) {
      if (batch.baseOffset + batch.count <= at.fromOffset) continue;
      if (bytes > 0 && bytes + batch.bytes.length > at.maxBytes) break;
      parts.push(batch.bytes);
      bytes += batch.bytes.length;
    }
    return readSlab({ topic, partition, bytes: Buffer.concat(parts), fromOffset: at.fromOffset, endOffset: source.endOffset });
  }

  trim(topic: string, partition: number, startOffset: number): void {
    const target = this.#topics.get(topic)?.partitions[partition];
    if (!target) return;
    target.startOffset = Math.min(Math.max(startOffset, target.startOffset), target.endOffset);
    target.batches = target.batches.filter((batch) => batch.baseOffset + batch.count > target.startOffset);
  }

  cut(topic: string, partition: number, endOffset: number): void {
    const target = this.#topics.get(topic)?.partitions[partition];
    if (!target || endOffset >= target.endOffset) return;
    const torn = target.batches.find((batch) => batch.baseOffset < endOffset && batch.baseOffset + batch.count > endOffset);
    target.batches = target.batches.filter((batch) => batch.baseOffset + batch.count <= endOffset);
    if (torn) target.batches.push(head(torn, endOffset - torn.baseOffset));
    target.endOffset = endOffset;
    target.startOffset = Math.min(target.startOffset, endOffset);
  }
}

/** The first `count` records of a batch as a batch of their own, with the times of the whole. */
function head(batch: StoredBatch, count: number): StoredBatch {
  const slab = readSlab({ topic: '', partition: 0, bytes: batch.bytes, fromOffset: batch.baseOffset, endOffset: 0 });
  const cut = createRecordBatch();
  for (let i = 0; i < count; i++) {
    cut.add(
      field(slab.bytes, slab.keyStart[i], slab.keyEnd[i]),
      field(slab.bytes, slab.valueStart[i], slab.valueEnd[i]),
      slab.bytes.subarray(slab.headersStart[i], slab.headersEnd[i]),
    );
  }
  const bytes = Buffer.from(cut.seal({ ...NO_PRODUCER, timestampMs: slab.timestampsMs[0] ?? 0 }));
  bytes.writeBigInt64BE(BigInt(batch.baseOffset), 0);
  bytes.writeInt16BE(APPEND_TIME_ATTRIBUTE, 21);
  return { baseOffset: batch.baseOffset, count, bytes };
}

function field(bytes: Uint8Array, start: number | undefined, end: number | undefined): Uint8Array | null {
  return start === undefined || start < 0 ? null : bytes.subarray(start, end);
}
