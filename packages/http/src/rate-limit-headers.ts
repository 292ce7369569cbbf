import { serializeItem } from 'structured-headers';

/** What a limited answer tells its caller about a bucket. */
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
  /** Whole seconds until this request would have been let in; 0 where it was. */
  readonly retryAfterS: number;
}

/** A name as it stands in a structured field; names are few and come with each answer. */
const serialised = new Map<string, string>();
const NAMES_MAX = 1_000;

/**
 * The three headers that clients know, of the bucket that decides, and the two of draft-ietf-httpapi-ratelimit-headers (revision
 * 11), of all that are told: lists of items named by the policy, `q` quota, `w` window in seconds, `r` remaining, `t` seconds
 * until the quota is whole again, or after a refusal until there is enough. X-RateLimit-Reset is an instant, `t` a duration:
 * that is how each is commonly read.
 */
export function rateLimitHeaders(
  binding: RateLimitNumbers,
  all: readonly RateLimitNumbers[] = [binding],
): Readonly<Record<string, string>> {
  return {
    'x-ratelimit-limit': String(binding.limit),
    'x-ratelimit-remaining': String(binding.remaining),
    'x-ratelimit-reset': String(binding.resetEpochS),
    'ratelimit-policy': all.map(({ policy, limit, windowS }) => `${nameOf(policy)};q=${limit};w=${windowS}`).join(', '),
    ratelimit: all
      .map(
        ({ policy, remaining, resetAfterS, retryAfterS }) =>
          `${nameOf(policy)};r=${remaining};t=${retryAfterS > 0 ? retryAfterS : resetAfterS}`,
      )
      .join(', '),
  };
}

function nameOf(policy: string): string {
  let name = serialised.get(policy);
  if (name === undefined) {
    name = serializeItem(policy);
    if (serialised.size < NAMES_MAX) serialised.set(policy, name);
  }
  return name;
}

/** For browsers: names of the headers that a page may read. */
export const RATE_LIMIT_HEADER_NAMES = [
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-ratelimit-mode',
  'ratelimit-policy',
  'ratelimit',
] as const;
