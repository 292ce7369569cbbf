/** A flush that took longer holds too much: its transaction has a limit of 10 s, and answers wait for it. */
const LONG_MS = 2_000;
/** One that was shorter, and full, might have held more. */
const SHORT_MS = 700;
const CELLS = { least: 6_000, first: 60_000, most: 240_000 };

/**
 * How many cells a flush takes: they, not events, are what it costs. Where each event has cells of its own (metrics by subject)
 * a limit on events alone lets transactions grow until the server breaks them off, again and again.
 */
export interface FlushSize {
  /** That the batch of one of so many partitions may hold before reading waits for a flush. */
  cellsPerPartition(partitions: number): number;
  /** A flush has ended, whatever its outcome. */
  flushed(flush: { readonly durationMs: number; readonly cells: number }): void;
}

export function createFlushSize(): FlushSize {
  let limit = CELLS.first;
  return {
    cellsPerPartition: (partitions) => Math.max(1, Math.floor(limit / Math.max(1, partitions))),
    flushed({ durationMs, cells }) {
      const isFull = cells > limit / 2;
      if (durationMs > LONG_MS) limit = Math.max(CELLS.least, Math.min(limit, cells) / 2);
      else if (durationMs < SHORT_MS && isFull) limit = Math.min(CELLS.most, limit * 2);
    },
  };
}
