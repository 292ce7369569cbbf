import { Z_95 } from './comparison.ts';
import { fitLine } from './line.ts';

export interface ForecastPoint {
  readonly value: number;
  readonly lo: number;
  readonly hi: number;
}

export interface Forecast {
  readonly points: readonly ForecastPoint[];
  readonly slope: number;
  readonly intercept: number;
  /** Standard deviation of what the line does not explain. */
  readonly residualSd: number;
}

/** With fewer values nothing is forecast. */
export const FORECAST_VALUES_MIN = 14;

/**
 * The least-squares line through values at x = 0 … n - 1, drawn on for `horizon` places, with a band of ±1.96 √(SSE / (n - 2)).
 * Where no value was ever negative, nothing is forecast below 0. Null of too few values.
 */
export function forecastLine(values: readonly number[], horizon: number): Forecast | null {
  const { length: n } = values;
  const line = n < FORECAST_VALUES_MIN ? null : fitLine(values.map((y, x) => ({ x, y })));
  if (line === null) return null;
  const residualSd = Math.sqrt(line.sse / (n - 2));
  const floor = values.every((value) => value >= 0) ? 0 : Number.NEGATIVE_INFINITY;
  const points = Array.from({ length: horizon }, (_, ahead) => {
    const value = line.intercept + line.slope * (n + ahead);
    const held = (at: number): number => Math.max(floor, at);
    return { value: held(value), lo: held(value - Z_95 * residualSd), hi: held(value + Z_95 * residualSd) };
  });
  return { points, slope: line.slope, intercept: line.intercept, residualSd };
}
