/** Counts look-ups and faults of the cache, and tells the log of faults without a word of what was kept. */
import type { Logger, Metrics } from '@tidegate/telemetry';

/** `chunks`, `answers` (rows kept under the versions of their chunks), or a class of a pack as `pack.class`. */
export type CacheClass = string;

export interface CacheMeter {
  lookedUp(of: CacheClass, counts: { readonly hits: number; readonly misses: number }): void;
  /** Redis did not answer, not in time, or with an error; Postgres was asked instead, or a value was not kept. */
  failed(of: CacheClass, error: unknown): void;
  /** A kept value could not be read: it counts as a miss, and is made anew. */
  dropped(of: CacheClass): void;
}

export interface CacheMeterDeps {
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly nowMs: () => number;
}

/** While Redis is away each question meets a fault: counted are all, told is one a second with how many went untold. */
const TELL_EVERY_MS = 1_000;
/** Labels of metrics stay few, however many packs there are. */
const CLASSES_MAX = 200;

export function createCacheMeter({ metrics, log, nowMs }: CacheMeterDeps): CacheMeter {
  const known = new Map<CacheClass, ReturnType<typeof countersOf>>();
  const counters = (of: CacheClass) => {
    const found = known.get(of) ?? countersOf(metrics, known.size < CLASSES_MAX ? of : 'others');
    if (known.size < CLASSES_MAX) known.set(of, found);
    return found;
  };
  const told = new Map<string, { atMs: number; untold: number }>();
  const tell = (event: 'cache_bypassed' | 'cache_value_dropped', of: CacheClass, error?: unknown): void => {
    const key = `${event} ${of}`;
    const last = told.get(key) ?? { atMs: -Infinity, untold: 0 };
    told.set(key, last);
    if (nowMs() - last.atMs < TELL_EVERY_MS) {
      last.untold += 1;
      return;
    }
    log.warn(event, { ...(error === undefined ? {} : { error }), detail: { class: of, untold: last.untold } });
    told.set(key, { atMs: nowMs(), untold: 0 });
  };
  return {
    lookedUp(of, { hits, misses }) {
      counters(of).hits.inc(hits);
      counters(of).misses.inc(misses);
    },
    failed(of, error) {
      counters(of).errors.inc();
      tell('cache_bypassed', of, error);
    },
    dropped(of) {
      counters(of).errors.inc();
      tell('cache_value_dropped', of);
    },
  };
}

function countersOf(metrics: Metrics, of: CacheClass) {
  return {
    hits: metrics.counter('cache_hits', { class: of }),
    misses: metrics.counter('cache_misses', { class: of }),
    errors: metrics.counter('cache_errors', { class: of }),
  };
}
