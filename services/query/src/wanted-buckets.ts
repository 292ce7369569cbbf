import { GRAINS } from '@tidegate/core';
import type { GrainCode, RangePiece } from '@tidegate/core';

/** Tells which buckets of a grain the pieces of a range take; pieces are in order. */
export function createIsWanted(pieces: readonly RangePiece[], grain: GrainCode): (bucketS: number) => boolean {
  const own = pieces.filter((piece) => piece.grain === grain);
  const [only] = own;
  if (only === undefined) return () => false;
  if (own.length === 1) return (bucketS) => bucketS >= only.fromS && bucketS < only.toS;
  const starts = Float64Array.from(own, ({ fromS }) => fromS);
  const ends = Float64Array.from(own, ({ toS }) => toS);
  let at = 0;
  return (bucketS) => {
    // Cells come mostly in the order of time, so the last piece is tried before searching.
    if (!(bucketS >= (starts[at] ?? 0) && bucketS < (ends[at] ?? 0))) at = lastStart(starts, bucketS);
    return bucketS >= (starts[at] ?? 0) && bucketS < (ends[at] ?? 0);
  };
}

/** Tells which grain a cell that was read for the pieces is of; pieces are in order and do not overlap. */
export function createGrainOf(pieces: readonly RangePiece[]): (bucketS: number) => GrainCode {
  const starts = Float64Array.from(pieces, ({ fromS }) => fromS);
  return (bucketS) => pieces[lastStart(starts, bucketS)]?.grain ?? GRAINS.quarter_hour.code;
}

/** Index of the last start that is not after the bucket; 0 where none is. */
function lastStart(starts: Float64Array, bucketS: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (bucketS >= (starts[middle] ?? 0)) low = middle;
    else high = middle - 1;
  }
  return low;
}
