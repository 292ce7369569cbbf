import type { AnnouncedCell, CommitAnnouncement } from '@tidegate/core';
import type { CommitOutcome, DataStore, PartitionCommit, ProgressRow } from '@tidegate/postgres';
import { backoffMs } from '@tidegate/runtime';
import type { Backoff, Clock, Random } from '@tidegate/runtime';
import type { Logger } from '@tidegate/telemetry';
import { standingOf } from './announce.ts';
import type { OwnedPartition } from './owned-partition.ts';
import type { Registry } from './registry.ts';
import { createSealSlice, nextSeal } from './seal.ts';
import type { DueSeal, SliceOfSeal, SliceResult } from './seal.ts';
import { createTaskBudget } from './task-budget.ts';

const BACKOFF: Backoff = { firstMs: 50, capMs: 2_000 };
/** A slice counts no event: its journal block belongs to no generation of the dedup window. */
const NO_GENERATION = 0;
const NOTHING = new Uint8Array(0);

export interface TaskRunnerDeps {
  readonly owned: () => readonly OwnedPartition[];
  readonly store: Pick<DataStore, 'commit' | 'readProgress'>;
  readonly registry: Pick<Registry, 'metricOf' | 'knownThroughMs'>;
  /** Tells readers of a slice's commit. */
  readonly announce: (owned: OwnedPartition, announcement: CommitAnnouncement) => Promise<void>;
  readonly onLost: (owned: OwnedPartition) => void;
  readonly onSlice: (slice: { readonly result: 'done' | 'failed'; readonly durationMs: number; readonly cells: number }) => void;
  /** No seal begins sooner after a take-over: its log is read up first, and a first start fills its history meanwhile. */
  readonly sealDelayMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly pause: (ms: number) => Promise<void>;
  readonly isStopping: () => boolean;
  readonly log: Logger;
}

export interface TaskRunner {
  /** Milliseconds until a slice may begin; infinite where nothing is due. */
  waitMs(): number;
  /** A flush has written something. */
  flushed(): void;
  /** Commits one slice, if one may begin. Resolves to what announces it; null: nothing was committed. */
  runSlice(): Promise<(() => Promise<void>) | null>;
}

interface DueTask {
  readonly owned: OwnedPartition;
  readonly due: DueSeal;
}

/**
 * Runs the tasks of the owned partitions between flushes, one slice at a time. A slice is a commit of its partition and is
 * settled as a flush is:
 *
 * | outcome   | what is done                                                                           |
 * |-----------|----------------------------------------------------------------------------------------|
 * | committed | the partition's commit number and seals move                                           |
 * | lost      | the partition is given up                                                              |
 * | failed    | where COMMIT was sent the progress row is read back first; then again after a pause     |
 */
export function createTaskRunner(deps: TaskRunnerDeps): TaskRunner {
  const budget = createTaskBudget(() => deps.clock.monotonicMs());
  let turn = 0;

  /** Partitions take turns. */
  function nextTask(): DueTask | null {
    const partitions = deps.owned();
    for (let i = 0; i < partitions.length; i += 1) {
      const owned = partitions[(turn + i) % partitions.length];
      const due = owned === undefined ? null : dueOf(deps, owned);
      if (owned !== undefined && due !== null) return { owned, due };
    }
    return null;
  }

  async function runTask({ owned, due }: DueTask): Promise<(() => Promise<void>) | null> {
    const startedMs = deps.clock.monotonicMs();
    const slice = createSealSlice({ seals: owned.seals, due, size: budget.size(), metricOf: deps.registry.metricOf });
    const commit = commitOf(owned, slice, deps.clock.nowMs());
    const outcome = await deps.store.commit({ partitions: [commit] });
    const isCommitted = outcome.kind === 'committed' || (await isCommittedAfterAll(deps, owned, { commit, outcome }));
    const durationMs = deps.clock.monotonicMs() - startedMs;
    const made = slice.made();
    if (!isCommitted || made === null) {
      budget.failed();
      deps.onSlice({ result: 'failed', durationMs, cells: 0 });
      return null;
    }
    budget.succeeded({ durationMs, cellsRead: made.cellsRead });
    deps.onSlice({ result: 'done', durationMs, cells: made.writes.length });
    return settle(deps, owned, { commit, made });
  }

  return {
    waitMs: () => (nextTask() === null ? Number.POSITIVE_INFINITY : budget.waitMs()),
    flushed: budget.flushed,
    async runSlice() {
      if (budget.waitMs() > 0 || deps.isStopping()) return null;
      const task = nextTask();
      turn += 1;
      return task === null ? null : runTask(task);
    },
  };
}

function dueOf({ clock, registry, sealDelayMs }: TaskRunnerDeps, owned: OwnedPartition): DueSeal | null {
  if (owned.state !== 'running' || clock.nowMs() < owned.takenOverMs + sealDelayMs) return null;
  // An earlier owner may have folded by a pack that this process is yet to be told of.
  if (registry.knownThroughMs() < owned.takenOverMs) return null;
  return nextSeal(owned.seals, owned.completeThroughMs);
}

function commitOf(owned: OwnedPartition, slice: SliceOfSeal, nowMs: number): PartitionCommit {
  const { committed } = owned.live;
  return {
    partition: owned.partition,
    token: owned.token,
    term: owned.term,
    commitNo: owned.commitNo + 1,
    live: { expected: committed, next: committed, lastRecordSha256: null },
    ...{ rejectedLane: null, completeThroughMs: null, rawRows: NOTHING, arrivalDays: [], series: [], rejected: [] },
    cells: { absent: [], values: null, sealed: () => [], resolve: () => [] },
    ...{ identities: NOTHING, generation: NO_GENERATION, arrivalFromMs: nowMs, arrivalToMs: nowMs },
    slice,
  };
}

/** The commit stands: memory follows. What is announced is made now, before a later commit changes the partition. */
function settle(
  deps: TaskRunnerDeps,
  owned: OwnedPartition,
  { commit, made }: { readonly commit: PartitionCommit; readonly made: SliceResult },
): () => Promise<void> {
  owned.commitNo = commit.commitNo;
  owned.seals = made.seals;
  const cells: AnnouncedCell[] = made.writes.map(({ grain, bucketS, revision, state }, series) => ({
    ...{ series, grain, bucketS, revision, state },
  }));
  const announcement = { ...standingOf(owned), previousCommitNo: commit.commitNo - 1, series: made.series, cells };
  return () => deps.announce(owned, announcement);
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
