import {
  bucketStartS,
  COARSE_GRAINS,
  createState,
  decodeState,
  encodeState,
  GRAINS,
  isCellSealed,
  mergeState,
  UNSEALED,
} from '@tidegate/core';
import type { CoarseGrain, CompiledMeasure, SealState } from '@tidegate/core';
import { cellKeyText } from '@tidegate/postgres';
import type { StoredCell } from '@tidegate/postgres';
import type { MemoryDatabase } from '@tidegate/postgres/memory';

/** Of a partition of a database in memory. */
export function wrongCoarseCellsOf(database: MemoryDatabase, partition: number, measures: readonly CompiledMeasure[]): string[] {
  const cells = [...database.cells.values()].filter((cell) => cell.partition === partition);
  const wrong = wrongCoarseCells(cells, database.live.get(partition)?.seals ?? UNSEALED, measures);
  return wrong.map((what) => `partition ${partition}: ${what}`);
}

/**
 * Coarse cells of a partition that are not what its finest cells (quarter hours, or minutes where it has any) add up to where
 * they are sealed, and those that are there where nothing is. Each is made anew from all of the finest.
 */
export function wrongCoarseCells(all: readonly StoredCell[], seals: SealState, measures: readonly CompiledMeasure[]): string[] {
  const coarse = all.some(({ grain }) => grain === GRAINS.minute.code) ? COARSE_GRAINS : (['hour', 'day'] as const);
  return coarse.flatMap((grain) => {
    const expected = new Map([...coarseOf(all, grain, measures)].filter(([, cell]) => isCellSealed(seals, grain, cell)));
    const stored = new Map(all.filter((cell) => cell.grain === GRAINS[grain].code).map((cell) => [cellKeyText(cell), cell]));
    const missing = [...expected].filter(([key, cell]) => !isSame(stored.get(key), cell)).map(([, cell]) => cell);
    const extra = [...stored].filter(([key]) => !expected.has(key)).map(([, cell]) => cell);
    return [
      ...missing.map(({ bucketS }) => `${grain} ${bucketS} is not the sum of its finest cells`),
      ...extra.map(({ bucketS }) => `${grain} ${bucketS} is there and is not sealed`),
    ];
  });
}

type Coarse = Pick<StoredCell, 'seriesId' | 'bucketS' | 'state' | 'revision'>;

function coarseOf(cells: readonly StoredCell[], grain: CoarseGrain, measures: readonly CompiledMeasure[]): ReadonlyMap<string, Coarse> {
  const finest = Math.min(...cells.map((cell) => cell.grain));
  const finestCells = cells.filter((cell) => cell.grain === finest);
  const groups = Map.groupBy(finestCells, ({ seriesId, bucketS }) =>
    cellKeyText({ seriesId, grain: GRAINS[grain].code, bucketS: bucketStartS(bucketS, grain) }),
  );
  return new Map(
    [...groups].map(([key, group]) => {
      const state = createState(measures);
      for (const { state: bytes } of group) mergeState(state, decodeState(bytes, measures) ?? []);
      const { seriesId = new Uint8Array(0), bucketS = 0 } = group[0] ?? {};
      const revision = group.reduce((sum, cell) => sum + cell.revision, 0);
      return [key, { seriesId, bucketS: bucketStartS(bucketS, grain), state: encodeState(state), revision }];
    }),
  );
}

function isSame(stored: StoredCell | undefined, expected: Coarse): boolean {
  return stored !== undefined && Buffer.compare(stored.state, expected.state) === 0 && stored.revision === expected.revision;
}
