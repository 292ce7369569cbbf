import { backoffMs, delay, toError } from './delay.ts';
import { readHeaders } from './headers.ts';
import type { LogClient, RecordHeader, RecordSlab } from './port.ts';

/** The newest state of one key of a compacted topic. Bytes are valid during the call only. */
export interface TableRecord {
  readonly key: Uint8Array;
  /** Null: the key was deleted. */
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
  readonly partition: number;
  readonly offset: number;
  readonly appendTimeMs: number;
}

export interface TableOptions {
  readonly client: LogClient;
  readonly topic: string;
  /** Called in offset order per partition. It must not throw: what it cannot read is its own to report. */
  readonly onRecord: (record: TableRecord) => void | Promise<void>;
  readonly onError?: (error: Error) => void;
  /** Longest wait of the broker for new records; default 1 s. New ones end it, so it only sets how often an idle table is asked for. */
  readonly maxWaitMs?: number;
  /** Least time from one fetch to the next: what comes meanwhile is had at once. Default 0. */
  readonly paceMs?: number;
}

export interface FollowedTable {
  /** Resolves when everything has been read that was in the topic when following began. Never rejects: it waits for Kafka. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/** Reads a compacted topic from its start to its end, then follows it. */
export function followTable(options: TableOptions): FollowedTable {
  const stop = new AbortController();
  const behind = new Map<number, number>();
  const settled = Promise.withResolvers<void>();
  const pass = (partition: number, nextOffset: number): void => {
    const end = behind.get(partition);
    if (end === undefined || nextOffset < end) return;
    behind.delete(partition);
    if (behind.size === 0) settled.resolve();
  };
  const reader = options.client.createReader({
    ...(options.onError ? { onError: options.onError } : {}),
    maxWaitMs: options.maxWaitMs ?? 1_000,
    paceMs: options.paceMs ?? 0,
    onSlab: async (slab) => {
      await deliver(slab, options.onRecord);
      pass(slab.partition, slab.nextOffset);
    },
    // Compaction keeps the last record of a key, so beginning again loses nothing; a topic that was made anew starts anew.
    onOutOfRange: ({ topic, partition, startOffset, endOffset }) => {
      behind.set(partition, endOffset);
      reader.assign(topic, partition, startOffset);
      pass(partition, startOffset);
    },
  });
  const started = start(options, stop.signal).then((ranges) => {
    for (const [partition, { end }] of ranges) behind.set(partition, end);
    for (const [partition, { start: first }] of ranges) {
      reader.assign(options.topic, partition, first);
      pass(partition, first);
    }
  });
  return {
    ready: settled.promise,
    close: async () => {
      stop.abort();
      await started;
      await reader.close();
    },
  };
}

type Ranges = ReadonlyMap<number, { start: number; end: number }>;

/** Asks for the topic's ranges until they are had; an empty map once the signal is raised. */
async function start({ client, topic, onError }: TableOptions, signal: AbortSignal): Promise<Ranges> {
  const admin = client.createAdmin();
  try {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        const description = await admin.describeTopic(topic);
        if (description === null) throw new Error(`topic ${topic} does not exist yet`);
        return await admin.offsets(
          topic,
          Array.from({ length: description.partitions }, (_, partition) => partition),
        );
      } catch (cause) {
        onError?.(toError(cause));
        await delay(backoffMs(attempt), signal);
      }
    }
    return new Map();
  } finally {
    await admin.close();
  }
}

async function deliver(slab: RecordSlab, onRecord: TableOptions['onRecord']): Promise<void> {
  for (let i = 0; i < slab.count; i++) {
    const key = slice(slab.bytes, slab.keyStart[i], slab.keyEnd[i]);
    // A compacted topic refuses records without a key.
    if (key === null) continue;
    const pending = onRecord({
      key,
      value: slice(slab.bytes, slab.valueStart[i], slab.valueEnd[i]),
      headers: readHeaders(slab.bytes, slab.headersStart[i] ?? 0, slab.headersEnd[i] ?? 0),
      partition: slab.partition,
      offset: slab.offsets[i] ?? 0,
      appendTimeMs: slab.timestampsMs[i] ?? 0,
    });
    if (pending !== undefined) await pending;
  }
}

function slice(bytes: Uint8Array, start: number | undefined, end: number | undefined): Uint8Array | null {
  return start === undefined || start < 0 ? null : bytes.subarray(start, end);
}
