/**
 * Begins exports when they are due. Any number of instances does so: which due time is begun stands in a row of the schedule, and that row
 * and the job are written in one transaction (packages/postgres/src/jobs/job-schedule.ts). A look is the same when done twice.
 */
import type { ProblemFault } from '@tidegate/http';
import type { JobQueue } from '@tidegate/postgres';
import type { Metrics } from '@tidegate/telemetry';
import type { RegisteredPack } from '../registry.ts';
import { WAREHOUSE_JOB, wishText } from './warehouse-job.ts';
import { dueDays, dueMsOf, overdueMs } from './warehouse-schedule.ts';
import type { WarehouseSchedule } from './warehouse-schedule.ts';
import { wishOf } from './warehouse-wish.ts';

export interface WatchSchedulesDeps {
  readonly schedules: readonly WarehouseSchedule[];
  readonly packsOf: (tenant: string) => readonly RegisteredPack[];
  readonly queue: Pick<JobQueue, 'beginDue'>;
  readonly metrics: Metrics;
  readonly nowMs: () => number;
  /** What is due cannot be exported as the setting says it; it stays due. */
  readonly onRefused: (schedule: WarehouseSchedule, fault: ProblemFault) => void;
  readonly onError: (error: unknown) => void;
}

const OWNER = 'tidegate';

/** One look at all of them. */
export async function beginDueExports(deps: WatchSchedulesDeps): Promise<void> {
  const { metrics, nowMs, onError } = deps;
  for (const schedule of deps.schedules) {
    const labels = { schedule: schedule.name };
    try {
      const { doneMs, begun } = await beginDueExport(deps, schedule);
      metrics.gauge('scheduled_export_overdue_seconds', labels).set(overdueMs(schedule, doneMs, nowMs()) / 1_000);
      metrics.counter('scheduled_exports_total', labels).inc(begun === null ? 0 : 1);
    } catch (error) {
      onError(error);
    }
  }
}

function beginDueExport({ packsOf, queue, nowMs, onRefused }: WatchSchedulesDeps, schedule: WarehouseSchedule) {
  const { tenant, name } = schedule;
  const dueMs = dueMsOf(schedule, nowMs());
  return queue.beginDue({
    ...{ tenant, name, kind: WAREHOUSE_JOB, owner: OWNER, dueMs },
    paramsOf(doneMs) {
      const packs = packsOf(tenant);
      const wish = wishOf(schedule, { tenant, packs, days: dueDays(schedule, dueMs, doneMs) });
      // After a long time without, all days at once may be too many: then those of this due time alone.
      const made = wish.ok ? wish : wishOf(schedule, { tenant, packs, days: dueDays(schedule, dueMs, dueMs) });
      if (made.ok) return wishText(made.value);
      onRefused(schedule, made.fault);
      return null;
    },
  });
}

const LOOK_EVERY_MS = 15_000;

export async function watchSchedules(
  deps: WatchSchedulesDeps & { readonly pause: (ms: number, signal: AbortSignal) => Promise<void> },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted && deps.schedules.length > 0) {
    await beginDueExports(deps);
    await deps.pause(LOOK_EVERY_MS, signal).catch(() => undefined);
  }
}
