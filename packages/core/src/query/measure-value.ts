import { compareExact, formatExact, parseExact } from '../event/exact-number.ts';
import type { ExactNumber } from '../event/exact-number.ts';
import type { StateValue } from '../rollup/state.ts';
import { numberOrText } from './dims-access.ts';
import type { AnswerValue, AskedMeasure } from './shape.ts';

/** What a measure comes to: an exact number, a double, or nothing (no event had the field). */
export type MeasureValue = StateValue;

/**
 * How the states of one metric are read and merged. `S` is the rollup's own state; merging is associative and commutative
 * with `empty()` as the neutral element.
 */
export interface StateAlgebra<S> {
  empty(): S;
  /** Adds `from` to `into`, which may be changed in place; `from` stays as it is. */
  merge(into: S, from: S): S;
  read(state: S, asked: AskedMeasure): MeasureValue;
}

/** Negative, zero or positive as a comes before, with or after b; null is not ordered here. */
export function compareMeasures(a: ExactNumber | number, b: ExactNumber | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const left = toExact(a);
  const right = toExact(b);
  return left === null || right === null ? toDouble(a) - toDouble(b) : compareExact(left, right);
}

/** Null where a double is too large or too small to be written in the digits that exact numbers have. */
function toExact(value: ExactNumber | number): ExactNumber | null {
  return typeof value === 'number' ? parseExact(String(value)) : value;
}

function toDouble(value: ExactNumber | number): number {
  return typeof value === 'number' ? value : Number(formatExact(value));
}

export function measureAnswer(value: MeasureValue): AnswerValue {
  if (value === null) return null;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return numberOrText(formatExact(value));
}
