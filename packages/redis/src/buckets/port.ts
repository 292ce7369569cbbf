import type { BucketPolicy } from '@tidegate/core';

/** One level of a decision. */
export interface BucketAsk {
  /** `bucketKey`. */
  readonly key: string;
  readonly policy: BucketPolicy;
  /** Whole tokens; at most the burst. 0 looks without taking, a negative cost gives back. */
  readonly cost: number;
}

export interface BucketAnswer {
  readonly units: number;
  /** Until this level would have had enough; 0 where it had. */
  readonly waitUs: number;
  readonly fullAfterUs: number;
}

export interface BucketDecision {
  /** All levels paid. False: none did. */
  readonly allowed: boolean;
  /** The store's clock, epoch microseconds: the only one that counts. */
  readonly nowUs: number;
  /** In the order of the asks. */
  readonly levels: readonly BucketAnswer[];
}

/** Token buckets of the whole installation. One implementation over Redis, one in memory, under one contract suite. */
export interface Buckets {
  /** One atomic decision over all levels. Rejects where the store cannot be asked in time; then it is not known whether it took. */
  take(asks: readonly BucketAsk[]): Promise<BucketDecision>;
}
