import type { BucketAnswer } from '@tidegate/redis';
import type { Plan } from './plans.ts';

/** A request whose levels were asked, and what each of them said. */
export interface CountedDecision {
  readonly kind: 'allowed' | 'denied';
  readonly plan: Plan;
  /** In the order of the plan's levels. */
  readonly levels: readonly BucketAnswer[];
  /** Epoch microseconds by the clock of the store; 0 where an earlier refusal was remembered. */
  readonly nowUs: number;
  readonly source: 'redis' | 'deny_cache' | 'local';
}

/**
 * `exempt`: nothing counts it. `uncounted`: Redis cannot be asked; it passes, by the mode of its policies. `unavailable`: a
 * policy of its wants it refused then.
 */
export type LimitDecision =
  | CountedDecision
  | { readonly kind: 'exempt' }
  | { readonly kind: 'uncounted'; readonly plan: Plan; readonly mode: 'open' | 'local' }
  | { readonly kind: 'unavailable'; readonly plan: Plan };
