import type { CanonicalReader } from '../event/canonical-shape.ts';
import type { ExactNumber } from '../event/exact-number.ts';
import { compareExact, parseExact } from '../event/exact-number.ts';
import type { Scalar, Where, WhereOperator } from './compiled.ts';

/** What a condition may ask of an event. */
export type FieldAccess = Pick<CanonicalReader, 'kind' | 'text' | 'exact' | 'boolean'>;
export type EventPredicate = (event: FieldAccess) => boolean;

type Value = string | boolean | ExactNumber | null;
type Test = (value: Value) => boolean;

/**
 * Compiles a `where` to a predicate; all conditions must hold. Numbers are compared exactly, texts by code units.
 * An absent (or null) member satisfies `ne`, `not_in` and `exists: false`, and nothing else. A literal of another type than
 * the member's value is never equal to it and never orders before or after it.
 */
export function compileWhere(where: Where | undefined): EventPredicate {
  const tests = Object.entries(where ?? {}).map(([field, condition]) => ({
    field,
    tests: Object.entries(condition).map(([operator, literal]) => compileTest(operator as WhereOperator, literal)),
  }));
  if (tests.length === 0) return () => true;
  return function matches(event) {
    for (const { field, tests: all } of tests) {
      const value = valueOf(event, field);
      for (const test of all) if (!test(value)) return false;
    }
    return true;
  };
}

function valueOf(event: FieldAccess, field: string): Value {
  switch (event.kind(field)) {
    case 'string':
      return event.text(field);
    case 'number':
      return event.exact(field);
    case 'boolean':
      return event.boolean(field);
    case 'absent':
    case 'null':
    case 'other':
      return null;
  }
}

const ORDERS: Readonly<Partial<Record<WhereOperator, (order: number) => boolean>>> = {
  lt: (order) => order < 0,
  lte: (order) => order <= 0,
  gt: (order) => order > 0,
  gte: (order) => order >= 0,
};

function compileTest(operator: WhereOperator, literal: Scalar | readonly Scalar[] | boolean): Test {
  if (operator === 'exists') return (value) => (value !== null) === literal;
  if (operator === 'prefix') return (value) => typeof value === 'string' && value.startsWith(String(literal));
  const literals = (Array.isArray(literal) ? (literal as readonly Scalar[]) : [literal as Scalar]).map(toValue);
  const isIn: Test = (value) => literals.some((candidate) => order(value, candidate) === 0);
  if (operator === 'eq' || operator === 'in') return isIn;
  if (operator === 'ne' || operator === 'not_in') return (value) => !isIn(value);
  const holds = ORDERS[operator] ?? (() => false);
  return (value) => literals.every((candidate) => holds(order(value, candidate)));
}

function toValue(literal: Scalar): Value {
  return typeof literal === 'number' ? parseExact(String(literal)) : literal;
}

/** NaN where the two cannot be compared. */
function order(a: Value, b: Value): number {
  if (a === null || b === null || typeof a !== typeof b) return Number.NaN;
  if (typeof a === 'object' && typeof b === 'object') return compareExact(a, b);
  return a === b ? 0 : a < b ? -1 : 1;
}
