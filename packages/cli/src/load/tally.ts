import { percentile, Samples, timesOf, type Times } from './times.ts';

/** What came of one request. */
export interface Outcome {
  readonly endpoint: string;
  /** Null: nobody answered. */
  readonly status: number | null;
  /** What went wrong; null: nothing. */
  readonly error: string | null;
  readonly tookMs: number;
  /** How much later it left than it was due, for want of time in this process. */
  readonly lateMs: number;
  /** Events that it carried. */
  readonly events: number;
  /** What the answer says of itself; null: nothing. */
  readonly cache: CacheState | null;
}

export type CacheState = 'hit' | 'miss';

/** Answers of one cache state, errors left out. */
export interface StateFigures {
  readonly requests: number;
  readonly times: Times | null;
}

export interface EndpointFigures {
  readonly endpoint: string;
  readonly requests: number;
  /** Status 400 and above, and what nobody answered. */
  readonly errors: number;
  /** Null: nothing was answered. */
  readonly times: Times | null;
  /** Null: no answer said whether it came from the cache. */
  readonly cache: Readonly<Record<CacheState, StateFigures>> | null;
}

/** What came of a run. */
export interface LoadReport {
  readonly durationS: number;
  readonly all: EndpointFigures;
  readonly byStatus: Readonly<Record<string, number>>;
  /** By name. */
  readonly endpoints: readonly EndpointFigures[];
  /** The most frequent first. */
  readonly errors: readonly { readonly text: string; readonly count: number }[];
  /** Taken by requests that were no error. */
  readonly events: number;
  /** Requests that carried no events and were no error. */
  readonly reads: number;
  /** How late this process sent what was due: its own fault, not the server's. */
  readonly lateP99S: number;
}

/** The last moments, for whoever watches. */
export interface Glance {
  readonly requests: number;
  readonly errors: number;
  /** Of the answers since the last glance, ms; null: none. */
  readonly recentP95Ms: number | null;
  readonly recentRequests: number;
}

export interface Tally {
  add(outcome: Outcome): void;
  glance(): Glance;
  report(durationMs: number): LoadReport;
}

interface Counted {
  requests: number;
  errors: number;
  readonly samples: Samples;
  readonly states: Readonly<Record<CacheState, Samples>>;
}

/** Adds up what came of all requests. */
export function createTally(): Tally {
  const whole = fresh();
  const byEndpoint = new Map<string, Counted>();
  const byStatus = new Map<string, number>();
  const errors = new Map<string, number>();
  const late = new Samples();
  let events = 0;
  let reads = 0;
  let recent = new Samples();
  let recentRequests = 0;

  return {
    add(outcome) {
      const { endpoint, status, error, lateMs } = outcome;
      const own = byEndpoint.get(endpoint) ?? fresh();
      byEndpoint.set(endpoint, own);
      count(own, outcome);
      count(whole, outcome);
      if (status !== null) {
        byStatus.set(String(status), (byStatus.get(String(status)) ?? 0) + 1);
        recent.add(outcome.tookMs);
      }
      if (error !== null) errors.set(error, (errors.get(error) ?? 0) + 1);
      if (!isError(status)) events += outcome.events;
      if (!isError(status) && outcome.events === 0) reads += 1;
      late.add(lateMs);
      recentRequests += 1;
    },
    glance() {
      const seen = recent;
      const glance = {
        requests: whole.requests,
        errors: whole.errors,
        recentP95Ms: seen.size === 0 ? null : percentile(seen.sorted(), 0.95),
        recentRequests,
      };
      recent = new Samples();
      recentRequests = 0;
      return glance;
    },
    report(durationMs) {
      return {
        durationS: durationMs / 1_000,
        all: { endpoint: 'all', ...figuresOf(whole) },
        byStatus: Object.fromEntries([...byStatus].toSorted(([a], [b]) => Number(a) - Number(b))),
        endpoints: [...byEndpoint]
          .map(([endpoint, counted]) => ({ endpoint, ...figuresOf(counted) }))
          .toSorted((a, b) => (a.endpoint < b.endpoint ? -1 : 1)),
        errors: [...errors].map(([text, times]) => ({ text, count: times })).toSorted((a, b) => b.count - a.count),
        events,
        reads,
        lateP99S: percentile(late.sorted(), 0.99) / 1_000,
      };
    },
  };
}

function fresh(): Counted {
  return { requests: 0, errors: 0, samples: new Samples(), states: { hit: new Samples(), miss: new Samples() } };
}

/** Times are those of answers, whatever their status; where nobody answered there is none (D-M8). */
function count(counted: Counted, { status, tookMs, cache }: Outcome): void {
  counted.requests += 1;
  if (isError(status)) counted.errors += 1;
  if (status !== null) counted.samples.add(tookMs);
  if (cache !== null && !isError(status)) counted.states[cache].add(tookMs);
}

function isError(status: number | null): boolean {
  return status === null || status >= 400;
}

function figuresOf({ requests, errors, samples, states: { hit, miss } }: Counted): Omit<EndpointFigures, 'endpoint'> {
  const cache = hit.size + miss.size === 0 ? null : { hit: stateFigures(hit), miss: stateFigures(miss) };
  return { requests, errors, times: timesOf(samples), cache };
}

function stateFigures(samples: Samples): StateFigures {
  return { requests: samples.size, times: timesOf(samples) };
}
