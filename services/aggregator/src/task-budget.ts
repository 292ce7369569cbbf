/** How much of the time tasks may take, so that no flush is seen to wait for them (docs/design/owner-tasks.md, section 3). */
import type { SliceSize, TaskName } from './task-kind.ts';

/** A slice lasts about so long while nothing arrives, and so long while events do. */
const QUIET_SLICE_MS = 100;
const BUSY_SLICE_MS = 25;
/** The next slice begins after so many times the length of the last one. */
const QUIET_PAUSE_TIMES = 1;
const BUSY_PAUSE_TIMES = 24;
const RECORDS = { min: 500, first: 2_000, max: 20_000 };
const SPREAD_MAX = 64;
const FAILURE_PAUSE_MS = { first: 1_000, most: 60_000 };

export interface SliceTaken {
  readonly durationMs: number;
  /** What it read, in the measure of `SliceSize.records`. */
  readonly records: number;
}

export interface TaskBudget {
  /** Until the next slice may begin. */
  waitMs(): number;
  /** Each kind has a size of its own: a cell costs other things than a row. */
  size(kind: TaskName): SliceSize;
  /** A flush has written something. */
  flushed(): void;
  succeeded(kind: TaskName, slice: SliceTaken): void;
  failed(): void;
}

export function createTaskBudget(monotonicMs: () => number): TaskBudget {
  const sizes = new Map<TaskName, SliceSize>();
  const size = (kind: TaskName): SliceSize => sizes.get(kind) ?? { records: RECORDS.first, spread: 1 };
  let notBeforeMs = 0;
  let failures = 0;
  let isBusy = false;
  return {
    waitMs: () => Math.max(0, notBeforeMs - monotonicMs()),
    size,
    flushed: () => {
      isBusy = true;
    },
    succeeded(kind, slice) {
      failures = 0;
      sizes.set(kind, nextSize(size(kind), slice, isBusy ? BUSY_SLICE_MS : QUIET_SLICE_MS));
      notBeforeMs = monotonicMs() + slice.durationMs * (isBusy ? BUSY_PAUSE_TIMES : QUIET_PAUSE_TIMES);
      isBusy = false;
    },
    failed() {
      failures += 1;
      notBeforeMs = monotonicMs() + Math.min(FAILURE_PAUSE_MS.most, FAILURE_PAUSE_MS.first * 2 ** (failures - 1));
    },
  };
}

/** What little was found in a short time says nothing of how long much would take: then more is looked at, not more taken. */
function nextSize({ records, spread }: SliceSize, taken: SliceTaken, goalMs: number): SliceSize {
  const isSparse = taken.records < records / 4;
  const isFull = taken.records > records / 2;
  const isLong = taken.durationMs > goalMs;
  const isShort = taken.durationMs < goalMs / 2;
  return {
    records: isLong ? Math.max(RECORDS.min, records / 2) : isShort && isFull ? Math.min(RECORDS.max, records * 2) : records,
    spread: isSparse ? Math.min(SPREAD_MAX, spread * 2) : isFull ? Math.max(1, spread / 2) : spread,
  };
}
