import { bucketStartS, GRAINS } from '@tidegate/core';
import type { FoldedBatch } from '@tidegate/core';
import type { RestatedBucket } from '@tidegate/postgres';

/** When a bucket is closed: from then on a commit that changes it is told of, and raises its revision. */
export interface Closing {
  /** Greatest append time of the batch. */
  readonly arrivalToMs: number;
  /** So long after its end. */
  readonly closedAfterS: number;
}

/** By the quarter of an hour, in every grain: the revision of a coarse cell is the sum of its finer cells'. */
export function isClosed(bucketS: number, { arrivalToMs, closedAfterS }: Closing): boolean {
  return arrivalToMs / 1_000 >= bucketStartS(bucketS, 'quarter_hour') + GRAINS.quarter_hour.seconds + closedAfterS;
}

/** The closed buckets that a batch changes, each once for a metric version; nothing is made where it changes none. */
export function restatedBy(folded: FoldedBatch, closing: Closing): readonly RestatedBucket[] {
  const found = new Map<string, RestatedBucket>();
  for (const delta of folded.deltas) {
    if (!isClosed(delta.bucketS, closing)) continue;
    const entry = folded.series[delta.series];
    if (entry === undefined) continue;
    const { tenant, metric, version } = entry;
    const bucketS = bucketStartS(delta.bucketS, 'quarter_hour');
    const key = `${tenant} ${metric} ${version} ${bucketS}`;
    if (!found.has(key)) found.set(key, { tenant, metric, version, bucketS, cause: 'late_event' });
  }
  return [...found.values()];
}
