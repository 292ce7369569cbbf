/** Recounts what this process owns, round and round at low priority and when asked (docs/design/reconciliation.md). */
import { classOf } from '@tidegate/core';
import type { BudgetedDimension, RecountRound, SeriesEntry } from '@tidegate/core';
import type { DataStore, DriftRow, EventDay, RecountRequest } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';
import type { OwnedPartition } from '../owned-partition.ts';
import type { PreparedSlice, TaskKind } from '../task-kind.ts';
import { createWaitingSlices, WalkEnded } from '../waiting-slices.ts';
import type { Drift } from './drift.ts';
import { createRounds } from './recount-rounds.ts';
import type { RecountJob, Rounds, RoundsDeps } from './recount-rounds.ts';
import { cutOf, recountUnit } from './recount-unit.ts';
import type { UnitAsk, UnitResult } from './recount-unit.ts';
import { repairSlice } from './repair-slice.ts';

export interface RecountDeps extends Pick<RoundsDeps, 'registry' | 'owned'> {
  readonly store: DataStore;
  readonly budgetedOf: (series: SeriesEntry) => readonly BudgetedDimension[];
  /** Of the time, 0 to 1; 0: only what is asked for. */
  readonly share: number;
  readonly everyMs: number;
  /** How often it is looked for requests. */
  readonly lookEveryMs: number;
  readonly closedAfterS: number;
  /** There is a slice to commit. */
  readonly onReady: () => void;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export interface Recount {
  /** Commits what recounts found. */
  readonly kind: TaskKind;
  stop(): Promise<void>;
}

const DAY_S = 86_400;
const HOUR_S = 3_600;
/** Before and after every event, and every date of a row. */
const ALL_BEFORE_S = -8_640_000_000_000;
const ALL_AFTER_S = 8_640_000_000_000;
/** So much at least for what was asked for. */
const ASKED_SHARE = 0.5;
const REST_MAX_MS = 5_000;
const PAUSE_MS = 200;
/** A day's cells that are held at once. */
const CELLS_MAX = 50_000;
const REPAIRS_MAX = 500;

interface Walk {
  readonly deps: RecountDeps;
  readonly rounds: Rounds;
  readonly isEnding: () => boolean;
  /** Has a slice of the partition committed. */
  readonly commit: (owned: OwnedPartition, make: () => PreparedSlice) => Promise<void>;
  /** Since when no rest was taken. */
  busySinceMs: number;
}

export function startRecount(deps: RecountDeps): Recount {
  let isEnding = false;
  const slices = createWaitingSlices({ ...deps, isEnding: () => isEnding });
  const walk: Walk = {
    deps,
    rounds: createRounds({
      ...deps,
      everyMs: deps.share > 0 ? deps.everyMs : null,
      nowMs: () => deps.clock.nowMs(),
      monotonicMs: () => deps.clock.monotonicMs(),
    }),
    isEnding: () => isEnding,
    commit: slices.commit,
    busySinceMs: 0,
  };
  const running = run(walk);
  return {
    kind: { name: 'recount', isLast: true, due: slices.due },
    async stop() {
      isEnding = true;
      await running;
    },
  };
}

async function run(walk: Walk): Promise<void> {
  const { deps, rounds } = walk;
  let requests: readonly RecountRequest[] = [];
  let lookedMs = Number.NEGATIVE_INFINITY;
  while (!walk.isEnding()) {
    try {
      if (deps.clock.monotonicMs() >= lookedMs + deps.lookEveryMs) {
        requests = await deps.store.readRecountRequests();
        lookedMs = deps.clock.monotonicMs();
      }
      const changes = rounds.changes();
      if (changes !== null) await walk.commit(changes.owned, () => rowSlice(changes.tasks));
      const job = await rounds.next(requests);
      if (job === null) await deps.sleep(PAUSE_MS);
      else await advance(walk, job);
    } catch (error) {
      if (error instanceof WalkEnded) continue;
      deps.log.warn('recount_failed', { error });
      await deps.sleep(PAUSE_MS);
    }
  }
}

async function advance(walk: Walk, job: RecountJob): Promise<void> {
  walk.busySinceMs = walk.deps.clock.monotonicMs();
  if (job.metric.over === undefined) return advanceDay(walk, job);
  const together = partitionsOf(job.owned);
  // The first of the class recounts for all of it; what another would write beside it would be twice too much.
  return together[0] === job.owned.partition ? recountRows(walk, job, together) : finish(walk, job);
}

/** Those whose cells of metrics over rows only together are what the rows say (docs/design/partition-growth.md, section 5). */
function partitionsOf({ partition, grown }: OwnedPartition): readonly number[] {
  return grown === null ? [partition] : classOf(partition, grown);
}

/**
 * The whole of a metric over an entity: a row may lie in any bucket, open or to come. Its cells change with the rows in commits of the
 * owner, so a cell that no commit since the cut has written is what the rows say, however old or new its bucket is. The cuts of several
 * partitions need not be of one moment: each is before the first row is read.
 */
async function recountRows(walk: Walk, job: RecountJob, together: readonly number[]): Promise<void> {
  const { owned, metric } = job;
  const cut = cutOf(owned);
  const others = together.length === 1 ? [] : await walk.deps.store.readProgress(together.slice(1));
  const all = { eventDay: null, fromS: ALL_BEFORE_S, toS: ALL_AFTER_S, cut, others };
  const { found, repaired } = await recountAndRepair(walk, job, { partition: owned.partition, metric, ...all });
  return finish(walk, { ...job, round: addUp(job.round, found, repaired) });
}

interface UnitDone {
  readonly found: UnitResult;
  readonly repaired: number;
}

async function recountAndRepair(walk: Walk, job: RecountJob, of: Omit<UnitAsk, 'commitNoNow'>): Promise<UnitDone> {
  const { deps } = walk;
  const ask = { ...of, commitNoNow: () => job.owned.commitNo };
  const found = await recountUnit({ ...deps, step: (work) => takeStep(walk, job, work), cellsMax: CELLS_MAX }, ask);
  if (!found.isKept) return { found, repaired: 0 };
  const repaired = await repair(walk, job, found.drifts);
  tell(deps, found, repaired);
  return { found, repaired };
}

/** One event day further. */
async function advanceDay(walk: Walk, job: RecountJob): Promise<void> {
  const { deps } = walk;
  const { owned, metric } = job;
  // Before the days are read: a day that none of them is has no event below the cut.
  const cut = cutOf(owned);
  const closedS = closedBefore(owned, deps.closedAfterS);
  const days = await deps.store.readEventDays({ tenant: metric.tenant, types: metric.eventTypes });
  const at = days.findIndex(({ eventDay }) => eventDay >= (job.round.nextDay ?? Number.NEGATIVE_INFINITY));
  const day = days[at];
  if (day === undefined || day.eventDay * DAY_S >= closedS) return finish(walk, job);
  const after = { ...job.round, nextDay: day.eventDay + 1, share: (at + 1) / days.length };
  if (!isRecountable(job, day)) return save(walk, job, { ...after, daysUnkept: after.daysUnkept + 1 });
  const next = days[at + 1];
  const { found, repaired } = await recountAndRepair(walk, job, {
    ...{ partition: owned.partition, others: [], metric, eventDay: day.eventDay, cut },
    fromS: at === 0 ? ALL_BEFORE_S : day.eventDay * DAY_S,
    toS: next === undefined ? closedS : Math.min(closedS, next.eventDay * DAY_S),
  });
  if (!found.isKept) return save(walk, job, { ...after, daysUnkept: after.daysUnkept + 1 });
  return save(walk, job, { ...addUp(after, found, repaired), days: after.days + 1 });
}

/** Buckets that end by it are closed; whole hours, so that no bucket but those of days is cut. */
function closedBefore({ completeThroughMs }: OwnedPartition, closedAfterS: number): number {
  if (completeThroughMs === null) return ALL_BEFORE_S;
  return Math.floor((completeThroughMs / 1_000 - closedAfterS) / HOUR_S) * HOUR_S;
}

function isRecountable({ owned, task }: RecountJob, { eventDay, isKept }: EventDay): boolean {
  const { tenant, metric, version } = task.version;
  const historyFromS = owned.versions.tasks.get(`${tenant} ${metric} ${version}`)?.historyFromS ?? null;
  return isKept && (historyFromS === null || eventDay * DAY_S >= historyFromS);
}

function addUp(round: RecountRound, found: UnitResult, repaired: number): RecountRound {
  return {
    ...round,
    buckets: round.buckets + found.buckets,
    cells: round.cells + found.cells,
    cellsMoved: round.cellsMoved + found.cellsMoved,
    drift: round.drift + found.drifts.length,
    repaired: round.repaired + repaired,
  };
}

async function takeStep<T>(walk: Walk, { owned, isAsked }: RecountJob, work: () => Promise<T>): Promise<T> {
  const { clock, share, sleep } = walk.deps;
  const done = await work();
  const part = isAsked ? Math.max(share, ASKED_SHARE) : share;
  let restMs = Math.min(REST_MAX_MS, (clock.monotonicMs() - walk.busySinceMs) * (1 / part - 1));
  for (; restMs > 0 && !walk.isEnding(); restMs -= PAUSE_MS) await sleep(Math.min(PAUSE_MS, restMs));
  walk.busySinceMs = clock.monotonicMs();
  if (walk.isEnding() || owned.state !== 'running') throw new WalkEnded();
  return done;
}

/** Returns how many cells are right now. */
async function repair(walk: Walk, { owned, metric }: RecountJob, drifts: readonly Drift[]): Promise<number> {
  let repaired = 0;
  const onRepaired = (rows: readonly DriftRow[]): void => {
    repaired += rows.filter(({ isRepaired }) => isRepaired).length;
    for (const row of rows) logDrift(walk.deps, owned.partition, row);
  };
  for (let from = 0; from < drifts.length; from += REPAIRS_MAX) {
    const some = drifts.slice(from, from + REPAIRS_MAX);
    await walk.commit(owned, () => repairSlice(owned, { metric, drifts: some }, onRepaired));
  }
  return repaired;
}

/** Values of dimensions are a tenant's, and are in no log. */
function logDrift({ log }: RecountDeps, partition: number, row: DriftRow): void {
  const { tenant, metric, version, grain, bucketS, kind, isRepaired } = row;
  const bucket = new Date(bucketS * 1_000).toISOString();
  log.error('cell_drift', { detail: { tenant, metric, version, partition, grain, bucket, kind, repaired: isRepaired } });
}

function tell({ metrics }: RecountDeps, { cells, cellsMoved, drifts }: UnitResult, repaired: number): void {
  metrics.counter('recount_cells_total').inc(cells);
  metrics.counter('recount_cells_moved_total').inc(cellsMoved);
  for (const { kind } of drifts) metrics.counter('drift_cells_total', { kind }).inc();
  metrics.counter('drift_cells_repaired_total').inc(repaired);
}

function save({ rounds }: Walk, job: RecountJob, round: RecountRound): void {
  rounds.note(job, { ...job.task, round });
}

function finish({ rounds, deps }: Walk, job: RecountJob): void {
  const last = { ...job.round, nextDay: null, share: 1, finishedMs: deps.clock.nowMs() };
  rounds.note(job, { ...job.task, round: null, last });
}

function rowSlice(tasks: NonNullable<PreparedSlice['commit']['tasks']>): PreparedSlice {
  return {
    commit: { tasks },
    isMade: () => true,
    committed: () => ({ writes: [], series: [], records: 0 }),
    failed: () => undefined,
  };
}
