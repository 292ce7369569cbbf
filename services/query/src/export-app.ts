/** Exports, of persons and to a warehouse, put together; a part of `app.ts`. */
import type { EventsReader } from '@tidegate/postgres';
import { createKeyWrapper, createOpenOriginal, createRepeatableSealer, createSealer, deriveKey } from '@tidegate/runtime';
import type { ConfigValues } from '@tidegate/runtime';
import type { queryConfig } from './config.ts';
import { createExportJob } from './export/export-job.ts';
import type { Exporting, ExportRoutesDeps } from './export/export-routes.ts';
import { createMakeExport } from './export/make-export.ts';
import type { MakeExportDeps } from './export/make-export.ts';
import type { RunningJobs } from './jobs-app.ts';
import type { storesOf } from './stores-app.ts';
import { createWarehouse } from './warehouse-app.ts';
import type { RunningWarehouse, WarehouseAdapters, WarehouseParts } from './warehouse-app.ts';

interface Adapters {
  readonly eventsReader: EventsReader;
  readonly stores: Pick<ReturnType<typeof storesOf>, 'entities' | 'insights' | 'accesses' | 'exports' | 'erasures' | 'personKeys'>;
}

interface Parts {
  readonly registry: MakeExportDeps['registry'];
  readonly asking: Pick<MakeExportDeps, 'ask' | 'nowMs'> & Pick<ExportRoutesDeps, 'pseudonymOf'>;
  readonly jobs: Pick<RunningJobs, 'queue' | 'declare'>;
}

export interface Exports {
  readonly exporting: Exporting;
  readonly warehouse: RunningWarehouse;
}

export function createExports(
  config: ConfigValues<typeof queryConfig>,
  adapters: Adapters & WarehouseAdapters,
  parts: Parts & Pick<WarehouseParts, 'registry' | 'jobs' | 'log' | 'signal'>,
): Exports {
  return {
    exporting: createExporting(config, adapters, parts),
    warehouse: createWarehouse(adapters, {
      ...parts,
      ...{ ask: parts.asking.ask, keepDays: config.warehouseKeepDays, schedules: config.warehouseSchedules },
    }),
  };
}

function createExporting(
  config: ConfigValues<typeof queryConfig>,
  { eventsReader: events, stores }: Adapters,
  { registry, asking, jobs }: Parts,
): Exporting {
  const { secretKey, fieldKeys, exportWithinMs, exportBytesMax } = config;
  const exportSealers = {
    params: createRepeatableSealer(deriveKey(secretKey, 'tidegate/export-job', 32)),
    link: createSealer(deriveKey(secretKey, 'tidegate/export-link', 32)),
    part: createSealer(deriveKey(secretKey, 'tidegate/export-part', 32)),
  };
  const makeExport = createMakeExport({
    ...{ ...stores, ...asking, registry, events },
    ...{ keyWrapper: createKeyWrapper(fieldKeys), openOriginal: createOpenOriginal(fieldKeys) },
  });
  const { params: sealer, part: partSealer } = exportSealers;
  const { pseudonymOf } = asking;
  jobs.declare(createExportJob({ exports: stores.exports, make: makeExport, sealer, partSealer, pseudonymOf }));
  return { exports: stores.exports, makeExport, exportQueue: jobs.queue, exportSealers, exportWithinMs, exportBytesMax };
}
