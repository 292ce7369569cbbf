import { decodeJson } from './json-value.ts';
import type { LogClient, LogReader, RecordSlab } from './port.ts';

export interface ReadSinceOptions {
  readonly client: Pick<LogClient, 'createAdmin' | 'createReader'>;
  /** A topic of one partition whose records keep the append time, and whose offsets have no gaps: not compacted, no transactions. */
  readonly topic: string;
  readonly sinceMs: number;
  /** Called in the order of the log with the value of each record; undefined: it is no JSON. */
  readonly onValue: (value: unknown) => void;
  /** Ends the reading, which then rejects. */
  readonly signal: AbortSignal;
}

/** The first look back; each further one goes four times as far. */
const FIRST_STEP = 4_096;
/** Small, so that whoever reads between answering requests never holds them up for long. */
const SLAB_BYTES = 128 * 1_024;

/** Reads what was appended since an instant, to the end that the topic has now. */
export async function readJsonSince({ client, topic, sinceMs, onValue, signal }: ReadSinceOptions): Promise<void> {
  const { start, end } = await rangeOf(client, topic);
  if (start === end) return;
  const stretch = openStretch(client, topic, signal);
  try {
    let from = Math.max(start, end - FIRST_STEP);
    for (let step = FIRST_STEP; from > start; step *= 4) {
      let firstMs = 0;
      await stretch.read(from, (slab) => {
        firstMs = slab.timestampsMs[0] ?? 0;
        return true;
      });
      if (firstMs < sinceMs) break;
      from = Math.max(start, from - step * 4);
    }
    await stretch.read(from, (slab) => {
      for (let at = 0; at < slab.count; at += 1) {
        const [first = -1, last] = [slab.valueStart[at], slab.valueEnd[at]];
        if ((slab.timestampsMs[at] ?? 0) >= sinceMs && first >= 0) onValue(decodeJson(slab.bytes.subarray(first, last)));
      }
      return slab.nextOffset >= end;
    });
  } finally {
    await stretch.close();
  }
}

async function rangeOf(client: Pick<LogClient, 'createAdmin'>, topic: string): Promise<{ start: number; end: number }> {
  const admin = client.createAdmin();
  try {
    const range = (await admin.offsets(topic, [0])).get(0);
    if (range === undefined) throw new Error(`topic ${topic} does not exist`);
    return range;
  } finally {
    await admin.close();
  }
}

interface Stretch {
  /** Hands slabs on from the offset until `take` says that it is enough. */
  read(from: number, take: (slab: RecordSlab) => boolean): Promise<void>;
  close(): Promise<void>;
}

function openStretch(client: Pick<LogClient, 'createReader'>, topic: string, signal: AbortSignal): Stretch {
  let onSlab: (slab: RecordSlab) => void = () => undefined;
  let onOutOfRange: (startOffset: number) => void = () => undefined;
  const reader: LogReader = client.createReader({
    maxPartitionBytes: SLAB_BYTES,
    onSlab: (slab) => onSlab(slab),
    onOutOfRange: ({ startOffset }) => onOutOfRange(startOffset),
  });
  const aborted = new Promise<never>((_, reject) => {
    const abort = (): void => reject(new Error(`${topic} was not read in time`, { cause: signal.reason }));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  aborted.catch(() => undefined);
  return {
    async read(from, take) {
      const enough = Promise.withResolvers<void>();
      let expected = from;
      onSlab = (slab) => {
        // One that was on its way when the reader was moved is no part of the stretch.
        if (slab.offsets[0] !== expected) return;
        expected = slab.nextOffset;
        if (!take(slab)) return;
        onSlab = () => undefined;
        reader.unassign(topic, 0);
        enough.resolve();
      };
      // What was dropped meanwhile was the oldest.
      onOutOfRange = (startOffset) => {
        expected = startOffset;
        reader.assign(topic, 0, startOffset);
      };
      reader.assign(topic, 0, from);
      await Promise.race([enough.promise, aborted]);
    },
    close: () => reader.close(),
  };
}
