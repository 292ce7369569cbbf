import { createLogClient, topicNames } from '@tidegate/kafka';

/** The log read from its start, and plain addition over it. */
export interface LogRecount {
  /** Edits and sum of `added` by channel and quarter of an hour (ISO instant of its start). */
  readonly cells: ReadonlyMap<string, { readonly edits: number; readonly added: number }>;
  /** Offset after the last record, by `lane/partition`. */
  readonly ends: ReadonlyMap<string, number>;
}

interface LoggedEvent {
  readonly id: string;
  readonly source: string;
  readonly subject?: string;
  readonly time: string;
  readonly data: { readonly channel: string; readonly added: number };
}

const QUARTER_MS = 900_000;
const READ_WITHIN_MS = 60_000;
const decoder = new TextDecoder();

/** Counts each identity once, whatever its copies; what cannot be read is passed over (it has to be a row put aside). */
export async function recountLog(brokers: string, topicPrefix: string): Promise<LogRecount> {
  const topics = topicNames(topicPrefix);
  const client = await createLogClient({ kind: 'platformatic', brokers: brokers.split(','), clientId: 'drill-recount' });
  const admin = client.createAdmin();
  try {
    const count = (await admin.describeTopic(topics.events))?.partitions ?? 0;
    const partitions = Array.from({ length: count }, (_, i) => i);
    const live = await admin.offsets(topics.events, partitions);
    const backfill = await admin.offsets(topics.backfill, partitions);
    const rejected = await admin.offsets(topics.rejected, partitions);
    const events = [...(await readAll(client, topics.events, endsOf(live))), ...(await readAll(client, topics.backfill, endsOf(backfill)))];
    const ends = new Map([
      ...[...live].map(([partition, { end }]) => [`live/${partition}`, end] as const),
      ...[...backfill].map(([partition, { end }]) => [`backfill/${partition}`, end] as const),
      ...[...rejected].map(([partition, { end }]) => [`rejected/${partition}`, end] as const),
    ]);
    return { cells: addUp(events), ends };
  } finally {
    await admin.close();
    await client.close();
  }
}

function endsOf(ranges: ReadonlyMap<number, { readonly end: number }>): ReadonlyMap<number, number> {
  return new Map([...ranges].map(([partition, { end }]) => [partition, end]));
}

async function readAll(
  client: Awaited<ReturnType<typeof createLogClient>>,
  topic: string,
  ends: ReadonlyMap<number, number>,
): Promise<readonly LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  const left = new Set([...ends].filter(([, end]) => end > 0).map(([partition]) => partition));
  const finished = Promise.withResolvers<void>();
  if (left.size === 0) finished.resolve();
  const reader = client.createReader({
    onSlab: (slab) => {
      for (let i = 0; i < slab.count; i += 1) {
        const event = parse(decoder.decode(slab.bytes.subarray(slab.valueStart[i], slab.valueEnd[i])));
        if (event !== null) events.push(event);
      }
      if (slab.nextOffset >= (ends.get(slab.partition) ?? 0)) left.delete(slab.partition);
      if (left.size === 0) finished.resolve();
    },
    onOutOfRange: ({ partition }) => finished.reject(new Error(`partition ${partition} of the log cannot be read from its start`)),
  });
  const timer = setTimeout(() => finished.reject(new Error('the log was not read to its end in time')), READ_WITHIN_MS);
  try {
    for (const partition of left) reader.assign(topic, partition, 0);
    await finished.promise;
    return events;
  } finally {
    clearTimeout(timer);
    await reader.close();
  }
}

function parse(text: string): LoggedEvent | null {
  try {
    const event: LoggedEvent = JSON.parse(text);
    return typeof event.id === 'string' ? event : null;
  } catch {
    return null;
  }
}

function addUp(events: readonly LoggedEvent[]): Map<string, { edits: number; added: number }> {
  const seen = new Set<string>();
  const cells = new Map<string, { edits: number; added: number }>();
  for (const { id, source, subject = '', time, data } of events) {
    const identity = JSON.stringify([source, id, subject]);
    if (seen.has(identity)) continue;
    seen.add(identity);
    const bucket = new Date(Math.floor(Date.parse(time) / QUARTER_MS) * QUARTER_MS).toISOString();
    const cell = cells.get(`${bucket} ${data.channel}`) ?? { edits: 0, added: 0 };
    cells.set(`${bucket} ${data.channel}`, { edits: cell.edits + 1, added: cell.added + data.added });
  }
  return cells;
}
