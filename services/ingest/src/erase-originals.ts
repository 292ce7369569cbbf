/**
 * Searches the refused originals of a tenant for persons who are erased: only here are they opened. Each page is one statement and the same
 * when done twice, so any number of instances may search at once, and one that dies leaves the search to the next look.
 */
import type { ErasureStore, KeptOriginal, OriginalsWork } from '@tidegate/postgres';
import type { Logger, Metrics } from '@tidegate/telemetry';
import type { OpenOriginal } from '@tidegate/runtime';
import { isAbout } from '@tidegate/runtime';
import type { SubjectSealer } from './sealed-subject.ts';

export interface EraseOriginalsDeps {
  readonly erasures: ErasureStore;
  readonly openOriginal: OpenOriginal;
  readonly subjects: Pick<SubjectSealer, 'open'>;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly everyMs: number;
  readonly metrics: Metrics;
  readonly log: Logger;
}

const ROWS = 200;

/** Returns what ends it. */
export function startErasingOriginals(deps: EraseOriginalsDeps): () => Promise<void> {
  const stopping = new AbortController();
  const running = run(deps, stopping.signal);
  return async () => {
    stopping.abort();
    await running;
  };
}

async function run(deps: EraseOriginalsDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      for (const work of await deps.erasures.forOriginals()) {
        if (signal.aborted) return;
        await eraseOriginals(deps, work, signal);
      }
    } catch (error) {
      deps.log.warn('originals_not_erased', { error });
    }
    await deps.pause(deps.everyMs, signal).catch(() => undefined);
  }
}

async function eraseOriginals(deps: EraseOriginalsDeps, work: OriginalsWork, signal: AbortSignal): Promise<void> {
  const { erasures } = deps;
  const plain = work.sealedSubject === null ? null : deps.subjects.open(work.tenant, work.sealedSubject);
  const names = plain === null ? [work.subject] : [work.subject, plain];
  for (let last: KeptOriginal | null = null; ;) {
    const page: readonly KeptOriginal[] = await erasures.keptOriginals(work.tenant, last, ROWS);
    const found = page.filter(({ sealed }) => isAbout(deps.openOriginal(work.tenant, sealed), names));
    if (found.length > 0) await erasures.forgetOriginals(work.requestId, found);
    last = page.at(-1) ?? null;
    if (page.length < ROWS) break;
    if (signal.aborted) return;
  }
  if (plain !== null) await erasures.deleteAccounts(work, plain);
  await erasures.endOriginals(work.requestId);
  deps.metrics.counter('erasures_total', { place: 'originals' }).inc();
}
