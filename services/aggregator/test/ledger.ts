import { decodeAnnouncement, decodeState, formatExact, GRAINS, readMeasureAt } from '@tidegate/core';
import type { Announcement, CompiledMeasure } from '@tidegate/core';
import { cellKeyText } from '@tidegate/postgres';
import { PARTITIONS, TOPICS } from './world.ts';
import type { World } from './world.ts';

export const MEASURES: readonly CompiledMeasure[] = [
  { name: 'n', kind: 'count', numbers: 'exact' },
  { name: 'revenue', kind: 'sum', field: 'price', numbers: 'exact' },
];

/** The same out of the stored cells of a version of the metric, merged over the partitions. */
export function storedCells(world: World, version = 1): Map<string, { n: number; cents: number }> {
  const merged = new Map<string, { n: number; cents: number }>();
  for (const cell of world.database.cells.values()) {
    if (cell.grain !== GRAINS.quarter_hour.code) continue;
    const series = world.database.series.get(Buffer.from(cell.seriesId).toString('hex'));
    if (series?.version !== version) continue;
    const key = `${series.dims[0] ?? '-'} ${cell.bucketS}`;
    const { n, cents } = read(cell.state);
    const before = merged.get(key) ?? { n: 0, cents: 0 };
    merged.set(key, { n: before.n + n, cents: before.cents + cents });
  }
  return merged;
}

function read(bytes: Uint8Array): { n: number; cents: number } {
  const state = decodeState(bytes, MEASURES);
  if (state === null) throw new Error('unreadable state');
  const revenue = readMeasureAt(state, 1);
  const euros = typeof revenue === 'object' && revenue !== null && 'unscaled' in revenue ? Number(formatExact(revenue)) : Number(revenue);
  return { n: Number(readMeasureAt(state, 0)), cents: Math.round(euros * 100) };
}

export function announcementsOf(world: World, partition: number): Announcement[] {
  const slab = world.broker.read(TOPICS.rollups, partition);
  const found: Announcement[] = [];
  for (let i = 0; i < slab.count; i += 1) {
    const announcement = decodeAnnouncement(partition, Uint8Array.from(slab.bytes.subarray(slab.valueStart[i], slab.valueEnd[i])));
    if (announcement !== null) found.push(announcement);
  }
  return found;
}

/**
 * Reads the announcements as a cache does: newer versions win, a hole begins anew (what was committed by then is filled from
 * Postgres). Returns the cells that such a reader would show wrongly.
 */
export function staleCells(world: World): string[] {
  const stale: string[] = [];
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const reader = readAll(announcementsOf(world, partition));
    for (const cell of world.database.cells.values()) {
      if (cell.partition !== partition || cell.commitNo <= reader.filledThrough) continue;
      const shown = reader.cells.get(cellKeyText(cell));
      if (shown === undefined || Buffer.compare(shown, cell.state) !== 0)
        stale.push(`${partition}/${cell.bucketS} of commit ${cell.commitNo}`);
    }
  }
  return stale;
}

function readAll(announcements: readonly Announcement[]): { cells: Map<string, Uint8Array>; filledThrough: number } {
  const cells = new Map<string, { term: number; commitNo: number; state: Uint8Array }>();
  let filledThrough = 0;
  let commitNo = 0;
  for (const told of announcements) {
    if (told.previousCommitNo > commitNo) {
      cells.clear();
      filledThrough = told.previousCommitNo;
    }
    commitNo = Math.max(commitNo, told.commitNo);
    for (const cell of told.cells) {
      const series = told.series[cell.series];
      if (series === undefined) continue;
      const key = cellKeyText({ seriesId: series.id, grain: cell.grain, bucketS: cell.bucketS });
      const known = cells.get(key);
      const isNewer = known === undefined || told.term > known.term || (told.term === known.term && told.commitNo > known.commitNo);
      if (isNewer) cells.set(key, { term: told.term, commitNo: told.commitNo, state: cell.state });
    }
  }
  return { cells: new Map([...cells].map(([key, cell]) => [key, cell.state])), filledThrough };
}
