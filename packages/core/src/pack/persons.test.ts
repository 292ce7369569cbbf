import { describe, expect, test } from 'vitest';
import { compilePack } from './compile.ts';
import { metricDefinition } from './metric-definition.ts';
import { parsePack } from './parse.ts';

interface Changes {
  readonly fields?: object;
  readonly event?: object;
  readonly metric?: object;
  readonly pack?: object;
}

const FIELDS = {
  born: { type: 'date', sensitive: 'pii', action: 'seal', why: 'for the tests' },
  weight: { type: 'decimal', sensitive: 'phi', action: 'seal', why: 'for the tests' },
  room: { type: 'string', dimension: true },
  age_band: { type: 'string', derive: { from: 'born', as: 'age', bands: [18, 65] }, dimension: true },
};

function source({ fields, event, metric, pack }: Changes = {}): unknown {
  return {
    pack: 'people',
    title: 'People',
    events: { 'person.seen': { subject: 'required', fields: { ...FIELDS, ...fields }, ...event } },
    metrics: { seen: { events: ['person.seen'], dimensions: ['room', 'age_band'], measures: { n: { measure: 'count' } }, ...metric } },
    ...pack,
  };
}

function faultsOf(input: unknown): readonly string[] {
  const result = parsePack(input);
  return result.ok ? [] : result.fault.map(({ path }) => path ?? '');
}

const event = 'events.person.seen';
const measured = (field: string, measure: string) => source({ metric: { measures: { m: { measure, field } } } });
const derived = (derive: object, rest: object = { type: 'integer' }) =>
  source({ fields: { made: { action: 'keep', ...rest, derive: { from: 'born', as: 'year', ...derive } } } });

test('a pack may seal what it derives a dimension from', () => {
  expect(faultsOf(source())).toEqual([]);
});

describe('a sealed field is refused', () => {
  test.each<readonly [string, unknown, string]>([
    ['where the subject may be absent', source({ event: { subject: 'optional' } }), `${event}.fields.born.action`],
    ['where there is no subject', source({ event: { subject: 'none' } }), `${event}.fields.weight.action`],
    [
      'as a dimension',
      source({ fields: { room: { type: 'string', dimension: true, action: 'seal', why: 'for the tests' } } }),
      `${event}.fields.room.dimension`,
    ],
    [
      'as the entity id',
      source({ event: { key: 'room' }, fields: { room: { type: 'string', action: 'seal', why: 'for the tests' } } }),
      `${event}.key`,
    ],
    ['in a condition', source({ metric: { where: { weight: { gt: 50 } } } }), 'metrics.seen.where.weight'],
    ...['sum', 'min', 'max', 'avg', 'quantile', 'variance', 'first', 'last', 'distinct'].map(
      (measure) => [`in ${measure}`, measured('weight', measure), 'metrics.seen.measures.m.field'] as const,
    ),
    [
      'in a histogram',
      source({ metric: { measures: { m: { measure: 'histogram', field: 'weight', bounds: [1] } } } }),
      'metrics.seen.measures.m.field',
    ],
    [
      'beside a field that keeps the same property of a message',
      source({ pack: { segment: { track: { Seen: { type: 'person.seen', fields: { room: 'born' } } } } } }),
      'segment.track.Seen.fields.room',
    ],
    [
      'where it takes the property of another field that is kept',
      source({ pack: { segment: { identify: { type: 'person.seen', fields: { born: 'room' } } } } }),
      'segment.identify.fields.room',
    ],
  ])('%s', (_name, input, path) => {
    expect(faultsOf(input)).toContain(path);
  });

  test('in words that say what to do', () => {
    const result = parsePack(source({ metric: { where: { weight: { gt: 50 } } }, event: { subject: 'optional' } }));
    expect(result.ok ? [] : result.fault.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'pack_invalid: seal needs `subject: required`: a value is sealed with the key of the person that the subject names',
      'pack_invalid: seal needs `subject: required`: a value is sealed with the key of the person that the subject names',
      'pack_invalid: names a field that is dropped, refused or sealed: derive from it what is needed',
    ]);
  });
});

describe('a derived field is refused', () => {
  test.each([
    ['of a field that is not there', derived({ from: 'lost' }), '.derive.from'],
    ['of a derived field', derived({ from: 'age_band', as: 'hash' }, { type: 'string' }), '.derive.from'],
    ['as the year of a number', derived({ from: 'weight' }), '.derive.from'],
    ['as the age of a text', derived({ from: 'room', as: 'age' }), '.derive.from'],
    ['as the hash of a date', derived({ as: 'hash' }, { type: 'string' }), '.derive.from'],
    ['as the band of a text', derived({ from: 'room', as: 'value', bands: [1] }, { type: 'string' }), '.derive.from'],
    ['as a value without bands', derived({ as: 'value' }), '.derive.bands'],
    ['with another type than is derived', derived({}, { type: 'string' }), '.type'],
    ['with the type of the number where it has bands', derived({ bands: [1990] }), '.type'],
    ['with bands that do not rise', derived({ bands: [1990, 1990] }, { type: 'string' }), '.derive.bands'],
    ['with bands of a hash', derived({ from: 'room', as: 'hash', bands: [1] }, { type: 'string' }), '.derive.bands'],
    ['by a table that is not there', derived({ from: 'room', as: 'table' }), '.derive.table'],
    ['by a table of a date', derived({ as: 'table', table: { a: 1 } }), '.derive.from'],
    ['by a table of texts and numbers', derived({ from: 'room', as: 'table', table: { a: 1, b: 'x' } }), '.derive.table'],
    ['by a table of texts as a number', derived({ from: 'room', as: 'table', table: { a: 'x' } }), '.type'],
    ['with a table of a year', derived({ table: { a: 1 } }), '.derive.table'],
    ['by cases that are not there', derived({ as: 'cases' }, { type: 'string' }), '.derive.cases'],
    ['with cases of a year', derived({ cases: [{ gives: 'a' }] }), '.derive.cases'],
    [
      'by a case of what is not sent',
      derived({ as: 'cases', cases: [{ gives: 'a', where: { lost: { eq: 1 } } }] }, { type: 'string' }),
      '.derive.cases[0]',
    ],
    [
      'by a case that compares a text',
      derived({ as: 'cases', cases: [{ gives: 'a', at_least: { weight: 'room' } }] }, { type: 'string' }),
      '.derive.cases[0]',
    ],
    ['by cases as a number', derived({ as: 'cases', cases: [{ gives: 'a' }] }), '.type'],
    ['with an action', derived({}, { type: 'integer', action: 'drop' }), '.action'],
    ['with bounds of what is sent', derived({}, { type: 'integer', min: 1900 }), '.min'],
    ['as optional', derived({}, { type: 'integer', optional: true }), '.optional'],
    ['without a purpose', derived({}, { type: 'integer', action: undefined }), ''],
  ])('%s', (_name, input, path) => {
    expect(faultsOf(input)).toContain(`${event}.fields.made${path}`);
  });

  test('of a field that must not be sent, as entity id, for bounds, and in a mapping of messages', () => {
    const refused = source({ fields: { born: { type: 'date', action: 'refuse' } } });
    expect(faultsOf(refused)).toContain(`${event}.fields.age_band.derive.from`);
    expect(faultsOf(source({ event: { key: 'age_band' } }))).toContain(`${event}.key`);
    const by = { type: 'integer', action: 'keep', why: 'for the tests', bounds_by: { field: 'age_band', of: { '65+': { min: 1 } } } };
    expect(faultsOf(source({ fields: { by } }))).toContain(`${event}.fields.by.bounds_by.field`);
    const mapped = source({ pack: { segment: { page: { type: 'person.seen', fields: { age_band: 'x' } } } } });
    expect(faultsOf(mapped)).toContain('segment.page.fields.age_band');
  });
});

test('a mapping of messages leaves derived fields to ingest', () => {
  const parsed = parsePack(source({ pack: { segment: { page: { type: 'person.seen' } } } }));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  const pack = compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value });
  expect(pack.segment.get('page')?.fields.map(({ field }) => field)).toEqual(['born', 'weight', 'room']);
});

test('what a dimension is derived from is part of the definition of its metric', () => {
  const [first, same, other] = [
    [18, 65],
    [18, 65],
    [18, 70],
  ].map((bands) => {
    const age = { type: 'string', derive: { from: 'born', as: 'age', bands }, dimension: true };
    const result = parsePack(source({ fields: { age_band: age } }));
    if (!result.ok) throw new Error(JSON.stringify(result.fault));
    return metricDefinition(result.value, 'seen');
  });
  expect(first).not.toBe(null);
  expect([same === first, other === first]).toEqual([true, false]);
});
