/** What one commit of one partition tells the world (topic rollups.v1); see docs/design/road.md section 5. */

import type { ChangedEntities } from '../entity/entity-shape.ts';
import type { GrainCode } from './grain.ts';
import type { SealedThrough } from './sealed.ts';

export interface SeriesEntry {
  /** 16 bytes. */
  readonly id: Uint8Array;
  readonly tenant: string;
  readonly metric: string;
  readonly version: number;
  readonly setNo: number;
  /** Pseudonym, or "" for series without a subject. */
  readonly subject: string;
  /** Values in the set's dimension order; null = absent. */
  readonly dims: readonly (string | null)[];
}

export interface AnnouncedCell {
  /** Index into `series`. */
  readonly series: number;
  readonly grain: GrainCode;
  readonly bucketS: number;
  readonly revision: number;
  readonly state: Uint8Array;
}

/** How far one lane of a partition is counted. */
export interface AnnouncedLane {
  readonly nextOffset: number;
  readonly logGeneration: number;
}

export interface Announcement {
  readonly partition: number;
  readonly term: number;
  readonly commitNo: number;
  readonly previousCommitNo: number;
  readonly part: number;
  readonly parts: number;
  readonly nextOffset: number;
  readonly completeThroughMs: number;
  readonly logGeneration: number;
  /** Where the backfill lane stands as of the commit; null: announced before there was one. */
  readonly backfill: AnnouncedLane | null;
  /** What of the partition's coarse cells is sealed as of the commit. */
  readonly sealed: SealedThrough;
  readonly series: readonly SeriesEntry[];
  readonly cells: readonly AnnouncedCell[];
  /** Rows of entities that the commit changed. */
  readonly entities: readonly ChangedEntities[];
}
