import type { BucketAsk, BucketDecision, Buckets } from './port.ts';

export interface GroupCommitOptions {
  readonly buckets: Buckets;
  readonly monotonicMs: () => number;
  /** Longest that any request waits, its wait for a place in a group included; default 25 ms. */
  readonly budgetMs?: number;
  /** Most requests of one call; default 256. */
  readonly groupMax?: number;
  /** Told how many requests each call served. */
  readonly onCall?: (requests: number) => void;
}

const BUDGET_MS = 25;
const GROUP_MAX = 256;

interface Waiter {
  readonly weight: number;
  readonly sinceMs: number;
  readonly resolve: (decision: BucketDecision) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * While a call over some levels is on its way, further requests over the very same levels (the same array) wait for it and then
 * go together, in the order of their coming: they cost Redis one call, and are answered as if each had made its own. Nobody
 * waits where nothing is on its way.
 *
 * A call that fails takes those who wait for it along: they have waited for as long as they may.
 */
export function createGroupCommit(options: GroupCommitOptions): Buckets {
  const { buckets, monotonicMs, budgetMs = BUDGET_MS, groupMax = GROUP_MAX, onCall } = options;
  const queues = new Map<readonly BucketAsk[], Waiter[]>();

  function take(asks: readonly BucketAsk[], weight = 1): Promise<BucketDecision> {
    const queue = queues.get(asks);
    const { promise, resolve, reject } = Promise.withResolvers<BucketDecision>();
    const waiter = { weight, sinceMs: monotonicMs(), resolve, reject };
    if (queue !== undefined) {
      queue.push(waiter);
      return promise;
    }
    queues.set(asks, []);
    void run(asks, [waiter]);
    return promise;
  }

  async function run(asks: readonly BucketAsk[], first: readonly Waiter[]): Promise<void> {
    for (let group = first; group.length > 0; group = queues.get(asks)?.splice(0, groupMax) ?? []) {
      try {
        onCall?.(group.length);
        const decisions = await buckets.takeGroup(asks, group.map(weightOf), remainingMs(group));
        group.forEach((waiter, at) => {
          const decision = decisions[at];
          if (decision === undefined) waiter.reject(new Error('a request of a group was not answered'));
          else waiter.resolve(decision);
        });
      } catch (error) {
        const waiting = queues.get(asks) ?? [];
        queues.delete(asks);
        for (const waiter of [...group, ...waiting]) waiter.reject(error);
        return;
      }
    }
    queues.delete(asks);
  }

  /** The first of a group has waited longest. */
  function remainingMs([oldest]: readonly Waiter[]): number {
    return oldest === undefined ? budgetMs : Math.max(1, budgetMs - (monotonicMs() - oldest.sinceMs));
  }

  return { take, takeGroup: (asks, weights, withinMs) => buckets.takeGroup(asks, weights, withinMs) };
}

function weightOf({ weight }: Waiter): number {
  return weight;
}
