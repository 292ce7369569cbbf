/** Which rows in memory fit a condition, by its definition. */
import { compareExact, compareUtf8, parseExact } from '@tidegate/core';
import type { EntityCondition, EntityPlace, EntityValue, WhereOperator } from '@tidegate/core';
import type { StoredEntityRow } from './entity-reader.ts';

/** As questions match events: a row without a value satisfies `ne`, `not_in` and `exists: false`, and nothing else. */
export function holds({ operator, values, column }: EntityCondition, value: EntityValue | undefined): boolean {
  const [first = true] = values;
  if (operator === 'exists') return (value !== undefined) === first;
  if (value === undefined) return operator === 'ne' || operator === 'not_in';
  if (operator === 'prefix') return String(value).startsWith(String(first));
  return COMPARISONS[operator](values.map((one) => compareValues(value, one, column === 'numeric')));
}

/** Of how the value stands to each literal. */
const COMPARISONS: Readonly<Record<Exclude<WhereOperator, 'exists' | 'prefix'>, (orders: readonly number[]) => boolean>> = {
  eq: (orders) => orders.includes(0),
  in: (orders) => orders.includes(0),
  ne: (orders) => !orders.includes(0),
  not_in: (orders) => !orders.includes(0),
  lt: (orders) => orders.every((order) => order < 0),
  lte: (orders) => orders.every((order) => order <= 0),
  gt: (orders) => orders.every((order) => order > 0),
  gte: (orders) => orders.every((order) => order >= 0),
};

/** Of the row, or of the one beside it that is named. */
export function valueAt(of: StoredEntityRow, place: Pick<EntityPlace, 'row' | 'columnName' | 'or'>): EntityValue | undefined {
  for (const { row, columnName } of [place, ...(place.or ?? [])]) {
    const found = row === null ? of : of.beside.get(row);
    const value = columnName === '_subject' ? found?.subject : found?.values.get(columnName);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** In the order of the table's key. */
export function compareKeys(a: StoredEntityRow, b: StoredEntityRow): number {
  return compareUtf8(a.subject, b.subject) || compareUtf8(a.id, b.id);
}

/** Of rows at one place: by the last event of each, then by the key, for one event may make several rows. */
export function compareTied(a: StoredEntityRow, b: StoredEntityRow): number {
  const [left, right] = [a.values, b.values];
  return (
    Number(left.get('_updated_at')) - Number(right.get('_updated_at')) ||
    compareUtf8(String(left.get(NEWEST_EVENT)), String(right.get(NEWEST_EVENT))) ||
    compareKeys(a, b)
  );
}

export function compareValues(a: EntityValue, b: EntityValue, isExact: boolean): number {
  if (isExact) return compareExact(parseExact(String(a)) ?? ZERO, parseExact(String(b)) ?? ZERO);
  if (typeof a === 'string' && typeof b === 'string') return compareUtf8(a, b);
  return Number(a) - Number(b);
}

/** Among the values of a row, which no field is named like: the id of its last event. */
export const NEWEST_EVENT = '_event';

const ZERO = { unscaled: 0, scale: 0 } as const;
