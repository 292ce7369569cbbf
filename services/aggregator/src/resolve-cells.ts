/** From what is stored of a cell and its deltas to what is written. */
import { createState, decodeState, encodeState, mergeState } from '@tidegate/core';
import type { CellDelta, RollupState, SeriesEntry } from '@tidegate/core';
import type { CellWrite, StoredCell } from '@tidegate/postgres';
import type { CellMemory, ChangedCell, KnownCell, SettledCell } from './changed-cell.ts';
import { isClosed } from './restated.ts';
import type { Closing } from './restated.ts';

export interface ResolveWith {
  readonly byKey: ReadonlyMap<string, StoredCell>;
  readonly closing: Closing;
}

export interface Resolve {
  readonly finest: (cell: ChangedCell) => CellWrite;
  readonly coarse: (cell: ChangedCell) => CellWrite;
  /** Changes neither memory nor deltas. */
  readonly held: (cell: ChangedCell) => { readonly write: CellWrite; readonly settled: SettledCell };
}

export function createResolve(memory: CellMemory, { byKey, closing }: ResolveWith): Resolve {
  const before = ({ known, text, entry }: ChangedCell): KnownCell | null => known ?? fromStored(memory, byKey.get(text), entry);
  const empty = ({ entry }: ChangedCell): KnownCell => ({ state: createState(memory.measuresOf(entry)), revision: 0 });
  const write = ({ key, text }: ChangedCell, after: KnownCell): CellWrite => {
    memory.cells.set(text, after);
    return { ...key, state: encodeState(after.state), revision: after.revision };
  };
  const isLate = ({ bucketS }: CellDelta): boolean => isClosed(bucketS, closing);
  return {
    finest(cell) {
      const [delta] = cell.deltas;
      if (delta === undefined) throw new Error('a cell of a batch without a delta');
      return write(cell, add(before(cell), delta.state, isLate(delta)));
    },
    coarse(cell) {
      const after = before(cell) ?? empty(cell);
      // A delta is or becomes the state of its finest cell: it is merged and never kept here.
      for (const delta of cell.deltas) add(after, delta.state, isLate(delta));
      return write(cell, after);
    },
    held(cell) {
      const was = before(cell);
      const after = { ...empty(cell), revision: was?.revision ?? 0 };
      if (was !== null) mergeState(after.state, was.state);
      for (const delta of cell.deltas) add(after, delta.state, isLate(delta));
      const state = encodeState(after.state);
      return { write: { ...cell.key, state, revision: after.revision }, settled: { text: cell.text, after } };
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
