import type { BucketAsk, BucketDecision, MemoryBuckets } from '@tidegate/redis';
import type { Debts } from './debts.ts';
import type { LimitDecision } from './decision.ts';
import type { Plan } from './plans.ts';

export interface AwayOptions {
  /** What is owed to the shared buckets. */
  readonly debts: Debts;
  /** Of this process. */
  readonly local: MemoryBuckets;
  /** Epoch microseconds. */
  readonly nowUs: () => number;
}

/** What holds while Redis cannot be asked. */
export interface Away {
  /** By the mode of the policies: `closed` refuses, `local` counts in this process, `open` lets pass. */
  decide(plan: Plan): LimitDecision;
  /** Redis is going to be asked: what is owed of these buckets goes before it. */
  payFirst(plan: Plan): void;
  /** Redis answered: buckets that may have to stand in for it learn how full they are, and debts are paid. */
  counted(plan: Plan, decision: BucketDecision): void;
}

/** Which levels of a plan count locally, and whether one of them refuses. */
interface Absence {
  readonly isClosed: boolean;
  readonly local: readonly BucketAsk[];
  /** Their places among the levels of the plan. */
  readonly places: readonly number[];
}

/**
 * The same arithmetic in this process, for policies that ask for it. A bucket begins at what Redis last said of it. What was
 * spent is paid back when Redis is there again (as far as the shared bucket has it), so that an outage is no second budget:
 * over outage and return each gateway admits at most burst + rate × time of a bucket, and the installation at most as many times
 * that as it has gateways.
 */
export function createAway({ debts, local, nowUs }: AwayOptions): Away {
  const absences = new WeakMap<Plan, Absence>();

  function absenceOf(plan: Plan): Absence {
    let absence = absences.get(plan);
    if (absence === undefined) {
      absence = toAbsence(plan);
      absences.set(plan, absence);
    }
    return absence;
  }

  return {
    decide(plan) {
      const { isClosed, local: asks, places } = absenceOf(plan);
      if (isClosed) return { kind: 'unavailable', plan };
      if (asks.length === 0) return { kind: 'uncounted', plan, mode: 'open' };
      const decision = local.decide(asks, 1);
      if (decision.allowed) {
        debts.owe(asks);
        return { kind: 'uncounted', plan, mode: 'local' };
      }
      const levels = plan.asks.map(
        ({ policy }, at) => decision.levels[places.indexOf(at)] ?? { units: policy.capacity, waitUs: 0, fullAfterUs: 0 },
      );
      return { kind: 'denied', plan, levels, nowUs: decision.nowUs, source: 'local' };
    },
    payFirst: ({ asks }) => debts.payFirst(asks),
    counted(plan, { levels }) {
      if (debts.isOwing()) void debts.repay();
      const { local: asks, places } = absenceOf(plan);
      for (const [at, { key, policy }] of asks.entries()) {
        const told = levels[places[at] ?? -1]?.units ?? policy.capacity;
        // Redis does not know of what was spent without it and not yet paid.
        const units = Math.max(0, told - debts.owed(key) * policy.q);
        local.seed(key, units >= policy.capacity ? null : { units, lastUs: nowUs(), q: policy.q });
      }
    },
  };
}

function toAbsence({ levels, asks }: Plan): Absence {
  const places = levels.flatMap(({ policy }, at) => (policy.withoutRedis === 'local' ? [at] : []));
  return {
    isClosed: levels.some(({ policy }) => policy.withoutRedis === 'closed' && policy.mode === 'enforce'),
    local: asks.filter((_, at) => places.includes(at)),
    places,
  };
}
