import type { BucketPolicy } from './policy.ts';

/** What a caller is told about a bucket, in the units of HTTP headers. */
export interface LimitNumbers {
  readonly policy: string;
  /** Tokens that the policy gives in a window. */
  readonly limit: number;
  readonly windowS: number;
  /** Whole tokens left. */
  readonly remaining: number;
  /** Epoch seconds at which the bucket is full again, rounded up. */
  readonly resetEpochS: number;
  /** Whole seconds until then, rounded up. */
  readonly resetAfterS: number;
  /** Whole seconds after which the same request would be admitted, rounded up; 0 where it was. */
  readonly retryAfterS: number;
}

export interface MeasuredLevel {
  readonly policy: BucketPolicy;
  readonly units: number;
  readonly waitUs: number;
  readonly fullAfterUs: number;
}

const US_PER_S = 1_000_000;

/** Rounded so that a caller who trusts a number is never refused for it: what is left down, what is to be waited up. */
export function limitNumbers({ policy, units, waitUs, fullAfterUs }: MeasuredLevel, nowUs: number): LimitNumbers {
  return {
    policy: policy.name,
    limit: policy.limit,
    windowS: policy.windowS,
    remaining: Math.floor(units / policy.q),
    resetEpochS: Math.ceil((nowUs + fullAfterUs) / US_PER_S),
    resetAfterS: Math.ceil(fullAfterUs / US_PER_S),
    retryAfterS: Math.ceil(waitUs / US_PER_S),
  };
}
