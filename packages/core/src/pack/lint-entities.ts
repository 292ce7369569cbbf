/** Rules of entities (docs/design/entities.md). */
import { entityColumn, idsOf, isOwnRow, isRowInstant, keptFields } from './compile-entities.ts';
import { columnHash, ROW_SUBJECT } from './compiled-entity.ts';
import { isUnreadable } from './lint-persons.ts';
import { ROW_EVENT } from './event-members.ts';
import type { EntitySource, EventTypeSource, FieldSource, PackSource } from './schema.ts';

type Report = (path: string, message: string) => void;

const NAMEABLE: ReadonlySet<string> = new Set(['string', 'enum', 'integer']);
/** Names of tables and columns have at most 63 bytes in Postgres. */
const TABLE_NAME_MAX = 50;
const FIELD_NAME_MAX = 50;

export function lintEntities(pack: PackSource, report: Report): void {
  for (const [name, entity] of Object.entries(pack.entities ?? {})) {
    const at: Report = (path, message) => report(`entities.${name}${path === '' ? '' : '.'}${path}`, message);
    if (pack.pack.length + name.length > TABLE_NAME_MAX) at('', `has a name that is too long with the pack's: ${TABLE_NAME_MAX} together`);
    lintEvents(pack, entity, at);
    lintOwnRows(pack, entity, at);
    if (entity.id === ROW_EVENT && entity.deleted_by !== undefined) at('deleted_by', 'an event that is a row of its own is not taken back');
    lintTimes(pack, entity, at);
    lintEach(pack, entity, at);
    lintFields(pack, entity, at);
    lintIndexes(pack, entity, at);
    lintLookups(pack, entity, at);
    lintRetention(entity, at);
  }
}

/** Rows past their time are looked for all day. */
function lintRetention({ retention, indexes = [] }: EntitySource, report: Report): void {
  if (retention === undefined || indexes.some(([first]) => first === retention.at)) return;
  report('retention', `needs an index that begins with ${retention.at}: rows past their time are found by it`);
}

/** Fields of an event type that some entity keeps, or by which it knows its rows. */
export function fieldsOfEntities({ entities = {}, events }: PackSource, type: string): readonly string[] {
  return Object.values(entities).flatMap((entity) => {
    if (entity.deleted_by?.includes(type) === true) return idsOf(entity);
    return entity.events.includes(type)
      ? [
          ...keptFields(
            entity,
            entity.events.flatMap((one) => events[one] ?? []),
          ),
          ...(entity.each === undefined ? [] : [entity.each.of]),
        ]
      : [];
  });
}

function lintEvents(pack: PackSource, entity: EntitySource, report: Report): void {
  const types = [...entity.events, ...(entity.deleted_by ?? [])];
  if (new Set(types).size < types.length) report('events', 'an event type stands twice, or both changes and deletes');
  for (const type of types) lintType(pack, { entity, type }, report);
  const found = types.flatMap((type) => pack.events[type] ?? []);
  lintPlace(entity, found, report);
  for (const id of ownIdsOf(entity)) {
    const columns = new Set(found.flatMap(({ fields }) => fields[id] ?? []).map((field) => `${field.type} ${field.action ?? 'keep'}`));
    if (columns.size > 1) report('id', 'has different types or treatments in the events of the entity');
  }
}

function lintType(pack: PackSource, { entity, type }: { readonly entity: EntitySource; readonly type: string }, report: Report): void {
  const member = entity.events.includes(type) ? 'events' : 'deleted_by';
  const event = pack.events[type];
  if (event === undefined) report(member, 'names an event type that the pack does not declare');
  else if (isOwnRow(entity, event)) return;
  else for (const id of ownIdsOf(entity)) lintId(id, event, (message) => report(member, `${type}: ${message}`));
}

/** Rows of events that declare no id are known by their event: they lie wherever that does, and are never taken back. */
function lintOwnRows(pack: PackSource, entity: EntitySource, report: Report): void {
  if (entity.or_event !== true) return;
  const found = entity.events.flatMap((type) => pack.events[type] ?? []);
  if (idsOf(entity).length === 0 || !found.some((event) => isOwnRow(entity, event)) || found.every((event) => isOwnRow(entity, event))) {
    report('or_event', 'is for an id that some of the events declare, and others do not');
  }
  if (entity.each !== undefined) report('or_event', 'does not go with `each`');
}

/** Ids that the events carry themselves. */
function ownIdsOf({ id, each }: EntitySource): readonly string[] {
  return idsOf({ id }).filter((name) => each === undefined || !Object.hasOwn(each.fields, name));
}

/** Rows that are the objects of a list. */
function lintEach(pack: PackSource, { id, each, events, deleted_by }: EntitySource, report: Report): void {
  if (each === undefined) return;
  const lists = events.flatMap((type) => pack.events[type]?.fields[each.of] ?? []);
  const isList = lists.length > 0 && lists.every(({ type, action = 'keep' }) => type === 'json' && action === 'keep');
  if (!isList) report('each.of', 'must name a field of type json that an event of the entity keeps as it was sent');
  if (deleted_by !== undefined) report('deleted_by', 'an item of a list is not taken back by itself');
  lintItemIds(idsOf({ id }), each.fields, report);
}

function lintItemIds(ids: readonly string[], fields: NonNullable<EntitySource['each']>['fields'], report: Report): void {
  const ofItem = ids.filter((name) => Object.hasOwn(fields, name));
  if (ofItem.length === 0 || ofItem.length === ids.length) report('id', 'must hold fields of the event and of its items together');
  for (const name of ofItem.filter((one) => !NAMEABLE.has(fields[one]?.type ?? ''))) {
    report(`each.fields.${name}`, 'is part of the id, so it must be a string or an integer');
  }
}

/** All events of a row must lie in one partition. */
function lintPlace(entity: EntitySource, events: readonly EventTypeSource[], report: Report): void {
  if (events.every(({ subject }) => subject === 'required')) return;
  if (entity.id === ROW_EVENT && events.every(({ subject }) => subject === 'none')) return;
  const placed = events.filter((event) => !isOwnRow(entity, event));
  const [key] = new Set(placed.map((event) => event.key));
  const isPart = key !== undefined && idsOf(entity).includes(key);
  if (isPart && events.every(({ subject }) => subject === 'none') && placed.every((event) => event.key === key)) return;
  report(
    'events',
    'must all have `subject: required`, or all `subject: none` and the id, or the same part of it, as their `key`: else events of one thing lie in two partitions',
  );
}

function lintId(id: string, event: EventTypeSource, report: (message: string) => void): void {
  const field = event.fields[id];
  if (field === undefined) return report('does not declare the id');
  if (!NAMEABLE.has(field.type)) report('the id must be a string, enum or integer');
  // An event of a person that does not carry it is about no such thing; others lie where their key is.
  if (field.optional === true && event.subject !== 'required') report('the id is optional, which it may be in events of persons alone');
  if (isUnreadable(field)) report('the id is dropped, refused or sealed');
  if (field.derive !== undefined) report('the id is a derived field, which is not sent');
}

export function declaredIn(pack: PackSource, entity: EntitySource, name: string): readonly FieldSource[] {
  if (entity.times !== undefined && Object.hasOwn(entity.times, name)) return [{ type: 'timestamp' }];
  const ofItem = entity.each !== undefined && Object.hasOwn(entity.each.fields, name) ? entity.each.fields[name] : undefined;
  return ofItem === undefined ? entity.events.flatMap((type) => pack.events[type]?.fields[name] ?? []) : [ofItem];
}

export function keptBy(pack: PackSource, entity: EntitySource): readonly string[] {
  return keptFields(
    entity,
    entity.events.flatMap((type) => pack.events[type] ?? []),
  );
}

function lintTimes(pack: PackSource, entity: EntitySource, report: Report): void {
  for (const [name, type] of Object.entries(entity.times ?? {})) {
    if (!entity.events.includes(type)) report(`times.${name}`, 'names none of the events of the entity');
    if (entity.events.some((event) => pack.events[event]?.fields[name] !== undefined))
      report(`times.${name}`, 'is a field of the events too');
  }
}

function lintFields(pack: PackSource, entity: EntitySource, report: Report): void {
  const names = keptBy(pack, entity);
  if (entity.fields?.includes(ROW_SUBJECT) === true) report('fields', 'the subject is part of every row and no field');
  if (new Set(entity.fields).size < (entity.fields?.length ?? 0)) report('fields', 'names a field twice');
  for (const name of names) {
    const path = entity.fields === undefined ? 'fields' : `fields.${name}`;
    lintKept(name, declaredIn(pack, entity, name), (message) => report(path, `${name} ${message}`));
  }
  const columns = names.map((name) => `${name}.${declaredIn(pack, entity, name).map(entityColumn)[0] ?? ''}`);
  const hashes = new Set(columns.map(columnHash));
  if (hashes.size < names.length) report('fields', 'two names have the same hash: name one of them otherwise');
}

function lintKept(name: string, found: readonly FieldSource[], say: (message: string) => void): void {
  if (found.length === 0) say('is declared by none of the events');
  if (found.some(({ action }) => action === 'drop' || action === 'refuse')) say('is dropped or refused');
  const columns = new Set(found.map((field) => `${entityColumn(field)} ${field.action ?? 'keep'}`));
  if (columns.size > 1) say('has different types or treatments in the events of the entity');
  if (name.length > FIELD_NAME_MAX) say(`has a name of more than ${FIELD_NAME_MAX} characters`);
}

function lintIndexes(pack: PackSource, entity: EntitySource, report: Report): void {
  const names = new Set(keptBy(pack, entity));
  const seen = new Set<string>();
  for (const [at, columns] of (entity.indexes ?? []).entries()) {
    const say = (message: string): void => report(`indexes[${String(at)}]`, message);
    if (new Set(columns).size < columns.length) say('holds a column twice');
    if (seen.has(columns.join(' '))) say('stands twice');
    seen.add(columns.join(' '));
    for (const column of columns) {
      const isColumn = column === ROW_SUBJECT ? isPersonal(pack, entity) : isRowInstant(column) || names.has(column);
      if (!isColumn) say(`${column} is no field that the entity keeps`);
      lintIndexed(declaredIn(pack, entity, column), (message) => say(`${column} ${message}`));
    }
  }
}

function lintLookups(pack: PackSource, entity: EntitySource, report: Report): void {
  const { lookups = [], each } = entity;
  const names = new Set(keptBy(pack, entity));
  if (new Set(lookups).size < lookups.length) report('lookups', 'holds a field twice');
  for (const name of lookups) {
    const found = declaredIn(pack, entity, name);
    const isText = found.every((field) => field.action !== 'seal' && entityColumn(field) === 'text') && each?.fields[name] === undefined;
    if (!names.has(name) || !isText) report('lookups', `${name} is no text that the events of the entity keep as it is`);
  }
}

function lintIndexed(found: readonly FieldSource[], say: (message: string) => void): void {
  if (found.some(({ action }) => action === 'seal')) say('is sealed: what is the same has another text each time');
  if (found.some((field) => entityColumn(field) === 'json')) say('is a list or an object, which has no order');
}

function isPersonal(pack: PackSource, { events }: EntitySource): boolean {
  return events.every((type) => pack.events[type]?.subject === 'required');
}
