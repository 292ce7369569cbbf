import type { GrainCode } from './announcement-shape.ts';

/** Stored grains with their width in seconds; the code is what rows and records carry. */
export const GRAINS = {
  minute: { code: 1, seconds: 60 },
  quarter_hour: { code: 2, seconds: 900 },
  hour: { code: 3, seconds: 3_600 },
  day: { code: 4, seconds: 86_400 },
} as const satisfies Record<string, { code: GrainCode; seconds: number }>;

export type StoredGrain = keyof typeof GRAINS;

/** Start of the bucket that holds an instant, in epoch seconds; floors, so instants before 1970 are right too. */
export function bucketStart(instantMs: number, grain: StoredGrain): number {
  const seconds = GRAINS[grain].seconds;
  return Math.floor(instantMs / 1_000 / seconds) * seconds;
}
