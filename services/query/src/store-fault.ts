import type { ProblemFault } from '@tidegate/http';
import { Overloaded } from '@tidegate/runtime';
import { isOverTime, isUnavailable } from '@tidegate/postgres';

/** Longer than a connection that breaks, shorter than a failover: clients come back a few times. */
const STORE_RETRY_S = 2;
/** What took too long costs much: it is not asked again at once. */
const OVER_TIME_RETRY_S = 30;

/** What only Postgres can answer is refused while it is away, or takes longer than it may, and is worth another try; null: neither. */
export function storeFaultOf(error: unknown, overTime: 'question_too_slow' | 'unavailable'): ProblemFault | null {
  if (error instanceof Overloaded) return { code: 'overloaded', retryAfterS: error.retryAfterS };
  if (isUnavailable(error)) return { code: 'unavailable', retryAfterS: STORE_RETRY_S };
  return isOverTime(error) ? { code: overTime, retryAfterS: OVER_TIME_RETRY_S } : null;
}
