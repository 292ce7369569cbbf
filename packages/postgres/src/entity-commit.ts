/** What a commit does to rows of entities: read and locked, merged by the commit, written (docs/design/entities.md). */
import type { ChangedEntities, CompiledEntity, EntityRowKey, EntityRowState, SeriesEntry } from '@tidegate/core';
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
  /** Of metrics over the entities; null where no cell changes. */
  readonly cells: PendingCells | null;
  readonly series: readonly SeriesEntry[];
  readonly restated: readonly RestatedBucket[];
}

export interface PendingEntities {
  readonly asks: readonly EntityAsk[];
  /**
   * `stored`: of each ask the rows that there are, locked. May be called more than once with the same rows; must give the same.
   * Called inside the transaction.
   */
  merge(stored: readonly (readonly EntityRowState[])[]): MergedEntities;
}

export function changedBy(writes: readonly EntityWrite[]): readonly ChangedEntities[] {
  return writes.flatMap(({ entity: { tenant, pack, entity }, rows }) =>
    rows.length === 0 ? [] : [{ tenant, pack, entity, keys: rows.map(({ key }) => key) }],
  );
}
