/** What of cells and raw events was dropped: asked for each half minute, because it is part of what an answer claims. */
import { createHash } from 'node:crypto';
import { GRAINS } from '@tidegate/core';
import type { CellFloors, CompiledMetric, StoredGrain } from '@tidegate/core';
import type { Kept, KeptStore, LostRaw } from '@tidegate/postgres';

type EventsOf = Pick<CompiledMetric, 'tenant' | 'eventTypes'>;

export interface KeptHistory {
  floorsOf(metric: CompiledMetric): CellFloors;
  /**
   * Whether no cell of the metric can have been deleted that this process takes for kept. Cells are deleted five minutes after
   * their floor was set and not sooner, so what was heard less than four minutes ago is enough.
   */
  isSure(metric: CompiledMetric): boolean;
  /** Asks now. */
  refresh(): Promise<void>;
  /** Whether all events of these types that occurred from an instant on are kept, raw or archived. */
  isRecountable(of: EventsOf, fromMs: number): boolean;
  /** From when on all events of these types are kept, raw or archived; null: all are. */
  keptFromMs(of: EventsOf): number | null;
  /** The same as long as no more raw events are dropped. */
  fingerprint(): string;
}

const SURE_MS = 240_000;
/** How far before its arrival an event may be said to occur: no event of a bucket arrives sooner before it. */
const EARLINESS_MS = 300_000;
const EVERY_MS = 30_000;
const GRAIN_NAMES = new Map(Object.entries(GRAINS).map(([name, { code }]) => [code, name as StoredGrain]));

export function createKeptHistory(store: KeptStore, monotonicMs: () => number): KeptHistory {
  let kept: Kept = { floors: [], lostRaw: [] };
  let floors = new Map<string, CellFloors>();
  let heardMs = Number.NEGATIVE_INFINITY;
  let fingerprint = '';
  return {
    fingerprint: () => fingerprint,
    floorsOf: (metric) => floors.get(keyOf(metric)) ?? {},
    isSure: (metric) => !isEverDropped(metric) || monotonicMs() - heardMs < SURE_MS,
    async refresh() {
      const askedMs = monotonicMs();
      kept = await store.readKept();
      floors = byMetric(kept);
      fingerprint = createHash('sha256').update(JSON.stringify(kept.lostRaw)).digest('base64url');
      heardMs = askedMs;
    },
    isRecountable: (of, fromMs) =>
      kept.lostRaw.every((lost) => lost.isArchived || !concerns(lost, of) || fromMs >= lost.untilMs + EARLINESS_MS),
    keptFromMs(of) {
      const ends = kept.lostRaw.filter((lost) => !lost.isArchived && concerns(lost, of)).map(({ untilMs }) => untilMs + EARLINESS_MS);
      return ends.length === 0 ? null : Math.max(...ends);
    },
  };
}

/** Of nothing dropped: for tests, and for what never asks. */
export const NOTHING_DROPPED: KeptHistory = {
  floorsOf: () => ({}),
  isSure: () => true,
  refresh: async () => undefined,
  isRecountable: () => true,
  keptFromMs: () => null,
  fingerprint: () => '',
};

export interface FollowKeptDeps {
  readonly kept: KeptHistory;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}

export async function followKept({ kept, pause, onError, signal }: FollowKeptDeps): Promise<void> {
  while (!signal.aborted) {
    await kept.refresh().catch(onError);
    await pause(EVERY_MS, signal).catch(() => undefined);
  }
}

function concerns({ of }: LostRaw, { tenant, eventTypes }: EventsOf): boolean {
  return of === null || (of.tenant === tenant && eventTypes.includes(of.type));
}

/** Cells of other metrics are kept for ever, by the installation's word and the packs'. */
function isEverDropped({ grains, retention = {} }: CompiledMetric): boolean {
  return grains.includes('minute') || Object.values(retention).some((days) => days !== null);
}

function byMetric({ floors }: Kept): Map<string, CellFloors> {
  const found = new Map<string, CellFloors>();
  for (const row of floors) {
    const grain = GRAIN_NAMES.get(row.grain);
    const key = keyOf(row);
    if (grain !== undefined) found.set(key, { ...found.get(key), [grain]: row.floorS });
  }
  return found;
}

function keyOf({ tenant, metric, version }: Pick<CompiledMetric, 'tenant' | 'metric' | 'version'>): string {
  return `${tenant} ${metric} ${version}`;
}
