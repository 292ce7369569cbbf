/** From events to the changes of rows that they make: what a batch collects beside its deltas. */
import { JsonItems } from '../event/json-items.ts';
import { formatExact } from '../event/exact-number.ts';
import { rowId } from '../pack/compiled-entity.ts';
import type { CompiledEntity, EntityColumn } from '../pack/compiled-entity.ts';
import type { EventView } from '../rollup/event-view.ts';
import type { EntityRowState, EntityState, EntityValue, StampedValue } from './entity-shape.ts';
import { mergeEntity, NO_ENTITY } from './merge.ts';
import { dateOf, instantOf } from './row-value.ts';

/** What an event type means to an entity. */
export interface PlannedEntity {
  readonly entity: CompiledEntity;
  readonly isDeletion: boolean;
}

/** The changes of one entity's rows, each row once: what its events make of it alone. */
export interface EntityBatch {
  readonly entity: CompiledEntity;
  readonly rows: readonly EntityRowState[];
}

export const NO_ENTITIES: readonly EntityBatch[] = [];

interface OpenEntity {
  entity: CompiledEntity;
  readonly rows: Map<string, EntityRowState>;
}

/** Collects until it is taken. */
export class EntityChanges {
  private readonly open = new Map<string, OpenEntity>();
  private readonly items = new JsonItems();

  add(event: EventView, planned: readonly PlannedEntity[]): void {
    for (const one of planned) {
      const { each } = one.entity;
      if (each === undefined) this.addOne(event, one, event);
      else if (event.kind(each) === 'other') this.items.each(event.json(each), (item) => this.addOne(event, one, item));
    }
  }

  /** `item`: whose members those of items are; the event itself where its rows are none. */
  private addOne(event: EventView, planned: PlannedEntity, item: Members): void {
    const { entity } = planned;
    const id = idOf(event, entity, item);
    if (id === null) return;
    const subject = entity.hasSubject ? event.subject() : '';
    this.merge(entity, { key: { subject, id }, state: stateOf(event, planned, item) });
  }

  take(): readonly EntityBatch[] {
    if (this.open.size === 0) return NO_ENTITIES;
    const batches = [...this.open.values()].map(({ entity, rows }) => ({ entity, rows: [...rows.values()] }));
    this.open.clear();
    return batches;
  }

  private merge(entity: CompiledEntity, { key, state }: EntityRowState): void {
    const name = `${entity.tenant} ${entity.pack} ${entity.entity}`;
    const open = this.open.get(name) ?? { entity, rows: new Map<string, EntityRowState>() };
    // Of two definitions within a batch the later one has what the earlier one lacks.
    open.entity = entity;
    this.open.set(name, open);
    const row = `${key.subject} ${key.id}`;
    const known = open.rows.get(row);
    open.rows.set(row, { key, state: known === undefined ? state : mergeEntity(known.state, state) });
  }
}

/** Whose values are read. */
type Members = Pick<EventView, 'kind' | 'text' | 'boolean' | 'json' | 'exact' | 'double'>;

/** Null where a part of it is missing: the event is about no such thing. */
function idOf(event: EventView, { idFields, fields, isPerEvent, ownRowEvents }: CompiledEntity, item: Members): string | null {
  if (isPerEvent || (ownRowEvents.length > 0 && ownRowEvents.includes(event.type()))) return rowId([event.source(), event.id()]);
  const texts: string[] = [];
  for (const name of idFields) {
    const field = fields.find((one) => one.name === name);
    const value = valueOf(field?.isOfItem === true ? item : event, name, field?.column ?? 'text');
    if (value === null) return null;
    texts.push(String(value));
  }
  return rowId(texts);
}

function stateOf(event: EventView, { entity: { fields }, isDeletion }: PlannedEntity, item: Members): EntityState {
  const stamp = { timeMs: event.timeMs(), id: event.id() };
  if (isDeletion) return { ...NO_ENTITY, deleted: stamp };
  const values = new Map<string, StampedValue>();
  for (const { name, column, columnName, timeOf, isOfItem } of fields) {
    const value =
      timeOf === undefined ? valueOf(isOfItem === true ? item : event, name, column) : event.type() === timeOf ? stamp.timeMs : null;
    if (value !== null) values.set(columnName, { value, stamp });
  }
  return { ...NO_ENTITY, values, createdMs: stamp.timeMs, live: stamp };
}

/** Null where the event carries no value of this kind. */
function valueOf(event: Members, field: string, column: EntityColumn): EntityValue | null {
  const kind = event.kind(field);
  if (kind === 'absent' || kind === 'null') return null;
  return READ[column](event, field);
}

const READ: Readonly<Record<EntityColumn, (event: Members, field: string) => EntityValue | null>> = {
  text: (event, field) => (event.kind(field) === 'string' ? event.text(field) : null),
  numeric(event, field) {
    const exact = event.exact(field);
    return exact === null ? null : formatExact(exact);
  },
  double(event, field) {
    const value = event.double(field);
    return Number.isNaN(value) ? null : value;
  },
  boolean: (event, field) => (event.kind(field) === 'boolean' ? event.boolean(field) : null),
  instant: (event, field) => instantOf(event.text(field)),
  date: (event, field) => dateOf(event.text(field)),
  json: (event, field) => event.json(field),
};
