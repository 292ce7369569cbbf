/** What is known, beside the answer itself, of how far counting has come: progress.v1, the ends of the log, gaps. */
import type { PartitionFreshness } from '@tidegate/core';
import { decodeJson } from '@tidegate/http';
import type { TableRecord } from '@tidegate/kafka';
import { z } from 'zod';
import type { HeldProgress } from './read.ts';

/** The aggregator's own word on a partition. */
export interface TrackedProgress {
  readonly partition: number;
  readonly nextOffset: number;
  readonly logGeneration: number;
  readonly completeThroughMs: number | null;
  readonly oldestUncountedMs: number | null;
  /** When this word came, and when `nextOffset` last changed in it. */
  readonly heardMs: number;
  readonly movedMs: number;
}

export interface Freshness {
  take(record: Pick<TableRecord, 'value'>): void;
  /** Partitions of the log and their end offsets, as just asked for. */
  takeEnds(ends: ReadonlyMap<number, { readonly end: number }>): void;
  takeGaps(partitions: readonly number[]): void;
  tracked(): ReadonlyMap<number, TrackedProgress>;
  ends(): ReadonlyMap<number, number>;
  /** Freshness of every partition for an answer that holds what `held` says. */
  of(held: readonly HeldProgress[]): readonly PartitionFreshness[];
}

const PROGRESS_SCHEMA = z.object({
  lane: z.string(),
  partition: z.int(),
  next_offset: z.string().regex(/^\d+$/).transform(Number),
  complete_through_ms: z.number().nullable(),
  log_generation: z.int(),
  oldest_uncounted_ms: z.number().nullable(),
});

/** An owner speaks at least each second; one that is silent for longer may be gone. */
const SILENT_AFTER_MS = 3_000;

export function createFreshness(nowMs: () => number): Freshness {
  const tracked = new Map<number, TrackedProgress>();
  const ends = new Map<number, number>();
  const gaps = new Set<number>();
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
    const isBehind = (ends.get(partition) ?? 0) > (held?.nextOffset ?? 0);
    return isBehind ? (held?.completeThroughMs ?? startedMs) : null;
  }

  return {
    take({ value }) {
      const json = value === null ? null : decodeJson(value);
      const parsed = json?.ok === true ? PROGRESS_SCHEMA.safeParse(json.value) : null;
      if (parsed?.success !== true || parsed.data.lane !== 'live') return;
      const { partition, next_offset, complete_through_ms, log_generation, oldest_uncounted_ms } = parsed.data;
      const known = tracked.get(partition);
      tracked.set(partition, {
        partition,
        nextOffset: next_offset,
        logGeneration: log_generation,
        completeThroughMs: complete_through_ms,
        oldestUncountedMs: oldest_uncounted_ms,
        heardMs: nowMs(),
        movedMs: known?.nextOffset === next_offset ? known.movedMs : nowMs(),
      });
    },
    takeEnds(told) {
      for (const [partition, { end }] of told) ends.set(partition, end);
    },
    takeGaps(partitions) {
      gaps.clear();
      for (const partition of partitions) gaps.add(partition);
    },
    tracked: () => tracked,
    ends: () => ends,
    of(held) {
      const byPartition = new Map(held.map((one) => [one.partition, one]));
      const partitions = new Set([...ends.keys(), ...byPartition.keys()]);
      return [...partitions].map((partition) => {
        const one = byPartition.get(partition) ?? null;
        return {
          partition,
          completeThroughMs: one?.completeThroughMs ?? null,
          nextOffset: one?.nextOffset ?? 0,
          oldestUncountedMs: oldestOf(one, partition),
          movedAtMs: tracked.get(partition)?.movedMs ?? startedMs,
          hasGap: gaps.has(partition),
        };
      });
    },
  };
}
