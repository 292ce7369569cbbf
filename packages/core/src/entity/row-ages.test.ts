import { expect, test } from 'vitest';
import { compilePack } from '../pack/compile.ts';
import { parsePack } from '../pack/parse.ts';
import { ageByYear, ageOn, planAges } from './row-ages.ts';
import type { AgeAsk } from './row-ages.ts';

// Counted on a calendar.
test.each<[string, string, number | null | undefined]>([
  ['1967-08-23', '2026-08-22', 58],
  ['1967-08-23', '2026-08-23', 59],
  // Who was born on February 29 has the birthday on March 1 where there is no such day.
  ['2008-02-29', '2026-02-28', 17],
  ['2008-02-29', '2026-03-01', 18],
  ['2008-02-29', '2028-02-29', 20],
  ['2026-11-30', '2026-11-30', 0],
  ['2026-12-01', '2026-11-30', null],
  ['1967-08', '2026-11-30', undefined],
  ['1967-08-23', 'today', undefined],
])('who was born on %s is on %s %s years old', (born, on, age) => {
  expect(ageOn(born, on)).toBe(age);
});

test('by the year of birth alone an age is one too many until the birthday; without a year there is none', () => {
  const age = { name: 'age', field: 'born', types: [], on: '2026-08-22', year: 'born_in' };
  expect(ageByYear(age, { born_in: 1967 })).toBe(59);
  expect([ageByYear(age, { born_in: null }), ageByYear({ ...age, year: null }, { born_in: 1967 })]).toEqual([null, null]);
});

const date = { type: 'date', optional: true };
const person = {
  born: { ...date, sensitive: 'pii', action: 'seal' },
  name: { type: 'string', optional: true, sensitive: 'pii', action: 'seal', why: 'for the tests' },
  came: { ...date, action: 'keep' },
  born_in: { type: 'integer', derive: { from: 'born', as: 'year' }, action: 'keep', why: 'for the tests' },
  room: { type: 'string', action: 'keep', why: 'for the tests' },
};
const parsed = parsePack({
  pack: 'house',
  title: 'House',
  events: {
    'person.came': { subject: 'required', fields: person },
    'room.told': { subject: 'none', key: 'room', fields: { room: { type: 'string', action: 'keep', why: 'for the tests' } } },
  },
  metrics: {},
  entities: { person: { id: 'subject', events: ['person.came'] }, room: { id: 'room', events: ['room.told'] } },
});
if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
const { entities } = compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value });

const AGE: AgeAsk = { of: 'born', on: '2026-11-30', else: 'born_in' };

test.each<[string, string, Readonly<Record<string, AgeAsk>>, string | null]>([
  ['of a sealed date', 'person', { age: AGE }, null],
  ['without a year to go by', 'person', { age: { of: 'born', on: '2026-11-30' } }, null],
  ['of a date that is not sealed', 'person', { age: { ...AGE, of: 'came' } }, 'ages.age.of'],
  ['of a sealed text', 'person', { age: { ...AGE, of: 'name' } }, 'ages.age.of'],
  ['on a day that is none', 'person', { age: { ...AGE, on: '2026-02-30' } }, 'ages.age.on'],
  ['by a year that is a text', 'person', { age: { ...AGE, else: 'room' } }, 'ages.age.else'],
  ['by the name of a member', 'person', { room: AGE }, 'ages.room'],
  ['of rows that are of nobody', 'room', { age: AGE }, 'ages.age'],
])('an age %s of a %s is planned, or refused where it says', (_what, entity, asked, path) => {
  const of = entities.get(entity);
  if (of === undefined) throw new Error('the pack has the entity');
  const planned = planAges(asked, of);
  expect(planned.ok ? null : planned.fault.path).toBe(path);
});
