/** Exports to a data warehouse, put together; a part of `app.ts`. */
import type { ObjectStore } from '@tidegate/archive';
import type { EventsReader, WarehouseStore } from '@tidegate/postgres';
import { pause, systemClock } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';
import type { Ask } from './ask.ts';
import type { RunningJobs } from './jobs-app.ts';
import type { Registry } from './registry.ts';
import { createKeepWarehouse } from './warehouse/keep-warehouse.ts';
import type { KeepWarehouse } from './warehouse/keep-warehouse.ts';
import { createWarehouseJob } from './warehouse/warehouse-job.ts';
import type { Warehousing } from './warehouse/warehouse-routes.ts';
import type { WarehouseSchedule } from './warehouse/warehouse-schedule.ts';
import { watchSchedules } from './warehouse/watch-schedules.ts';

/** Rows that are held while a file is made of them. */
const ROWS_PER_FILE = 100_000;

export interface WarehouseParts {
  readonly registry: Pick<Registry, 'packs'>;
  readonly ask: Ask;
  readonly jobs: Pick<RunningJobs, 'queue' | 'declare' | 'ready'>;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly keepDays: number;
  readonly schedules: readonly WarehouseSchedule[];
}

export interface WarehouseAdapters {
  readonly metrics: Metrics;
  readonly eventsReader: EventsReader;
  readonly warehouseObjects: ObjectStore | null;
  readonly stores: { readonly warehouse: WarehouseStore };
}

export interface RunningWarehouse {
  readonly routes: Warehousing;
  /** Null where there is no place for files. */
  readonly keep: KeepWarehouse | null;
  readonly watching: Promise<void>;
}

export function createWarehouse(
  { metrics, eventsReader: events, warehouseObjects: objects, stores: { warehouse: store } }: WarehouseAdapters,
  parts: WarehouseParts,
): RunningWarehouse {
  const { registry, ask, jobs, log, signal, keepDays } = parts;
  const routes = { warehouse: store, warehouseObjects: objects, warehouseQueue: jobs.queue };
  if (objects === null) {
    if (parts.schedules.length > 0) throw new Error('WAREHOUSE_SCHEDULES needs WAREHOUSE_S3_ENDPOINT or WAREHOUSE_FOLDER');
    return { routes, keep: null, watching: Promise.resolve() };
  }
  const { nowMs } = systemClock;
  const writing = { events, ask, rowsPerFile: ROWS_PER_FILE, objects, store, nowMs };
  const onWithdrawn = (exportId: string, error: unknown): void => log.warn('warehouse_export_withdrawn', { error, detail: { exportId } });
  jobs.declare(createWarehouseJob({ ...writing, packsOf: registry.packs, keepDays }));
  return { routes, keep: createKeepWarehouse({ ...writing, onWithdrawn, signal }), watching: watch(metrics, parts) };
}

async function watch(metrics: Metrics, { schedules, registry, jobs, log, signal }: WarehouseParts): Promise<void> {
  if (schedules.length === 0) return;
  const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  // Before that nothing of a tenant is known, and all of it would be refused.
  await Promise.race([jobs.ready, stopped]);
  const { nowMs } = systemClock;
  await watchSchedules(
    {
      ...{ schedules, packsOf: registry.packs, queue: jobs.queue, metrics, nowMs, pause },
      onRefused: ({ name }, { code, errors }) =>
        log.warn('scheduled_export_refused', { detail: { schedule: name, code, errors: JSON.stringify(errors ?? []) } }),
      onError: (error) => log.warn('scheduled_export_not_begun', { error }),
    },
    signal,
  );
}
