/** Rows of entities in memory: what the tables would hold, and the reader over them. */
import { compareExact, compareUtf8, entityTable, failed, isThere, ok, parseExact, planEntityRead } from '@tidegate/core';
import type { CompiledEntity, EntityCondition, EntityRead, EntityState, EntityValue, WhereOperator } from '@tidegate/core';
import { readMark, toPage } from './entity-reader.ts';
import type { EntityMark, EntityReader, StoredEntityRow } from './entity-reader.ts';

export interface MemoryEntity {
  readonly tenant: string;
  readonly subject: string;
  readonly id: string;
  readonly partition: number;
  readonly state: EntityState;
}

/** By table, then by `entityRowName`. */
export type MemoryEntities = Map<string, Map<string, MemoryEntity>>;

export function entityRowName({ tenant, subject, id }: Pick<MemoryEntity, 'tenant' | 'subject' | 'id'>): string {
  return JSON.stringify([tenant, subject, id]);
}

export function createMemoryEntityReader(database: { readonly entities: MemoryEntities }): EntityReader {
  return {
    async read(question) {
      const planned = planEntityRead(question);
      if (!planned.ok) return planned;
      const read = planned.value;
      const mark = question.after === undefined ? null : readMark(question.after, read);
      if (mark === null && question.after !== undefined)
        return failed({ code: 'cursor_invalid', message: 'is no cursor of this question' });
      const compare = comparison(read);
      const rows = rowsOf(database.entities, read.entity)
        .filter((row) => read.subject === null || row.subject === read.subject)
        .filter(createMatch(read))
        .filter((row) => mark === null || compare(row, markedRow(read, mark)) > 0)
        .toSorted(compare);
      return ok(toPage(read, rows.slice(0, read.limit + 1)));
    },
  };
}

function rowsOf(entities: MemoryEntities, entity: CompiledEntity): readonly StoredEntityRow[] {
  const rows = [...(entities.get(entityTable(entity))?.values() ?? [])];
  return rows.filter(({ tenant, state }) => tenant === entity.tenant && isThere(state)).map(toStored);
}

function toStored({ subject, id, state }: MemoryEntity): StoredEntityRow {
  const values = new Map<string, EntityValue>([...state.values].map(([name, { value }]) => [name, value]));
  if (state.createdMs !== null) values.set('_created_at', state.createdMs);
  if (state.live !== null) values.set('_updated_at', state.live.timeMs);
  return { subject, id, values };
}

/** As questions match events: a row without a value satisfies `ne`, `not_in` and `exists: false`, and nothing else. */
function createMatch({ conditions }: EntityRead): (row: StoredEntityRow) => boolean {
  return (row) => conditions.every((condition) => holds(condition, valueIn(row, condition.columnName)));
}

function holds({ operator, values, column }: EntityCondition, value: EntityValue | undefined): boolean {
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

function markedRow({ order }: EntityRead, { value, subject, id }: EntityMark): StoredEntityRow {
  return { subject, id, values: new Map(order === null || value === null ? [] : [[order.columnName, value]]) };
}

type RowOrder = (a: StoredEntityRow, b: StoredEntityRow) => number;

function comparison({ order }: EntityRead): RowOrder {
  const byKey: RowOrder = (a, b) => compareUtf8(a.subject, b.subject) || compareUtf8(a.id, b.id);
  if (order === null) return byKey;
  const { columnName, column, isDescending } = order;
  return (a, b) => {
    const [left, right] = [valueIn(a, columnName), valueIn(b, columnName)];
    if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined) || byKey(a, b);
    const sign = isDescending ? -1 : 1;
    return sign * compareValues(left, right, column === 'numeric') || byKey(a, b);
  };
}

function valueIn(row: StoredEntityRow, columnName: string): EntityValue | undefined {
  return columnName === '_subject' ? row.subject : row.values.get(columnName);
}

function compareValues(a: EntityValue, b: EntityValue, isExact: boolean): number {
  if (isExact) return compareExact(parseExact(String(a)) ?? ZERO, parseExact(String(b)) ?? ZERO);
  if (typeof a === 'string' && typeof b === 'string') return compareUtf8(a, b);
  return Number(a) - Number(b);
}

const ZERO = { unscaled: 0, scale: 0 } as const;
