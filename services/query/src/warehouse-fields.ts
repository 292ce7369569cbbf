import type { ObjectStore } from '@tidegate/archive';
import type { ConfigField, ConfigValues } from '@tidegate/runtime';
import { defineConfig, text } from '@tidegate/runtime';

import { WAREHOUSE_SCHEDULES } from './warehouse/warehouse-schedule.ts';
import type { WarehouseSchedule } from './warehouse/warehouse-schedule.ts';

const NO_WAREHOUSE = 'none';

/** Where exports to a data warehouse are written (docs/design/warehouse-exports.md). */
export const warehouseFields = {
  warehouseFolder: {
    env: 'WAREHOUSE_FOLDER',
    schema: text.line(),
    default: NO_WAREHOUSE,
    description:
      'Folder for exports to a data warehouse, where there is no object store; all instances share it. `none`: there are no exports.',
  } satisfies ConfigField<string>,
  warehouseEndpoint: {
    env: 'WAREHOUSE_S3_ENDPOINT',
    schema: text.url(['http', 'https']).or(text.choice([NO_WAREHOUSE])),
    default: NO_WAREHOUSE,
    description: 'Object store for exports, with the S3 API; it goes before the folder.',
  } satisfies ConfigField<string>,
  warehouseBucket: {
    env: 'WAREHOUSE_S3_BUCKET',
    schema: text.line(),
    default: 'tidegate-warehouse',
    description: 'Its bucket.',
  } satisfies ConfigField<string>,
  warehouseRegion: {
    env: 'WAREHOUSE_S3_REGION',
    schema: text.line(),
    default: 'us-east-1',
    description: 'Its region.',
  } satisfies ConfigField<string>,
  warehouseAccessKeyId: {
    env: 'WAREHOUSE_S3_ACCESS_KEY_ID',
    schema: text.maybe(),
    default: '',
    description: 'It reads, writes and deletes.',
    secret: true,
  } satisfies ConfigField<string>,
  warehouseSecretAccessKey: {
    env: 'WAREHOUSE_S3_SECRET_ACCESS_KEY',
    schema: text.maybe(),
    default: '',
    description: 'Of that key.',
    secret: true,
  } satisfies ConfigField<string>,
  warehouseKeepDays: {
    env: 'WAREHOUSE_KEEP_DAYS',
    schema: text.integer({ min: 1, max: 365 }),
    default: '7',
    description: 'Files of an export are deleted after so many days: load them before.',
  } satisfies ConfigField<number>,
  warehouseSchedules: {
    env: 'WAREHOUSE_SCHEDULES',
    schema: WAREHOUSE_SCHEDULES,
    default: '[]',
    description:
      'Exports that begin by themselves, as JSON: `[{"name": "nightly", "tenant": "acme", "every": "1d", "at": "03:17", "last": "1d", "format": "parquet", "events": "all", "rollups": "all"}]`; times in UTC (docs/design/warehouse-exports.md).',
  } satisfies ConfigField<readonly WarehouseSchedule[]>,
} as const;

const PARTS = defineConfig('warehouse', warehouseFields);

/** Loaded by the first use. Null: it was not told where that is. */
export function warehouseOf(config: ConfigValues<typeof PARTS>): ObjectStore | null {
  const { warehouseFolder: folder, warehouseEndpoint: endpoint } = config;
  if (folder === NO_WAREHOUSE && endpoint === NO_WAREHOUSE) return null;
  let opening: Promise<ObjectStore> | null = null;
  async function open(): Promise<ObjectStore> {
    const { createFolderStore, createS3Store } = await import('@tidegate/archive');
    if (endpoint === NO_WAREHOUSE) return createFolderStore(folder);
    const { warehouseBucket: bucket, warehouseRegion: region, warehouseAccessKeyId: accessKeyId } = config;
    return createS3Store({ endpoint, bucket, region, accessKeyId, secretAccessKey: config.warehouseSecretAccessKey });
  }
  const opened = async (): Promise<ObjectStore> => (opening ??= open());
  return {
    put: async (key, bytes) => (await opened()).put(key, bytes),
    get: async (key) => (await opened()).get(key),
    delete: async (key) => (await opened()).delete(key),
  };
}
