import { serializeList } from 'structured-headers';

/** What a limited answer tells its caller about the bucket that decides. */
export interface RateLimitNumbers {
  /** Name of the policy, for instance `api_key`. */
  readonly policy: string;
  /** Tokens that the policy gives in a window. */
  readonly limit: number;
  readonly windowS: number;
  /** Whole tokens left. */
  readonly remaining: number;
  /** Epoch seconds at which the bucket is full again. */
  readonly resetEpochS: number;
  /** Whole seconds until it is. */
  readonly resetAfterS: number;
}

/**
 * The three headers that clients know, and the two of draft-ietf-httpapi-ratelimit-headers (revision 11): lists of items
 * named by the policy, `q` quota, `w` window in seconds, `r` remaining, `t` seconds until the quota is whole again.
 * X-RateLimit-Reset is an instant, `t` a duration: that is how each is commonly read.
 */
export function rateLimitHeaders(numbers: RateLimitNumbers): Readonly<Record<string, string>> {
  const { policy, limit, windowS, remaining, resetEpochS, resetAfterS } = numbers;
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(resetEpochS),
    'ratelimit-policy': serializeList([
      [
        policy,
        new Map([
          ['q', limit],
          ['w', windowS],
        ]),
      ],
    ]),
    ratelimit: serializeList([
      [
        policy,
        new Map([
          ['r', remaining],
          ['t', resetAfterS],
        ]),
      ],
    ]),
  };
}

/** For browsers: names of the headers that a page may read. */
export const RATE_LIMIT_HEADER_NAMES = [
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'ratelimit-policy',
  'ratelimit',
] as const;
