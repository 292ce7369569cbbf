/** What a flush changes of a partition's cells, and what the owner remembers of them as of its last commit. */
import type { CellDelta, CompiledMeasure, RollupState, SeriesEntry, StoredGrain } from '@tidegate/core';
import type { CellKey } from '@tidegate/postgres';
import type { LRUCache } from 'lru-cache';
import type { Admissions } from './admissions.ts';
import type { WrittenSeries } from './written-series.ts';

export interface KnownCell {
  readonly state: RollupState;
  revision: number;
}

/** What is remembered, and how a state is read. */
export interface CellMemory {
  /** Measures of a series' metric version, in state order. */
  readonly measuresOf: (series: SeriesEntry) => readonly CompiledMeasure[];
  /** Grains in which cells of a series' metric version are kept. */
  readonly grainsOf: (series: SeriesEntry) => readonly StoredGrain[];
  readonly cells: LRUCache<string, KnownCell>;
  /** Series that are written. */
  readonly written: Pick<WrittenSeries, 'has'>;
  /** Values of dimensions that are admitted. */
  readonly admissions: Pick<Admissions, 'heldOf'>;
}

/** A cell that changes, with the deltas that it takes in. */
export interface ChangedCell {
  readonly key: CellKey;
  readonly text: string;
  readonly entry: SeriesEntry;
  readonly known: KnownCell | undefined;
  readonly deltas: CellDelta[];
}

export interface SettledCell {
  readonly text: string;
  readonly after: KnownCell;
}
