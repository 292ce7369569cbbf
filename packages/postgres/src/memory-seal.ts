import { bucketStartS, compareBytes, FINER_GRAIN, GRAINS } from '@tidegate/core';
import { seriesKey } from './memory-database.ts';
import type { MemoryDatabase } from './memory-database.ts';
import type { StoredCell } from './cell-shape.ts';
import { perFinerOf, reachByBuckets, reachBySeries } from './seal-reach.ts';
import type { SourceCells, SourceRead, SourceSeries } from './seal-shape.ts';

/** As `read-source-cells.sql` and `read-source-series.sql`. */
export function readSource(db: MemoryDatabase, partition: number, read: SourceRead): SourceCells {
  const { grain, fromS, toS, afterSeries, cellsMax } = read;
  const { code } = GRAINS[FINER_GRAIN[grain]];
  const due = [...db.cells.values()]
    .filter((cell) => cell.partition === partition && cell.grain === code && cell.bucketS >= fromS && cell.bucketS < toS)
    .sort((a, b) => a.bucketS - b.bucketS || compareBytes(a.seriesId, b.seriesId));
  const found = afterSeries === null ? reachByBuckets(read, bySeries(db, due.slice(0, cellsMax))) : null;
  if (found !== null) return found;
  const bucketS = afterSeries === null ? bucketStartS(due[0]?.bucketS ?? fromS, grain) : fromS;
  const perFiner = perFinerOf(read);
  const ofBucket = due.filter(
    (cell) => bucketStartS(cell.bucketS, grain) === bucketS && (afterSeries === null || compareBytes(cell.seriesId, afterSeries) > 0),
  );
  const first = [...Map.groupBy(ofBucket, (cell) => cell.bucketS).values()].flatMap((cells) => cells.slice(0, perFiner));
  const inOrder = bySeries(db, first).toSorted((a, b) => compareBytes(a.entry.id, b.entry.id));
  return reachBySeries({ grain, bucketS, perFiner }, inOrder);
}

function bySeries(db: MemoryDatabase, cells: readonly StoredCell[]): SourceSeries[] {
  return [...Map.groupBy(cells, ({ seriesId }) => seriesKey(seriesId))].flatMap(([key, own]) => {
    const entry = db.series.get(key);
    return entry === undefined ? [] : [{ entry, cells: own }];
  });
}
