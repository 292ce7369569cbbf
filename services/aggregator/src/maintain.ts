/**
 * Closes raw days and drops what is older than packs want it kept. One process of an installation does it at a time, by a
 * lease; each step is one transaction that may be done again, so a process that dies on the way leaves nothing half done, and
 * two that both believe to hold the lease do no harm. Order and failure cases: docs/design/raw-days.md.
 */
import { toIsoDate } from '@tidegate/core';
import type { AgedRows, CellFloorRow, RawIndex, RetentionStore } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';
import { dueFloors, dueRawDays, rejectedBeforeMs } from './retention-plan.ts';
import type { PackRetention, RawDaysDue, RetentionDefaults } from './retention-plan.ts';

export interface MaintenanceDeps {
  readonly store: RetentionStore;
  /** Packs in force. Known to the end of the control topic before this begins: nothing is dropped for want of a pack's word. */
  readonly packs: () => readonly PackRetention[];
  readonly defaults: RetentionDefaults;
  /** Raw days are dropped once they are archived, and not before. */
  readonly archivedOnly: boolean;
  /** That closed days get beside those that each has. */
  readonly rawIndexes: readonly RawIndex[];
  /** Names this process among those that could hold the lease. */
  readonly holder: string;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export interface Maintenance {
  stop(): Promise<void>;
}

const LEASE_TURNS = 5;
const ROWS_MAX = 5_000;
const SERIES_MAX = 2_000;
/** A batch is made smaller beyond so many rows. */
const CELLS_MAX = 20_000;
const DAY_MS = 86_400_000;
/** Deleting takes at most a fifth of the time. */
const PAUSE_SHARE = 4;

export function startMaintenance(deps: MaintenanceDeps): Maintenance {
  const ended = new AbortController();
  async function run(): Promise<void> {
    while (!ended.signal.aborted) {
      await maintainOnce(deps, ended.signal).catch((error: unknown) => {
        deps.metrics.counter('maintenance_failures_total').inc();
        deps.log.warn('maintenance_failed', { error });
      });
      await deps.sleep(deps.everyMs, ended.signal).catch(() => undefined);
    }
    await deps.store.releaseLease(deps.holder).catch(() => undefined);
  }
  const running = run();
  return {
    async stop() {
      ended.abort();
      await running;
    },
  };
}

/** One turn; false: another process holds the lease. */
export async function maintainOnce(deps: MaintenanceDeps, signal: AbortSignal): Promise<boolean> {
  const leaseMs = LEASE_TURNS * deps.everyMs;
  if (!(await deps.store.holdLease(deps.holder, leaseMs))) return false;
  const keep = setInterval(() => void deps.store.holdLease(deps.holder, leaseMs).catch(() => undefined), deps.everyMs);
  try {
    await maintainRawDays(deps, signal);
    await tellArchive(deps);
    await deleteAged(deps, signal);
    await raiseFloors(deps);
    for (const row of await deps.store.readFloors()) {
      if (!signal.aborted && row.isSeen && row.clearedS !== row.floorS) await dropCells(deps, row, signal);
    }
    if (!signal.aborted) await indexDay(deps);
  } finally {
    clearInterval(keep);
  }
  return true;
}

/** Closed before anything is dropped: a day that is behind its time is both in one turn. */
async function maintainRawDays(deps: MaintenanceDeps, signal: AbortSignal): Promise<void> {
  await closeDays(deps, (await readDue(deps)).close, signal);
  const { drop, prune } = await readDue(deps);
  const waiting = await dropDays(deps, drop, signal);
  for (const one of prune) {
    const rows = signal.aborted ? 0 : await pruneRows(deps, one, signal);
    if (rows === null) waiting[deps.archivedOnly && !one.isArchived ? 'not_archived' : 'in_use'] += 1;
  }
  for (const reason of ['not_archived', 'in_use'] as const) deps.metrics.gauge('retention_waiting', { reason }).set(waiting[reason]);
}

/** Where no run has ever ended nothing is told: it may be that nobody wants an archive. */
async function tellArchive({ store, metrics, archivedOnly }: MaintenanceDeps): Promise<void> {
  const endedMs = archivedOnly ? await store.lastArchiveRunMs() : null;
  if (endedMs !== null) metrics.gauge('archive_last_success_seconds').set(endedMs / 1_000);
}

async function readDue({ store, metrics, packs, defaults, clock }: MaintenanceDeps): Promise<RawDaysDue> {
  const days = await store.readRawDays();
  for (const state of ['open', 'closed'] as const)
    metrics.gauge('raw_days', { state }).set(days.filter((day) => day.state === state).length);
  return dueRawDays(days, packs(), { defaults, nowMs: clock.nowMs() });
}

/** Oldest first: what the partitions have not passed yet they have not passed on later days. */
async function closeDays({ store, clock, log }: MaintenanceDeps, days: readonly number[], signal: AbortSignal): Promise<void> {
  for (const day of days) {
    const startedMs = clock.monotonicMs();
    if (signal.aborted || !(await store.closeRawDay(day))) return;
    log.info('raw_day_closed', { detail: { day: toIsoDate(day), ms: Math.round(clock.monotonicMs() - startedMs) } });
  }
}

/** One index a turn, and the last thing of it: whatever it takes, and should it fail, everything else is done. */
async function indexDay({ store, rawIndexes, clock, log }: MaintenanceDeps): Promise<void> {
  const wanted = await store.findRawIndexWanted(rawIndexes);
  if (wanted === null) return;
  const startedMs = clock.monotonicMs();
  const outcome = await store.indexRawDay(wanted.day, wanted.kind);
  const detail = { day: toIsoDate(wanted.day), kind: wanted.kind, outcome, ms: Math.round(clock.monotonicMs() - startedMs) };
  log.info('raw_day_indexed', { detail });
}

/** How many days are due and wait, and why. */
async function dropDays(
  { store, archivedOnly, metrics, log }: MaintenanceDeps,
  days: readonly number[],
  signal: AbortSignal,
): Promise<Record<'not_archived' | 'in_use', number>> {
  const waiting = { not_archived: 0, in_use: 0 };
  for (const day of days) {
    const outcome = signal.aborted ? 'absent' : await store.dropRawDay(day, archivedOnly);
    if (outcome === 'not_archived' || outcome === 'in_use') waiting[outcome] += 1;
    if (outcome !== 'dropped') continue;
    metrics.counter('retention_removed_total', { what: 'raw_days' }).inc();
    log.info('raw_day_dropped', { detail: { day: toIsoDate(day) } });
  }
  return waiting;
}

/** Null: the day is not archived yet, or in use. */
async function pruneRows(
  deps: MaintenanceDeps,
  of: { readonly day: number; readonly tenant: string; readonly type: string },
  signal: AbortSignal,
): Promise<number | null> {
  let rows = 0;
  for (let last = ROWS_MAX; last === ROWS_MAX && !signal.aborted;) {
    const startedMs = deps.clock.monotonicMs();
    const deleted = await deps.store.pruneRawDay(of, { rowsMax: ROWS_MAX, archivedOnly: deps.archivedOnly });
    if (deleted === null) return null;
    rows += deleted;
    last = deleted;
    deps.metrics.counter('retention_removed_total', { what: 'raw_rows' }).inc(deleted);
    if (last === ROWS_MAX) await rest(deps, startedMs, signal);
  }
  if (rows > 0) deps.log.info('raw_rows_dropped', { detail: { day: toIsoDate(of.day), tenant: of.tenant, type: of.type, rows } });
  return rows;
}

/** Refused events, what was told of restated and repaired cells, and findings that hold no more. */
async function deleteAged(deps: MaintenanceDeps, signal: AbortSignal): Promise<void> {
  const { store, packs, defaults, clock } = deps;
  const nowMs = clock.nowMs();
  for (const tenant of await store.rejectedTenants()) {
    const beforeMs = rejectedBeforeMs(tenant, packs(), { defaults, nowMs });
    if (beforeMs !== null) await deleteBefore(deps, { what: 'rejected', tenant, beforeMs }, signal);
  }
  const listsBeforeMs = nowMs - defaults.listDays * DAY_MS;
  for (const what of ['restated', 'drift', 'findings'] as const) await deleteBefore(deps, { what, beforeMs: listsBeforeMs }, signal);
}

async function deleteBefore(deps: MaintenanceDeps, of: AgedRows, signal: AbortSignal): Promise<void> {
  let rows = 0;
  for (let last = ROWS_MAX; last === ROWS_MAX && !signal.aborted;) {
    const startedMs = deps.clock.monotonicMs();
    last = await deps.store.deleteAged(of, ROWS_MAX);
    rows += last;
    deps.metrics.counter('retention_removed_total', { what: of.what }).inc(last);
    if (last === ROWS_MAX) await rest(deps, startedMs, signal);
  }
  if (rows > 0) deps.log.info('aged_rows_dropped', { detail: { ...of, rows } });
}

async function raiseFloors({ store, packs, defaults, clock, log }: MaintenanceDeps): Promise<void> {
  const [rows, sealed] = [await store.readFloors(), await store.leastSealed()];
  for (const { floorS, ...of } of dueFloors({ packs: packs(), rows, sealed, defaults, nowMs: clock.nowMs() })) {
    await store.raiseFloor(of, floorS);
    log.info('cell_floor_raised', { detail: { ...of, before: new Date(floorS * 1_000).toISOString() } });
  }
}

async function dropCells(deps: MaintenanceDeps, row: CellFloorRow, signal: AbortSignal): Promise<void> {
  const { store, metrics, log } = deps;
  let [afterSeries, seriesMax, cells]: [string | null, number, number] = [null, SERIES_MAX, 0];
  do {
    const startedMs = deps.clock.monotonicMs();
    const dropped = await store.dropCells(row, { floorS: row.floorS, afterSeries, seriesMax });
    afterSeries = dropped.afterSeries;
    cells += dropped.cells;
    metrics.counter('retention_removed_total', { what: 'cells' }).inc(dropped.cells);
    seriesMax = dropped.cells > CELLS_MAX ? Math.max(1, Math.floor(seriesMax / 4)) : Math.min(SERIES_MAX, seriesMax * 2);
    if (afterSeries !== null) await rest(deps, startedMs, signal);
  } while (afterSeries !== null && !signal.aborted);
  if (signal.aborted) return;
  await store.clearFloor(row, row.floorS);
  const { tenant, metric, version, grain, floorS } = row;
  log.info('cells_dropped', { detail: { tenant, metric, version, grain, cells, before: new Date(floorS * 1_000).toISOString() } });
}

async function rest({ clock, sleep }: MaintenanceDeps, startedMs: number, signal: AbortSignal): Promise<void> {
  await sleep(PAUSE_SHARE * (clock.monotonicMs() - startedMs), signal).catch(() => undefined);
}
