/** From events to the changes of rows that they make: what a batch collects beside its deltas. */
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

  add(event: EventView, planned: readonly PlannedEntity[]): void {
    for (const { entity, isDeletion } of planned) {
      const id = idOf(event, entity);
      if (id === null) continue;
      const subject = entity.hasSubject ? event.subject() : '';
      this.merge(entity, { key: { subject, id }, state: stateOf(event, entity, isDeletion) });
    }
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

/** Null where a part of it is missing: the event is about no such thing. */
function idOf(event: EventView, { idFields, fields, isPerEvent }: CompiledEntity): string | null {
  if (isPerEvent) return rowId([event.source(), event.id()]);
  const texts: string[] = [];
  for (const name of idFields) {
    const value = valueOf(event, name, fields.find((field) => field.name === name)?.column ?? 'text');
    if (value === null) return null;
    texts.push(String(value));
  }
  return rowId(texts);
}

function stateOf(event: EventView, { fields }: CompiledEntity, isDeletion: boolean): EntityState {
  const stamp = { timeMs: event.timeMs(), id: event.id() };
  if (isDeletion) return { ...NO_ENTITY, deleted: stamp };
  const values = new Map<string, StampedValue>();
  for (const { name, column, columnName, timeOf } of fields) {
    const value = timeOf === undefined ? valueOf(event, name, column) : event.type() === timeOf ? stamp.timeMs : null;
    if (value !== null) values.set(columnName, { value, stamp });
  }
  return { ...NO_ENTITY, values, createdMs: stamp.timeMs, live: stamp };
}

/** Null where the event carries no value of this kind. */
function valueOf(event: EventView, field: string, column: EntityColumn): EntityValue | null {
  const kind = event.kind(field);
  if (kind === 'absent' || kind === 'null') return null;
  return READ[column](event, field);
}

const READ: Readonly<Record<EntityColumn, (event: EventView, field: string) => EntityValue | null>> = {
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
