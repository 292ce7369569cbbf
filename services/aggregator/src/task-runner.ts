import type { AnnouncedCell, CommitAnnouncement } from '@tidegate/core';
import type { CommitOutcome, DataStore, PartitionCommit, ProgressRow } from '@tidegate/postgres';
import { backoffMs } from '@tidegate/runtime';
import type { Backoff, Clock, Random } from '@tidegate/runtime';
import type { Logger } from '@tidegate/telemetry';
import { standingOf } from './announce.ts';
import type { OwnedPartition } from './owned-partition.ts';
import { createTaskBudget } from './task-budget.ts';
import type { DueSlice, PreparedSlice, SliceCommit, SliceDone, TaskKind, TaskName } from './task-kind.ts';

const BACKOFF: Backoff = { firstMs: 50, capMs: 2_000 };
/** A slice counts no event: its journal block belongs to no generation of the dedup window. */
const NO_GENERATION = 0;
const NOTHING = new Uint8Array(0);

export interface SliceReport {
  readonly kind: TaskName;
  readonly result: 'done' | 'failed';
  readonly durationMs: number;
  readonly cells: number;
}

export interface TaskRunnerDeps {
  readonly owned: () => readonly OwnedPartition[];
  readonly kinds: readonly TaskKind[];
  readonly store: Pick<DataStore, 'commit' | 'readProgress'>;
  /** Tells readers of a slice's commit. */
  readonly announce: (owned: OwnedPartition, announcement: CommitAnnouncement) => Promise<void>;
  readonly onLost: (owned: OwnedPartition) => void;
  readonly onSlice: (slice: SliceReport) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly pause: (ms: number) => Promise<void>;
  readonly isStopping: () => boolean;
  readonly log: Logger;
}

export interface TaskRunner {
  /** Milliseconds until a slice may begin; infinite where nothing is due, and while the process stops. */
  waitMs(): number;
  /** A flush has written something. */
  flushed(): void;
  /** Commits one slice, if one may begin. Resolves to what announces it; null: nothing was committed. */
  runSlice(): Promise<(() => Promise<void>) | null>;
}

interface DueTask {
  readonly kind: TaskName;
  readonly owned: OwnedPartition;
  readonly makeSlice: DueSlice;
}

/**
 * Runs the tasks of the owned partitions between flushes, one slice at a time. A slice is a commit of its partition and is
 * settled as a flush is:
 *
 * | outcome   | what is done                                                                           |
 * |-----------|----------------------------------------------------------------------------------------|
 * | committed | the partition's commit number moves, and what the kind keeps in memory                  |
 * | lost      | the partition is given up                                                              |
 * | failed    | where COMMIT was sent the progress row is read back first; then again after a pause     |
 */
export function createTaskRunner(deps: TaskRunnerDeps): TaskRunner {
  const budget = createTaskBudget(() => deps.clock.monotonicMs());
  let turn = 0;

  const kinds = deps.kinds.filter(({ isLast }) => isLast !== true);
  const lastKinds = deps.kinds.filter(({ isLast }) => isLast === true);

  function nextTask(): DueTask | null {
    const partitions = deps.owned().filter(({ state }) => state === 'running');
    return nextOf(partitions, kinds) ?? nextOf(partitions, lastKinds);
  }

  /** Partitions take turns, and on each of them the kinds. */
  function nextOf(partitions: readonly OwnedPartition[], among: readonly TaskKind[]): DueTask | null {
    const pairs = partitions.length * among.length;
    for (let i = 0; i < pairs; i += 1) {
      const place = (turn + i) % pairs;
      const owned = partitions[place % partitions.length];
      const kind = among[Math.floor(place / partitions.length)];
      const makeSlice = owned === undefined || kind === undefined ? null : kind.due(owned, budget.size(kind.name));
      if (owned !== undefined && kind !== undefined && makeSlice !== null) return { kind: kind.name, owned, makeSlice };
    }
    return null;
  }

  async function runTask(task: DueTask): Promise<(() => Promise<void>) | null> {
    const { kind, owned } = task;
    const startedMs = deps.clock.monotonicMs();
    const result = await commitSlice(deps, task);
    const durationMs = deps.clock.monotonicMs() - startedMs;
    if (result === 'failed') {
      budget.failed();
      deps.onSlice({ kind, result, durationMs, cells: 0 });
      return null;
    }
    const { done, announcement } = result;
    budget.succeeded(kind, { durationMs, records: done.records });
    deps.onSlice({ kind, result: 'done', durationMs, cells: done.writes.length });
    return () => deps.announce(owned, announcement);
  }

  return {
    // While stopping no slice begins: were one due at once, the loop would turn and turn and nothing else would ever run.
    waitMs: () => (deps.isStopping() || nextTask() === null ? Number.POSITIVE_INFINITY : budget.waitMs()),
    flushed: budget.flushed,
    async runSlice() {
      if (budget.waitMs() > 0 || deps.isStopping()) return null;
      const task = nextTask();
      turn += 1;
      return task === null ? null : runTask(task);
    },
  };
}

interface CommittedSlice {
  readonly done: SliceDone;
  /** Made before a later commit changes the partition. */
  readonly announcement: CommitAnnouncement;
}

async function commitSlice(deps: TaskRunnerDeps, { owned, makeSlice }: DueTask): Promise<CommittedSlice | 'failed'> {
  const prepared = prepare(deps, owned, makeSlice);
  if (prepared === null) return 'failed';
  const commit = commitOf(owned, prepared.commit, deps.clock.nowMs());
  const outcome = await deps.store.commit({ partitions: [commit] });
  const isCommitted = outcome.kind === 'committed' || (await isCommittedAfterAll(deps, owned, { commit, outcome }));
  if (isCommitted && prepared.isMade()) return settle(owned, commit, prepared);
  prepared.failed();
  return 'failed';
}

/** What cannot be made (a state or a row that does not read) leaves the flushes alone; it is tried again, and counted. */
function prepare(deps: TaskRunnerDeps, { partition }: OwnedPartition, makeSlice: DueSlice): PreparedSlice | null {
  try {
    return makeSlice();
  } catch (error) {
    deps.log.warn('task_slice_failed', { error, detail: { partition } });
    return null;
  }
}

function commitOf(owned: OwnedPartition, slice: SliceCommit, nowMs: number): PartitionCommit {
  const { committed } = owned.live;
  return {
    partition: owned.partition,
    token: owned.token,
    term: owned.term,
    commitNo: owned.commitNo + 1,
    live: { expected: committed, next: committed, lastRecordSha256: null },
    ...{ backfill: null, rejectedLane: null, completeThroughMs: null, rawRows: NOTHING, arrivalDays: [], series: [], rejected: [] },
    cells: { absent: [], values: null, sealed: () => [], resolve: () => [] },
    ...{ identities: NOTHING, generation: NO_GENERATION, arrivalFromMs: nowMs, arrivalToMs: nowMs },
    slice: null,
    ...slice,
  };
}

/** The commit stands: memory follows. */
function settle(owned: OwnedPartition, { commitNo }: PartitionCommit, prepared: PreparedSlice): CommittedSlice {
  owned.commitNo = commitNo;
  const done = prepared.committed();
  const cells: AnnouncedCell[] = done.writes.map(({ grain, bucketS, revision, state }, series) => ({
    ...{ series, grain, bucketS, revision, state },
  }));
  return {
    done,
    announcement: { ...standingOf(owned), previousCommitNo: commitNo - 1, series: done.series, cells, entities: done.entities ?? [] },
  };
}

interface Unsettled {
  readonly commit: PartitionCommit;
  readonly outcome: Exclude<CommitOutcome, { readonly kind: 'committed' }>;
}

async function isCommittedAfterAll(deps: TaskRunnerDeps, owned: OwnedPartition, { commit, outcome }: Unsettled): Promise<boolean> {
  if (outcome.kind === 'lost') {
    deps.onLost(owned);
    return false;
  }
  deps.log.warn('task_slice_failed', { detail: { partition: owned.partition, reason: outcome.message } });
  if (outcome.kind !== 'failed' || !outcome.commitSent) return false;
  const row = await readBack(deps, owned.partition);
  const isMine = row !== null && Buffer.compare(row.owner, commit.token) === 0;
  if (isMine && row.commitNo === commit.commitNo) return true;
  if (!isMine || row.commitNo !== commit.commitNo - 1) deps.onLost(owned);
  return false;
}

/** Until the row was read nobody knows whether the slice is committed, and nothing else of the partition may be. */
async function readBack(deps: TaskRunnerDeps, partition: number): Promise<ProgressRow | null> {
  for (let failures = 1; ; failures += 1) {
    if (deps.isStopping() && failures > 5) return null;
    try {
      return (await deps.store.readProgress([partition]))[0] ?? null;
    } catch (error) {
      deps.log.warn('progress_unreadable', { error });
      await deps.pause(backoffMs(BACKOFF, failures, deps.random));
    }
  }
}
