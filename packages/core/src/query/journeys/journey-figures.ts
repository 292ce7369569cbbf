import type { Buckets } from '../../time/buckets.ts';
import { createLocator } from '../bucket-locator.ts';

/** Of so many so many, in percent; null of none. */
export function percent(part: number, whole: number): number | null {
  return whole === 0 ? null : (100 * part) / whole;
}

/** Index of the bucket that holds an instant, -1 outside of them. */
export function locateIn(buckets: Buckets): (atMs: number) => number {
  const { edgesMs } = buckets;
  const locate = createLocator({ fromS: (edgesMs[0] ?? 0) / 1_000, toS: (edgesMs.at(-1) ?? 0) / 1_000 }, buckets);
  return (atMs) => locate(atMs / 1_000);
}
