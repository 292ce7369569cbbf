/** One figure over rows of an entity: what is measured of which of them. */
import { failed, ok } from '../fault/fault.ts';
import type { Fault, Result } from '../fault/fault.ts';
import type { EntityColumn } from '../pack/compiled-entity.ts';
import type { Where } from '../pack/compiled.ts';
import { memberCalled, planConditions } from './read-members.ts';
import type { EntityCondition, EntityMember } from './read-members.ts';

export const FIGURES = ['count', 'sum', 'avg', 'min', 'max', 'stddev', 'percentile', 'distinct', 'first', 'last', 'list'] as const;
export type FigureKind = (typeof FIGURES)[number];

export interface FigureAsk {
  readonly measure: FigureKind;
  /** One of three: the first of some members that a row has, or what lies between two: whole days of UTC dates, or seconds. */
  readonly field?: readonly string[] | undefined;
  readonly days?: readonly [from: string, to: string] | undefined;
  readonly seconds?: readonly [from: string, to: string] | undefined;
  /** Of a list: members of its rows. */
  readonly fields?: readonly string[] | undefined;
  /** In the order of which member rows are listed, or what they have is the first or the last. */
  readonly by?: string | undefined;
  /** Of a percentile. */
  readonly q?: number | undefined;
  /** Of a mean: how much a value counts, the first of some members that the row has. */
  readonly weight?: readonly string[] | undefined;
  readonly where?: Where | undefined;
  /** Values below, and values from there on, are left out. */
  readonly gte?: number | undefined;
  readonly lt?: number | undefined;
}

export type FigureValue =
  | { readonly kind: 'first'; readonly members: readonly EntityMember[]; readonly column: EntityColumn }
  | { readonly kind: 'days' | 'seconds'; readonly from: EntityMember; readonly to: EntityMember };

export interface FigureList {
  readonly members: readonly EntityMember[];
  readonly by: EntityMember;
}

export interface PlannedFigure {
  readonly name: string;
  readonly kind: FigureKind;
  /** How its values are held. */
  readonly column: EntityColumn;
  /** Null: rows are counted, or listed. */
  readonly value: FigureValue | null;
  readonly list: FigureList | null;
  /** Of the first and the last; null of others. */
  readonly by: EntityMember | null;
  readonly weight: readonly EntityMember[];
  readonly q: number;
  readonly conditions: readonly EntityCondition[];
  readonly least: number | null;
  readonly below: number | null;
}

const NUMBERS: ReadonlySet<EntityColumn> = new Set(['numeric', 'double']);
/** Which figures are of numbers; the rest take what has an order. */
const NUMERIC: ReadonlySet<FigureKind> = new Set(['sum', 'avg', 'stddev', 'percentile']);

export function planFigure(name: string, asked: FigureAsk, members: readonly EntityMember[]): Result<PlannedFigure> {
  const path = `measures.${name}`;
  const parts = planParts(asked, members, path);
  if (!parts.ok) return parts;
  const fault = wrongIn(asked, parts.value, path);
  if (fault !== null) return failed(fault);
  const { measure: kind, q = 0.5, gte: least = null, lt: below = null } = asked;
  return ok({ name, kind, column: columnOf(kind, parts.value.value), ...parts.value, q, least, below });
}

type FigureParts = Pick<PlannedFigure, 'value' | 'list' | 'by' | 'weight' | 'conditions'>;

function planParts(asked: FigureAsk, members: readonly EntityMember[], path: string): Result<FigureParts> {
  const value = planValue(asked, members, path);
  if (!value.ok) return value;
  const list = planList(asked, members, path);
  if (!list.ok) return list;
  const by = planBy(asked, members, path);
  if (!by.ok) return by;
  const weight = allOf(asked.weight ?? [], (one) => memberCalled(members, one, `${path}.weight`));
  if (!weight.ok) return weight;
  const conditions = planConditions(members, asked.where ?? {}, `${path}.where`);
  if (!conditions.ok) return conditions;
  return ok({ value: value.value, list: list.value, by: by.value, weight: weight.value, conditions: conditions.value });
}

function planBy({ measure, by = '' }: FigureAsk, members: readonly EntityMember[], path: string): Result<EntityMember | null> {
  return measure === 'first' || measure === 'last' ? memberCalled(members, by, `${path}.by`) : ok(null);
}

function wrongIn(asked: FigureAsk, { value, list, weight }: FigureParts, path: string): Fault | null {
  if (value === null && list === null && asked.measure !== 'count') return wrong(path, 'names no field to measure');
  if (asked.measure !== 'avg' && weight.length > 0) return wrong(path, 'only means have a weight');
  if (needsNumber(asked) && !isNumber(value)) return noNumber(`${path}.field`);
  return weight.every(({ column }) => NUMBERS.has(column)) ? null : noNumber(`${path}.weight`);
}

export function wrong(path: string, message: string): Fault {
  return { code: 'request_invalid', path, message };
}

/** What lies between two times is one. */
function isNumber(value: FigureValue | null): boolean {
  return value?.kind !== 'first' || NUMBERS.has(value.column);
}

function needsNumber({ measure, gte, lt }: FigureAsk): boolean {
  return NUMERIC.has(measure) || gte !== undefined || lt !== undefined;
}

function noNumber(path: string): Fault {
  return { code: 'where_type_mismatch', path, message: 'is no number' };
}

const COLUMNS: Readonly<Partial<Record<FigureKind, EntityColumn>>> = {
  ...{ list: 'json', count: 'numeric', distinct: 'numeric' },
  ...{ avg: 'double', stddev: 'double', percentile: 'double' },
};

/** The rest are values as they were measured. */
function columnOf(kind: FigureKind, value: FigureValue | null): EntityColumn {
  const column = COLUMNS[kind];
  if (column !== undefined) return column;
  if (value?.kind === 'first') return value.column;
  return value?.kind === 'days' ? 'numeric' : 'double';
}

function planValue({ field, days, seconds }: FigureAsk, members: readonly EntityMember[], path: string): Result<FigureValue | null> {
  if (field !== undefined) return planFirst(field, members, path);
  const kind = days === undefined ? 'seconds' : 'days';
  const named = days ?? seconds;
  if (named === undefined) return ok(null);
  const ends = allOf(named, (name) => memberCalled(members, name, `${path}.${kind}`));
  if (!ends.ok) return ends;
  const [from, to] = ends.value;
  if (from === undefined || to === undefined || !TIMES.has(from.column) || !TIMES.has(to.column)) {
    return failed({ code: 'where_type_mismatch', path: `${path}.${kind}`, message: 'are no two dates or instants' });
  }
  return ok({ kind, from, to });
}

function planList({ measure, fields = [], by = '' }: FigureAsk, members: readonly EntityMember[], path: string): Result<FigureList | null> {
  if (measure !== 'list') return ok(null);
  const listed = allOf(fields, (name) => memberCalled(members, name, `${path}.fields`));
  if (!listed.ok) return listed;
  const order = memberCalled(members, by, `${path}.by`);
  return order.ok ? ok({ members: listed.value, by: order.value }) : order;
}

function planFirst(field: readonly string[], members: readonly EntityMember[], path: string): Result<FigureValue> {
  const found = allOf(field, (name) => memberCalled(members, name, `${path}.field`));
  if (!found.ok) return found;
  const [first, ...more] = found.value;
  if (first !== undefined && more.every(({ column }) => column === first.column)) {
    return ok({ kind: 'first', members: found.value, column: first.column });
  }
  return failed({ code: 'where_type_mismatch', path: `${path}.field`, message: 'are of different types' });
}

export function allOf<T, R>(asked: readonly T[], plan: (one: T, at: number) => Result<R>): Result<readonly R[]> {
  const planned: R[] = [];
  for (const [at, one] of asked.entries()) {
    const result = plan(one, at);
    if (!result.ok) return result;
    planned.push(result.value);
  }
  return ok(planned);
}

export const TIMES: ReadonlySet<EntityColumn> = new Set(['instant', 'date']);
