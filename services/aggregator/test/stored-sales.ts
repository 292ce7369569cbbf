/** Figures of a shop as cells hold them, in the words of `expectedFigures`. */
import { createState, decodeState, encodeState, formatExact, mergeState, readMeasureAt } from '@tidegate/core';
import type { RollupState } from '@tidegate/core';
import type { ScratchDatabase } from '@tidegate/postgres/scratch';
import { METRICS } from './sales.ts';
import type { World } from './world.ts';

interface StoredFigure {
  readonly metric: string;
  readonly place: string;
  readonly state: Uint8Array;
}

/** Of the finest cells of everybody together that hold something. */
export async function salesInTables(database: ScratchDatabase): Promise<readonly string[]> {
  const rows = await database.query<StoredFigure & Record<string, unknown>>(
    `SELECT metric, c.partition || ' ' || dims[1] || ' ' || bucket_s AS place, state FROM cell c JOIN series USING (series_id) WHERE grain = 2 AND subject = ''`,
  );
  return shown(rows);
}

/** The same in memory. */
export function salesInMemory({ database }: World): readonly string[] {
  const cells = [...database.cells.values()].flatMap(({ seriesId, partition, grain, bucketS, state }) => {
    const series = database.series.get(Buffer.from(seriesId).toString('hex'));
    if (series === undefined || series.subject !== '' || grain !== 2) return [];
    return [{ metric: series.metric, place: `${partition} ${series.dims[0]} ${bucketS}`, state }];
  });
  return shown(cells);
}

/** Of `orders`, added over all partitions, as an answer adds them. */
export function ordersInMemory({ database }: World): readonly string[] {
  const merged = new Map<string, RollupState>();
  const measures = METRICS.get('orders')?.measures ?? [];
  for (const { seriesId, grain, bucketS, state } of database.cells.values()) {
    const series = database.series.get(Buffer.from(seriesId).toString('hex'));
    const read = decodeState(state, measures);
    if (series?.metric !== 'orders' || grain !== 2 || read === null) continue;
    const place = `${series.dims[0]} ${bucketS}`;
    const known = merged.get(place) ?? createState(measures);
    mergeState(known, read);
    merged.set(place, known);
  }
  return shown([...merged].map(([place, state]) => ({ metric: 'orders', place, state: encodeState(state) })));
}

function shown(cells: readonly StoredFigure[]): readonly string[] {
  return cells
    .flatMap(({ metric, place, state }) => {
      const read = decodeState(state, METRICS.get(metric)?.measures ?? []);
      const [n, other] = read === null ? ['?', '?'] : [0, 1].map((at) => textOf(readMeasureAt(read, at)));
      return n === '0' || n === 'null' ? [] : [`${metric} ${place}: ${n} ${other}`];
    })
    .toSorted();
}

function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'unscaled' in value
    ? formatExact(value as Parameters<typeof formatExact>[0])
    : String(value);
}
