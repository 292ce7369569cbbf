/** What is due to be closed and dropped: from what is there and how long packs keep it. Pure. */
import { COARSE_GRAINS, GRAINS } from '@tidegate/core';
import type { CoarseGrain, CompiledMetric, SealedThrough, StoredGrain } from '@tidegate/core';
import type { CellFloorRow, CellsOfGrain, RawDay } from '@tidegate/postgres';

/** What a pack in force says of its own. */
export interface PackRetention {
  readonly tenant: string;
  readonly types: readonly string[];
  /** Undefined: not said; null: for ever. */
  readonly rawDays: number | null | undefined;
  readonly rejectedDays: number | null | undefined;
  readonly metrics: readonly CompiledMetric[];
}

export interface RetentionDefaults {
  readonly rawDays: number;
  readonly rejectedDays: number;
  /** Of what was restated, repaired and found. */
  readonly listDays: number;
  /** No raw event and no refused one is dropped sooner, whatever a pack says: the log may be read again for so long. */
  readonly rawDaysMin: number;
  /** Null: for ever. */
  readonly cellDays: Readonly<Record<StoredGrain, number | null>>;
}

export interface PruneDue {
  readonly day: number;
  readonly tenant: string;
  readonly type: string;
  readonly isArchived: boolean;
}

export interface RawDaysDue {
  readonly close: readonly number[];
  readonly drop: readonly number[];
  readonly prune: readonly PruneDue[];
}

const DAY_MS = 86_400_000;
const DAY_S = 86_400;
/** How far a floor moves at least: each move visits all series of the metric. */
const STEP_S: Readonly<Record<StoredGrain, number>> = { minute: 3_600, quarter_hour: DAY_S, hour: DAY_S, day: DAY_S };

/** A day is dropped once the pack that keeps longest has no use for it; of packs that keep less its rows are deleted before. */
export function dueRawDays(
  days: readonly RawDay[],
  packs: readonly PackRetention[],
  { defaults, nowMs }: { readonly defaults: RetentionDefaults; readonly nowMs: number },
): RawDaysDue {
  const keptOf = ({ rawDays }: Pick<PackRetention, 'rawDays'>): number =>
    rawDays === null ? Infinity : Math.max(rawDays ?? defaults.rawDays, defaults.rawDaysMin);
  // What no pack names any more is kept as long as what says nothing.
  const longest = Math.max(...[{ rawDays: undefined }, ...packs].map(keptOf));
  /** Its last event came so many days ago. */
  const ageOf = (day: number): number => nowMs / DAY_MS - (day + 1);
  const closed = days.filter(({ state }) => state === 'closed');
  const drop = closed.filter(({ day }) => ageOf(day) >= longest);
  const prune = closed
    .filter((one) => !drop.includes(one))
    .flatMap((one) =>
      packs
        .filter((pack) => ageOf(one.day) >= keptOf(pack))
        .flatMap(({ tenant, types }) => types.map((type) => ({ day: one.day, tenant, type, isArchived: one.isArchived })))
        .filter(({ tenant, type }) => !one.isPruned(tenant, type)),
    );
  const close = days.filter(({ day, state }) => state === 'open' && ageOf(day) > 0);
  return { close: close.map(({ day }) => day), drop: drop.map(({ day }) => day), prune };
}

/** Which refused events of a tenant are past their time; null: none ever is. The pack that keeps longest decides. */
export function rejectedBeforeMs(
  tenant: string,
  packs: readonly PackRetention[],
  { defaults, nowMs }: { readonly defaults: RetentionDefaults; readonly nowMs: number },
): number | null {
  const said = packs.flatMap(({ rejectedDays, ...pack }) => (pack.tenant === tenant && rejectedDays !== undefined ? [rejectedDays] : []));
  if (said.includes(null)) return null;
  const days = said.length === 0 ? defaults.rejectedDays : Math.max(...said.map(Number));
  return nowMs - Math.max(days, defaults.rawDaysMin) * DAY_MS;
}

export interface FloorsAsk {
  readonly packs: readonly PackRetention[];
  readonly rows: readonly CellFloorRow[];
  /** On every partition. */
  readonly sealed: SealedThrough;
  readonly defaults: RetentionDefaults;
  readonly nowMs: number;
}

export interface FloorDue extends CellsOfGrain {
  readonly floorS: number;
}

/**
 * Floors to be raised. Cells are dropped of what is sealed in the next coarser grain alone, on every partition: what coarse
 * cells are still to be made of stays. A floor under which cells are still being deleted is not moved.
 */
export function dueFloors({ packs, rows, sealed, defaults, nowMs }: FloorsAsk): readonly FloorDue[] {
  const known = new Map(rows.map((row) => [floorKey(row), row]));
  return packs
    .flatMap(({ metrics }) => metrics)
    .flatMap((metric) =>
      metric.grains.flatMap((grain, at): FloorDue[] => {
        const days = metric.retention?.[grain] === undefined ? defaults.cellDays[grain] : metric.retention[grain];
        if (days === null) return [];
        const { tenant, version } = metric;
        const of = { tenant, metric: metric.metric, version, grain: GRAINS[grain].code };
        const floorS = floorOf({ grain, coarser: metric.grains[at + 1], days }, sealed, nowMs);
        const row = known.get(floorKey(of));
        if (row === undefined) return floorS > 0 ? [{ ...of, floorS }] : [];
        return row.clearedS === row.floorS && floorS >= row.floorS + STEP_S[grain] ? [{ ...of, floorS }] : [];
      }),
    );
}

interface KeptGrain {
  readonly grain: StoredGrain;
  readonly coarser: StoredGrain | undefined;
  readonly days: number;
}

function floorOf({ grain, coarser, days }: KeptGrain, sealed: SealedThrough, nowMs: number): number {
  const dueS = nowMs / 1_000 - days * DAY_S;
  const madeS = coarser !== undefined && isCoarse(coarser) ? sealed[coarser] : Infinity;
  const stepS = Math.max(STEP_S[grain], coarser === undefined ? 0 : GRAINS[coarser].seconds);
  return Math.floor(Math.min(dueS, madeS) / stepS) * stepS;
}

function isCoarse(grain: StoredGrain): grain is CoarseGrain {
  return COARSE_GRAINS.some((one) => one === grain);
}

function floorKey({ tenant, metric, version, grain }: CellsOfGrain): string {
  return `${tenant} ${metric} ${version} ${grain}`;
}
