/** Metric versions that a partition has adopted while they are made from raw events (docs/design/metric-versions.md). */
import { fromVersionTaskJson, toVersionTaskJson, versionName } from '@tidegate/core';
import type { VersionTask } from '@tidegate/core';
import type { TaskChange, TaskRow } from '@tidegate/postgres';
import type { AdoptedVersions } from './known-packs.ts';

/** Their kind in `partition_task`. */
export const VERSION_TASKS = 'version';

export interface PartitionVersions {
  /** By name. */
  readonly tasks: ReadonlyMap<string, VersionTask>;
  /** Names of all of them: another set after each change, for plans are made for a set. */
  adopted(): AdoptedVersions;
  /** As committed. */
  put(tasks: readonly VersionTask[]): void;
  drop(names: readonly string[]): void;
}

export function createPartitionVersions(rows: readonly TaskRow[]): PartitionVersions {
  const tasks = new Map(rows.map((row) => [row.name, fromRow(row)]));
  let adopted: AdoptedVersions = new Set(tasks.keys());
  return {
    tasks,
    adopted: () => adopted,
    put(changed) {
      const before = tasks.size;
      for (const task of changed) tasks.set(versionName(task.version), task);
      if (tasks.size > before) adopted = new Set(tasks.keys());
    },
    drop(names) {
      for (const name of names) tasks.delete(name);
      adopted = new Set(tasks.keys());
    },
  };
}

export function toChange(task: VersionTask): TaskChange {
  return { kind: VERSION_TASKS, name: versionName(task.version), row: toVersionTaskJson(task) };
}

export function toDeletion(name: string): TaskChange {
  return { kind: VERSION_TASKS, name, row: null };
}

function fromRow(row: TaskRow): VersionTask {
  const task = fromVersionTaskJson(row);
  if (task === null) throw new Error(`the task of version ${row.name} cannot be read`);
  return task;
}
