import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import { compileWhere } from '../pack/where.ts';
import type { EventPredicate } from '../pack/where.ts';
import type { Scalar, Where } from '../pack/compiled.ts';
import { isNumberType } from '../pack/field-type.ts';
import { OTHER_VALUE } from '../rollup/dimension-budget.ts';
import type { QuestionWhere } from './question.ts';
import type { PlannedDimension } from './shape.ts';

/** A filter over dimensions, in each dimension's own type; null where every series passes. */
export function planWhere(where: QuestionWhere, dimensions: readonly PlannedDimension[]): Result<EventPredicate | null> {
  const entries = Object.entries(where);
  for (const [name, conditions] of entries) {
    const type = dimensions.find((dimension) => dimension.name === name)?.type ?? 'string';
    for (const [operator, literal] of Object.entries(conditions)) {
      if (literal === undefined || fits(type, operator, literal)) continue;
      const message = `this operator does not take such a value on a dimension of type ${type}`;
      return failed({ code: 'where_type_mismatch', path: `where.${name}.${operator}`, message });
    }
  }
  return ok(entries.length === 0 ? null : compileWhere(defined(where)));
}

/** What is asked of one dimension. */
export interface PlannedFilter {
  readonly dimension: PlannedDimension;
  readonly holds: EventPredicate;
}

/** Of a `where` that `planWhere` took. */
export function planFilters(where: QuestionWhere, dimensions: readonly PlannedDimension[]): readonly PlannedFilter[] {
  return Object.entries(where).flatMap(([name, conditions]) => {
    const dimension = dimensions.find((one) => one.name === name);
    return dimension === undefined ? [] : [{ dimension, holds: compileWhere(defined({ [name]: conditions })) }];
  });
}

const EQUALITIES: ReadonlySet<string> = new Set(['eq', 'ne', 'in', 'not_in']);

/** `_other` is a value of any dimension: what its budget had no room for. */
function fits(type: PlannedDimension['type'], operator: string, literal: Scalar | readonly Scalar[]): boolean {
  if (operator === 'exists') return true;
  const wanted = type === 'boolean' ? 'boolean' : isNumberType(type) ? 'number' : 'string';
  if (operator === 'prefix') return wanted === 'string';
  if (wanted === 'boolean' && ['lt', 'lte', 'gt', 'gte'].includes(operator)) return false;
  const isEquality = EQUALITIES.has(operator);
  return [literal].flat().every((one) => typeof one === wanted || (isEquality && one === OTHER_VALUE));
}

function defined(where: QuestionWhere): Where {
  return Object.fromEntries(
    Object.entries(where).map(([name, conditions]) => [
      name,
      Object.fromEntries(Object.entries(conditions).filter(([, literal]) => literal !== undefined)),
    ]),
  );
}
