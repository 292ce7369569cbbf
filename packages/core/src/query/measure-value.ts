import { compareExact, formatExact, parseExact } from '../event/exact-number.ts';
import type { ExactNumber } from '../event/exact-number.ts';
import type { CompiledMeasure } from '../pack/compiled.ts';
import type { HistogramBin } from '../rollup/histogram-state.ts';
import type { StateValue } from '../rollup/state.ts';
import type { FrequentValue } from '../sketch/space-saving.ts';
import { dimensionValue, numberOrText } from './dims-access.ts';
import type { AnswerBin, AnswerScalar, AnswerValue, AskedMeasure } from './shape.ts';

/** What a measure comes to: an exact number, a double, a text, a list, or nothing (no event had the field). */
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
  /** Adds one merged state to another. Absent: small groups cannot be withheld. */
  join?(into: S, from: S): S;
  /** Whether nothing is in it: of a metric over rows all may have been taken out again. Absent: never. */
  isEmpty?(state: S): boolean;
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

/** As an answer shows it; carried texts and frequent values are those of a field of the measure's type. */
export function measureAnswer(value: MeasureValue, { kind, valueType = 'string' }: CompiledMeasure): AnswerValue {
  if (value === null) return null;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'string') return dimensionValue(value, valueType);
  if (!isList(value)) return numberOrText(formatExact(value));
  if (kind === 'histogram') return (value as readonly HistogramBin[]).map(toBin);
  return (value as readonly FrequentValue[]).map((one) => ({ ...one, value: dimensionValue(one.value, valueType) }));
}

/** Whether the value is one that rows can be ordered by. */
export function isOrdered(value: MeasureValue): value is ExactNumber | number | string | null {
  return typeof value !== 'object' || value === null || !isList(value);
}

function isList(value: Exclude<MeasureValue, number | string | null>): value is readonly FrequentValue[] | readonly HistogramBin[] {
  return Array.isArray(value);
}

function toBin({ from, to, count }: HistogramBin): AnswerBin {
  const shown = (bound: ExactNumber | null): AnswerScalar => (bound === null ? null : numberOrText(formatExact(bound)));
  return { from: shown(from), to: shown(to), count };
}
