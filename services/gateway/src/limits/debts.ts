import type { BucketAsk, Buckets } from '@tidegate/redis';

/** What was spent of shared buckets while they could not be told. */
export interface Debts {
  owe(asks: readonly BucketAsk[]): void;
  isOwing(): boolean;
  /** Resolves once nothing is owed, or the buckets cannot be told. */
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
  let paying: Promise<void> | null = null;

  async function payAll(): Promise<void> {
    for (const [key, debt] of debts) {
      await buckets.take([{ ...debt.ask, cost: debt.tokens, kind: 'drain' }]);
      // What was owed meanwhile stays owed.
      if (debts.get(key) === debt) debts.delete(key);
      onRepaid?.(debt.tokens);
    }
  }

  return {
    owe(asks) {
      for (const ask of asks) {
        if (ask.kind === 'shadow' || ask.kind === 'guard') continue;
        const tokens = ask.cost + (debts.get(ask.key)?.tokens ?? 0);
        debts.delete(ask.key);
        debts.set(ask.key, { ask, tokens: Math.min(tokens, ask.policy.burst) });
      }
      for (const key of debts.keys()) {
        if (debts.size <= DEBTS_MAX) break;
        debts.delete(key);
      }
    },
    isOwing: () => debts.size > 0,
    repay() {
      paying ??= payAll()
        .catch(() => undefined)
        .finally(() => (paying = null));
      return paying;
    },
  };
}
