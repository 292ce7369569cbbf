/** Arithmetic of expressions beyond CEL's own: null is carried along, lists skip it (D-09), and empty lists have no figure (D-04). */
import { fitLine } from '../analysis/line.ts';
import type { Line } from '../analysis/line.ts';
import { exactNumber, formatExact, parseExact } from '../event/exact-number.ts';
import type { ExactNumber } from '../event/exact-number.ts';
import { numberOrText } from '../query/dims-access.ts';
import { ExactSum } from '../rollup/exact-sum.ts';
import { spend } from './work.ts';

export class WrongValue extends Error {}

/** Null stays null; digits of an exact number count as the number that is nearest. */
export function numberOf(value: unknown): number | null {
  if (value === null || typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  const number = typeof value === 'string' && value !== '' ? Number(value) : Number.NaN;
  if (Number.isNaN(number)) throw new WrongValue('a number is needed');
  return number;
}

export function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new WrongValue('a list is needed');
  spend(value.length);
  return value;
}

function numbersOf(list: unknown): number[] {
  return listOf(list)
    .map(numberOf)
    .filter((value) => value !== null);
}

/** Half away from zero, by the decimal digits that the number is written with: 2.675 to two digits is 2.68. */
export function round(value: unknown, digits: unknown): number | string | bigint | null {
  const number = numberOf(value);
  if (number === null || typeof value === 'bigint') return value as bigint | null;
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  const places = Math.max(0, Math.trunc(numberOf(digits) ?? 0));
  const exact = parseExact(String(value));
  // A double beyond exact digits is so small that nothing of it is left, or so large that it has no fraction.
  if (exact === null) return Math.abs(number) < 1 ? 0 : number;
  const text = formatExact(roundExact(exact, places));
  return typeof value === 'string' ? numberOrText(text) : Number(text);
}

function roundExact(exact: ExactNumber, places: number): ExactNumber {
  if (exact.scale <= places) return exact;
  const unit = 10n ** BigInt(exact.scale - places);
  const unscaled = BigInt(exact.unscaled);
  const half = unscaled < 0n ? -unit : unit;
  return exactNumber((unscaled * 2n + half) / (unit * 2n), places);
}

/** Null where there is nothing to divide by. */
export function quotient(dividend: unknown, divisor: unknown): number | null {
  const [a, b] = [numberOf(dividend), numberOf(divisor)];
  return a === null || b === null || b === 0 ? null : a / b;
}

export function percent(part: unknown, whole: unknown): number | null {
  const [a, b] = [numberOf(part), numberOf(whole)];
  return a === null || b === null || b === 0 ? null : (100 * a) / b;
}

/** Exact: 0.1 ten times is 1. What came as digits beyond a double goes on as such. */
export function sum(list: unknown): number | string | bigint {
  const total = new ExactSum();
  let isText = false;
  for (const value of listOf(list)) {
    if (value === null) continue;
    const exact = parseExact(String(value));
    if (exact === null) return plainSum(list);
    isText ||= typeof value !== 'number';
    total.add(exact);
  }
  const text = formatExact(total.value());
  return isText ? numberOrText(text) : Number(text);
}

function plainSum(list: unknown): number {
  return numbersOf(list).reduce((total, value) => total + value, 0);
}

export function avg(list: unknown): number | null {
  const values = numbersOf(list);
  return values.length === 0 ? null : Number(sum(values)) / values.length;
}

export function median(list: unknown): number | null {
  return percentile(list, 0.5);
}

/** As SQL's percentile_cont: between the two values around place q·(n-1). */
export function percentile(list: unknown, q: unknown): number | null {
  const values = numbersOf(list).toSorted((a, b) => a - b);
  const place = Math.min(Math.max(numberOf(q) ?? 0, 0), 1) * (values.length - 1);
  const low = values[Math.floor(place)];
  const high = values[Math.ceil(place)];
  return low === undefined || high === undefined ? null : low + (high - low) * (place - Math.floor(place));
}

/** Of the sample (n-1); null below two values (D-06). */
export function stddev(list: unknown): number | null {
  const values = numbersOf(list);
  const mean = avg(values);
  if (mean === null || values.length < 2) return null;
  return Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / (values.length - 1));
}

/** Of numbers the least by value, of texts by code unit. */
export function least(list: unknown): unknown {
  return extreme(list, -1);
}

export function greatest(list: unknown): unknown {
  return extreme(list, 1);
}

function extreme(list: unknown, sign: 1 | -1): unknown {
  let found: unknown = null;
  for (const value of listOf(list)) {
    if (value !== null && (found === null || compareValues(value, found) * sign > 0)) found = value;
  }
  return found;
}

/** Numbers by value, then texts by code unit, then truth values; null after everything. */
export function compareValues(a: unknown, b: unknown): number {
  const [left, right] = [rankOf(a), rankOf(b)];
  if (left !== right) return left - right;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  const [x, y] = [Number(a), Number(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function rankOf(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'bigint') return 0;
  if (typeof value === 'string') return 1;
  return value === null || value === undefined ? 3 : 2;
}

/** A function of one number that carries null along. */
export function ofNumber(apply: (value: number) => number): (value: unknown) => number | null {
  return (value) => {
    const number = numberOf(value);
    return number === null ? null : apply(number);
  };
}

export function clamp(value: unknown, low: unknown, high: unknown): number | null {
  const number = numberOf(value);
  return number === null ? null : Math.min(Math.max(number, numberOf(low) ?? -Infinity), numberOf(high) ?? Infinity);
}

/** The least-squares line through the pairs of two lists of one length; pairs with a null are left out. Null where there is none. */
export function line(x: unknown, y: unknown): Line | null {
  const [xs, ys] = [listOf(x).map(numberOf), listOf(y).map(numberOf)];
  if (xs.length !== ys.length) throw new WrongValue('two lists of one length are needed');
  return fitLine(xs.flatMap((one, at) => toPoint(one, ys[at] ?? null)));
}

function toPoint(x: number | null, y: number | null): readonly { readonly x: number; readonly y: number }[] {
  return x === null || y === null ? [] : [{ x, y }];
}
