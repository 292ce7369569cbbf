import { entityTable, formatExact, parseExact } from '@tidegate/core';
import type {
  CompiledEntity,
  CompiledPack,
  EntityColumn,
  EntityRowKey,
  EntityRowState,
  EntityState,
  EntityValue,
  Stamp,
  StampedValue,
} from '@tidegate/core';
import { createMemoryDatabase, createMemoryEntityReader } from '@tidegate/postgres/memory';

/** A record of the log, decoded. */
export interface Logged {
  readonly id: string;
  readonly source?: string;
  readonly type: string;
  readonly subject?: string;
  readonly time: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Rows of a pack's entities by their definition, event by event: each field keeps the value of the latest event that carried one. */
export function createRows({ entities }: Pick<CompiledPack, 'entities'>) {
  const database = createMemoryDatabase();
  return {
    reader: createMemoryEntityReader(database),
    add(event: Logged): void {
      for (const entity of entities.values()) {
        for (const told of toldOf(entity, event)) {
          if (!isOwnRow(entity, event) && entity.idFields.some((field) => (told.data[field] ?? null) === null)) continue;
          if (entity.events.includes(event.type)) put(rowsOf(entity), entity, told);
          if (entity.deletedBy.includes(event.type)) remove(rowsOf(entity), entity, told);
        }
      }
    },
    of(entity: CompiledEntity): readonly EntityRowState[] {
      return [...rowsOf(entity).values()].map(({ subject, id, state }) => ({ key: { subject, id }, state }));
    },
  };

  function rowsOf(entity: CompiledEntity) {
    const table = entityTable(entity);
    const rows = database.entities.get(table) ?? new Map();
    database.entities.set(table, rows);
    return rows;
  }
}

/** The event, or where rows are items of a list, one for each of them with its members. */
function toldOf({ each, fields }: CompiledEntity, event: Logged): readonly Logged[] {
  if (each === undefined) return [event];
  const items = event.data[each];
  const own = fields.flatMap(({ name, isOfItem }) => (isOfItem === true ? [name] : []));
  return (Array.isArray(items) ? (items as Readonly<Record<string, unknown>>[]) : []).map((item) => ({
    ...event,
    data: { ...event.data, ...Object.fromEntries(own.map((name) => [name, item[name] ?? null])) },
  }));
}

type Rows = ReturnType<typeof createMemoryDatabase>['entities'] extends Map<string, infer R> ? R : never;

function put(rows: Rows, entity: CompiledEntity, event: Logged): void {
  const { name, key } = placeOf(entity, event);
  rows.set(name, { tenant: entity.tenant, ...key, partition: 0, state: after(rows.get(name)?.state, entity, event) });
}

/** A mark, whether or not there is something to delete. */
function remove(rows: Rows, entity: CompiledEntity, event: Logged): void {
  const { name, key } = placeOf(entity, event);
  const state = rows.get(name)?.state ?? { values: new Map(), createdMs: null, live: null, deleted: null, counted: [], foreign: [] };
  const stamp: Stamp = { timeMs: Date.parse(event.time), id: event.id };
  const deleted = isNews(state.deleted ?? undefined, stamp) ? stamp : state.deleted;
  rows.set(name, { tenant: entity.tenant, ...key, partition: 0, state: { ...state, deleted } });
}

/** Whether its sender and its id are what the row is known by. */
function isOwnRow({ isPerEvent, ownRowEvents }: CompiledEntity, { type }: Logged): boolean {
  return isPerEvent || ownRowEvents.includes(type);
}

function placeOf(entity: CompiledEntity, event: Logged): { readonly name: string; readonly key: EntityRowKey } {
  const subject = entity.hasSubject ? (event.subject ?? '') : '';
  const texts = isOwnRow(entity, event) ? [event.source ?? '', event.id] : entity.idFields.map((field) => String(event.data[field]));
  const id = texts.length > 1 ? JSON.stringify(texts) : texts.join('');
  return { name: JSON.stringify([entity.tenant, subject, id]), key: { subject, id } };
}

function after(state: EntityState | undefined, entity: CompiledEntity, event: Logged): EntityState {
  const stamp: Stamp = { timeMs: Date.parse(event.time), id: event.id };
  const values = valuesAfter(new Map(state?.values), { entity, event, stamp });
  const [createdMs, live] = [state?.createdMs ?? Infinity, state?.live ?? stamp];
  return {
    values,
    createdMs: Math.min(createdMs, stamp.timeMs),
    live: isNews(live, stamp) ? stamp : live,
    deleted: state?.deleted ?? null,
    counted: [],
    foreign: [],
  };
}

interface Told {
  readonly entity: CompiledEntity;
  readonly event: Logged;
  readonly stamp: Stamp;
}

function valuesAfter(values: Map<string, StampedValue>, { entity, event, stamp }: Told): Map<string, StampedValue> {
  for (const { name, columnName, column, timeOf } of entity.fields) {
    const value = timeOf === undefined ? (event.data[name] ?? null) : timeOf === event.type ? event.time : null;
    if (value !== null && isNews(values.get(columnName)?.stamp, stamp)) values.set(columnName, { value: stored(column, value), stamp });
  }
  return values;
}

/** Later, or the same again. */
function isNews(known: Stamp | undefined, stamp: Stamp): boolean {
  return known === undefined || !isLater(known, stamp);
}

function isLater(a: Stamp, b: Stamp): boolean {
  return a.timeMs > b.timeMs || (a.timeMs === b.timeMs && a.id > b.id);
}

function stored(column: EntityColumn, value: unknown): EntityValue {
  switch (column) {
    case 'numeric':
      return formatExact(parseExact(String(value)) ?? { unscaled: 0, scale: 0 });
    case 'instant':
      return Date.parse(String(value));
    case 'date':
      return Date.parse(String(value)) / 86_400_000;
    case 'json':
      return JSON.stringify(value);
    case 'text':
    case 'double':
    case 'boolean':
      return value as EntityValue;
  }
}
