import { compareUtf8 } from '../entity/entity-shape.ts';
import { compareExact, formatExact, parseExact } from '../event/exact-number.ts';
import { isNumberType } from '../pack/field-type.ts';
import type { CursorMark, OrderMark, OrderValue } from './cursor.ts';
import { orderValueOf } from './cursor.ts';
import { compareMeasures, isOrdered } from './measure-value.ts';
import type { MeasureValue } from './measure-value.ts';
import type { Plan } from './plan.ts';

/** A row before it is shown: values in full, and what it is found again by. */
export interface KeyedRow {
  readonly key: string;
  readonly texts: readonly (string | null)[];
  /** Of a heatmap the hour of the week. */
  readonly bucketMs: number | null;
  readonly values: readonly MeasureValue[];
}

/** The row of a cursor: no more than what rows are compared by. */
export interface MarkedRow {
  readonly key: string;
  readonly bucketMs: number | null;
  readonly order: OrderValue;
}

/** A total order: no two rows of an answer are equal in it, so a page ends at one place only. */
export function compareRows(plan: Plan): (a: KeyedRow | MarkedRow, b: KeyedRow | MarkedRow) => number {
  const { order } = plan;
  const compareOrder = compareOrderOf(plan);
  return (a, b) => {
    const left = 'order' in a ? a.order : orderOf(plan, a);
    const right = 'order' in b ? b.order : orderOf(plan, b);
    if (left === null || right === null) return left === right ? compareKeys(a, b) : left === null ? 1 : -1;
    const first = compareOrder(left, right);
    return first === 0 ? compareKeys(a, b) : order.descending ? -first : first;
  };
}

function compareKeys(a: KeyedRow | MarkedRow, b: KeyedRow | MarkedRow): number {
  const byTime = (a.bucketMs ?? 0) - (b.bucketMs ?? 0);
  if (byTime !== 0) return byTime;
  return compareUtf8(a.key, b.key);
}

function orderOf({ order }: Plan, row: KeyedRow): OrderValue {
  if (order.by === 'bucket') return row.bucketMs;
  if (order.by === 'group') return row.texts[order.at] ?? null;
  const value = row.values[order.at] ?? null;
  return isOrdered(value) ? value : null;
}

function compareOrderOf({ order, groups }: Plan): (a: Exclude<OrderValue, null>, b: Exclude<OrderValue, null>) => number {
  const isNumber = order.by === 'group' && isNumberType(groups[order.at]?.type ?? 'string');
  return (a, b) => {
    if (typeof a === 'string' || typeof b === 'string') return compareTexts(String(a), String(b), isNumber);
    return compareMeasures(a, b);
  };
}

function compareTexts(a: string, b: string, isNumber: boolean): number {
  const left = isNumber ? parseExact(a) : null;
  const right = isNumber ? parseExact(b) : null;
  if (left !== null && right !== null) return compareExact(left, right);
  return compareUtf8(a, b);
}

export function markOf(plan: Plan, row: KeyedRow): CursorMark {
  const { fromMs, toMs, identity } = plan;
  return { v: 1, question: identity, fromMs, toMs, order: toMark(orderOf(plan, row)), bucketMs: row.bucketMs, key: row.key };
}

function toMark(value: OrderValue): OrderMark {
  if (value === null) return { t: 'n' };
  if (typeof value === 'string') return { t: 's', v: value };
  return typeof value === 'number' ? { t: 'd', v: value } : { t: 'x', v: formatExact(value) };
}

export function rowOfMark(mark: CursorMark): MarkedRow {
  return { key: mark.key, bucketMs: mark.bucketMs, order: orderValueOf(mark.order) };
}
