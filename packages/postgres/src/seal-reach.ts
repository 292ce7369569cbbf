/** How far a slice of a seal may go by the finer cells that it read: nothing is sealed of which a cell may be missing. */
import { bucketStartS, compareBytes, FINER_GRAIN, GRAINS } from '@tidegate/core';
import type { SourceCells, SourceRead, SourceSeries } from './seal-shape.ts';

/** Null: not even the first bucket was read to its end. `series` holds the first `cellsMax` cells in the order of their buckets. */
export function reachByBuckets({ grain, toS, cellsMax }: SourceRead, series: readonly SourceSeries[]): SourceCells | null {
  const all = series.flatMap(({ cells }) => cells.map(({ bucketS }) => bucketS));
  if (all.length < cellsMax) return { throughS: toS, throughSeries: null, series };
  const starts = all.map((bucketS) => bucketStartS(bucketS, grain));
  const throughS = starts.reduce((most, one) => Math.max(most, one));
  return starts.every((one) => one === throughS) ? null : { throughS, throughSeries: null, series: keep(series, (at) => at < throughS) };
}

/** Of one bucket, where of each finer one not more than `perFiner` series were read; `series` is in the order of their ids. */
export function reachBySeries(
  { grain, bucketS, perFiner }: { readonly grain: SourceRead['grain']; readonly bucketS: number; readonly perFiner: number },
  series: readonly SourceSeries[],
): SourceCells {
  const read = new Map<number, number>();
  for (const { entry, cells } of series) {
    for (const cell of cells) read.set(cell.bucketS, (read.get(cell.bucketS) ?? 0) + 1);
    // A finer bucket of which as many came as were asked for may have more behind this series.
    if (!cells.some((cell) => (read.get(cell.bucketS) ?? 0) >= perFiner)) continue;
    const whole = series.filter((one) => compareBytes(one.entry.id, entry.id) <= 0);
    return { throughS: bucketS, throughSeries: entry.id, series: whole };
  }
  return { throughS: bucketS + GRAINS[grain].seconds, throughSeries: null, series };
}

/** Cells that are read of each finer bucket where a bucket is read by series. */
export function perFinerOf({ grain, cellsMax }: Pick<SourceRead, 'grain' | 'cellsMax'>): number {
  return Math.max(1, Math.floor((cellsMax * GRAINS[FINER_GRAIN[grain]].seconds) / GRAINS[grain].seconds));
}

function keep(series: readonly SourceSeries[], isKept: (bucketS: number) => boolean): SourceSeries[] {
  return series.flatMap(({ entry, cells }) => {
    const kept = cells.filter(({ bucketS }) => isKept(bucketS));
    return kept.length === 0 ? [] : [{ entry, cells: kept }];
  });
}
