import { randomUUID } from 'node:crypto';
import { createRecordBatch, NO_HEADERS, readHeaders } from '../src/index.ts';
import type { LogAdmin, LogClient, LogProducer, LogReader, LogReaderOptions, RecordBatch, RecordHeader, RecordSlab } from '../src/index.ts';

export interface MemberRequest {
  readonly groupId: string;
  readonly topic: string;
  readonly sessionTimeoutMs: number;
}

/** A member in a place of its own, which can be ended without a chance to leave. */
export interface DoomedMember {
  kill(): Promise<void>;
}

/** What a kind of client needs besides the port to be tested. */
export interface LogHarness {
  client(clientId: string): LogClient | Promise<LogClient>;
  /** Resolves once the member holds at least one partition. */
  doomedMember(request: MemberRequest): Promise<DoomedMember>;
  /** Removes the records before `startOffset`, as retention does. */
  trim(topic: string, partition: number, startOffset: number): Promise<void>;
  close(): Promise<void>;
}

/** The session time of the group tests; the least that a broker takes by default. */
export const SESSION_MS = 6_000;
export const DEADLINE_MS = 20_000;

export interface ReadRecord {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly RecordHeader[];
  readonly offset: number;
  readonly appendTimeMs: number;
}

function textOf(bytes: Uint8Array, start: number | undefined, end: number | undefined): string | null {
  if (start === undefined || start < 0) return null;
  return Buffer.from(bytes.subarray(start, end)).toString();
}

export function recordsOf(slab: RecordSlab): ReadRecord[] {
  return Array.from({ length: slab.count }, (_, i) => ({
    key: textOf(slab.bytes, slab.keyStart[i], slab.keyEnd[i]),
    value: textOf(slab.bytes, slab.valueStart[i], slab.valueEnd[i]),
    headers: readHeaders(slab.bytes, slab.headersStart[i] ?? 0, slab.headersEnd[i] ?? 0).map(({ name, value }) => ({
      name,
      value: value === null ? null : Uint8Array.from(value),
    })),
    offset: slab.offsets[i] ?? -1,
    appendTimeMs: slab.timestampsMs[i] ?? -1,
  }));
}

export function batchOf(values: readonly string[]): RecordBatch {
  const batch = createRecordBatch();
  for (const value of values) batch.add(Buffer.from('k'), Buffer.from(value), NO_HEADERS);
  return batch;
}

export function numbered(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => String(from + i));
}

/** Polls for a fact. */
export async function until(isTrue: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error(`not within ${DEADLINE_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** One client with what the tests make through it. */
export class LogUnderTest {
  readonly harness: LogHarness;
  readonly client: LogClient;
  readonly admin: LogAdmin;
  readonly producer: LogProducer;
  readonly #topics: string[] = [];
  readonly #readers: LogReader[] = [];

  private constructor(harness: LogHarness, client: LogClient, producer: LogProducer) {
    this.harness = harness;
    this.client = client;
    this.admin = client.createAdmin();
    this.producer = producer;
  }

  static async open(harness: LogHarness): Promise<LogUnderTest> {
    const client = await harness.client('contract');
    return new LogUnderTest(harness, client, await client.createProducer());
  }

  /** Has the topic removed at the end. */
  readonly forget = (topic: string): void => void this.#topics.push(topic);

  readonly topicOf = async (partitions: number, configs: Record<string, string> = {}): Promise<string> => {
    const topic = `contract-${randomUUID()}`;
    this.forget(topic);
    const spec = { name: topic, partitions, replicationFactor: 1, configs: { 'message.timestamp.type': 'LogAppendTime', ...configs } };
    await this.admin.ensureTopics([spec]);
    return topic;
  };

  readonly read = (options: Partial<LogReaderOptions>): LogReader => {
    const reader = this.client.createReader({ onSlab: () => undefined, onOutOfRange: () => undefined, ...options });
    this.#readers.push(reader);
    return reader;
  };

  async close(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.close()));
    await this.producer.close();
    await this.admin.deleteTopics(this.#topics);
    await this.admin.close();
    await this.client.close();
    await this.harness.close();
  }
}
