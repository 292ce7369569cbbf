/** Exports to a data warehouse, put together; a part of `app.ts`. */
import type { ObjectStore } from '@tidegate/archive';
import type { EventsReader, WarehouseStore } from '@tidegate/postgres';
import { systemClock } from '@tidegate/runtime';
import type { Logger } from '@tidegate/telemetry';
import type { Ask } from './ask.ts';
import type { RunningJobs } from './jobs-app.ts';
import type { Registry } from './registry.ts';
import { createKeepWarehouse } from './warehouse/keep-warehouse.ts';
import type { KeepWarehouse } from './warehouse/keep-warehouse.ts';
import { createWarehouseJob } from './warehouse/warehouse-job.ts';
import type { Warehousing } from './warehouse/warehouse-routes.ts';

/** Rows that are held while a file is made of them. */
const ROWS_PER_FILE = 100_000;

export interface WarehouseParts {
  readonly registry: Pick<Registry, 'packs'>;
  readonly ask: Ask;
  readonly jobs: Pick<RunningJobs, 'queue' | 'declare'>;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly keepDays: number;
}

export interface WarehouseAdapters {
  readonly eventsReader: EventsReader;
  readonly warehouseObjects: ObjectStore | null;
  readonly stores: { readonly warehouse: WarehouseStore };
}

export interface RunningWarehouse {
  readonly routes: Warehousing;
  /** Null where there is no place for files. */
  readonly keep: KeepWarehouse | null;
}

export function createWarehouse(
  { eventsReader: events, warehouseObjects: objects, stores: { warehouse: store } }: WarehouseAdapters,
  { registry, ask, jobs, log, signal, keepDays }: WarehouseParts,
): RunningWarehouse {
  const routes = { warehouse: store, warehouseObjects: objects, warehouseQueue: jobs.queue };
  if (objects === null) return { routes, keep: null };
  const { nowMs } = systemClock;
  const writing = { events, ask, rowsPerFile: ROWS_PER_FILE, objects, store, nowMs };
  const onWithdrawn = (exportId: string, error: unknown): void => log.warn('warehouse_export_withdrawn', { error, detail: { exportId } });
  jobs.declare(createWarehouseJob({ ...writing, packsOf: registry.packs, keepDays }));
  return { routes, keep: createKeepWarehouse({ ...writing, onWithdrawn, signal }) };
}
