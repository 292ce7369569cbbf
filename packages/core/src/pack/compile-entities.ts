import type { CompiledEventType, CompiledField, FieldType } from './compiled.ts';
import { ROW_INSTANTS, ROW_SUBJECT } from './compiled-entity.ts';
import type { CompiledEntity, EntityColumn, EntityField } from './compiled-entity.ts';
import { ROW_EVENT } from './event-members.ts';
import type { EntitySource, PackSource } from './schema.ts';

const COLUMNS: Readonly<Record<FieldType, EntityColumn>> = {
  string: 'text',
  enum: 'text',
  integer: 'numeric',
  decimal: 'numeric',
  number: 'double',
  boolean: 'boolean',
  timestamp: 'instant',
  date: 'date',
  string_list: 'json',
  json: 'json',
};

/** What replaces a value that is not kept as it was sent is a text. */
export function entityColumn({ type, action = 'keep' }: { readonly type: FieldType; readonly action?: string | undefined }): EntityColumn {
  return action === 'keep' ? COLUMNS[type] : 'text';
}

/** The fields of an entity where it does not say: all that its events keep. The event's subject is no field. */
export function keptFields(entity: EntitySource, events: readonly { readonly fields: PackSource['events'][string]['fields'] }[]): string[] {
  const isKept = (action = 'keep'): boolean => action !== 'drop' && action !== 'refuse';
  const all = events.flatMap(({ fields }) => Object.entries(fields).flatMap(([name, { action }]) => (isKept(action) ? [name] : [])));
  const ofItems = Object.keys(entity.each?.fields ?? {});
  const named = (entity.fields ?? [...all, ...ofItems]).filter((name) => name !== ROW_SUBJECT && name !== entity.each?.of);
  const times = Object.keys(entity.times ?? {});
  return [...new Set([...idsOf(entity), ...named, ...times])].toSorted();
}

/** Fields that name an entity; none: the subject does, or the event is it. */
export function idsOf({ id }: Pick<EntitySource, 'id'>): readonly string[] {
  return [id].flat().filter((name) => name !== ROW_SUBJECT && name !== ROW_EVENT);
}

/** Whether each event of the type is a row of its own, where the entity has such rows: it declares nothing of the id. */
export function isOwnRow(entity: Pick<EntitySource, 'id' | 'or_event'>, event: PackSource['events'][string] | undefined): boolean {
  return entity.or_event === true && idsOf(entity).every((name) => event?.fields[name] === undefined);
}

export interface EntitiesToCompile {
  readonly tenant: string;
  readonly pack: PackSource;
  readonly eventTypes: ReadonlyMap<string, CompiledEventType>;
}

export function compileEntities({ tenant, pack, eventTypes }: EntitiesToCompile): ReadonlyMap<string, CompiledEntity> {
  const compiled = Object.entries(pack.entities ?? {}).map(([name, source]): [string, CompiledEntity] => {
    const types = source.events.flatMap((type) => eventTypes.get(type) ?? []);
    const sources = source.events.flatMap((type) => pack.events[type] ?? []);
    const fields = keptFields(source, sources).flatMap((field) => compileField(field, types, source));
    const columnOf = (column: string): string => fields.find((field) => field.name === column)?.columnName ?? column;
    return [
      name,
      {
        ...{ tenant, pack: pack.pack, entity: name },
        ...(source.title === undefined ? {} : { title: source.title }),
        idFields: idsOf(source),
        isPerEvent: source.id === ROW_EVENT,
        ownRowEvents: source.events.filter((type) => isOwnRow(source, pack.events[type])),
        hasSubject: types.every(({ subject }) => subject === 'required'),
        events: source.events,
        deletedBy: source.deleted_by ?? [],
        fields,
        ...(source.each === undefined ? {} : { each: source.each.of }),
        ...(source.retention === undefined ? {} : { retention: source.retention }),
        lookups: source.lookups ?? [],
        indexes: (source.indexes ?? []).map((columns) => columns.map((column) => (column === ROW_SUBJECT ? '_subject' : columnOf(column)))),
      },
    ];
  });
  return new Map(compiled);
}

function compileField(name: string, types: readonly CompiledEventType[], { times, each }: EntitySource): EntityField[] {
  const timeOf = times?.[name];
  if (timeOf !== undefined) return [{ name, type: 'timestamp', column: 'instant', columnName: `${name}.instant`, isSealed: false, timeOf }];
  const ofItem = each !== undefined && Object.hasOwn(each.fields, name) ? each.fields[name] : undefined;
  if (ofItem !== undefined) {
    const column = entityColumn(ofItem);
    return [{ name, type: ofItem.type, column, columnName: `${name}.${column}`, isSealed: false, isOfItem: true }];
  }
  const declared: CompiledField | undefined = types.flatMap(({ fieldByName }) => fieldByName.get(name) ?? [])[0];
  if (declared === undefined) return [];
  const column = entityColumn(declared);
  const { type, action } = declared;
  return [{ name, type, column, columnName: `${name}.${column}`, isSealed: action === 'seal' }];
}

export function isRowInstant(name: string): boolean {
  return ROW_INSTANTS.some((instant) => instant === name);
}
