import { encodeAnnouncement } from '@tidegate/core';
import type { AnnouncedCell, CommitAnnouncement } from '@tidegate/core';
import { createRecordBatch, encodeHeaders, NO_HEADERS } from '@tidegate/kafka';
import type { LogProducer, RecordBatch } from '@tidegate/kafka';
import type { Random } from '@tidegate/runtime';
import { backoffMs } from '@tidegate/runtime';
import type { FrozenBatch } from './frozen-batch.ts';
import type { EventCursor, OwnedPartition } from './owned-partition.ts';
import { committedCells } from './prepared-entities.ts';

/** Below the broker's default limit of one request's batch (1 MiB), with a part's size to spare. */
const BATCH_BYTES_MAX = 640 * 1_024;
const BACKOFF = { firstMs: 50, capMs: 2_000 };
const encoder = new TextEncoder();
const JSON_HEADERS = encodeHeaders([{ name: 'v', value: encoder.encode('1') }]);

export interface AnnounceDeps {
  readonly producer: LogProducer;
  readonly rollupsTopic: string;
  readonly progressTopic: string;
  readonly random: Random;
  readonly pause: (ms: number) => Promise<void>;
  /** Ends the retries of a process that stops. */
  readonly isStopping: () => boolean;
  readonly onError: (error: unknown) => void;
}

export interface Announcer {
  /** Tells readers of commits of one or more partitions. Repeats an append until it is acknowledged: applying twice is harmless. */
  announce(commits: readonly CommitAnnouncement[]): Promise<void>;
  /** Tells every service how far partitions are counted; of the backfill lane where it is asked for (default: all). */
  tellProgress(partitions: readonly OwnedPartition[], withBackfill?: (owned: OwnedPartition) => boolean): Promise<void>;
}

export function createAnnouncer(deps: AnnounceDeps): Announcer {
  async function append(topic: string, partition: number, batch: RecordBatch): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await deps.producer.append(topic, partition, batch);
        return;
      } catch (error) {
        deps.onError(error);
        if (deps.isStopping() && attempt > 3) throw error;
        await deps.pause(backoffMs(BACKOFF, attempt, deps.random));
      }
    }
  }

  async function announceOne(commit: CommitAnnouncement): Promise<void> {
    const key = Uint8Array.of(commit.partition & 0xff, commit.partition >> 8);
    let batch = createRecordBatch();
    for (const part of encodeAnnouncement(commit)) {
      if (batch.count > 0 && batch.sizeBytes + part.length > BATCH_BYTES_MAX) {
        await append(deps.rollupsTopic, commit.partition, batch);
        batch = createRecordBatch();
      }
      batch.add(key, part, NO_HEADERS);
    }
    await append(deps.rollupsTopic, commit.partition, batch);
  }

  return {
    announce: async (commits) => {
      await Promise.all(commits.map(announceOne));
    },
    tellProgress: async (partitions, withBackfill = () => true) => {
      if (partitions.length === 0) return;
      const batch = createRecordBatch();
      for (const owned of partitions) {
        batch.add(encoder.encode(`live/${owned.partition}`), encoder.encode(liveText(owned)), JSON_HEADERS);
        if (withBackfill(owned))
          batch.add(encoder.encode(`backfill/${owned.partition}`), encoder.encode(backfillText(owned)), JSON_HEADERS);
      }
      await append(deps.progressTopic, 0, batch);
    },
  };
}

/** What a committed batch changed, as readers of rollups.v1 take it. */
export function toAnnouncement(frozen: FrozenBatch): CommitAnnouncement {
  const { owned, commit } = frozen;
  const { writes, series, places } = committedCells(frozen.cells, frozen.entities);
  const cells: AnnouncedCell[] = writes.map((write, i) => ({
    series: places[i] ?? 0,
    grain: write.grain,
    bucketS: write.bucketS,
    revision: write.revision,
    state: write.state,
  }));
  return {
    partition: owned.partition,
    term: commit.term,
    commitNo: commit.commitNo,
    previousCommitNo: commit.commitNo - 1,
    nextOffset: commit.live.next,
    completeThroughMs: owned.completeThroughMs ?? 0,
    logGeneration: owned.live.logGeneration,
    backfill: { nextOffset: frozen.backfillNext, logGeneration: owned.backfill.logGeneration },
    sealed: frozen.sealed,
    series,
    cells,
    entities: frozen.entities?.changed ?? [],
  };
}

/**
 * Where a partition stands, without cells. Its previous number is its own, so that a reader that misses the last commit sees
 * the hole instead of taking it for applied.
 */
export function standingOf(owned: OwnedPartition): CommitAnnouncement {
  return {
    partition: owned.partition,
    term: owned.term,
    commitNo: owned.commitNo,
    previousCommitNo: owned.commitNo,
    nextOffset: owned.live.committed,
    completeThroughMs: owned.completeThroughMs ?? 0,
    logGeneration: owned.live.logGeneration,
    backfill: { nextOffset: owned.backfill.committed, logGeneration: owned.backfill.logGeneration },
    sealed: owned.seals.through,
    ...{ series: [], cells: [], entities: [] },
  };
}

/** The JSON of progress.v1 (docs/design/road.md, section 6). */
function liveText(owned: OwnedPartition): string {
  return progressText(owned, owned.live, { completeThroughMs: owned.completeThroughMs, oldestMs: oldestUncountedMs(owned) });
}

function backfillText(owned: OwnedPartition): string {
  return progressText(owned, owned.backfill, { completeThroughMs: owned.backfillThroughMs, oldestMs: oldestBackfillMs(owned) });
}

interface LaneTimes {
  readonly completeThroughMs: number | null;
  readonly oldestMs: number | null;
}

function progressText(owned: OwnedPartition, cursor: EventCursor, { completeThroughMs, oldestMs }: LaneTimes): string {
  return JSON.stringify({
    lane: cursor.lane,
    partition: owned.partition,
    next_offset: String(cursor.committed),
    complete_through_ms: completeThroughMs,
    term: owned.term,
    commit_no: String(owned.commitNo),
    log_generation: cursor.logGeneration,
    oldest_uncounted_ms: oldestMs,
    ...(cursor.lane === 'live' ? { lateness: [...owned.lateness.counts] } : {}),
  });
}

/** Append time of the oldest live event that is not counted; never later than the truth: what is not read yet came after what is counted. */
export function oldestUncountedMs({ batch, live, completeThroughMs }: OwnedPartition): number | null {
  if (Number.isFinite(batch.live.arrivalFromMs)) return batch.live.arrivalFromMs;
  return live.endOffset > live.committed ? completeThroughMs : null;
}

/** The same of the backfill lane; where nothing of it is counted yet it is said to have come with the take-over. */
export function oldestBackfillMs({ batch, backfill, backfillThroughMs, takenOverMs }: OwnedPartition): number | null {
  if (batch.backfill !== null) return batch.backfill.arrivalFromMs;
  return backfill.endOffset > backfill.committed ? (backfillThroughMs ?? takenOverMs) : null;
}
