/** Rows of `partition_task` (docs/design/owner-tasks.md), seals apart: their cursor is in the progress row. */
export interface TaskRow {
  readonly kind: string;
  /** Tells tasks of one kind and partition apart. */
  readonly name: string;
  /** What is to be done, as JSON. */
  readonly spec: unknown;
  /** How far it is, as JSON. */
  readonly cursor: unknown;
  readonly state: 'open' | 'done';
}

/** What a commit makes of one task of its partition; a row of null is taken away. */
export interface TaskChange extends Pick<TaskRow, 'kind' | 'name'> {
  readonly row: Pick<TaskRow, 'spec' | 'cursor' | 'state'> | null;
}
