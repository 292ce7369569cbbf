import type { EffectiveLimits, PlannedLevel, Replayed, TenantLimits } from '@tidegate/core';
import { createLimitReplay, planLevels } from '@tidegate/core';
import type { LimitBook } from '../book.ts';
import type { PlanCaller } from '../plans.ts';
import type { Recorded } from './recorded.ts';

export interface ReplayedCaller extends Pick<Replayed, 'asked' | 'refused' | 'wouldRefuse' | 'firstSecond'> {
  readonly caller: PlanCaller;
  /** The policy that would have refused most of it. */
  readonly policy: string;
}

/** What a candidate would have done with what was recorded. */
export interface LimitsReplayed {
  readonly asked: number;
  readonly refused: number;
  readonly wouldRefuse: number;
  /** By class as the candidate has it. */
  readonly classes: ReadonlyMap<string, Counts>;
  readonly policies: ReadonlyMap<string, Pick<Replayed, 'refused' | 'wouldRefuse'>>;
  /** Those that would have been refused, most first. */
  readonly hit: readonly ReplayedCaller[];
}

export interface ReplayOptions {
  readonly book: Pick<LimitBook, 'limitsAsIf'>;
  readonly candidate: TenantLimits;
  readonly recorded: Recorded;
  /** Lets requests be answered; called now and then. */
  readonly pause: () => Promise<void>;
}

interface CallerLimits {
  readonly limitClass: string;
  readonly cost: number;
  readonly levels: readonly PlannedLevel[];
}

/** Plays the recorded requests of a tenant on the limits that it would have with the candidate. */
export async function replayLimits({ book, candidate, recorded, pause }: ReplayOptions): Promise<LimitsReplayed> {
  const limitsOf = recorded.callers.map((caller) => callerLimits(book.limitsAsIf(caller.tenant, caller.key, candidate), caller));
  const nothing: CallerLimits = { limitClass: '', cost: 1, levels: [] };
  const replay = createLimitReplay((who) => limitsOf[who] ?? nothing);
  let played = 0;
  for (const [second, demands] of recorded.seconds) {
    replay.play(second, demands);
    played += demands.length;
    if (played < PLAYED_AT_ONCE) continue;
    played = 0;
    await pause();
  }
  return summed(recorded, replay.results(), limitsOf);
}

/** Some milliseconds of work. */
const PLAYED_AT_ONCE = 1_000;

/** The levels after authentication: of those before it, and of addresses, nothing is recorded. */
function callerLimits(limits: EffectiveLimits, { tenant, key, user, route }: PlanCaller): CallerLimits {
  const [method = '', path = ''] = route.split(' ');
  const limitClass = limits.classOf(method, path);
  const who = { address: '', network: null, tenant, keyId: key, userId: user, account: null };
  const levels = planLevels({ limits, limitClass, route, who, hasFailed: false }).filter(({ stage }) => stage === 2);
  return { limitClass: limitClass.name, cost: limitClass.cost, levels };
}

type Counts = Pick<Replayed, 'asked' | 'refused' | 'wouldRefuse'>;

const NOTHING: Counts = { asked: 0, refused: 0, wouldRefuse: 0 };

function summed({ callers, refused }: Recorded, results: ReadonlyMap<number, Replayed>, limitsOf: readonly CallerLimits[]): LimitsReplayed {
  const classes = new Map<string, Counts>();
  const policies = new Map([...refused].map(([name, count]) => [name, { refused: count, wouldRefuse: 0 }]));
  for (const [who, result] of results) {
    const name = limitsOf[who]?.limitClass ?? '';
    classes.set(name, plus(classes.get(name) ?? NOTHING, result));
    for (const [policy, count] of result.byPolicy) {
      const before = policies.get(policy) ?? { refused: 0, wouldRefuse: 0 };
      policies.set(policy, { ...before, wouldRefuse: before.wouldRefuse + count });
    }
  }
  const total = [...classes.values()].reduce(plus, NOTHING);
  return { ...total, classes, policies, hit: hitOf(callers, results) };
}

function plus(a: Counts, b: Counts): Counts {
  return { asked: a.asked + b.asked, refused: a.refused + b.refused, wouldRefuse: a.wouldRefuse + b.wouldRefuse };
}

function hitOf(callers: readonly PlanCaller[], results: ReadonlyMap<number, Replayed>): readonly ReplayedCaller[] {
  return [...results]
    .flatMap(([who, result]): ReplayedCaller[] => {
      const [first] = [...result.byPolicy].toSorted(([, a], [, b]) => b - a);
      const caller = callers[who];
      return caller === undefined || first === undefined ? [] : [{ ...result, caller, policy: first[0] }];
    })
    .toSorted((a, b) => b.wouldRefuse - a.wouldRefuse);
}
