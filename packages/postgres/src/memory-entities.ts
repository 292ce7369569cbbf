/** Rows of entities in memory: what the tables would hold, and the reader over them. */
import { compareUtf8, EACH_ROW, entityTable, failed, isThere, planEntityRead, planFigures } from '@tidegate/core';
import type {
  CompiledEntity,
  EntityBeside,
  EntityCondition,
  EntityFound,
  EntityPick,
  EntityPlace,
  EntityRead,
  EntityRowKey,
  EntityState,
  EntityValue,
} from '@tidegate/core';
import { readMark, toFigureRows, toPage } from './entity-reader.ts';
import type { EntityMark, EntityReader, StoredEntityRow } from './entity-reader.ts';
import { compareKeys, compareTied, compareValues, holds, NEWEST_EVENT, valueAt } from './memory-entity-match.ts';
import { figuresOf } from './memory-figures.ts';

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

/** Rows of a tenant that come after a key, in the order of keys. */
export function entitiesInOrder(
  table: ReadonlyMap<string, MemoryEntity> | undefined,
  tenant: string,
  after: EntityRowKey | null,
): readonly MemoryEntity[] {
  const own = [...(table?.values() ?? [])].filter((row) => row.tenant === tenant);
  return own.filter((row) => after === null || compareRowKeys(row, after) > 0).toSorted(compareRowKeys);
}

function compareRowKeys(a: EntityRowKey, b: EntityRowKey): number {
  return compareUtf8(a.subject, b.subject) || compareUtf8(a.id, b.id);
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
      const rows = foundRows(database.entities, read)
        .filter((row) => mark === null || compare(row, markedRow(read, mark)) > 0)
        .toSorted(compare);
      return toPage(read, rows.slice(read.offset, read.offset + read.limit + 1));
    },
    async figures(question) {
      const planned = planFigures(question);
      if (!planned.ok) return planned;
      return toFigureRows(planned.value, figuresOf(planned.value, foundRows(database.entities, planned.value.found)));
    },
  };
}

/** Rows that are meant, each with those beside it. */
function foundRows(entities: MemoryEntities, found: EntityFound): readonly StoredEntityRow[] {
  const { entity, subject, conditions, any, each, beside, pick } = found;
  const all = rowsOf(entities, entity).filter((row) => subject === null || row.subject === subject);
  const others = beside.map((one) => ({ name: one.name, find: createBeside(entities, one, subject) }));
  const isPicked = pick === null ? null : createPicked(pick, all);
  return all
    .filter((row) => isPicked === null || isPicked(row))
    .flatMap((row) => (each === null ? [row] : each.values.map((text) => withText(row, each, text))))
    .map((row) => others.reduce((made, { name, find }) => withBeside(made, name, find(made)), row))
    .filter((row) => areHeld(conditions, row) && isOneHeld(any, row));
}

function areHeld(conditions: readonly EntityCondition[], row: StoredEntityRow): boolean {
  return conditions.every((condition) => holds(condition, valueAt(row, condition)));
}

function isOneHeld(any: EntityFound['any'], row: StoredEntityRow): boolean {
  return any.length === 0 || any.some((conditions) => areHeld(conditions, row));
}

function withText(row: StoredEntityRow, { member: { columnName } }: NonNullable<EntityFound['each']>, text: string): StoredEntityRow {
  return withBeside(row, EACH_ROW, { subject: '', id: '', values: new Map([[columnName, text]]), beside: new Map() });
}

/** The next row beside may be found by members of this one. */
function withBeside(row: StoredEntityRow, name: string, found: StoredEntityRow | undefined): StoredEntityRow {
  return found === undefined ? row : { ...row, beside: new Map([...row.beside, [name, found]]) };
}

type FindBeside = (row: StoredEntityRow) => StoredEntityRow | undefined;

function createBeside(entities: MemoryEntities, asked: EntityBeside, subject: string | null): FindBeside {
  const { entity, on, conditions, bounds, pick } = asked;
  const all = rowsOf(entities, entity).filter((row) => subject === null || !entity.hasSubject || row.subject === subject);
  const isPicked = pick === null ? null : createPicked(pick, all);
  const fitting = all
    .filter((row) => isPicked === null || isPicked(row))
    .filter((row) => areHeld(conditions, row) && (asked.order === null || valueAt(row, ownPlace(asked.order.by)) !== undefined))
    .toSorted(besideOrder(asked));
  const theirs = on.map((pair) => pair.theirs);
  const own = on.map((pair) => pair.own);
  const rows = Map.groupBy(fitting, (row) => keyOf(row, theirs));
  return (row) => {
    const key = keyOf(row, own);
    return key === null ? undefined : rows.get(key)?.find((other) => bounds.every((bound) => isWithin(bound, row, other)));
  };
}

function besideOrder({ order }: EntityBeside): RowOrder {
  if (order === null) return (a, b) => compareTied(b, a);
  const { by, isDescending } = order;
  const at = ownPlace(by);
  return (a, b) => {
    const placed = compareValues(valueAt(a, at) ?? '', valueAt(b, at) ?? '', by.column === 'numeric');
    return (isDescending ? -placed : placed) || compareTied(b, a);
  };
}

/** Members of a row beside, looked for in that row itself. */
function ownPlace({ columnName }: EntityPlace): Pick<EntityPlace, 'row' | 'columnName'> {
  return { row: null, columnName };
}

function isWithin(
  { theirs, operator, own, plusS, when }: EntityBeside['bounds'][number],
  row: StoredEntityRow,
  other: StoredEntityRow,
): boolean {
  if (!areHeld(when, row)) return true;
  const [bound, value] = [valueAt(row, own), valueAt(other, ownPlace(theirs))];
  if (bound === undefined || value === undefined) return false;
  const literal = Number(bound) + plusS * 1_000;
  return holds({ ...theirs, operator, values: [literal] }, value);
}

/** Whether no row with the same values comes before it, or after it. */
function createPicked({ keys, by, isLast, among, any }: EntityPick, all: readonly StoredEntityRow[]): (row: StoredEntityRow) => boolean {
  const order: RowOrder = (a, b) => {
    const [left, right] = [valueAt(a, by), valueAt(b, by)];
    return left === undefined || right === undefined ? 0 : compareValues(left, right, by.column === 'numeric') || compareTied(a, b);
  };
  const isBefore = (a: StoredEntityRow, b: StoredEntityRow): boolean => (isLast ? order(a, b) > 0 : order(a, b) < 0);
  const best = new Map<string, StoredEntityRow>();
  for (const row of all) {
    const key = keyOf(row, keys);
    if (key === null || valueAt(row, by) === undefined || !areHeld(among, row) || !isOneHeld(any, row)) continue;
    const known = best.get(key);
    if (known === undefined || isBefore(row, known)) best.set(key, row);
  }
  return (row) => {
    if (valueAt(row, by) === undefined) return false;
    const key = keyOf(row, keys);
    const rival = key === null ? undefined : best.get(key);
    return rival === undefined || !isBefore(rival, row);
  };
}

/** Null: it lacks one of the values, and is equal to no other. */
function keyOf(row: StoredEntityRow, members: readonly EntityPlace[]): string | null {
  const values = members.map((member) => valueAt(row, member));
  return values.includes(undefined) ? null : JSON.stringify(values);
}

function rowsOf(entities: MemoryEntities, entity: CompiledEntity): readonly StoredEntityRow[] {
  const rows = [...(entities.get(entityTable(entity))?.values() ?? [])];
  return rows.filter(({ tenant, state }) => tenant === entity.tenant && isThere(state)).map(toStored);
}

/** Rows are replaced and never changed. */
const known = new WeakMap<MemoryEntity, StoredEntityRow>();

function toStored(row: MemoryEntity): StoredEntityRow {
  const made = known.get(row) ?? createStored(row);
  known.set(row, made);
  return made;
}

function createStored({ subject, id, state }: MemoryEntity): StoredEntityRow {
  const values = new Map<string, EntityValue>([...state.values].map(([name, { value }]) => [name, value]));
  if (state.createdMs !== null) values.set('_created_at', state.createdMs);
  if (state.live !== null) values.set('_updated_at', state.live.timeMs).set(NEWEST_EVENT, state.live.id);
  return { subject, id, values, beside: new Map() };
}

function markedRow({ order }: EntityRead, { value, subject, id }: EntityMark): StoredEntityRow {
  return { subject, id, values: new Map(order === null || value === null ? [] : [[order.columnName, value]]), beside: new Map() };
}

type RowOrder = (a: StoredEntityRow, b: StoredEntityRow) => number;

function comparison({ order }: EntityRead): RowOrder {
  const byKey: RowOrder = (a, b) => compareKeys(a, b) || compareUtf8(textOf(a), textOf(b));
  if (order === null) return byKey;
  const { columnName, column, isDescending } = order;
  return (a, b) => {
    const [left, right] = [valueIn(a, columnName), valueIn(b, columnName)];
    if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined) || byKey(a, b);
    const sign = isDescending ? -1 : 1;
    return sign * compareValues(left, right, column === 'numeric') || byKey(a, b);
  };
}

/** Which of the texts of `each` the row stands with. */
function textOf({ beside }: StoredEntityRow): string {
  return [...(beside.get(EACH_ROW)?.values.values() ?? [])].join('');
}

function valueIn(row: StoredEntityRow, columnName: string): EntityValue | undefined {
  return valueAt(row, { row: null, columnName });
}
