/**
 * Deletes the findings about persons whose events are gone, exports of them that are kept, and what Redis holds of them; takes them out of
 * exports to a warehouse. What is made of cells can only be made of what is left by then; a walk is the same when done twice, so any number of instances may do it, and one that dies leaves it to the next look.
 */
import type { ErasurePlaceWork, ErasureStore, ExportStore } from '@tidegate/postgres';
import type { Logger, Metrics } from '@tidegate/telemetry';
import type { KeepWarehouse } from './warehouse/keep-warehouse.ts';

export interface EraseCacheDeps {
  readonly erasures: Pick<ErasureStore, 'forCache' | 'forgetFindings' | 'endCache'>;
  readonly exports: Pick<ExportStore, 'forgetExports' | 'deleteExpired'>;
  /** Null: there are no exports to a warehouse. */
  readonly warehouse: KeepWarehouse | null;
  readonly forget: (person: { readonly tenant: string; readonly subject: string }) => Promise<number>;
  readonly everyMs: number;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export async function eraseCache(deps: EraseCacheDeps): Promise<void> {
  const { erasures, exports, warehouse, signal } = deps;
  // Each step by itself: an object store that is away holds up none but those whose files lie there.
  async function step(work: () => Promise<unknown>): Promise<void> {
    await work().catch((error: unknown) => deps.log.warn('cache_not_erased', { error }));
  }
  while (!signal.aborted) {
    await step(async () => exports.deleteExpired());
    if (warehouse !== null) await step(async () => warehouse.dropExpired());
    await step(async () => {
      for (const work of await erasures.forCache()) await step(async () => eraseOne(deps, work));
    });
    await deps.pause(deps.everyMs, signal).catch(() => undefined);
  }
}

async function eraseOne({ erasures, exports, warehouse, forget, metrics }: EraseCacheDeps, work: ErasurePlaceWork): Promise<void> {
  const { requestId, ...person } = work;
  await erasures.forgetFindings(work);
  await exports.forgetExports(work);
  if (warehouse !== null && !(await warehouse.takeOut(person))) return;
  await erasures.endCache(requestId, await forget(person));
  metrics.counter('erasures_total', { place: 'cache' }).inc();
}
