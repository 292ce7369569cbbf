import type { GrainCode, SealState, SeriesEntry } from '@tidegate/core';
import type { PendingValues } from './budget-shape.ts';

export interface CellKey {
  /** 16 bytes. */
  readonly seriesId: Uint8Array;
  readonly grain: GrainCode;
  readonly bucketS: number;
}

export interface StoredCell extends CellKey {
  readonly state: Uint8Array;
  readonly term: number;
  readonly commitNo: number;
  /** Commits that changed the cell later than 24 h after its bucket's end. */
  readonly revision: number;
}

export interface CellWrite extends CellKey {
  /** The absolute state after this commit. */
  readonly state: Uint8Array;
  readonly revision: number;
}

export interface CellWithSeries extends StoredCell {
  readonly series: SeriesEntry;
}

/** The cells of a commit: those whose stored state the owner lacks are read inside the transaction, then all are known. */
export interface PendingCells {
  readonly absent: readonly CellKey[];
  /** Null: every value of a dimension is known to be admitted, and nothing is asked. */
  readonly values: PendingValues | null;
  /**
   * Told by the fence what is sealed, and through `values` what is admitted: further cells that change and whose stored state
   * the owner lacks. Called before `resolve`, inside the transaction, and as often.
   */
  sealed(seals: SealState): readonly CellKey[];
  /** May be called more than once with the same states; must give the same writes. */
  resolve(stored: readonly StoredCell[]): readonly CellWrite[];
}
