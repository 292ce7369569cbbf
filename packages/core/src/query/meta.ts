/** What an answer claims about itself: how far it is complete, how late it is, and whether to trust that it moves. */

export interface PartitionFreshness {
  readonly partition: number;
  /** Null: nothing is known of the partition yet. */
  readonly completeThroughMs: number | null;
  readonly nextOffset: number;
  /** Append time of the oldest event that is not counted; null where all are. */
  readonly oldestUncountedMs: number | null;
  /** When `nextOffset` last changed. */
  readonly movedAtMs: number;
  /** Accepted events of it are gone from the log. */
  readonly hasGap: boolean;
}

export type FreshnessStatus = 'current' | 'catching_up' | 'stalled' | 'incomplete';

export interface Freshness {
  /** Least over the partitions; null while any of them is unknown. */
  readonly completeThroughMs: number | null;
  /** Age of the oldest uncounted event, 0 when there is none. */
  readonly lagMs: number;
  readonly status: FreshnessStatus;
}

const CURRENT_BELOW_MS = 5_000;
const STALLED_AFTER_MS = 60_000;

/** Rules of the public contract: `incomplete` outranks `stalled`, which outranks `catching_up`. */
export function freshnessOf(partitions: readonly PartitionFreshness[], nowMs: number): Freshness {
  let completeThroughMs: number | null = partitions.length === 0 ? null : Infinity;
  let lagMs = 0;
  let isStalled = false;
  for (const one of partitions) {
    completeThroughMs =
      completeThroughMs === null || one.completeThroughMs === null ? null : Math.min(completeThroughMs, one.completeThroughMs);
    const lag = one.oldestUncountedMs === null ? 0 : Math.max(0, nowMs - one.oldestUncountedMs);
    lagMs = Math.max(lagMs, lag);
    if (lag > 0 && nowMs - one.movedAtMs >= STALLED_AFTER_MS && lag >= STALLED_AFTER_MS) isStalled = true;
  }
  return {
    completeThroughMs,
    lagMs,
    status: statusOf(partitions, { isStalled, isCurrent: completeThroughMs !== null && lagMs < CURRENT_BELOW_MS }),
  };
}

function statusOf(
  partitions: readonly PartitionFreshness[],
  { isStalled, isCurrent }: { isStalled: boolean; isCurrent: boolean },
): FreshnessStatus {
  if (partitions.some(({ hasGap }) => hasGap)) return 'incomplete';
  if (isStalled) return 'stalled';
  return isCurrent ? 'current' : 'catching_up';
}
