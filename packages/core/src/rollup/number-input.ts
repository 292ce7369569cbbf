import type { ExactNumber } from '../event/exact-number.ts';

/** A number field of the event at hand, read once and added to every measure that asks for it. */
export interface NumberInput {
  isPresent: boolean;
  /** Null for fields held as doubles. */
  exact: ExactNumber | null;
  double: number;
  /** Sketch bin of the double's magnitude; NaN while no measure has asked for it. One logarithm serves all sets. */
  bin: number;
}

export function absentInput(): NumberInput {
  return { isPresent: false, exact: null, double: Number.NaN, bin: Number.NaN };
}

/** The input of a field whose numbers are held exactly. */
export function exactInput(exact: ExactNumber): NumberInput {
  return { isPresent: true, exact, double: toDouble(exact), bin: Number.NaN };
}

export function doubleInput(double: number): NumberInput {
  return { isPresent: true, exact: null, double, bin: Number.NaN };
}

/** The double nearest to an exact number. */
export function toDouble(value: ExactNumber): number {
  if (value.scale === 0) return Number(value.unscaled);
  // Below 2^53 over a power of ten that a double holds exactly, one division rounds once; else the digits decide.
  if (typeof value.unscaled === 'number' && value.scale <= 22) return value.unscaled / 10 ** value.scale;
  return Number(`${value.unscaled}e-${value.scale}`);
}
