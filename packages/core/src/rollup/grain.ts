/** Codes of stored grains; never renumbered. */
export type GrainCode = 1 | 2 | 3 | 4;

/** Stored grains with their width in seconds; the code is what rows and records carry. */
export const GRAINS = {
  minute: { code: 1, seconds: 60 },
  quarter_hour: { code: 2, seconds: 900 },
  hour: { code: 3, seconds: 3_600 },
  day: { code: 4, seconds: 86_400 },
} as const satisfies Record<string, { code: GrainCode; seconds: number }>;

export type StoredGrain = keyof typeof GRAINS;

/** Per grain the first second whose cells are kept, on the grid of the grain; absent: none was dropped. */
export type CellFloors = Readonly<Partial<Record<StoredGrain, number>>>;

/** Start of the bucket that holds an instant, in epoch seconds; floors, so instants before 1970 are right too. */
export function bucketStart(instantMs: number, grain: StoredGrain): number {
  const seconds = GRAINS[grain].seconds;
  return Math.floor(instantMs / 1_000 / seconds) * seconds;
}

/** Grains that are made from the next finer one, finest first. */
export const COARSE_GRAINS = ['quarter_hour', 'hour', 'day'] as const satisfies readonly StoredGrain[];

export type CoarseGrain = (typeof COARSE_GRAINS)[number];

/** What the cells of a coarse grain are made of. */
export const FINER_GRAIN = { quarter_hour: 'minute', hour: 'quarter_hour', day: 'hour' } as const satisfies Record<
  CoarseGrain,
  StoredGrain
>;

/** Start of the bucket that holds an instant, in epoch seconds; also of the coarser bucket that holds a bucket's start. */
export function bucketStartS(instantS: number, grain: StoredGrain): number {
  const { seconds } = GRAINS[grain];
  return Math.floor(instantS / seconds) * seconds;
}
