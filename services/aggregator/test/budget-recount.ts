import { GRAINS } from '@tidegate/core';
import type { TestEvent } from './records.ts';
import type { World } from './world.ts';

const DAY_S = 86_400;

const dayOf = (timeMs: number): number => Math.floor(timeMs / 1_000 / DAY_S);
/** A region that is itself named as the rest is: the rule of docs/design/dimension-budget.md, by hand. */
const namedOf = (region: string): string => (region === '_other' ? '__other' : region);

/** The regions that have series of their own, by event day, as the stored cells of all partitions say. */
export function ownRegions(world: World): ReadonlyMap<number, ReadonlySet<string>> {
  const byDay = new Map<number, Set<string>>();
  for (const cell of world.database.cells.values()) {
    if (cell.grain !== GRAINS.quarter_hour.code) continue;
    const region = world.database.series.get(Buffer.from(cell.seriesId).toString('hex'))?.dims[0] ?? null;
    const day = Math.floor(cell.bucketS / DAY_S);
    const own = byDay.get(day) ?? new Set<string>();
    byDay.set(day, own);
    if (region !== null && region !== '_other') own.add(region);
  }
  return byDay;
}

/** The region under which an event is to be found, where these have series of their own on its day. */
export function shownBy(own: ReadonlyMap<number, ReadonlySet<string>>): (event: TestEvent) => string {
  return ({ region, timeMs }) => {
    if (region === null) return '-';
    return own.get(dayOf(timeMs))?.has(namedOf(region)) === true ? namedOf(region) : '_other';
  };
}

/** What is wrong with the number of regions of a day: as many as there were, up to the budget, and not one less or more. */
export function budgetFaults(world: World, events: Iterable<TestEvent>, valuesMax: number): string[] {
  const sent = new Map<number, Set<string>>();
  for (const { region, timeMs } of events) {
    const regions = sent.get(dayOf(timeMs)) ?? new Set<string>();
    sent.set(dayOf(timeMs), regions);
    if (region !== null) regions.add(region);
  }
  const own = ownRegions(world);
  return [...sent].flatMap(([day, regions]) => {
    const found = own.get(day)?.size ?? 0;
    const wanted = Math.min(regions.size, valuesMax);
    const rows = [...world.database.budgets.values()].find((budget) => budget.eventDay === day)?.admitted.size ?? 0;
    return found === wanted && rows === wanted ? [] : [`day ${day}: ${regions.size} regions, ${found} of their own, ${rows} admitted`];
  });
}
