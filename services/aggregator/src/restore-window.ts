import { createDedupWindow } from '@tidegate/core';
import type { DedupWindow } from '@tidegate/core';
import type { DataStore } from '@tidegate/postgres';

export interface WindowLimits {
  readonly dedupWindowMs: number;
  /** Identities at which a generation of the window closes. */
  readonly dedupCloseAt: number;
  /** Filters held, per partition. */
  readonly dedupFilterBytesMax: number;
}

/**
 * The dedup window of a partition as its commits left it: filters of the closed generations, as many as there is room for, and
 * the identities of the open one, out of the journal.
 */
export async function restoreWindow(
  store: Pick<DataStore, 'readGenerations' | 'readIdentities'>,
  partition: number,
  limits: WindowLimits,
): Promise<DedupWindow> {
  const closed = await store.readGenerations(partition, limits.dedupFilterBytesMax);
  const window = createDedupWindow({
    closeAt: limits.dedupCloseAt,
    windowMs: limits.dedupWindowMs,
    filterBytesMax: limits.dedupFilterBytesMax,
    closed,
  });
  // Generations close in their order, oldest first, so journal blocks are wanted from the one after the last that is closed.
  const firstOpen = (closed.at(-1)?.generation ?? 0) + 1;
  for await (const block of store.readIdentities(partition, firstOpen)) window.restore(block);
  return window;
}
