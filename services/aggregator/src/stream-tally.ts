/**
 * What was counted, added up in memory by tenant and minute, and written every few seconds (docs/design/stream-statistics.md). A
 * process that dies takes the last seconds of it along.
 */
import { lagClass } from '@tidegate/core';
import type { TallyRow, TallyStore } from '@tidegate/postgres';
import type { FrozenBatch } from './frozen-batch.ts';

export interface StreamTally {
  flushed(committed: readonly Pick<FrozenBatch, 'batch'>[]): void;
  /** All that was added up since the last time, in the order of the keys. */
  take(): readonly TallyRow[];
  /** What could not be written goes with what comes next. */
  giveBack(rows: readonly TallyRow[]): void;
}

const MINUTE_MS = 60_000;
/** Events of a batch are taken to have arrived evenly between its first and its last: so many of them stand for all. */
const LAG_POINTS = 4;

type Open = { -readonly [M in keyof TallyRow]: TallyRow[M] };

export function createStreamTally(nowMs: () => number): StreamTally {
  let open = new Map<string, Open>();

  function add(row: TallyRow): void {
    if (row.events === 0) return;
    const key = `${row.tenant} ${row.minuteMs} ${row.what} ${row.name}`;
    const known = open.get(key);
    if (known === undefined) return void open.set(key, { ...row });
    known.events += row.events;
    known.lastAtMs = Math.max(known.lastAtMs, row.lastAtMs);
    known.longestMs = Math.max(known.longestMs, row.longestMs);
  }

  return {
    flushed(committed) {
      const now = nowMs();
      const minuteMs = Math.floor(now / MINUTE_MS) * MINUTE_MS;
      for (const { batch } of committed) {
        const { arrivalFromMs, arrivalToMs } = batch.live;
        const lastAtMs = Math.min(now, Math.max(arrivalToMs, batch.backfill?.arrivalToMs ?? -Infinity));
        for (const { tenant, type, events, live } of batch.types.all) {
          const of = { tenant, minuteMs, lastAtMs: Number.isFinite(lastAtMs) ? lastAtMs : now, longestMs: 0 };
          add({ ...of, what: type === '' ? 'copies' : 'type', name: type, events });
          if (type === '' || live === 0) continue;
          const longestMs = Math.max(0, Math.round(now - arrivalFromMs));
          for (const [lagMs, count] of spread(live, now - arrivalFromMs, now - arrivalToMs))
            add({ ...of, what: 'lag', name: String(lagClass(lagMs)), events: count, longestMs });
        }
      }
    },
    take() {
      const rows = [...open].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
      open = new Map();
      return rows;
    },
    giveBack: (rows) => rows.forEach(add),
  };
}

function* spread(events: number, oldestMs: number, newestMs: number): Iterable<readonly [lagMs: number, events: number]> {
  let told = 0;
  for (let point = 1; point <= LAG_POINTS; point += 1) {
    const upTo = Math.floor((events * point) / LAG_POINTS);
    yield [oldestMs + ((newestMs - oldestMs) * (point - 0.5)) / LAG_POINTS, upTo - told];
    told = upTo;
  }
}

export interface TallyingDeps {
  readonly tally: Pick<StreamTally, 'take' | 'giveBack'>;
  readonly store: TallyStore;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly everyMs: number;
  readonly onError: (error: unknown) => void;
}

const PRUNE_EVERY_TURNS = 120;

/** Writes it every few seconds, and once more at the end; returns what ends it. */
export function startTallying({ tally, store, sleep, everyMs, onError }: TallyingDeps): () => Promise<void> {
  const ended = new AbortController();
  async function write(): Promise<void> {
    const rows = tally.take();
    if (rows.length === 0) return;
    try {
      await store.add(rows);
    } catch (error) {
      tally.giveBack(rows);
      onError(error);
    }
  }
  async function run(): Promise<void> {
    for (let turn = 1; !ended.signal.aborted; turn += 1) {
      await sleep(everyMs, ended.signal).catch(() => undefined);
      await write();
      if (turn % PRUNE_EVERY_TURNS === 0) await store.prune().catch(onError);
    }
  }
  const running = run();
  return async () => {
    ended.abort();
    await running;
  };
}
