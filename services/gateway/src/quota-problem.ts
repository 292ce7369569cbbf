import type { LimitNumbers } from '@tidegate/core';
import type { LimitClass, ProblemFault } from '@tidegate/http';
import { rateLimitHeaders } from '@tidegate/http';

/** The 429: which limit, of what, and when to come back. `violated-policies` is the name that the IETF draft gives it. */
export function quotaProblem(limitClass: LimitClass, numbers: LimitNumbers): ProblemFault {
  const retryAfterS = Math.max(1, numbers.retryAfterS);
  return {
    code: 'quota_exceeded',
    retryAfterS,
    headers: rateLimitHeaders(numbers),
    members: {
      class: limitClass,
      scope: 'api_key',
      limit: numbers.limit,
      window_s: numbers.windowS,
      retry_after_s: retryAfterS,
      'violated-policies': [numbers.policy],
    },
  };
}
