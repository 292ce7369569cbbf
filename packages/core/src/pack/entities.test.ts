import { expect, test } from 'vitest';
import { createRawFold } from '../rollup/raw-fold.ts';
import { compilePack } from './compile.ts';
import { metricDefinition } from './metric-definition.ts';
import { parsePack } from './parse.ts';
import type { CompiledPack } from './compiled.ts';
import type { PackSource } from './schema.ts';

const GOAL = { id: 'goal_id', events: ['goal.set', 'goal.changed'], deleted_by: ['goal.dropped'] };

interface Changes {
  readonly entity?: object;
  readonly set?: object;
  readonly changed?: object;
  readonly fields?: object;
  readonly metric?: object;
}

function source({ entity, set, changed, fields, metric }: Changes = {}): Record<string, unknown> {
  const id = { type: 'string', action: 'keep', why: 'for the tests' };
  return {
    pack: 'health',
    title: 'Health',
    events: {
      'goal.set': {
        subject: 'required',
        fields: {
          goal_id: id,
          status: { type: 'enum', values: ['active', 'done'], dimension: true },
          target: { type: 'decimal' },
          share: { type: 'number', optional: true, action: 'keep', why: 'for the tests' },
          due: { type: 'date', optional: true, action: 'keep', why: 'for the tests' },
          at: { type: 'timestamp', optional: true, action: 'keep', why: 'for the tests' },
          tags: { type: 'string_list', optional: true, action: 'keep', why: 'for the tests' },
          note: { type: 'string', optional: true, sensitive: 'pii', action: 'seal', why: 'for the tests' },
          secret: { type: 'string', optional: true, action: 'drop' },
          ...fields,
        },
        ...set,
      },
      'goal.changed': {
        subject: 'required',
        fields: { goal_id: id, status: { type: 'enum', values: ['active'], dimension: true } },
        ...changed,
      },
      'goal.dropped': { subject: 'required', fields: { goal_id: id } },
    },
    entities: { goal: { ...GOAL, ...entity } },
    metrics: { goals: { over: 'goal', dimensions: ['status'], measures: { n: { measure: 'count' } }, ...metric } },
  };
}

function faults(changes: Changes): readonly string[] {
  const result = parsePack(source(changes));
  return result.ok ? [] : result.fault.map(({ path, message }) => `${path ?? ''}: ${message}`);
}

function parsed(changes: Changes = {}): PackSource {
  const result = parsePack(source(changes));
  if (!result.ok) throw new Error(JSON.stringify(result.fault));
  return result.value;
}

function compiled(changes: Changes = {}): CompiledPack {
  return compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed(changes) });
}

test('an entity keeps what its events keep, each field in a column named for its type', () => {
  const goal = compiled({ entity: { indexes: [['subject', 'status'], ['_created_at']] } }).entities.get('goal');
  expect(goal?.fields.map(({ columnName, isSealed }) => [columnName, isSealed])).toEqual([
    ['at.instant', false],
    ['due.date', false],
    ['goal_id.text', false],
    ['note.text', true],
    ['share.double', false],
    ['status.text', false],
    ['tags.json', false],
    ['target.numeric', false],
  ]);
  expect(goal?.indexes).toEqual([['_subject', 'status.text'], ['_created_at']]);
  expect(goal).toMatchObject({ tenant: 'acme', pack: 'health', entity: 'goal', idFields: ['goal_id'], hasSubject: true });
});

test('an entity may keep some fields only, and always its id', () => {
  const names = compiled({ entity: { fields: ['status', 'target'] } })
    .entities.get('goal')
    ?.fields.map(({ name }) => name);
  expect(names).toEqual(['goal_id', 'status', 'target']);
});

test('the person may be the entity', () => {
  const goal = compiled({ entity: { id: 'subject' } }).entities.get('goal');
  expect(goal).toMatchObject({ idFields: [], hasSubject: true });
});

test('each event may be a row of its own, by its sender and its id, told twice or not', () => {
  const pack = compiled({ entity: { id: '_event', deleted_by: undefined, fields: ['status', 'target'] } });
  expect(pack.entities.get('goal')).toMatchObject({ idFields: [], isPerEvent: true, hasSubject: true });
  const raw = createRawFold([...pack.metrics.values()]);
  const set = (eventId: string, source = '') =>
    raw.fold({
      ...{ tenant: 'acme', eventId, source, subject: 'anna', type: 'goal.set', occurredAtMs: 0, receivedAtMs: 0, packVersion: 1 },
      data: '{"goal_id":"g","status":"done"}',
    });
  for (const eventId of ['e-1', 'e-2', 'e-1']) set(eventId);
  set('e-1', 'watch');
  expect(raw.take().entities[0]?.rows.map(({ key }) => key)).toEqual([
    { subject: 'anna', id: '["","e-1"]' },
    { subject: 'anna', id: '["","e-2"]' },
    { subject: 'anna', id: '["watch","e-1"]' },
  ]);
  expect(faults({ entity: { id: '_event' } }).join()).toContain('entities.goal.deleted_by: an event that is a row of its own');
});

test('events that do not declare the id may be rows of their own beside those that do', () => {
  const changes: Changes = {
    set: { subject: 'none', key: 'goal_id' },
    changed: { subject: 'none', fields: { status: { type: 'enum', values: ['new', 'done'], dimension: true } } },
    fields: { note: { type: 'string', action: 'keep', why: 'for the tests' } },
    entity: { or_event: true, deleted_by: undefined, fields: ['status', 'target'] },
  };
  const pack = compiled(changes);
  expect(pack.entities.get('goal')).toMatchObject({ idFields: ['goal_id'], isPerEvent: false, ownRowEvents: ['goal.changed'] });
  const raw = createRawFold([...pack.metrics.values()]);
  const event = { tenant: 'acme', source: '', subject: '', occurredAtMs: 0, receivedAtMs: 0, packVersion: 1 };
  for (const eventId of ['e-1', 'e-2']) raw.fold({ ...event, eventId, type: 'goal.set', data: '{"goal_id":"g","status":"new"}' });
  for (const eventId of ['e-3', 'e-4', 'e-3']) raw.fold({ ...event, eventId, type: 'goal.changed', data: '{"status":"done"}' });
  expect(raw.take().entities[0]?.rows.map(({ key }) => key.id)).toEqual(['g', '["","e-3"]', '["","e-4"]']);
  const without = parsed({ ...changes, changed: { subject: 'none', key: 'goal_id' }, entity: { ...changes.entity, or_event: undefined } });
  expect(metricDefinition(parsed(changes), 'goals')).not.toBe(metricDefinition(without, 'goals'));
  expect(faults({ entity: { or_event: true } }).join()).toContain('entities.goal.or_event: is for an id that some');
});

test('an event of a person that does not carry the id is about no such thing', () => {
  const pack = compiled({ fields: { goal_id: { type: 'string', optional: true, action: 'keep', why: 'for the tests' } } });
  const raw = createRawFold([...pack.metrics.values()]);
  const event = { tenant: 'acme', source: '', subject: 'anna', type: 'goal.set', occurredAtMs: 0, receivedAtMs: 0, packVersion: 1 };
  raw.fold({ ...event, eventId: 'e-1', data: '{"status":"done"}' });
  raw.fold({ ...event, eventId: 'e-2', data: '{"goal_id":"g","status":"done"}' });
  expect(raw.take().entities[0]?.rows.map(({ key }) => key.id)).toEqual(['g']);
});

test('several fields may be the id together, and a row may keep the time of a type of event', () => {
  const entity = { id: ['goal_id', 'status'], times: { changed_at: 'goal.changed' }, fields: ['target'], deleted_by: undefined };
  const goal = compiled({ entity }).entities.get('goal');
  expect(goal?.idFields).toEqual(['goal_id', 'status']);
  expect(goal?.fields.map(({ columnName, timeOf }) => [columnName, timeOf ?? null])).toEqual([
    ['changed_at.instant', 'goal.changed'],
    ['goal_id.text', null],
    ['status.text', null],
    ['target.numeric', null],
  ]);
  expect(faults({ entity: { ...entity, deleted_by: ['goal.dropped'] } }).join()).toContain('goal.dropped: does not declare the id');
});

test('a metric over an entity changes with all of its events, the deleting ones too', () => {
  const metric = compiled({ metric: { at: 'due' } }).metrics.get('goals');
  expect(metric?.eventTypes).toEqual(['goal.set', 'goal.changed', 'goal.dropped']);
  expect(metric?.over?.at?.columnName).toBe('due.date');
  expect(metric?.dimensions).toMatchObject([{ name: 'status', type: 'enum' }]);
});

test('what decides over the rows of an entity makes another version of the metrics over it', () => {
  const before = metricDefinition(parsed(), 'goals');
  expect(metricDefinition(parsed({ entity: { title: 'Goals', indexes: [['status']], lookups: ['status'] } }), 'goals')).toBe(before);
  expect(metricDefinition(parsed({ metric: { at: 'due' } }), 'goals')).not.toBe(before);
  expect(metricDefinition(parsed({ entity: { deleted_by: undefined } }), 'goals')).not.toBe(before);
});

test.each<[string, Changes, string]>([
  ['an event type that is not declared', { entity: { events: ['goal.none'] } }, 'entities.goal.events: names an event type'],
  ['an event that both changes and deletes', { entity: { deleted_by: ['goal.set'] } }, 'entities.goal.events: an event type stands twice'],
  ['an event without the id', { changed: { fields: {} } }, 'entities.goal.events: goal.changed: does not declare the id'],
  [
    'an id that may be absent',
    { set: { subject: 'none' }, fields: { goal_id: { type: 'string', optional: true } } },
    'entities.goal.events: goal.set: the id is optional',
  ],
  [
    'a sealed id',
    { fields: { goal_id: { type: 'string', action: 'seal', why: 'for the tests' } } },
    'entities.goal.events: goal.set: the id is dropped',
  ],
  ['an id of two types', { fields: { goal_id: { type: 'integer' } } }, 'entities.goal.id: has different types'],
  ['events some of which have no person', { set: { subject: 'optional' } }, 'entities.goal.events: must all have'],
  [
    'events without persons and without the key',
    { set: { subject: 'none' }, changed: { subject: 'none' } },
    'entities.goal.events: must all',
  ],
  ['a field that no event declares', { entity: { fields: ['mood'] } }, 'entities.goal.fields.mood: mood is declared by none'],
  ['a field that is dropped', { entity: { fields: ['secret'] } }, 'entities.goal.fields.secret: secret is dropped'],
  [
    'a field of two types',
    { fields: { status: { type: 'integer', dimension: true } } },
    'entities.goal.fields: status has different types',
  ],
  ['the time of an event that is none of its own', { entity: { times: { x_at: 'goal.dropped' } } }, 'entities.goal.times.x_at: names none'],
  ['a time that has the name of a field', { entity: { times: { status: 'goal.set' } } }, 'entities.goal.times.status: is a field'],
  ['a field twice', { entity: { fields: ['status', 'status'] } }, 'entities.goal.fields: names a field twice'],
  ['an index over what is not kept', { entity: { fields: ['status'], indexes: [['due']] } }, 'entities.goal.indexes[0]: due is no field'],
  ['an index over a sealed field', { entity: { indexes: [['note']] } }, 'entities.goal.indexes[0]: note is sealed'],
  ['an index over a list', { entity: { indexes: [['tags']] } }, 'entities.goal.indexes[0]: tags is a list'],
  ['a lookup of what is not kept', { entity: { fields: ['status'], lookups: ['due'] } }, 'entities.goal.lookups: due is no text'],
  ['a lookup of a number', { entity: { lookups: ['target'] } }, 'entities.goal.lookups: target is no text'],
  ['a lookup of a sealed field', { entity: { lookups: ['note'] } }, 'entities.goal.lookups: note is no text'],
  ['a lookup twice', { entity: { lookups: ['status', 'status'] } }, 'entities.goal.lookups: holds a field twice'],
  ['an index twice', { entity: { indexes: [['due'], ['due']] } }, 'entities.goal.indexes[1]: stands twice'],
  ['a metric over two things', { metric: { events: ['goal.set'] } }, 'metrics.goals.over: stands beside'],
  ['a metric over nothing', { metric: { over: undefined } }, 'metrics.goals.events: a metric is over events'],
  ['a metric over an unknown entity', { metric: { over: 'meal' } }, 'metrics.goals.over: names an entity'],
  ['a metric placed by no time', { metric: { at: 'status' } }, 'metrics.goals.at: must name a date'],
  ['a metric by a field that is not kept', { entity: { fields: ['due'] } }, 'metrics.goals.dimensions[0]: names a field that none'],
  ['a greatest value over rows', { metric: { measures: { m: { measure: 'max', field: 'target' } } } }, 'max cannot take out again'],
  [
    'a sum of doubles over rows',
    { metric: { measures: { m: { measure: 'sum', field: 'share' } } } },
    'sum over an entity needs an integer',
  ],
  ['a measure of a sealed field', { metric: { measures: { m: { measure: 'sum', field: 'note' } } } }, 'metrics.goals.measures.m.field'],
])('a pack is refused for %s', (_name, changes, expected) => {
  expect(faults(changes).join('\n')).toContain(expected);
});

test('what an entity keeps is kept for a purpose', () => {
  expect(faults({ entity: { fields: ['due'] }, metric: { dimensions: [] } }).join('\n')).toContain(
    'events.goal.set.fields.target: feeds no',
  );
});

test('a row has a time where the entity says so, and an index by which it is found when that is over', () => {
  const kept = (entity: object): readonly string[] => faults({ entity });
  expect(kept({ retention: { days: 30 } })).toEqual([
    'entities.goal.retention: needs an index that begins with _updated_at: rows past their time are found by it',
  ]);
  expect(kept({ retention: { days: 30, at: '_created_at' }, indexes: [['status', '_created_at']] })).toHaveLength(1);
  expect(kept({ retention: { days: 30, at: '_created_at' }, indexes: [['_created_at', 'status']] })).toEqual([]);
  expect(kept({ retention: { days: 0 }, indexes: [['_updated_at']] })).toHaveLength(1);
  const { entities } = compilePack({
    ...{ tenant: 'acme', version: 1, metricVersions: {} },
    pack: parsed({ entity: { retention: { days: 30 }, indexes: [['_updated_at']] } }),
  });
  expect(entities.get('goal')?.retention).toEqual({ days: 30, at: '_updated_at' });
});
