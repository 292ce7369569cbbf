/** Erasures are followed as long as the service runs; a part of `app.ts`. */
import type { ErasureStore, ExportStore, Person } from '@tidegate/postgres';
import { forgetPerson } from '@tidegate/redis';
import { pause } from '@tidegate/runtime';
import type { ServiceContext } from '@tidegate/runtime';
import type { Metrics } from '@tidegate/telemetry';
import { eraseCache } from './erase-cache.ts';
import type { KeepWarehouse } from './warehouse/keep-warehouse.ts';

const ERASURES_EVERY_MS = 1_000;

interface Adapters {
  readonly stores: { readonly erasures: ErasureStore; readonly exports: ExportStore };
  readonly writerRedis: Parameters<typeof forgetPerson>[0];
  readonly redisPrefix: string;
  readonly metrics: Metrics;
}

interface Following {
  readonly warehouse: KeepWarehouse | null;
  readonly signal: AbortSignal;
}

export async function followErasures(
  { stores: { erasures, exports }, writerRedis, redisPrefix: prefix, metrics }: Adapters,
  { log }: Pick<ServiceContext, 'log'>,
  { warehouse, signal }: Following,
): Promise<void> {
  const forget = (person: Person): Promise<number> => forgetPerson(writerRedis, { ...person, prefix });
  return eraseCache({ erasures, exports, warehouse, forget, pause, metrics, log, everyMs: ERASURES_EVERY_MS, signal });
}
