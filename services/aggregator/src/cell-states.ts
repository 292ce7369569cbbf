import { decodeState, encodeState, GRAINS, mergeState } from '@tidegate/core';
import type { CompiledMeasure, FoldedBatch, RollupState, SeriesEntry } from '@tidegate/core';
import type { CellKey, CellWrite, PendingCells, StoredCell } from '@tidegate/postgres';
import { cellKeyText } from '@tidegate/postgres';
import { LRUCache } from 'lru-cache';

/** A bucket is closed 24 h after its end; commits that change it later raise its revision. */
const CLOSED_AFTER_S = 86_400;
const GRAIN = GRAINS.quarter_hour;

interface KnownCell {
  readonly state: RollupState;
  revision: number;
}

export interface PreparedCells extends PendingCells {
  /** Series that this owner has not written yet. */
  readonly newSeries: readonly SeriesEntry[];
  /** One per delta, in their order; empty before `resolve` was called. */
  readonly writes: readonly CellWrite[];
}

/** The owner's memory of the cells it wrote, as of its last commit. */
export interface CellStates {
  /**
   * The absolute states after a batch. `resolve` merges in place, once: whoever fails to commit them must `clear`.
   * @param arrivalToMs greatest append time of the batch, by which late changes are told from timely ones
   */
  prepare(folded: FoldedBatch, arrivalToMs: number): PreparedCells;
  /** The batch is committed: its series need not be written again. */
  settled(prepared: PreparedCells): void;
  clear(): void;
}

export interface CellStatesOptions {
  /** Measures of a series' metric version, in state order. */
  readonly measuresOf: (series: SeriesEntry) => readonly CompiledMeasure[];
  readonly cellsMax: number;
}

export function createCellStates({ measuresOf, cellsMax }: CellStatesOptions): CellStates {
  const cells = new LRUCache<string, KnownCell>({ max: cellsMax });
  const written = new LRUCache<string, true>({ max: cellsMax });

  function prepare(folded: FoldedBatch, arrivalToMs: number): PreparedCells {
    const keys: CellKey[] = folded.deltas.map((delta) => ({
      seriesId: seriesAt(folded, delta.series).id,
      grain: GRAIN.code,
      bucketS: delta.bucketS,
    }));
    const texts = keys.map(cellKeyText);
    const known = texts.map((text) => cells.get(text));
    // No getter: a literal with one keeps its batch in memory (see `GrowingRawRows` of @tidegate/postgres).
    const prepared = {
      absent: keys.filter((_, i) => known[i] === undefined),
      newSeries: folded.series.filter((entry) => !written.has(seriesText(entry))),
      writes: [] as readonly CellWrite[],
      resolve(stored: readonly StoredCell[]): readonly CellWrite[] {
        if (prepared.writes.length > 0) return prepared.writes;
        const byKey = new Map(stored.map((cell) => [cellKeyText(cell), cell]));
        prepared.writes = folded.deltas.map((delta, i) => {
          const text = texts[i] ?? '';
          const cell = known[i] ?? fromStored(byKey.get(text), seriesAt(folded, delta.series));
          const after = add(cell, delta.state, isClosed(delta.bucketS, arrivalToMs));
          cells.set(text, after);
          return { ...keyAt(keys, i), state: encodeState(after.state), revision: after.revision };
        });
        return prepared.writes;
      },
    };
    return prepared;
  }

  function fromStored(stored: StoredCell | undefined, series: SeriesEntry): KnownCell | null {
    if (stored === undefined) return null;
    const state = decodeState(stored.state, measuresOf(series));
    if (state === null)
      throw new Error(`a cell of metric ${series.metric} version ${series.version} holds a state that this version cannot read`);
    return { state, revision: stored.revision };
  }

  return {
    prepare,
    settled: ({ newSeries }) => {
      for (const entry of newSeries) written.set(seriesText(entry), true);
    },
    clear: () => {
      cells.clear();
      written.clear();
    },
  };
}

/** The delta belongs to the batch, so where there was nothing before it becomes the state. */
function add(before: KnownCell | null, delta: RollupState, isLate: boolean): KnownCell {
  if (before === null) return { state: delta, revision: isLate ? 1 : 0 };
  mergeState(before.state, delta);
  before.revision += isLate ? 1 : 0;
  return before;
}

function isClosed(bucketS: number, arrivalToMs: number): boolean {
  return arrivalToMs / 1_000 >= bucketS + GRAIN.seconds + CLOSED_AFTER_S;
}

function seriesAt(folded: FoldedBatch, index: number): SeriesEntry {
  const entry = folded.series[index];
  if (entry === undefined) throw new Error('a delta names a series that its batch does not hold');
  return entry;
}

function keyAt(keys: readonly CellKey[], index: number): CellKey {
  const key = keys[index];
  if (key === undefined) throw new Error('a delta without a key');
  return key;
}

function seriesText(entry: SeriesEntry): string {
  return Buffer.from(entry.id.buffer, entry.id.byteOffset, entry.id.length).toString('latin1');
}
