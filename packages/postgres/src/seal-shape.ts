/** A slice of a seal, as the owner asks the store for it (docs/design/owner-tasks.md). */
import type { CoarseGrain, SealState, SeriesEntry } from '@tidegate/core';
import type { CellWrite } from './cell-shape.ts';

/** Finer cells that a slice merges: those of whole buckets, or where not even the first fits, those of some of its series. */
export interface SourceRead {
  /** The grain to seal. */
  readonly grain: CoarseGrain;
  /** First bucket of that grain that is not sealed. */
  readonly fromS: number;
  /** End of what is due. */
  readonly toS: number;
  /** Of the bucket at `fromS` the series up to this one are done; null: it was not begun. */
  readonly afterSeries: Uint8Array | null;
  readonly cellsMax: number;
}

export interface SourceCell {
  /** Beginning of the finer bucket. */
  readonly bucketS: number;
  readonly state: Uint8Array;
  readonly revision: number;
}

export interface SourceSeries {
  readonly entry: SeriesEntry;
  /** In the order of their buckets. */
  readonly cells: readonly SourceCell[];
}

export interface SourceCells {
  /** Buckets of the grain to seal that begin before it were read to their end. */
  readonly throughS: number;
  /** Of the bucket that begins there the series up to this one were; null: none. */
  readonly throughSeries: Uint8Array | null;
  /** What was read of those, and nothing of others. */
  readonly series: readonly SourceSeries[];
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
  resolve(found: SourceCells): SealedCells;
}
