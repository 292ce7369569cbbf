import type pg from 'pg';
import { textArray } from './binary-array.ts';
import { run } from './statements.ts';
import type { TaskChange, TaskRow } from './task-shape.ts';

export async function readTasks(pool: pg.Pool, partition: number, kind: string): Promise<readonly TaskRow[]> {
  return run<Pick<TaskRow, 'kind' | 'name' | 'spec' | 'cursor' | 'state'>>(pool, 'read-tasks', [partition, kind]);
}

/** Inside the partition's commit, which holds its progress row. */
export async function writeTasks(client: pg.PoolClient, partition: number, changes: readonly TaskChange[]): Promise<void> {
  const kept = changes.flatMap(({ kind, name, row }) => (row === null ? [] : [{ kind, name, ...row }]));
  const gone = changes.filter(({ row }) => row === null);
  const written =
    kept.length === 0
      ? null
      : run(client, 'upsert-tasks', [
          partition,
          textArray(kept.map(({ kind }) => kind)),
          textArray(kept.map(({ name }) => name)),
          textArray(kept.map(({ spec }) => JSON.stringify(spec))),
          textArray(kept.map(({ cursor }) => JSON.stringify(cursor ?? null))),
          textArray(kept.map(({ state }) => state)),
        ]);
  const deleted =
    gone.length === 0
      ? null
      : run(client, 'delete-tasks', [partition, textArray(gone.map(({ kind }) => kind)), textArray(gone.map(({ name }) => name))]);
  await Promise.all([written, deleted]);
}
