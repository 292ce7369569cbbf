/** From the deltas of a batch to the cells that its flush writes: the finest ones, and the coarse ones that are sealed. */
import { bucketStartS, GRAINS, isCellSealed, isCoarseGrain, sealedEndS } from '@tidegate/core';
import type { CellDelta, FoldedBatch, SealState, SeriesEntry } from '@tidegate/core';
import type { CellKey, CellWrite, PendingCells, StoredCell } from '@tidegate/postgres';
import { cellKeyText } from '@tidegate/postgres';
import type { CellMemory, ChangedCell, SettledCell } from './changed-cell.ts';
import { createHeldCells } from './held-cells.ts';
import type { HeldCells, HeldDelta } from './held-cells.ts';
import { createResolve } from './resolve-cells.ts';
import type { Resolve } from './resolve-cells.ts';
import type { Closing } from './restated.ts';

export interface PreparedCells extends PendingCells {
  readonly values: HeldCells | null;
  /** Series that this owner has not written yet, less those of `values`. */
  readonly newSeries: readonly SeriesEntry[];
  /** One per cell that changes, the finest and the sealed coarse ones; empty before `resolve` was called. */
  readonly writes: readonly CellWrite[];
  /** Series of the writes; and of each write its series, as an index into them. */
  readonly series: readonly SeriesEntry[];
  readonly places: readonly number[];
  /** What the cells of `values` become once the commit stands. */
  readonly unsettled: readonly SettledCell[];
}

export function prepareCells(memory: CellMemory, folded: FoldedBatch, closing: Closing): PreparedCells {
  const { finest, held } = splitDeltas(memory, folded);
  let coarse: readonly ChangedCell[] = [];
  let heldCoarse: readonly ChangedCell[] = [];
  let own: readonly CellWrite[] | null = null;
  // No getter: a literal with one keeps its batch in memory (see `GrowingRawRows` of @tidegate/postgres).
  const prepared = {
    absent: absentOf(finest),
    values: held,
    newSeries: newSeriesOf(memory, folded, { finest, held }),
    writes: [] as readonly CellWrite[],
    series: [] as readonly SeriesEntry[],
    places: [] as readonly number[],
    unsettled: [] as readonly SettledCell[],
    sealed(seals: SealState): readonly CellKey[] {
      if (own === null) coarse = coarseCells(memory, finest, seals);
      if (held === null) return absentOf(coarse);
      heldCoarse = coarseCells(memory, held.cells, seals);
      return absentOf([...coarse, ...held.cells, ...heldCoarse]);
    },
    resolve(stored: readonly StoredCell[]): readonly CellWrite[] {
      if (own !== null && held === null) return own;
      const byKey = new Map(stored.map((cell) => [cellKeyText(cell), cell]));
      const resolve = createResolve(memory, { byKey, closing });
      own ??= resolveOwn(resolve, { finest, coarse });
      const more = [...(held?.cells ?? []), ...heldCoarse];
      const decided = more.map(resolve.held);
      prepared.unsettled = decided.map(({ settled }) => settled);
      prepared.writes = decided.length === 0 ? own : [...own, ...decided.map(({ write }) => write)];
      Object.assign(prepared, held === null ? placesIn(folded, finest, coarse) : placesOf([...finest, ...coarse, ...more]));
      return prepared.writes;
    },
  };
  return prepared;
}

interface SplitDeltas {
  /** One for each delta whose values are known to be admitted. */
  readonly finest: readonly ChangedCell[];
  /** Of the others; null where there are none. */
  readonly held: HeldCells | null;
}

/** A cell that the owner knows was written under these values of this day, so only unknown ones are looked at. */
function splitDeltas(memory: CellMemory, folded: FoldedBatch): SplitDeltas {
  const finest: ChangedCell[] = [];
  const held: HeldDelta[] = [];
  for (const delta of folded.deltas) {
    const entry = seriesAt(folded, delta.series);
    const cell = finestCell(memory, entry, delta);
    const values = cell.known === undefined ? memory.admissions.heldOf(entry, delta.bucketS) : [];
    if (values.length === 0) finest.push(cell);
    else held.push({ delta, entry, values });
  }
  if (held.length === 0) return { finest, held: null };
  const cellOf = (entry: SeriesEntry, delta: CellDelta): ChangedCell => finestCell(memory, entry, delta);
  return { finest, held: createHeldCells(held, { cellOf, isWritten: (entry) => memory.written.has(entry.id) }) };
}

function finestCell({ cells }: CellMemory, entry: SeriesEntry, delta: CellDelta): ChangedCell {
  const key = { seriesId: entry.id, grain: GRAINS[delta.grain].code, bucketS: delta.bucketS };
  const text = cellKeyText(key);
  return { key, text, entry, known: cells.get(text), deltas: [delta] };
}

function newSeriesOf(memory: CellMemory, folded: FoldedBatch, { finest, held }: SplitDeltas): readonly SeriesEntry[] {
  const series = held === null ? folded.series : new Set(finest.map(({ entry }) => entry));
  return [...series].filter((entry) => !memory.written.has(entry.id));
}

/** Nothing is looked at but the deltas' buckets where none of them is sealed. */
function coarseCells({ cells, grainsOf }: CellMemory, finer: readonly ChangedCell[], seals: SealState): readonly ChangedCell[] {
  const endS = sealedEndS(seals);
  const found = new Map<string, ChangedCell>();
  for (const { key: finest, entry, deltas } of finer) {
    if (finest.bucketS >= endS) continue;
    for (const grain of grainsOf(entry)) {
      const bucketS = bucketStartS(finest.bucketS, grain);
      if (!isCoarseGrain(grain) || GRAINS[grain].code === finest.grain || !isCellSealed(seals, grain, { bucketS, seriesId: entry.id }))
        continue;
      const key = { seriesId: entry.id, grain: GRAINS[grain].code, bucketS };
      const text = cellKeyText(key);
      const cell = found.get(text) ?? { key, text, entry, known: cells.get(text), deltas: [] };
      cell.deltas.push(...deltas);
      found.set(text, cell);
    }
  }
  return [...found.values()];
}

/** Coarse cells first: a delta may become the state of its finest cell, to which more is added then. */
function resolveOwn(resolve: Resolve, { finest, coarse }: Record<'finest' | 'coarse', readonly ChangedCell[]>): readonly CellWrite[] {
  const more = coarse.map(resolve.coarse);
  return finest.map(resolve.finest).concat(more);
}

type SeriesPlaces = Pick<PreparedCells, 'series' | 'places'>;

/** Every series of the batch has a cell: its list is the one of the writes. */
function placesIn({ series }: FoldedBatch, finest: readonly ChangedCell[], coarse: readonly ChangedCell[]): SeriesPlaces {
  return { series, places: finest.concat(coarse).map(({ deltas }) => deltas[0]?.series ?? 0) };
}

function placesOf(cells: readonly ChangedCell[]): SeriesPlaces {
  const placeOf = new Map<SeriesEntry, number>();
  const places = cells.map(({ entry }) => {
    const place = placeOf.get(entry) ?? placeOf.size;
    if (place === placeOf.size) placeOf.set(entry, place);
    return place;
  });
  return { series: [...placeOf.keys()], places };
}

function absentOf(cells: readonly ChangedCell[]): readonly CellKey[] {
  return cells.filter(({ known }) => known === undefined).map(({ key }) => key);
}

function seriesAt(folded: FoldedBatch, index: number): SeriesEntry {
  const entry = folded.series[index];
  if (entry === undefined) throw new Error('a delta names a series that its batch does not hold');
  return entry;
}
