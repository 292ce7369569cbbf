/** What was counted, by tenant and minute: figures of operation, written beside the commits. */
import type pg from 'pg';
import { int8Array, textArray, timestamptzArray } from './binary-array.ts';
import { run } from './statements.ts';

/** `type`: events by type. `copies`: dropped as counted before. `lag`: live events by class of how long they waited, kept for a week. */
export type Tallied = 'type' | 'copies' | 'lag';

export interface TallyRow {
  readonly tenant: string;
  /** Start of the minute in which they were counted. */
  readonly minuteMs: number;
  readonly what: Tallied;
  /** Event type, or class of lag; else empty. */
  readonly name: string;
  readonly events: number;
  /** Arrival of the last of them. */
  readonly lastAtMs: number;
  /** Of `lag`: how long the one waited that waited longest. */
  readonly longestMs: number;
}

export interface TallyStore {
  /** Rows each of another key, in the order of their keys. */
  add(rows: readonly TallyRow[]): Promise<void>;
  /** Lets go of minutes that are older than a day; their lags are added up to hours, and go after a week. */
  prune(): Promise<void>;
}

export interface TallySum {
  readonly what: Tallied;
  readonly name: string;
  readonly events: number;
  readonly lastHour: number;
  /** Of all that is kept, a day. */
  readonly lastAtMs: number;
}

export interface LagSum {
  readonly class: number;
  readonly events: number;
  readonly longestMs: number;
}

export interface TallyReader {
  /** What was counted since `sinceMs`, whole minutes. */
  sums(tenant: string, range: { readonly sinceMs: number; readonly nowMs: number }): Promise<readonly TallySum[]>;
  rejectedSince(tenant: string, sinceMs: number): Promise<number>;
  /** How long live events waited that were counted in a range: whole minutes, and whole hours where it is more than a day ago. */
  lags(tenant: string, range: { readonly fromMs: number; readonly toMs: number }): Promise<readonly LagSum[]>;
}

export function createTallyStore(pool: pg.Pool): TallyStore {
  return {
    async add(rows) {
      await run(pool, 'add-tallies', [
        textArray(rows.map(({ tenant }) => tenant)),
        timestamptzArray(rows.map(({ minuteMs }) => minuteMs)),
        textArray(rows.map(({ what }) => what)),
        textArray(rows.map(({ name }) => name)),
        int8Array(rows.map(({ events }) => events)),
        timestamptzArray(rows.map(({ lastAtMs }) => lastAtMs)),
        int8Array(rows.map(({ longestMs }) => longestMs)),
      ]);
    },
    async prune() {
      await run(pool, 'add-up-lags', []);
      await run(pool, 'delete-tallies', []);
    },
  };
}

type SumRow = Pick<TallySum, 'what' | 'name' | 'events'> & { readonly last_hour: number; readonly last_at_ms: number };

type LagRow = Omit<LagSum, 'longestMs'> & { readonly longest_ms: number };

export function createTallyReader(pool: pg.Pool): TallyReader {
  return {
    async sums(tenant, { sinceMs, nowMs }) {
      const rows = await run<SumRow>(pool, 'read-tallies', [tenant, new Date(sinceMs), new Date(nowMs)]);
      return rows.map(({ what, name, events, last_hour: lastHour, last_at_ms: lastAtMs }) => ({ what, name, events, lastHour, lastAtMs }));
    },
    async rejectedSince(tenant, sinceMs) {
      const [row] = await run<{ rejected: number }>(pool, 'count-rejected-since', [tenant, new Date(sinceMs)]);
      return row?.rejected ?? 0;
    },
    async lags(tenant, { fromMs, toMs }) {
      const rows = await run<LagRow>(pool, 'read-lags', [tenant, new Date(fromMs), new Date(toMs)]);
      return rows.map(({ longest_ms: longestMs, ...of }) => ({ ...of, longestMs }));
    },
  };
}
