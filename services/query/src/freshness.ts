/** What is known, beside the answer itself, of how far counting has come: progress.v1, the ends of the logs, gaps. */
import type { PartitionFreshness } from '@tidegate/core';
import { decodeJson } from '@tidegate/http';
import type { TableRecord } from '@tidegate/kafka';
import { z } from 'zod';
import type { EventLane, LogGap } from '@tidegate/postgres';
import type { HeldProgress } from './read.ts';

/** The aggregator's own word on a partition. */
export interface TrackedProgress {
  readonly partition: number;
  readonly term: number;
  readonly nextOffset: number;
  readonly logGeneration: number;
  readonly completeThroughMs: number | null;
  readonly oldestUncountedMs: number | null;
  /** Events that the owner has counted, by class of lateness. */
  readonly lateness: readonly number[];
  /** When this word came, and when `nextOffset` last changed in it. */
  readonly heardMs: number;
  readonly movedMs: number;
}

/** The same of the backfill lane, which nothing is claimed by. */
export interface TrackedBackfill {
  readonly nextOffset: number;
  readonly logGeneration: number;
  readonly oldestUncountedMs: number | null;
}

/** End offsets of the partitions of one lane. */
export type LaneEnds = ReadonlyMap<number, { readonly end: number }>;

export interface Freshness {
  take(record: Pick<TableRecord, 'value'>): void;
  /** Partitions of the logs and their end offsets, as just asked for. */
  takeEnds(ends: Readonly<Record<EventLane, LaneEnds>>): void;
  takeGaps(gaps: readonly LogGap[]): void;
  /** Accepted events that were gone from the log before they were counted. */
  gaps(): readonly LogGap[];
  /** Rises each time a partition is taken over, which is when gaps are found. */
  takeOvers(): number;
  tracked(): ReadonlyMap<number, TrackedProgress>;
  trackedBackfill(): ReadonlyMap<number, TrackedBackfill>;
  ends(lane: EventLane): ReadonlyMap<number, number>;
  /** Records of the backfill lane that an answer that holds `held` lacks. */
  backfillPending(held: readonly HeldProgress[]): number;
  /** Freshness of every partition for an answer that holds what `held` says. */
  of(held: readonly HeldProgress[]): readonly PartitionFreshness[];
}

const PROGRESS_SCHEMA = z.object({
  lane: z.string(),
  partition: z.int(),
  term: z.int(),
  next_offset: z.string().regex(/^\d+$/).transform(Number),
  complete_through_ms: z.number().nullable(),
  log_generation: z.int(),
  oldest_uncounted_ms: z.number().nullable(),
  /** Owners from before it do not tell. */
  lateness: z.array(z.number()).default([]),
});

/** An owner speaks at least each second; one that is silent for longer may be gone. */
const SILENT_AFTER_MS = 3_000;

export function createFreshness(nowMs: () => number): Freshness {
  const tracked = new Map<number, TrackedProgress>();
  const trackedBackfill = new Map<number, TrackedBackfill>();
  const ends = { live: new Map<number, number>(), backfill: new Map<number, number>() };
  let gaps: readonly LogGap[] = [];
  let takeOvers = 0;
  const startedMs = nowMs();

  function oldestOf(held: HeldProgress | null, partition: number): number | null {
    const word = tracked.get(partition);
    if (word === undefined || nowMs() - word.heardMs > SILENT_AFTER_MS) return oldestInSilence(held, partition);
    // The answer lies behind the owner: what it lacks came after the time it is complete through.
    if (held !== null && held.nextOffset < word.nextOffset) return held.completeThroughMs ?? startedMs;
    return word.oldestUncountedMs;
  }

  /** Without a living owner's word the log tells: what lies in it beyond the answer is not counted. */
  function oldestInSilence(held: HeldProgress | null, partition: number): number | null {
    const isBehind = (ends.live.get(partition) ?? 0) > (held?.nextOffset ?? 0);
    return isBehind ? (held?.completeThroughMs ?? startedMs) : null;
  }

  return {
    take({ value }) {
      const word = value === null ? null : readWord(value);
      if (word?.lane === 'backfill') trackedBackfill.set(word.partition, toTrackedBackfill(word));
      if (word?.lane !== 'live') return;
      const known = tracked.get(word.partition) ?? null;
      if (known?.term !== word.term) takeOvers += 1;
      tracked.set(word.partition, toTracked(word, known, nowMs()));
    },
    takeEnds(told) {
      for (const lane of ['live', 'backfill'] as const) for (const [partition, { end }] of told[lane]) ends[lane].set(partition, end);
    },
    takeGaps: (found) => void (gaps = found),
    gaps: () => gaps,
    takeOvers: () => takeOvers,
    tracked: () => tracked,
    trackedBackfill: () => trackedBackfill,
    ends: (lane) => ends[lane],
    backfillPending(held) {
      const counted = new Map(held.map((one) => [one.partition, one.backfill?.nextOffset ?? 0]));
      return [...ends.backfill].reduce((sum, [partition, end]) => sum + Math.max(0, end - (counted.get(partition) ?? 0)), 0);
    },
    of(held) {
      const byPartition = new Map(held.map((one) => [one.partition, one]));
      const partitions = new Set([...ends.live.keys(), ...byPartition.keys()]);
      return [...partitions].map((partition) => {
        const one = byPartition.get(partition) ?? null;
        return {
          partition,
          completeThroughMs: one?.completeThroughMs ?? null,
          nextOffset: one?.nextOffset ?? 0,
          oldestUncountedMs: oldestOf(one, partition),
          movedAtMs: tracked.get(partition)?.movedMs ?? startedMs,
          hasGap: one?.hasGap === true || gaps.some((gap) => gap.partition === partition && gap.acknowledged === null),
        };
      });
    },
  };
}

type ProgressWord = z.output<typeof PROGRESS_SCHEMA>;

function readWord(bytes: Uint8Array): ProgressWord | null {
  const json = decodeJson(bytes);
  const parsed = json.ok ? PROGRESS_SCHEMA.safeParse(json.value) : null;
  return parsed?.success === true ? parsed.data : null;
}

function toTrackedBackfill(word: ProgressWord): TrackedBackfill {
  return { nextOffset: word.next_offset, logGeneration: word.log_generation, oldestUncountedMs: word.oldest_uncounted_ms };
}

function toTracked(word: ProgressWord, known: TrackedProgress | null, nowMs: number): TrackedProgress {
  return {
    partition: word.partition,
    term: word.term,
    nextOffset: word.next_offset,
    logGeneration: word.log_generation,
    completeThroughMs: word.complete_through_ms,
    oldestUncountedMs: word.oldest_uncounted_ms,
    lateness: word.lateness,
    heardMs: nowMs,
    movedMs: known?.nextOffset === word.next_offset ? known.movedMs : nowMs,
  };
}
