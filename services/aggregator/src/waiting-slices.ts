/** Slices that a walk beside the flushes has made ready: one of a partition, committed between two flushes of its owner. */
import type { OwnedPartition } from './owned-partition.ts';
import type { DueSlice, PreparedSlice } from './task-kind.ts';

/** The partition is not this process's any more, or the process ends: what is left is for the next owner. */
export class WalkEnded extends Error {}

export interface WaitingSlices {
  /** What waits on a partition; null: nothing. */
  due(owned: OwnedPartition): DueSlice | null;
  /**
   * Resolves when a slice is committed; where it fails it is made anew and tried again.
   * @throws WalkEnded
   */
  commit(owned: OwnedPartition, make: () => PreparedSlice): Promise<void>;
}

export interface WaitingSlicesDeps {
  /** There is a slice to commit. */
  readonly onReady: () => void;
  readonly sleep: (ms: number) => Promise<void>;
  readonly isEnding: () => boolean;
}

export function createWaitingSlices({ onReady, sleep, isEnding }: WaitingSlicesDeps): WaitingSlices {
  const waiting = new Map<OwnedPartition, DueSlice>();
  return {
    due: (owned) => waiting.get(owned) ?? null,
    async commit(owned, make) {
      let isDone = false;
      waiting.set(owned, () => {
        const slice = make();
        return {
          ...slice,
          committed() {
            isDone = true;
            waiting.delete(owned);
            return slice.committed();
          },
        };
      });
      onReady();
      for (; !isDone; await sleep(1)) {
        if (!isEnding() && owned.state === 'running') continue;
        waiting.delete(owned);
        throw new WalkEnded();
      }
    },
  };
}
