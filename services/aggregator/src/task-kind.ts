/** What a kind of task is to the runner: it says what is due, and makes slices of it. */
import type { ChangedEntities, SeriesEntry } from '@tidegate/core';
import type { CellWrite, PartitionCommit } from '@tidegate/postgres';
import type { OwnedPartition } from './owned-partition.ts';

/** Names of kinds, as rows of `partition_task` and the metrics have them. */
export type TaskName = 'seal' | 'version' | 'recount' | 'erasure' | 'retention';

/** How much a slice may take. It grows and shrinks by how long the slices of its kind last (`task-budget.ts`). */
export interface SliceSize {
  /** Cells or rows that are read. */
  readonly records: number;
  /** So many times as many places are looked at for them: rows of one kind lie far apart among those of others. */
  readonly spread: number;
}

/** What a slice adds to an empty commit of its partition. */
export type SliceCommit = Partial<
  Pick<PartitionCommit, 'slice' | 'cells' | 'series' | 'tasks' | 'entities' | 'restated' | 'drifts' | 'erasure'>
>;

/** What a committed slice changed: it is announced. */
export interface SliceDone {
  readonly writes: readonly CellWrite[];
  /** Of each write its series. */
  readonly series: readonly SeriesEntry[];
  readonly entities?: readonly ChangedEntities[];
  /** What was read, in the measure of `SliceSize.records`. */
  readonly records: number;
}

/** A slice that is ready to be committed. */
export interface PreparedSlice {
  readonly commit: SliceCommit;
  /** Whether the transaction came so far that there is something to settle. */
  isMade(): boolean;
  /** The commit stands: memory follows it. Called once, before anything else of the partition is committed. */
  committed(): SliceDone;
  /** Nothing of it stands, or the partition is lost. */
  failed(): void;
}

/** Makes one slice of a task of one partition. */
export type DueSlice = () => PreparedSlice;

export interface TaskKind {
  readonly name: TaskName;
  /** Its slices are made only where no other kind has one. */
  readonly isLast?: true;
  /**
   * What of this kind is due on the partition; null: nothing. Asked at every turn of the loop and never waited for: what a slice
   * has to read outside its transaction is read beside the flushes, and the slice is due once that is there.
   */
  due(owned: OwnedPartition, size: SliceSize): DueSlice | null;
}
