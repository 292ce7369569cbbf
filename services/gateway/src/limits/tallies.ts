import type { Plan, PlanLevel } from './plans.ts';

/** Counts of one tenant and class; with a policy: of what that policy refused or would have. */
export interface Tally {
  readonly tenant: string;
  readonly class: string;
  /** Empty for what was let in. */
  readonly policy: string;
  readonly scope: string;
  allowed: number;
  /** Beyond the first refusals, which are told of one by one. */
  denied: number;
  shadow_denied: number;
  uncounted: number;
}

export interface Tallies {
  of(plan: Plan, level: PlanLevel | undefined): Tally;
  /** One that was let in, counted or not; nearly all are, so it is found without making a name. */
  admit(plan: Plan, isCounted: boolean): void;
  /** What has been counted, and begins anew. */
  take(): readonly Tally[];
}

export function createTallies(): Tallies {
  let tallies = new Map<string, Tally>();
  let admitted = new WeakMap<Plan, Tally>();

  function of({ tenant, limitClass }: Plan, level: PlanLevel | undefined): Tally {
    const { name: policy, scope } = level?.policy ?? { name: '', scope: '' };
    const key = `${tenant ?? '-'}|${limitClass.name}|${policy}`;
    let tally = tallies.get(key);
    if (tally === undefined) {
      tally = { tenant: tenant ?? '-', class: limitClass.name, policy, scope, allowed: 0, denied: 0, shadow_denied: 0, uncounted: 0 };
      tallies.set(key, tally);
    }
    return tally;
  }

  return {
    of,
    admit(plan, isCounted) {
      let tally = admitted.get(plan);
      if (tally === undefined) {
        tally = of(plan, undefined);
        admitted.set(plan, tally);
      }
      if (isCounted) tally.allowed += 1;
      else tally.uncounted += 1;
    },
    take() {
      const taken = [...tallies.values()];
      tallies = new Map();
      admitted = new WeakMap();
      return taken;
    },
  };
}
