import type { BucketPolicy, LevelKind } from '@tidegate/core';

/** One level of a decision. */
export interface BucketAsk {
  /** `bucketKey`. */
  readonly key: string;
  readonly policy: BucketPolicy;
  /** Whole tokens; times the weight of a request at most the burst. 0 looks without taking, a negative cost gives back. */
  readonly cost: number;
  /** Default `enforce`. */
  readonly kind?: LevelKind;
}

export interface BucketAnswer {
  readonly units: number;
  /** Until this level would have had enough; 0 where it had. */
  readonly waitUs: number;
  readonly fullAfterUs: number;
}

export interface BucketDecision {
  /** All levels that must have enough had it, and paid. False: none did. */
  readonly allowed: boolean;
  /** The store's clock, epoch microseconds: the only one that counts. */
  readonly nowUs: number;
  /** In the order of the asks. */
  readonly levels: readonly BucketAnswer[];
  /** Absent: the store decided. Otherwise an earlier refusal of the store still holds. */
  readonly source?: 'deny_cache';
}

/** Token buckets of the whole installation. One implementation over Redis, one in memory, under one contract suite. */
export interface Buckets {
  /**
   * One atomic decision over all levels, each asked for its cost times `weight` (default 1). Rejects where the store cannot be
   * asked in time; then it is not known whether it took.
   */
  take(asks: readonly BucketAsk[], weight?: number): Promise<BucketDecision>;
  /** The same for requests that came together: as one `take` after another at one moment, in one call. */
  takeGroup(asks: readonly BucketAsk[], weights: readonly number[], withinMs?: number): Promise<readonly BucketDecision[]>;
}
