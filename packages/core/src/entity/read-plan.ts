/** What may be asked of an entity's rows, checked once for every reader: names become columns, literals their values. */
import { formatExact, parseExact } from '../event/exact-number.ts';
import { failed, ok } from '../fault/fault.ts';
import type { Fault, Result } from '../fault/fault.ts';
import { ROW_INSTANTS, ROW_SUBJECT } from '../pack/compiled-entity.ts';
import type { CompiledEntity, EntityColumn } from '../pack/compiled-entity.ts';
import type { Scalar, Where, WhereOperator } from '../pack/compiled.ts';
import type { EntityValue } from './entity-shape.ts';
import { dateOf, instantOf } from './row-value.ts';

export interface EntityQuestion {
  readonly entity: CompiledEntity;
  /** Pseudonym; absent: of all. */
  readonly subject?: string | undefined;
  readonly where?: Where | undefined;
  /** A field, `_created_at` or `_updated_at`, with `-` before it for descending; absent: by subject and id. */
  readonly order?: string | undefined;
  readonly limit: number;
  /** The cursor of the page before. */
  readonly after?: string | undefined;
}

export interface EntityCondition {
  readonly columnName: string;
  readonly column: EntityColumn;
  readonly operator: WhereOperator;
  /** One but for `in` and `not_in`; of `exists` a boolean. */
  readonly values: readonly EntityValue[];
}

export interface EntityOrder {
  readonly columnName: string;
  readonly column: EntityColumn;
  readonly isDescending: boolean;
  /** Whether rows may have no value. */
  readonly isOptional: boolean;
}

/** A column of the answer, and what it is called there. */
export interface EntityMember {
  readonly name: string;
  readonly columnName: string;
  readonly column: EntityColumn;
}

export interface EntityRead {
  readonly entity: CompiledEntity;
  readonly members: readonly EntityMember[];
  readonly subject: string | null;
  readonly conditions: readonly EntityCondition[];
  /** Null: by subject and id. */
  readonly order: EntityOrder | null;
  readonly limit: number;
}

export const ENTITY_ROWS_MAX = 10_000;

const ORDERING: ReadonlySet<WhereOperator> = new Set(['lt', 'lte', 'gt', 'gte']);
const LISTING: ReadonlySet<WhereOperator> = new Set(['in', 'not_in']);

export function planEntityRead(question: EntityQuestion): Result<EntityRead> {
  const { entity, subject, where = {}, order, limit } = question;
  const members = membersOf(entity);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= ENTITY_ROWS_MAX)) {
    return failed({ code: 'request_invalid', path: 'limit', message: `a whole number from 1 to ${ENTITY_ROWS_MAX}` });
  }
  const conditions: EntityCondition[] = [];
  for (const [name, asked] of Object.entries(where)) {
    const planned = planCondition(entity, members, { name, asked });
    if (!planned.ok) return planned;
    conditions.push(...planned.value);
  }
  const ordered = order === undefined ? ok(null) : planOrder(members, order);
  if (!ordered.ok) return ordered;
  return ok({ entity, members, subject: subject ?? null, conditions, order: ordered.value, limit });
}

function membersOf({ fields, hasSubject }: CompiledEntity): readonly EntityMember[] {
  const subject: EntityMember = { name: ROW_SUBJECT, columnName: '_subject', column: 'text' };
  return [
    ...fields.map(({ name, columnName, column }) => ({ name, columnName, column })),
    ...(hasSubject ? [subject] : []),
    ...ROW_INSTANTS.map((name): EntityMember => ({ name, columnName: name, column: 'instant' })),
  ];
}

interface AskedCondition {
  readonly name: string;
  readonly asked: Where[string];
}

function planCondition(
  entity: CompiledEntity,
  members: readonly EntityMember[],
  { name, asked }: AskedCondition,
): Result<readonly EntityCondition[]> {
  const member = members.find((one) => one.name === name);
  if (member === undefined) return failed(unknown(`where.${name}`));
  const isSealed = entity.fields.some((field) => field.name === name && field.isSealed);
  const planned: EntityCondition[] = [];
  for (const [operator, literal] of Object.entries(asked) as [WhereOperator, Scalar | readonly Scalar[]][]) {
    const path = `where.${name}.${operator}`;
    if (isSealed && operator !== 'exists') {
      return failed({ code: 'where_type_mismatch', path, message: 'the field is sealed: only whether it is there can be asked' });
    }
    const values = literalsOf(member.column, operator, literal);
    if (values === null) return failed({ code: 'where_type_mismatch', path, message: mismatch(member.column) });
    planned.push({ columnName: member.columnName, column: member.column, operator, values });
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

function planOrder(members: readonly EntityMember[], order: string): Result<EntityOrder> {
  const isDescending = order.startsWith('-');
  const name = isDescending ? order.slice(1) : order;
  const member = members.find((one) => one.name === name && one.column !== 'json');
  if (member === undefined) return failed(unknown('order'));
  const { columnName, column } = member;
  return ok({ columnName, column, isDescending, isOptional: !columnName.startsWith('_') });
}

function unknown(path: string): Fault {
  return { code: 'dimension_unknown', path, message: 'names no member of the entity’s rows, or one that has no order' };
}
