import type { Result } from '../fault/fault.ts';
import { failed, ok } from '../fault/fault.ts';

/** A limit as people state it: `limit` tokens a window, at most `burst` of them at once. */
export interface LimitPolicy {
  /** Shown to callers, for instance `api_key`. */
  readonly name: string;
  readonly limit: number;
  readonly windowS: number;
  readonly burst: number;
}

/**
 * The same in integers. The rate is p/q tokens a microsecond in lowest terms; a bucket counts units of 1/q token, so a
 * microsecond adds exactly p units and nothing is ever rounded.
 */
export interface BucketPolicy extends LimitPolicy {
  readonly p: number;
  readonly q: number;
  /** burst × q units. */
  readonly capacity: number;
}

const US_PER_S = 1_000_000;

/**
 * Refuses a policy whose numbers would leave the integers that a double holds exactly: both JavaScript and the Lua of Redis
 * count in doubles. No product of the bucket's arithmetic exceeds burst × q + p.
 */
export function compilePolicy(policy: LimitPolicy): Result<BucketPolicy, string> {
  const { limit, windowS, burst } = policy;
  if (![limit, windowS, burst].every((value) => Number.isSafeInteger(value) && value > 0)) {
    return failed('limit, window and burst must be positive whole numbers');
  }
  const windowUs = windowS * US_PER_S;
  const divisor = gcd(limit, windowUs);
  const p = limit / divisor;
  const q = windowUs / divisor;
  if (BigInt(burst) * BigInt(q) + BigInt(p) > BigInt(Number.MAX_SAFE_INTEGER)) {
    return failed('burst × window is too large to be counted exactly; choose a smaller burst or a rounder limit');
  }
  return ok({ ...policy, p, q, capacity: burst * q });
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
