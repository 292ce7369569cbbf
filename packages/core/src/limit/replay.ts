import type { BucketState } from './bucket.ts';
import { takeTokens } from './bucket.ts';
import type { PlannedLevel } from './plan-levels.ts';

/** Requests of one caller over one route in one second. */
export interface Demand {
  readonly who: number;
  readonly asked: number;
  /** As it was decided then. */
  readonly refused: number;
}

/** What would count a caller on a route. */
export interface ReplayedLevels {
  readonly cost: number;
  readonly levels: readonly PlannedLevel[];
}

export interface Replayed {
  readonly asked: number;
  /** As it was. */
  readonly refused: number;
  /** As it would have been. */
  readonly wouldRefuse: number;
  /** Of these, by the first policy that lacked tokens. */
  readonly byPolicy: ReadonlyMap<string, number>;
  /** Of the first that would have been refused; null: none. */
  readonly firstSecond: number | null;
}

export interface LimitReplay {
  /** Plays the requests of one second; seconds come in their order. */
  play(second: number, demands: readonly Demand[]): void;
  /** By caller. */
  results(): ReadonlyMap<number, Replayed>;
}

interface Counting {
  asked: number;
  refused: number;
  wouldRefuse: number;
  readonly byPolicy: Map<string, number>;
  firstSecond: number | null;
}

interface Standing {
  readonly states: Map<string, BucketState | null>;
  readonly counted: Map<number, Counting>;
}

/**
 * Plays recorded requests on other limits: by the arithmetic that decides real ones, with all requests of a second at its start.
 * Buckets are full at the beginning. Within a second it is not known who came first: callers of one bucket are asked in turn, and
 * each second begins with another of them. What is refused takes nothing.
 */
export function createLimitReplay(levelsOf: (who: number) => ReplayedLevels): LimitReplay {
  const standing: Standing = { states: new Map(), counted: new Map() };
  return {
    play(second, demands) {
      for (let turn = 0; turn < demands.length; turn += 1) {
        const demand = demands[(turn + second) % demands.length];
        if (demand !== undefined) decide(demand, { second, ...levelsOf(demand.who) }, standing);
      }
    },
    results: () => standing.counted,
  };
}

/** As many of the requests as all levels have tokens for, at once: the same as one after another, for they are all alike. */
function decide(
  { who, asked, refused }: Demand,
  { second, cost, levels }: ReplayedLevels & { readonly second: number },
  { states, counted }: Standing,
): void {
  const nowUs = second * 1_000_000;
  const standing = levels.map((level) => ({ policy: level.policy, state: states.get(nameOf(level)) ?? null, cost: 0 }));
  const looked = takeTokens(standing, nowUs);
  const fits = levels.map(({ policy }, at) => wholeTimes(looked.levels[at]?.units ?? 0, cost * policy.q));
  const admitted = Math.min(asked, ...fits.filter((_, at) => levels[at]?.kind !== 'shadow'));
  const paid = takeTokens(
    standing.map((level, at) => ({ ...level, cost: cost * Math.min(admitted, fits[at] ?? 0) })),
    nowUs,
  );
  for (const [at, level] of levels.entries()) states.set(nameOf(level), paid.levels[at]?.state ?? null);
  const count = counted.get(who) ?? { asked: 0, refused: 0, wouldRefuse: 0, byPolicy: new Map<string, number>(), firstSecond: null };
  counted.set(who, count);
  count.asked += asked;
  count.refused += refused;
  if (admitted === asked) return;
  // After those that were admitted nothing is taken any more, so the first level that lacks the cost of one more refuses them all.
  const binding = levels.findIndex(({ kind }, at) => kind !== 'shadow' && (fits[at] ?? 0) <= admitted);
  const policy = levels[binding]?.policy.name ?? '';
  count.wouldRefuse += asked - admitted;
  count.byPolicy.set(policy, (count.byPolicy.get(policy) ?? 0) + asked - admitted);
  count.firstSecond ??= second;
}

/** Exact for all safe integers, which the quotient of two doubles is not. */
function wholeTimes(units: number, unitCost: number): number {
  return (units - (units % unitCost)) / unitCost;
}

function nameOf({ policy, subject }: PlannedLevel): string {
  return `${policy.name} ${subject}`;
}
