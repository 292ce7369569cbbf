import type { GrainCode, SeriesEntry } from '@tidegate/core';

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
