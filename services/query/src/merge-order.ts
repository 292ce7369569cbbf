/**
 * The order in which cells are merged where it shows: sums of doubles may differ in their last place with the order (see
 * `DoubleSum`), and an answer must be the same bytes whether it is made from chunks, from Postgres or by another instance. All
 * other measures are the same in any order, and are not kept waiting for one.
 *
 * Canonical: by chunk (its first day, then its grain), series, bucket, then partition; the partitions of a bucket are merged
 * first.
 */
import type { CellRange, CompiledMeasure, Plan, RangePiece } from '@tidegate/core';
import type { PlacedCell } from '@tidegate/redis';
import { firstDay } from './chunks.ts';
import { createGrainOf } from './wanted-buckets.ts';

export function isOrderSeen({ measures }: Plan): boolean {
  return measures.some(({ measure }) => isOrderSeenIn(measure));
}

export function isOrderSeenIn({ numbers, kind }: CompiledMeasure): boolean {
  return numbers === 'double' || kind === 'top_k';
}

/** The cells of some pieces of a range in canonical order, those that differ in the partition alone together. */
export function inMergeOrder(
  cells: readonly PlacedCell[],
  { range, pieces }: { readonly range: Pick<CellRange, 'subject'>; readonly pieces: readonly RangePiece[] },
): PlacedCell[][] {
  const grainOf = createGrainOf(pieces);
  const keyed = cells.map((cell) => {
    const grain = grainOf(cell.bucketS);
    return { cell, grain, day: firstDay(range, grain, cell.bucketS), series: seriesKey(cell.seriesId) };
  });
  keyed.sort(
    (a, b) =>
      a.day - b.day ||
      a.grain - b.grain ||
      compareKeys(a.series, b.series) ||
      a.cell.bucketS - b.cell.bucketS ||
      a.cell.partition - b.cell.partition,
  );
  const groups: PlacedCell[][] = [];
  let last = '';
  for (const { cell, series } of keyed) {
    const place = `${cell.bucketS} ${series}`;
    if (place === last) groups.at(-1)?.push(cell);
    else groups.push([cell]);
    last = place;
  }
  return groups;
}

/** A series id as a text whose order is that of the bytes. */
export function seriesKey(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1');
}

export function compareKeys(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
