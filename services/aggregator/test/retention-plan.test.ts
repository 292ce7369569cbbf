import { NEVER_SEALED, NOTHING_SEALED } from '@tidegate/core';
import type { CompiledMetric } from '@tidegate/core';
import type { CellFloorRow, RawDay } from '@tidegate/postgres';
import { describe, expect, it } from 'vitest';
import { dueFloors, dueRawDays, rejectedBeforeMs } from '../src/retention-plan.ts';
import type { PackRetention, RetentionDefaults } from '../src/retention-plan.ts';
import { BY_MINUTE, METRIC } from './sealing-owner.ts';

const DAY_MS = 86_400_000;
const TODAY = 20_000;
/** Noon. */
const NOW_MS = TODAY * DAY_MS + DAY_MS / 2;
const NOW_S = NOW_MS / 1_000;
const DEFAULTS: RetentionDefaults = {
  ...{ rawDays: 90, rawDaysMin: 9, rejectedDays: 30, listDays: 400 },
  cellDays: { minute: 3, quarter_hour: null, hour: null, day: null },
};

function dayOf(day: number, more: Partial<Omit<RawDay, 'day'>> = {}): RawDay {
  return { day, state: 'closed', isArchived: true, isPruned: () => false, ...more };
}

function packOf(more: Partial<PackRetention> = {}): PackRetention {
  return { tenant: 'acme', types: ['shop.sale'], rawDays: undefined, rejectedDays: undefined, metrics: [], ...more };
}

describe('raw days', () => {
  const due = (days: readonly RawDay[], packs: readonly PackRetention[]) => dueRawDays(days, packs, { defaults: DEFAULTS, nowMs: NOW_MS });

  it('a day is dropped once the pack that keeps longest keeps it no more, and pruned before of those that keep less', () => {
    const days = [TODAY - 731, TODAY - 730, TODAY - 91, TODAY - 90, TODAY - 10].map((day) => dayOf(day));
    const packs = [packOf(), packOf({ types: ['health.metric', 'health.goal'], rawDays: 730 })];
    // The last event of day 20,000 - 91 came 90.5 days ago, that of the day after 89.5 days ago.
    expect(due(days, packs)).toEqual({
      close: [],
      drop: [TODAY - 731],
      prune: [TODAY - 730, TODAY - 91].map((day) => ({ day, tenant: 'acme', type: 'shop.sale', isArchived: true })),
    });
    expect(due(days, [packOf({ rawDays: null })])).toMatchObject({ drop: [], prune: [] });
    expect(due(days, [])).toMatchObject({ drop: [TODAY - 731, TODAY - 730, TODAY - 91] });
  });

  it('nothing is dropped before the log and its copies are past, whatever a pack says', () => {
    const days = [TODAY - 10, TODAY - 9].map((day) => dayOf(day));
    expect(due(days, [packOf({ rawDays: 1 })]).prune.map(({ day }) => day)).toEqual([TODAY - 10]);
  });

  it('open days are closed when they are over and never dropped; what is pruned is not pruned again', () => {
    const open = [TODAY - 400, TODAY - 1, TODAY, TODAY + 1].map((day) => dayOf(day, { state: 'open' }));
    expect(due(open, [packOf({ rawDays: 20 })])).toEqual({ close: [TODAY - 400, TODAY - 1], drop: [], prune: [] });
    const pruned = dayOf(TODAY - 50, { isPruned: (tenant, type) => tenant === 'acme' && type === 'shop.sale' });
    expect(due([pruned], [packOf({ rawDays: 20, types: ['shop.sale', 'shop.visit'] })]).prune).toEqual([
      { day: TODAY - 50, tenant: 'acme', type: 'shop.visit', isArchived: true },
    ]);
  });
});

describe('refused events', () => {
  const before = (packs: readonly PackRetention[]): number | null => {
    const ms = rejectedBeforeMs('acme', packs, { defaults: DEFAULTS, nowMs: NOW_MS });
    return ms === null ? null : (NOW_MS - ms) / DAY_MS;
  };

  it('are kept as long as the pack of their tenant that keeps longest says, and never shorter than the log may be read again', () => {
    expect(before([])).toBe(30);
    expect(before([packOf(), packOf({ tenant: 'other', rejectedDays: 300 })])).toBe(30);
    expect(before([packOf({ rejectedDays: 14 }), packOf(), packOf({ rejectedDays: 20 })])).toBe(20);
    expect(before([packOf({ rejectedDays: 14 }), packOf({ rejectedDays: null })])).toBeNull();
    expect(before([packOf({ rejectedDays: 2 })])).toBe(9);
  });
});

describe('cells', () => {
  const sealed = { quarter_hour: NOW_S - 90_000, hour: NOW_S - 90_000, day: NOW_S - 2 * 86_400 };
  const due = (metric: CompiledMetric, rows: readonly CellFloorRow[] = [], through = sealed) =>
    dueFloors({ packs: [packOf({ metrics: [metric] })], rows, sealed: through, defaults: DEFAULTS, nowMs: NOW_MS }).map(
      ({ grain, floorS }) => [grain, floorS],
    );
  const rowOf = (grain: 1 | 2 | 3 | 4, floorS: number, clearedS: number | null = floorS): CellFloorRow => ({
    ...{ tenant: 'acme', metric: BY_MINUTE.metric, version: 1, grain, floorS, clearedS, isSeen: true },
  });

  it('minutes are dropped after three days, other grains where a pack says so', () => {
    expect(due(BY_MINUTE)).toEqual([[1, NOW_S - 3 * 86_400]]);
    expect(due(METRIC)).toEqual([]);
    // Floors of other grains lie at midnight: 30 days before noon is half a day later.
    const midnight = (TODAY - 30) * 86_400;
    expect(due({ ...BY_MINUTE, retention: { minute: 10, quarter_hour: 30, hour: null } })).toEqual([
      [1, NOW_S - 10 * 86_400],
      [2, midnight],
    ]);
    expect(due({ ...METRIC, grains: ['quarter_hour'], retention: { quarter_hour: 30 } })).toEqual([[2, midnight]]);
  });

  it('no cell is dropped of which a coarser one has yet to be made, on any partition', () => {
    expect(due(BY_MINUTE, [], NOTHING_SEALED)).toEqual([]);
    const behind = { quarter_hour: NOW_S - 9 * 86_400 + 900, hour: NEVER_SEALED, day: NEVER_SEALED };
    expect(due({ ...BY_MINUTE, retention: { quarter_hour: 5, hour: 5 } }, [], behind)).toEqual([[1, NOW_S - 9 * 86_400]]);
  });

  it('a floor moves by an hour or a day at least, never back, and not while cells under it are being deleted', () => {
    const target = NOW_S - 3 * 86_400;
    expect(due(BY_MINUTE, [rowOf(1, target - 3_600)])).toEqual([[1, target]]);
    expect(due(BY_MINUTE, [rowOf(1, target - 1_800)])).toEqual([]);
    expect(due(BY_MINUTE, [rowOf(1, target + 86_400)])).toEqual([]);
    expect(due(BY_MINUTE, [rowOf(1, target - 7_200, target - 9_000)])).toEqual([]);
    expect(due(BY_MINUTE, [rowOf(1, target - 7_200, null)])).toEqual([]);
  });
});
