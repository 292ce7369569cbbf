/** Between which instants of a row one beside it lies. */
import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import type { Where } from '../pack/compiled.ts';
import { allOf, wrong } from './figure.ts';
import { memberCalled, planConditions } from './read-members.ts';
import type { EntityCondition, EntityMember } from './read-members.ts';

export const BOUND_OPERATORS = ['gt', 'gte', 'lt', 'lte'] as const;
export type BoundOperator = (typeof BOUND_OPERATORS)[number];

export interface EntityBound {
  readonly theirs: EntityMember;
  readonly operator: BoundOperator;
  readonly own: EntityMember;
  readonly plusS: number;
  /** Rows of which one is not true are not bound. */
  readonly when: readonly EntityCondition[];
}

export interface BothRows {
  readonly own: readonly EntityMember[];
  readonly theirs: readonly EntityMember[];
}

interface AskedBound {
  readonly of: string;
  readonly plus_s?: number | undefined;
  readonly when?: Where | undefined;
}

type AskedBounds = Readonly<Record<string, Readonly<Partial<Record<BoundOperator, AskedBound>>>>>;

export function planBounds(asked: AskedBounds, rows: BothRows, path: string): Result<readonly EntityBound[]> {
  const named = Object.entries(asked).flatMap(([name, bounds]) =>
    BOUND_OPERATORS.flatMap((operator) => {
      const bound = bounds[operator];
      return bound === undefined ? [] : [{ name, operator, bound }];
    }),
  );
  return allOf(named, ({ name, operator, bound }) => {
    const theirs = memberCalled(rows.theirs, name, `${path}.${name}`);
    if (!theirs.ok) return theirs;
    if (theirs.value.or !== undefined) return failed(wrong(`${path}.${name}`, 'names one member of the other row'));
    const own = memberCalled(rows.own, bound.of, `${path}.${name}.${operator}.of`);
    if (!own.ok) return own;
    if (theirs.value.column !== 'instant' || own.value.column !== 'instant') return failed(noInstants(`${path}.${name}.${operator}`));
    const when = planConditions(rows.own, bound.when ?? {}, `${path}.${name}.${operator}.when`);
    if (!when.ok) return when;
    return ok({ theirs: theirs.value, operator, own: own.value, plusS: bound.plus_s ?? 0, when: when.value });
  });
}

function noInstants(path: string) {
  return { code: 'where_type_mismatch', path, message: 'are no two instants' } as const;
}
