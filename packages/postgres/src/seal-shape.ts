/** A slice of a seal, as the owner asks the store for it (docs/design/owner-tasks.md). */
import type { CoarseGrain, SealState, SeriesEntry } from '@tidegate/core';
import type { CellWrite } from './cell-shape.ts';

/** Finer cells that a slice merges: see `read-source-cells.sql`. */
export interface SourceRead {
  /** The grain to seal. */
  readonly grain: CoarseGrain;
  /** First bucket of that grain that is not sealed. */
  readonly fromS: number;
  /** End of what is due. */
  readonly toS: number;
  /** Buckets of the grain that are read, from the first one on that has anything. */
  readonly bucketsMax: number;
  /** Of the bucket at `fromS` the series up to this one are done. */
  readonly afterSeries: Uint8Array | null;
  /** Most cells of one finer bucket. */
  readonly cellsMax: number;
}

export interface SourceCell {
  readonly bucketS: number;
  readonly state: Uint8Array;
  readonly revision: number;
  readonly series: SeriesEntry;
}

export interface SourceCells {
  /** First bucket of the grain to seal that has anything to merge. */
  readonly firstS: number;
  /** Of each finer bucket in the order of series, and not more than asked for. */
  readonly cells: readonly SourceCell[];
}

/** What a slice of a seal makes of them. */
export interface SealedCells {
  readonly writes: readonly CellWrite[];
  readonly seals: SealState;
  /** Null: the seal is done. */
  readonly task: { readonly grain: CoarseGrain; readonly toS: number } | null;
}

/** Read, merged and written in one transaction with the progress row that says what is sealed. */
export interface SealSlice {
  readonly read: SourceRead;
  /** Null: there is nothing left to merge. */
  resolve(found: SourceCells | null): SealedCells;
}
