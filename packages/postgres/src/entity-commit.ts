/** What a commit does to rows of entities: read and locked, merged by the commit, written (docs/design/entities.md). */
import type { ChangedEntities, CompiledEntity, EntityRetention, EntityRowKey, EntityRowState, SeriesEntry } from '@tidegate/core';
import type { PendingCells } from './cell-shape.ts';
import type { RestatedBucket } from './restated-store.ts';

/** Rows that a commit changes. */
export interface EntityAsk {
  readonly entity: CompiledEntity;
  readonly keys: readonly EntityRowKey[];
}

export interface EntityWrite {
  readonly entity: CompiledEntity;
  readonly rows: readonly EntityRowState[];
}

export interface MergedEntities {
  readonly writes: readonly EntityWrite[];
  /** Rows that are deleted; absent: none. */
  readonly gone?: readonly EntityAsk[];
  /** Both, as they are announced. */
  readonly changed: readonly ChangedEntities[];
  /** Of metrics over the entities; null where no cell changes. */
  readonly cells: PendingCells | null;
  readonly series: readonly SeriesEntry[];
  readonly restated: readonly RestatedBucket[];
}

export interface AgedKeysAsk {
  readonly entity: CompiledEntity;
  readonly partition: number;
  /** Whose age it is. */
  readonly at: EntityRetention['at'];
  readonly beforeMs: number;
  readonly rowsMax: number;
}

export interface EntityAging {
  /** Rows that are there, that the partition wrote last, and that are older than an instant. */
  readAgedKeys(ask: AgedKeysAsk): Promise<readonly EntityRowKey[]>;
}

export interface PendingEntities {
  readonly asks: readonly EntityAsk[];
  /** Other partitions write these rows too: one that is not there is made before it is read, so that two that make it wait for each other. */
  readonly isShared?: boolean;
  /**
   * `stored`: of each ask the rows that there are, locked. May be called more than once with the same rows; must give the same.
   * Called inside the transaction; what it throws fails the commit.
   */
  merge(stored: readonly (readonly EntityRowState[])[]): MergedEntities;
}
