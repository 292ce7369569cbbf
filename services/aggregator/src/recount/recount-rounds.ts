/** Which metric version of which partition is recounted next, and how far each is. */
import { fromRecountJson, NO_TALLY, toRecountJson, versionName } from '@tidegate/core';
import type { CompiledMetric, RecountRound, RecountTask } from '@tidegate/core';
import type { DataStore, RecountRequest, TaskChange } from '@tidegate/postgres';
import type { OwnedPartition } from '../owned-partition.ts';
import type { Registry } from '../registry.ts';

/** Their kind in `partition_task`. */
export const RECOUNT_TASKS = 'recount';

export interface RecountJob {
  readonly owned: OwnedPartition;
  readonly metric: CompiledMetric;
  readonly task: RecountTask;
  readonly round: RecountRound;
  /** Somebody asked for it. */
  readonly isAsked: boolean;
}

export interface RoundsDeps {
  readonly store: Pick<DataStore, 'readTasks'>;
  readonly registry: Pick<Registry, 'counted' | 'making' | 'isWanted' | 'knownThroughMs'>;
  readonly owned: () => readonly OwnedPartition[];
  /** Null: only what is asked for is recounted. */
  readonly everyMs: number | null;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
}

export interface Rounds {
  /** What is to be done next; null: nothing. */
  next(requests: readonly RecountRequest[]): Promise<RecountJob | null>;
  /** How far a version is by now: in memory at once, in its row with the next of `changes`. */
  note(job: Pick<RecountJob, 'owned' | 'isAsked'>, task: RecountTask): void;
  /** Rows that are to be written by now, of some partition; null: none. Rows of versions that no pack names any more go. */
  changes(): { readonly owned: OwnedPartition; readonly tasks: readonly TaskChange[] } | null;
}

/** A row that somebody waits for is written soon; what is lost of others with the process is done again. */
const SAVE_AFTER_MS = { asked: 100, else: 30_000 };

interface KnownTasks {
  readonly tasks: Map<string, RecountTask>;
  readonly unsaved: Set<string>;
  saveByMs: number;
}

export function createRounds(deps: RoundsDeps): Rounds {
  const known = new WeakMap<OwnedPartition, KnownTasks>();

  async function knownOf(owned: OwnedPartition): Promise<KnownTasks> {
    const before = known.get(owned);
    if (before !== undefined) return before;
    const rows = await deps.store.readTasks(owned.partition, RECOUNT_TASKS);
    const read = rows.flatMap((row) => fromRecountJson(row) ?? []);
    const tasks = new Map(read.map((task) => [versionName(task.version), task]));
    const made = { tasks, unsaved: new Set<string>(), saveByMs: Number.POSITIVE_INFINITY };
    known.set(owned, made);
    return made;
  }

  async function jobsOf(owned: OwnedPartition, requests: readonly RecountRequest[]): Promise<readonly RecountJob[]> {
    const { tasks } = await knownOf(owned);
    const whole = deps.registry.counted().filter((metric) => isWhole(deps, owned, metric));
    return whole.flatMap((metric) => {
      const task = tasks.get(versionName(metric)) ?? newTask(metric);
      const asked = askedNo(requests, metric);
      const isAsked = asked > (task.last?.requestNo ?? 0);
      if (!isAsked && !isDue(deps, task)) return [];
      const round = task.round !== null && task.round.requestNo >= asked ? task.round : newRound(deps.nowMs(), asked);
      return [{ owned, metric, task, round, isAsked }];
    });
  }

  return {
    async next(requests) {
      if (deps.everyMs === null && requests.length === 0) return null;
      const running = deps.owned().filter((owned) => isSettled(deps, owned));
      const jobs: RecountJob[] = [];
      for (const owned of running) jobs.push(...(await jobsOf(owned, requests)));
      return jobs.toSorted((a, b) => urgencyOf(a) - urgencyOf(b))[0] ?? null;
    },
    note({ owned, isAsked }, task) {
      const of = known.get(owned);
      of?.tasks.set(versionName(task.version), task);
      of?.unsaved.add(versionName(task.version));
      if (of !== undefined) of.saveByMs = Math.min(of.saveByMs, deps.monotonicMs() + SAVE_AFTER_MS[isAsked ? 'asked' : 'else']);
    },
    changes() {
      for (const owned of deps.owned()) {
        const of = known.get(owned);
        if (of === undefined || owned.state !== 'running' || deps.monotonicMs() < of.saveByMs) continue;
        return { owned, tasks: takeChanges(deps, of) };
      }
      return null;
    },
  };
}

function takeChanges({ registry }: RoundsDeps, of: KnownTasks): readonly TaskChange[] {
  const gone = [...of.tasks].filter(([, { version }]) => !registry.isWanted(version)).map(([name]) => name);
  for (const name of gone) of.tasks.delete(name);
  const changed = [...of.unsaved].flatMap((name) => of.tasks.get(name) ?? []);
  of.unsaved.clear();
  of.saveByMs = Number.POSITIVE_INFINITY;
  return [...changed.map(toChange), ...gone.map((name): TaskChange => ({ kind: RECOUNT_TASKS, name, row: null }))];
}

/** Always done: dropping raw days waits for tasks that are open. */
function toChange(task: RecountTask): TaskChange {
  return { kind: RECOUNT_TASKS, name: versionName(task.version), row: { ...toRecountJson(task), state: 'done' } };
}

/** An earlier owner may know of versions that this process is yet to be told of. */
function isSettled({ registry }: RoundsDeps, { state, takenOverMs }: OwnedPartition): boolean {
  return state === 'running' && registry.knownThroughMs() >= takenOverMs;
}

/** Not where its history is still being made, or will be. */
function isWhole({ registry }: RoundsDeps, { versions }: OwnedPartition, metric: CompiledMetric): boolean {
  const name = versionName(metric);
  const task = versions.tasks.get(name);
  return task === undefined ? !registry.making().some((made) => versionName(made) === name) : task.isDone;
}

function isDue({ everyMs, nowMs }: RoundsDeps, { round, last }: RecountTask): boolean {
  if (everyMs === null) return false;
  return round !== null || last === null || nowMs() >= (last.finishedMs ?? 0) + everyMs;
}

function askedNo(requests: readonly RecountRequest[], { tenant, metric }: CompiledMetric): number {
  const asked = requests.filter((request) => request.tenant === tenant && (request.metric === null || request.metric === metric));
  return asked.reduce((newest, { requestNo }) => Math.max(newest, requestNo), 0);
}

function newTask({ tenant, metric, version }: CompiledMetric): RecountTask {
  return { version: { tenant, metric, version }, round: null, last: null };
}

function newRound(startedMs: number, requestNo: number): RecountRound {
  return { ...NO_TALLY, startedMs, finishedMs: null, requestNo, nextDay: null, share: 0 };
}

/** Asked for, under way, longest not recounted. */
function urgencyOf({ isAsked, task }: RecountJob): number {
  const since = task.round === null ? (task.last?.finishedMs ?? 0) : -1;
  return isAsked ? since - Number.MAX_SAFE_INTEGER : since;
}
