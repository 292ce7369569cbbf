/**
 * Deletes the findings about persons whose events are gone, exports of them that are kept, and what Redis holds of them. What is made of
 * cells can only be made of what is left by then; a walk is the same when done twice, so any number of instances may do it, and one that dies leaves it to the next look.
 */
import type { ErasureStore, ExportStore } from '@tidegate/postgres';
import type { Logger, Metrics } from '@tidegate/telemetry';

export interface EraseCacheDeps {
  readonly erasures: Pick<ErasureStore, 'forCache' | 'forgetFindings' | 'endCache'>;
  readonly exports: Pick<ExportStore, 'forgetExports' | 'deleteExpired'>;
  readonly forget: (person: { readonly tenant: string; readonly subject: string }) => Promise<number>;
  readonly everyMs: number;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export async function eraseCache(deps: EraseCacheDeps): Promise<void> {
  const { erasures, exports, signal } = deps;
  while (!signal.aborted) {
    try {
      await exports.deleteExpired();
      for (const work of await erasures.forCache()) {
        const { requestId, ...person } = work;
        await erasures.forgetFindings(work);
        await exports.forgetExports(work);
        await erasures.endCache(requestId, await deps.forget(person));
        deps.metrics.counter('erasures_total', { place: 'cache' }).inc();
      }
    } catch (error) {
      deps.log.warn('cache_not_erased', { error });
    }
    await deps.pause(deps.everyMs, signal).catch(() => undefined);
  }
}
