/**
 * Readings that may lie behind by some seconds, on a replica of Postgres: docs/design/replicas.md.
 *
 * How far it lies behind is told by no clock of Postgres (an idle primary looks like a lagging replica, a broken stream like an
 * idle primary) but by the positions that owners announce after each commit: once a second the positions known here are marked,
 * then the replica is asked for its own. It lies behind by the age of the newest mark all of which it has.
 */
import type { CountedProgress } from '@tidegate/postgres';
import { isOverTime } from '@tidegate/postgres';
import { pause, systemClock } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';
import type { Freshness } from './freshness.ts';
import type { OnReplica, Readers } from './on-replica.ts';

export interface ReplicaDeps {
  readonly replica: Readers;
  readonly freshness: Pick<Freshness, 'tracked' | 'trackedBackfill'>;
  readonly lagMaxMs: number;
  readonly nowMs: () => number;
  readonly metrics: Pick<Metrics, 'counter' | 'gauge' | 'onScrape'>;
  /** Called when readings begin to go to the primary because of an error, not for each of them. */
  readonly onLost: (error: unknown) => void;
}

export interface Replica {
  readonly onReplica: OnReplica;
  /** Marks what is known, and looks how far the replica is. */
  look(): Promise<void>;
}

interface Position {
  readonly lane: 'live' | 'backfill';
  readonly partition: number;
  readonly logGeneration: number;
  readonly nextOffset: number;
}

interface Mark {
  readonly atMs: number;
  readonly positions: readonly Position[];
}

/** Owners speak each second; where nobody was heard for longer, what was heard last says nothing of now. */
const SILENT_AFTER_MS = 3_000;
/** A replica that catches up has the newest of them, so it does no harm to forget the oldest. */
const MARKS_MAX = 120;

export function createReplica(deps: ReplicaDeps): Replica {
  const { replica, freshness, lagMaxMs, nowMs, metrics, onLost } = deps;
  let marks: Mark[] = [];
  /** The newest mark that the replica has; null: none since it was lost. */
  let reachedMs: number | null = null;
  let isLost = false;

  const lagMs = (): number => (reachedMs === null ? Number.POSITIVE_INFINITY : nowMs() - reachedMs);
  const isUsable = (): boolean => lagMs() <= lagMaxMs;
  metrics.onScrape(() => {
    metrics.gauge('replica_usable').set(isUsable() ? 1 : 0);
    if (reachedMs !== null) metrics.gauge('replica_lag_seconds').set(lagMs() / 1_000);
  });

  function lose(error: unknown): void {
    reachedMs = null;
    if (!isLost) onLost(error);
    isLost = true;
  }

  async function look(): Promise<void> {
    const mark = markOf(freshness, nowMs());
    if (mark !== null) marks = [...marks, mark].slice(-MARKS_MAX);
    try {
      const progress = await replica.cells.readProgress();
      const reached = marks.findLastIndex(({ positions }) => hasAll(progress, positions));
      if (reached >= 0) reachedMs = marks[reached]?.atMs ?? null;
      marks = marks.slice(Math.max(0, reached));
      isLost = false;
    } catch (error) {
      lose(error);
    }
  }

  const onReplica: OnReplica = async (reading) => {
    if (!isUsable()) return count('primary', null);
    try {
      return count('replica', await reading(replica));
    } catch (error) {
      // The primary would take as long.
      if (isOverTime(error)) throw error;
      lose(error);
      return count('primary', null);
    }
  };
  function count<T>(server: 'primary' | 'replica', value: T): T {
    metrics.counter('replica_reads_total', { server }).inc();
    return value;
  }
  return { onReplica, look };
}

/** Null: nobody was heard. */
function markOf(freshness: ReplicaDeps['freshness'], atMs: number): Mark | null {
  const tracked = [...freshness.tracked().values()];
  const heardMs = Math.max(...tracked.map((word) => word.heardMs));
  if (tracked.length === 0 || atMs - heardMs > SILENT_AFTER_MS) return null;
  const live = tracked.map(({ partition, logGeneration, nextOffset }) => ({ lane: 'live' as const, partition, logGeneration, nextOffset }));
  const backfill = [...freshness.trackedBackfill()].map(([partition, { logGeneration, nextOffset }]) => {
    return { lane: 'backfill' as const, partition, logGeneration, nextOffset };
  });
  return { atMs, positions: [...live, ...backfill] };
}

function hasAll(progress: readonly CountedProgress[], positions: readonly Position[]): boolean {
  const byPartition = new Map(progress.map((one) => [one.partition, one]));
  return positions.every((position) => {
    const one = byPartition.get(position.partition);
    const held = position.lane === 'live' ? one : one?.backfill;
    if (held === undefined || held === null) return position.nextOffset === 0;
    if (held.logGeneration !== position.logGeneration) return held.logGeneration > position.logGeneration;
    return held.nextOffset >= position.nextOffset;
  });
}

const LOOK_EVERY_MS = 1_000;

export interface ReplicaReads {
  readonly onReplica: OnReplica;
  close(): Promise<void>;
}

/** Looks each second until it is closed; without a replica every reading is the primary's. */
export function readOnReplica(
  replica: (Readers & { end(): Promise<void> }) | null,
  { log, ...deps }: Omit<ReplicaDeps, 'replica' | 'onLost' | 'nowMs'> & { readonly log: Pick<Logger, 'warn'> },
): ReplicaReads {
  if (replica === null) return { onReplica: async () => null, close: async () => undefined };
  const onLost = (error: unknown): void => log.warn('replica_lost', { error });
  const { onReplica, look } = createReplica({ ...deps, replica, onLost, nowMs: systemClock.nowMs });
  const stopped = new AbortController();
  const following = (async () => {
    while (!stopped.signal.aborted) {
      await look();
      await pause(LOOK_EVERY_MS, stopped.signal).catch(() => undefined);
    }
  })();
  return {
    onReplica,
    async close() {
      stopped.abort();
      await following;
      await replica.end();
    },
  };
}
