/** What rows of entities are asked by: names become columns, literals their values. */
import { formatExact, parseExact } from '../event/exact-number.ts';
import { failed, ok } from '../fault/fault.ts';
import type { Fault, Result } from '../fault/fault.ts';
import { ROW_INSTANTS, ROW_SUBJECT } from '../pack/compiled-entity.ts';
import type { CompiledEntity, EntityColumn } from '../pack/compiled-entity.ts';
import type { Scalar, Where, WhereOperator } from '../pack/compiled.ts';
import type { EntityValue } from './entity-shape.ts';
import { dateOf, instantOf } from './row-value.ts';

/** A column, and which row it is of. */
export interface EntityPlace {
  /** Name of the row that stands beside; null: the row itself. */
  readonly row: string | null;
  readonly columnName: string;
  readonly column: EntityColumn;
  /** Where the row has no value there: of these the first that has one. */
  readonly or?: readonly EntityPlace[];
}

/** A column of the answer, and what it is called there: `<row>.<member>` of a row that stands beside. */
export interface EntityMember extends EntityPlace {
  readonly name: string;
  readonly isSealed: boolean;
}

export interface EntityCondition extends EntityPlace {
  readonly operator: WhereOperator;
  /** One but for `in` and `not_in`; of `exists` a boolean. */
  readonly values: readonly EntityValue[];
}

export function membersOf({ fields, hasSubject }: CompiledEntity, row: string | null = null): readonly EntityMember[] {
  const own = (name: string, columnName: string, column: EntityColumn): EntityMember => ({
    ...{ row, columnName, column, isSealed: false },
    name: row === null ? name : `${row}.${name}`,
  });
  return [
    ...fields.map(({ name, columnName, column, isSealed }) => ({ ...own(name, columnName, column), isSealed })),
    ...(hasSubject ? [own(ROW_SUBJECT, '_subject', 'text')] : []),
    ...ROW_INSTANTS.map((name) => own(name, name, 'instant')),
  ];
}

/** A member that has an order and can be told apart from others; the fault says where it was named. */
export function memberCalled(members: readonly EntityMember[], name: string, path: string): Result<EntityMember> {
  const named = memberNamed(members, name, path);
  if (!named.ok) return named;
  if (named.value.isSealed) return failed(sealed(path));
  return named.value.column === 'json' ? failed(unknown(path)) : named;
}

/** `a|b`: the first that the row has; it is called as the first of them. */
function memberNamed(members: readonly EntityMember[], name: string, path: string): Result<EntityMember> {
  const found = alternativesOf(name).map((one) => members.find((member) => member.name === one));
  const [first, ...or] = found.filter((member) => member !== undefined);
  if (first === undefined || found.includes(undefined)) return failed(unknown(path));
  if (or.length === 0) return ok(first);
  if (or.some(({ column }) => column !== first.column)) {
    return failed({ code: 'where_type_mismatch', path, message: 'names members of different types' });
  }
  return ok({ ...first, or, isSealed: [first, ...or].some(({ isSealed }) => isSealed) });
}

/** The members that a name of a question stands for. */
export function alternativesOf(name: string): readonly string[] {
  return name.split('|');
}

const ORDERING: ReadonlySet<WhereOperator> = new Set(['lt', 'lte', 'gt', 'gte']);
const LISTING: ReadonlySet<WhereOperator> = new Set(['in', 'not_in']);

export function planConditions(members: readonly EntityMember[], where: Where, path = 'where'): Result<readonly EntityCondition[]> {
  const conditions: EntityCondition[] = [];
  for (const [name, asked] of Object.entries(where)) {
    const member = memberNamed(members, name, `${path}.${name}`);
    if (!member.ok) return member;
    const planned = planCondition(member.value, asked, `${path}.${name}`);
    if (!planned.ok) return planned;
    conditions.push(...planned.value);
  }
  return ok(conditions);
}

function planCondition(member: EntityMember, asked: Where[string], at: string): Result<readonly EntityCondition[]> {
  const planned: EntityCondition[] = [];
  for (const [operator, literal] of Object.entries(asked) as [WhereOperator, Scalar | readonly Scalar[]][]) {
    const path = `${at}.${operator}`;
    if (member.isSealed && operator !== 'exists') return failed(sealed(path));
    const values = literalsOf(member.column, operator, literal);
    if (values === null) return failed({ code: 'where_type_mismatch', path, message: mismatch(member.column) });
    const { row, columnName, column, or } = member;
    planned.push({ row, columnName, column, ...(or === undefined ? {} : { or }), operator, values });
  }
  return ok(planned);
}

function mismatch(column: EntityColumn): string {
  return `this operator does not take such a value on a ${column === 'double' ? 'number' : column}`;
}

function literalsOf(column: EntityColumn, operator: WhereOperator, literal: Scalar | readonly Scalar[]): readonly EntityValue[] | null {
  if (operator === 'exists') return typeof literal === 'boolean' ? [literal] : null;
  if (!isAskable(column, operator) || Array.isArray(literal) !== LISTING.has(operator)) return null;
  const values = [literal].flat().map((one) => entityLiteral(column, one));
  return values.includes(null) ? null : values.filter((value) => value !== null);
}

function isAskable(column: EntityColumn, operator: WhereOperator): boolean {
  if (operator === 'prefix') return column === 'text';
  return column !== 'json' && !(column === 'boolean' && ORDERING.has(operator));
}

/** A literal as the column holds values; null where it is none of its kind. Numbers may be written as decimal texts. */
export function entityLiteral(column: EntityColumn, literal: Scalar): EntityValue | null {
  switch (column) {
    case 'text':
      return typeof literal === 'string' ? literal : null;
    case 'boolean':
      return typeof literal === 'boolean' ? literal : null;
    case 'numeric': {
      const exact = typeof literal === 'boolean' ? null : parseExact(String(literal));
      return exact === null ? null : formatExact(exact);
    }
    case 'double':
      return typeof literal === 'number' && Number.isFinite(literal) ? literal : null;
    case 'instant':
      return typeof literal === 'string' ? instantOf(literal) : null;
    case 'date':
      return typeof literal === 'string' ? dateOf(literal) : null;
    case 'json':
      return null;
  }
}

function unknown(path: string): Fault {
  return { code: 'dimension_unknown', path, message: 'names no member of the entity’s rows, or one that has no order' };
}

function sealed(path: string): Fault {
  return { code: 'where_type_mismatch', path, message: 'the field is sealed: only whether it is there can be asked' };
}
