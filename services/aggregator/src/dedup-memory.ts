/** A full generation is then 48 MB of journal, which is what a take-over reads at most. */
const GENERATION_IDENTITIES_MAX = 4_000_000;
/** Memory of an identity in an open generation: three words at three quarters full, and half as much again while the table doubles. */
const OPEN_BYTES_PER_IDENTITY = 24;

export interface DedupMemory {
  /** Identities at which a generation closes. */
  readonly closeAt: number;
  /** Filters of closed generations held, per partition. */
  readonly filterBytesMax: number;
}

/**
 * Shares the memory of the dedup window out among all partitions of the log, because one aggregator may come to own them all:
 * half for their open generations, which always lie whole in memory and so close early enough to fit, half for the filters of
 * the closed ones. While a generation is closed it takes about twice its size on top, for some seconds.
 */
export function shareDedupMemory(memoryBytes: number, partitions: number): DedupMemory {
  const half = Math.floor(memoryBytes / 2 / partitions);
  return {
    closeAt: Math.max(1, Math.min(GENERATION_IDENTITIES_MAX, Math.floor(half / OPEN_BYTES_PER_IDENTITY))),
    filterBytesMax: half,
  };
}
