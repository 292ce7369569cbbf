/** How much of the time tasks may take, so that no flush is seen to wait for them (docs/design/owner-tasks.md, section 3). */
import type { SliceSize } from './seal.ts';

/** A slice lasts about so long while nothing arrives, and so long while events do. */
const QUIET_SLICE_MS = 100;
const BUSY_SLICE_MS = 25;
/** The next slice begins after so many times the length of the last one. */
const QUIET_PAUSE_TIMES = 1;
const BUSY_PAUSE_TIMES = 24;
const CELLS = { min: 500, max: 20_000 };
const BUCKETS_MAX = 64;
const FAILURE_PAUSE_MS = { first: 1_000, most: 60_000 };

export interface TaskBudget {
  /** Until the next slice may begin. */
  waitMs(): number;
  size(): SliceSize;
  /** A flush has written something. */
  flushed(): void;
  succeeded(slice: { readonly durationMs: number; readonly cellsRead: number }): void;
  failed(): void;
}

export function createTaskBudget(monotonicMs: () => number): TaskBudget {
  let cells = 2_000;
  let buckets = 1;
  let notBeforeMs = 0;
  let failures = 0;
  let isBusy = false;
  return {
    waitMs: () => Math.max(0, notBeforeMs - monotonicMs()),
    size: () => ({ cells, buckets }),
    flushed: () => {
      isBusy = true;
    },
    succeeded({ durationMs, cellsRead }) {
      failures = 0;
      // Sparse buckets are taken several at a time; full ones one by one, in as many slices as they need.
      if (cellsRead < cells / 4) buckets = Math.min(BUCKETS_MAX, buckets * 2);
      else if (cellsRead > cells / 2) buckets = Math.max(1, buckets / 2);
      const goalMs = isBusy ? BUSY_SLICE_MS : QUIET_SLICE_MS;
      if (durationMs > goalMs) cells = Math.max(CELLS.min, cells / 2);
      else if (durationMs < goalMs / 2) cells = Math.min(CELLS.max, cells * 2);
      notBeforeMs = monotonicMs() + durationMs * (isBusy ? BUSY_PAUSE_TIMES : QUIET_PAUSE_TIMES);
      isBusy = false;
    },
    failed() {
      failures += 1;
      notBeforeMs = monotonicMs() + Math.min(FAILURE_PAUSE_MS.most, FAILURE_PAUSE_MS.first * 2 ** (failures - 1));
    },
  };
}
