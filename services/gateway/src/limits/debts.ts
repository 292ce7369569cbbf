import type { BucketAsk, Buckets } from '@tidegate/redis';

/** What was spent of shared buckets while they could not be told. */
export interface Debts {
  owe(asks: readonly BucketAsk[]): void;
  /** Tokens of a bucket that are owed, those included whose repayment is on its way. */
  owed(key: string): number;
  /**
   * Sends what is owed of these buckets, and waits for nothing: a store that answers in the order of asking has it before whatever
   * is asked next.
   */
  payFirst(asks: readonly BucketAsk[]): void;
  isOwing(): boolean;
  /** Pays everything; resolves once nothing is owed, or the buckets cannot be told. */
  repay(): Promise<void>;
}

export interface DebtsOptions {
  readonly buckets: Pick<Buckets, 'take'>;
  /** Called for each debt that is paid. */
  readonly onRepaid?: (tokens: number) => void;
}

/** Beyond so many the oldest is forgiven. */
const DEBTS_MAX = 10_000;

interface Debt {
  readonly ask: BucketAsk;
  readonly tokens: number;
}

/** Nobody owes more than a full bucket: paying it back leaves that bucket empty. */
export function createDebts({ buckets, onRepaid }: DebtsOptions): Debts {
  const debts = new Map<string, Debt>();
  const underWay = new Map<string, number>();
  let paying: Promise<void> | null = null;

  function add(ask: BucketAsk, tokens: number): void {
    const sum = tokens + (debts.get(ask.key)?.tokens ?? 0);
    debts.delete(ask.key);
    debts.set(ask.key, { ask, tokens: Math.min(sum, ask.policy.burst) });
    for (const key of debts.keys()) {
      if (debts.size <= DEBTS_MAX) break;
      debts.delete(key);
    }
  }

  /** Where no answer comes it is owed again, though it may have been taken: then too few are admitted, never too many. */
  async function pay({ ask, tokens }: Debt): Promise<void> {
    debts.delete(ask.key);
    underWay.set(ask.key, tokens + (underWay.get(ask.key) ?? 0));
    try {
      await buckets.take([{ ...ask, cost: tokens, kind: 'drain' }]);
      onRepaid?.(tokens);
    } catch (error) {
      add(ask, tokens);
      throw error;
    } finally {
      const rest = (underWay.get(ask.key) ?? 0) - tokens;
      if (rest > 0) underWay.set(ask.key, rest);
      else underWay.delete(ask.key);
    }
  }

  async function payAll(): Promise<void> {
    for (let [debt] = debts.values(); debt !== undefined; [debt] = debts.values()) await pay(debt);
  }

  return {
    owe(asks) {
      for (const ask of asks) if (ask.kind !== 'shadow' && ask.kind !== 'guard') add(ask, ask.cost);
    },
    owed: (key) => (debts.get(key)?.tokens ?? 0) + (underWay.get(key) ?? 0),
    isOwing: () => debts.size > 0,
    payFirst(asks) {
      if (debts.size === 0) return;
      for (const { key } of asks) {
        const debt = debts.get(key);
        if (debt !== undefined) pay(debt).catch(() => undefined);
      }
    },
    repay() {
      paying ??= payAll()
        .catch(() => undefined)
        .finally(() => (paying = null));
      return paying;
    },
  };
}
