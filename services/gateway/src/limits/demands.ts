import type { Plan, PlanCaller } from './plans.ts';

/** Counts of one caller in one second: its place in the list of callers, requests, and how many of them were refused. */
export type DemandCount = readonly [who: number, asked: number, refused: number];

/** What callers asked for in some seconds; what decisions.v1 tells of it. */
export interface DemandRecord {
  readonly who: readonly PlanCaller[];
  readonly seconds: readonly {
    /** Epoch seconds. */
    readonly at: number;
    readonly counts: readonly DemandCount[];
    /** Of callers beyond the bound of the list. */
    readonly others: readonly [asked: number, refused: number];
  }[];
}

export interface Demands {
  note(plan: Plan, isRefused: boolean): void;
  /** A second is over; every tenth time, and at the end, all that was not told is. Null: nothing is to be told. */
  endSecond(nowMs: number, isLast: boolean): DemandRecord | null;
}

interface Count {
  asked: number;
  refused: number;
}

const CALLERS_MAX = 500;
/** A record is of so many seconds: its callers are named once. */
const SECONDS = 10;

/**
 * Requests by caller and second, whatever became of them: what a replay of other limits needs. A caller is named once in a
 * record and counted by its number, 10 bytes a second; of callers beyond the first 500 of a record only the sum is told.
 */
export function createDemands(callersMax: number = CALLERS_MAX): Demands {
  let counts = new Map<Plan, Count>();
  let places = new Map<string, number>();
  let who: PlanCaller[] = [];
  let seconds: DemandRecord['seconds'][number][] = [];
  let ended = 0;

  function placeOf(caller: PlanCaller): number | null {
    const name = JSON.stringify([caller.tenant, caller.key, caller.user, caller.route]);
    const known = places.get(name);
    if (known !== undefined) return known;
    if (who.length >= callersMax) return null;
    places.set(name, who.length);
    return who.push(caller) - 1;
  }

  function countAll(nowMs: number): DemandRecord['seconds'][number] {
    const byPlace = new Map<number | null, Count>();
    for (const [{ demandOf }, { asked, refused }] of counts) {
      const place = demandOf === null ? null : placeOf(demandOf);
      const sum = byPlace.get(place) ?? { asked: 0, refused: 0 };
      byPlace.set(place, { asked: sum.asked + asked, refused: sum.refused + refused });
    }
    const others = byPlace.get(null) ?? { asked: 0, refused: 0 };
    const told = [...byPlace].flatMap(([place, { asked, refused }]): DemandCount[] => (place === null ? [] : [[place, asked, refused]]));
    counts = new Map();
    return { at: Math.floor(nowMs / 1_000), counts: told, others: [others.asked, others.refused] };
  }

  return {
    note(plan, isRefused) {
      if (plan.demandOf === null) return;
      let count = counts.get(plan);
      if (count === undefined) {
        count = { asked: 0, refused: 0 };
        counts.set(plan, count);
      }
      count.asked += 1;
      if (isRefused) count.refused += 1;
    },
    endSecond(nowMs, isLast) {
      ended += 1;
      if (counts.size > 0) seconds.push(countAll(nowMs));
      if (seconds.length === 0 || (!isLast && ended % SECONDS !== 0)) return null;
      const record = { who, seconds };
      [who, places, seconds] = [[], new Map(), []];
      return record;
    },
  };
}
