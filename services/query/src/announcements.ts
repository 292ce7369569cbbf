/** Reads rollups.v1 from where the chunks of Redis stand, or from its end under a new epoch. */
import type { LogAdmin, LogClient, LogReader, RecordSlab } from '@tidegate/kafka';
import type { CountedProgress } from '@tidegate/postgres';
import type { CellStore, MaterialisedProgress } from '@tidegate/redis';
import type { AnnouncementRecord, Materialise } from './materialise.ts';

export interface AnnouncementsDeps {
  readonly client: LogClient;
  readonly topic: string;
  readonly store: CellStore;
  readonly readProgress: () => Promise<readonly CountedProgress[]>;
  readonly materialise: Materialise;
  readonly untilDone: <T>(action: () => Promise<T>) => Promise<T>;
  readonly onError: (error: Error) => void;
  /** Told the append time of the last record that was taken in. */
  readonly onRecord: (partition: number, appendTimeMs: number) => void;
}

export interface Announcements {
  /** The events have so many partitions: those that are new are read from the beginning of their announcements. */
  follow(partitions: number): Promise<void>;
  close(): Promise<void>;
}

type Ends = ReadonlyMap<number, { readonly start: number; readonly end: number }>;

/**
 * Chunks and progress in Redis may be taken over only if no commit can have been missed: every partition continues where
 * its progress says, that place is still in the log, and Postgres has not lost commits since. Else a new epoch begins; the
 * end of the log is asked for before Postgres is, so that what commits in between is read from the log.
 */
export async function followAnnouncements(deps: AnnouncementsDeps): Promise<Announcements> {
  const { materialise, untilDone } = deps;
  const ends = await untilDone(async () => readEnds(deps));
  const known = await deps.store.readProgress().catch(() => null);
  const counted = await untilDone(deps.readProgress);
  const canResume = known !== null && continues(known, counted, ends);
  const startOf = (partition: number, end: number): number => (canResume ? (known.partitions.get(partition)?.rollupsOffset ?? end) : end);
  for (const [partition, { end }] of ends) materialise.moveTo(partition, startOf(partition, end));
  const reader = createReader(deps);
  for (const [partition, { end }] of ends) reader.assign(deps.topic, partition, startOf(partition, end));
  // Does not hold up the start: while Redis is away Postgres answers.
  const begun = canResume ? Promise.resolve() : materialise.beginEpoch('start').catch(deps.onError);
  let followed = ends.size;
  let isLooking = false;
  return {
    async follow(partitions) {
      if (partitions <= followed || isLooking) return;
      isLooking = true;
      try {
        const fresh = await readEnds(deps, followed);
        for (const [partition, { start }] of fresh) {
          materialise.moveTo(partition, start);
          reader.assign(deps.topic, partition, start);
        }
        followed += fresh.size;
      } finally {
        isLooking = false;
      }
    },
    async close() {
      await reader.close();
      await begun;
    },
  };
}

export function continues(known: MaterialisedProgress, counted: readonly CountedProgress[], ends: Ends): boolean {
  return counted.every((one) => {
    const at = known.partitions.get(one.partition);
    const log = ends.get(one.partition);
    if (at === undefined || log === undefined) return false;
    const isInLog = at.rollupsOffset >= log.start && at.rollupsOffset <= log.end;
    return isInLog && at.commitNo <= one.commitNo && at.term <= one.term;
  });
}

/** Of the partitions from one on. */
async function readEnds({ client, topic }: AnnouncementsDeps, from = 0): Promise<Ends> {
  const admin: LogAdmin = client.createAdmin();
  try {
    const description = await admin.describeTopic(topic);
    if (description === null) throw new Error(`topic ${topic} does not exist yet`);
    const partitions = Array.from({ length: description.partitions - from }, (_, at) => from + at);
    return await admin.offsets(topic, partitions);
  } finally {
    await admin.close();
  }
}

/** A flush announces up to twelve partitions within a few milliseconds: one fetch takes most of them. */
const FETCH_PACE_MS = 5;

function createReader(deps: AnnouncementsDeps): LogReader {
  const { materialise } = deps;
  const reader: LogReader = deps.client.createReader({
    onError: deps.onError,
    paceMs: FETCH_PACE_MS,
    onSlab: createTakeSlab(deps),
    // Announcements are gone, or the topic is another one: what they said is missed, so the epoch ends.
    onOutOfRange: ({ topic, partition, startOffset }) => {
      materialise.moveTo(partition, startOffset);
      materialise.beginEpoch('hole').then(() => reader.assign(topic, partition, startOffset), deps.onError);
    },
  });
  return reader;
}

/**
 * Slabs of one fetch come in one turn and are materialised together: a flush announces twelve partitions, whose cells lie in
 * few chunks.
 */
function createTakeSlab({ materialise, onRecord }: AnnouncementsDeps): (slab: RecordSlab) => Promise<void> {
  let turn: { readonly records: AnnouncementRecord[]; readonly done: Promise<void> } | null = null;
  const nextTurn = (): NonNullable<typeof turn> => {
    const records: AnnouncementRecord[] = [];
    const done = Promise.resolve().then(async () => {
      turn = null;
      await materialise(records);
    });
    return { records, done };
  };
  return async function takeSlab(slab) {
    const { records, done } = (turn ??= nextTurn());
    for (let at = 0; at < slab.count; at += 1) {
      const start = slab.valueStart[at] ?? -1;
      const end = slab.valueEnd[at] ?? -1;
      if (start < 0) continue;
      // Not a Buffer: a Buffer's slices share memory, and the slab is given back after this call.
      const bytes = new Uint8Array(slab.bytes.buffer, slab.bytes.byteOffset + start, end - start);
      records.push({ partition: slab.partition, offset: slab.offsets[at] ?? 0, bytes });
    }
    await done;
    if (slab.count > 0) onRecord(slab.partition, slab.timestampsMs[slab.count - 1] ?? 0);
  };
}
