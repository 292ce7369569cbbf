/** A point of a scatter. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Line {
  readonly slope: number;
  readonly intercept: number;
  /** Sum of squared vertical distances. */
  readonly sse: number;
  /** Share of the variance of y that the line explains, 0 to 1; 1 of a constant y. */
  readonly r2: number;
}

/** The least-squares line; null of fewer than two points or where all have one x. Centred first, so that large x cost no digits. */
export function fitLine(points: readonly Point[]): Line | null {
  const { length: n } = points;
  if (n < 2) return null;
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / n;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / n;
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (const { x, y } of points) {
    xx += (x - meanX) ** 2;
    xy += (x - meanX) * (y - meanY);
    yy += (y - meanY) ** 2;
  }
  if (xx === 0) return null;
  const slope = xy / xx;
  const sse = points.reduce((sum, { x, y }) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  return { slope, intercept: meanY - slope * meanX, sse, r2: yy === 0 ? 1 : Math.max(0, 1 - sse / yy) };
}
