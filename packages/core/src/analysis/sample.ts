/** Figures of a sample of numbers. Standard deviation and variance are the sample's, divided by n - 1. */
export interface SampleFigures {
  readonly n: number;
  readonly mean: number | null;
  /** Null below two values. */
  readonly sd: number | null;
}

export function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Two passes: distances are taken from the mean, so nothing cancels. */
export function sampleFigures(values: readonly number[]): SampleFigures {
  const { length: n } = values;
  const mean = meanOf(values);
  if (mean === null || n < 2) return { n, mean, sd: null };
  return { n, mean, sd: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1)) };
}

/** The middle value, or the mean of the two middle ones; null of none. */
export function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const { length: n } = sorted;
  const [low, high] = [sorted[(n - 1) >> 1], sorted[n >> 1]];
  return low === undefined || high === undefined ? null : low + (high - low) / 2;
}
