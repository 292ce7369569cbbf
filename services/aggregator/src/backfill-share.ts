/** How much of the loop's time the backfill lane gets: what live leaves, and a tenth at least (docs/design/lanes.md, section 3). */

/** What its records may cost a flush while live events arrive, and while none do: as long as a slice of a task takes. */
const BUSY_MS = 25;
const QUIET_MS = 100;
/** Records of a turn, of all partitions together. */
const RECORDS = { min: 256, max: 20_000 };

export interface BackfillShare {
  /** Records that may still be taken in this turn of the flush loop. */
  left(): number;
  spend(records: number): void;
  /** Resolves at the next turn. */
  next(): Promise<void>;
  /** The flush loop begins a turn: a new share for it. */
  turned(): void;
  /** A flush has written so many records of either lane. */
  flushed(flush: { readonly durationMs: number; readonly live: number; readonly backfill: number }): void;
}

/** @param isLiveBehind whether records of the live lane are known to lie in the log that are not folded yet */
export function createBackfillShare(isLiveBehind: () => boolean): BackfillShare {
  let fitting = RECORDS.min;
  let tenth = 0;
  let left = RECORDS.min;
  let turn = Promise.withResolvers<void>();
  return {
    left: () => left,
    spend(records) {
      left -= records;
    },
    next: () => turn.promise,
    turned() {
      left = Math.max(RECORDS.min, tenth, isLiveBehind() ? 0 : fitting);
      const waiting = turn;
      turn = Promise.withResolvers();
      waiting.resolve();
    },
    flushed({ durationMs, live, backfill }) {
      // A tenth of what is taken from now on: a ninth of what live takes.
      tenth = Math.ceil(live / 9);
      if (backfill === 0) return;
      const costMs = (durationMs * backfill) / (live + backfill);
      const goalMs = live > 0 ? BUSY_MS : QUIET_MS;
      if (costMs > goalMs) fitting = Math.max(RECORDS.min, Math.floor(fitting / 2));
      else if (costMs < goalMs / 2 && backfill >= fitting) fitting = Math.min(RECORDS.max, fitting * 2);
    },
  };
}
