/** From the deltas of a batch to the cells that its flush writes: the finest ones, and the coarse ones that are sealed. */
import {
  bucketStartS,
  createState,
  decodeState,
  encodeState,
  GRAINS,
  isCellSealed,
  isCoarseGrain,
  mergeState,
  sealedEndS,
} from '@tidegate/core';
import type { CellDelta, CompiledMeasure, FoldedBatch, RollupState, SealState, SeriesEntry, StoredGrain } from '@tidegate/core';
import type { CellKey, CellWrite, PendingCells, StoredCell } from '@tidegate/postgres';
import { cellKeyText } from '@tidegate/postgres';
import type { LRUCache } from 'lru-cache';

/** A bucket is closed so long after its end: from then on it is sealed, and commits that change it raise its revision. */
export const CLOSED_AFTER_S = 86_400;

const FINEST = GRAINS.quarter_hour;

export interface KnownCell {
  readonly state: RollupState;
  revision: number;
}

export interface PreparedCells extends PendingCells {
  /** Series that this owner has not written yet. */
  readonly newSeries: readonly SeriesEntry[];
  /** One per delta, in their order, then the sealed coarse cells that change too; empty before `resolve` was called. */
  readonly writes: readonly CellWrite[];
  /** Of each write its series, as an index into the batch's. */
  readonly places: readonly number[];
}

/** What is remembered, and how a state is read. */
export interface CellMemory {
  /** Measures of a series' metric version, in state order. */
  readonly measuresOf: (series: SeriesEntry) => readonly CompiledMeasure[];
  /** Grains in which cells of a series' metric version are kept. */
  readonly grainsOf: (series: SeriesEntry) => readonly StoredGrain[];
  readonly cells: LRUCache<string, KnownCell>;
  /** Series that are written. */
  readonly written: LRUCache<string, true>;
}

/** A cell that changes, with the deltas that it takes in. */
interface ChangedCell {
  readonly key: CellKey;
  readonly text: string;
  /** Index into the batch's series. */
  readonly series: number;
  readonly known: KnownCell | undefined;
  readonly deltas: CellDelta[];
}

type StoredByKey = ReadonlyMap<string, StoredCell>;

export function prepareCells(memory: CellMemory, folded: FoldedBatch, arrivalToMs: number): PreparedCells {
  const finest = folded.deltas.map((delta) => finestCell(memory, folded, delta));
  let coarse: readonly ChangedCell[] = [];
  // No getter: a literal with one keeps its batch in memory (see `GrowingRawRows` of @tidegate/postgres).
  const prepared = {
    absent: absentOf(finest),
    newSeries: folded.series.filter((entry) => !memory.written.has(seriesText(entry))),
    writes: [] as readonly CellWrite[],
    places: [] as readonly number[],
    sealed(seals: SealState): readonly CellKey[] {
      if (prepared.writes.length === 0) coarse = coarseCells(memory, folded, seals);
      return absentOf(coarse);
    },
    resolve(stored: readonly StoredCell[]): readonly CellWrite[] {
      if (prepared.writes.length > 0) return prepared.writes;
      const byKey = new Map(stored.map((cell) => [cellKeyText(cell), cell]));
      const resolve = createResolve(memory, folded, { byKey, arrivalToMs });
      // Coarse cells first: a delta may become the state of its finest cell, to which more is added then.
      const more = coarse.map(resolve.coarse);
      prepared.writes = finest.map(resolve.finest).concat(more);
      prepared.places = finest.concat(coarse).map(({ series }) => series);
      return prepared.writes;
    },
  };
  return prepared;
}

function finestCell({ cells }: CellMemory, folded: FoldedBatch, delta: CellDelta): ChangedCell {
  const key = { seriesId: seriesAt(folded, delta.series).id, grain: FINEST.code, bucketS: delta.bucketS };
  const text = cellKeyText(key);
  return { key, text, series: delta.series, known: cells.get(text), deltas: [delta] };
}

/** Nothing is looked at but the deltas' buckets where none of them is sealed. */
function coarseCells({ cells, grainsOf }: CellMemory, folded: FoldedBatch, seals: SealState): readonly ChangedCell[] {
  const endS = sealedEndS(seals);
  const found = new Map<string, ChangedCell>();
  for (const delta of folded.deltas) {
    if (delta.bucketS >= endS) continue;
    const entry = seriesAt(folded, delta.series);
    for (const grain of grainsOf(entry)) {
      const bucketS = bucketStartS(delta.bucketS, grain);
      if (!isCoarseGrain(grain) || GRAINS[grain] === FINEST || !isCellSealed(seals, grain, { bucketS, seriesId: entry.id })) continue;
      const key = { seriesId: entry.id, grain: GRAINS[grain].code, bucketS };
      const text = cellKeyText(key);
      const cell = found.get(text) ?? { key, text, series: delta.series, known: cells.get(text), deltas: [] };
      cell.deltas.push(delta);
      found.set(text, cell);
    }
  }
  return [...found.values()];
}

interface ResolveWith {
  readonly byKey: StoredByKey;
  readonly arrivalToMs: number;
}

function createResolve(
  memory: CellMemory,
  folded: FoldedBatch,
  { byKey, arrivalToMs }: ResolveWith,
): Record<'finest' | 'coarse', (cell: ChangedCell) => CellWrite> {
  const before = ({ known, text, series }: ChangedCell): KnownCell | null =>
    known ?? fromStored(memory, byKey.get(text), seriesAt(folded, series));
  const write = ({ key, text }: ChangedCell, after: KnownCell): CellWrite => {
    memory.cells.set(text, after);
    return { ...key, state: encodeState(after.state), revision: after.revision };
  };
  const isLate = ({ bucketS }: CellDelta): boolean => isClosed(bucketS, arrivalToMs);
  return {
    finest(cell) {
      const [delta] = cell.deltas;
      if (delta === undefined) throw new Error('a cell of a batch without a delta');
      return write(cell, add(before(cell), delta.state, isLate(delta)));
    },
    coarse(cell) {
      const after = before(cell) ?? { state: createState(memory.measuresOf(seriesAt(folded, cell.series))), revision: 0 };
      // A delta is or becomes the state of its finest cell: it is merged and never kept here.
      for (const delta of cell.deltas) add(after, delta.state, isLate(delta));
      return write(cell, after);
    },
  };
}

function fromStored({ measuresOf }: CellMemory, stored: StoredCell | undefined, series: SeriesEntry): KnownCell | null {
  if (stored === undefined) return null;
  const state = decodeState(stored.state, measuresOf(series));
  if (state === null)
    throw new Error(`a cell of metric ${series.metric} version ${series.version} holds a state that this version cannot read`);
  return { state, revision: stored.revision };
}

/** The delta belongs to the batch, so where there was nothing before it becomes the state. */
function add(before: KnownCell | null, delta: RollupState, isLate: boolean): KnownCell {
  if (before === null) return { state: delta, revision: isLate ? 1 : 0 };
  mergeState(before.state, delta);
  before.revision += isLate ? 1 : 0;
  return before;
}

/** By the finest bucket, in every grain: the revision of a coarse cell is the sum of its finer cells'. */
function isClosed(bucketS: number, arrivalToMs: number): boolean {
  return arrivalToMs / 1_000 >= bucketS + FINEST.seconds + CLOSED_AFTER_S;
}

function absentOf(cells: readonly ChangedCell[]): readonly CellKey[] {
  return cells.filter(({ known }) => known === undefined).map(({ key }) => key);
}

function seriesAt(folded: FoldedBatch, index: number): SeriesEntry {
  const entry = folded.series[index];
  if (entry === undefined) throw new Error('a delta names a series that its batch does not hold');
  return entry;
}

export function seriesText(entry: SeriesEntry): string {
  return Buffer.from(entry.id.buffer, entry.id.byteOffset, entry.id.length).toString('latin1');
}
