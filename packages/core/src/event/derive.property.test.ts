import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { expect, test } from 'vitest';
import { compilePack } from '../pack/compile.ts';
import { parsePack } from '../pack/parse.ts';
import { writeCanonical } from './canonical-writer.ts';
import { EventTypes } from './event-types.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import { EventJudge } from './judge.ts';

const BANDS = [18, 30, 65];
const parsed = parsePack({
  pack: 'people',
  title: 'People',
  events: {
    'person.joined': {
      subject: 'required',
      fields: {
        born: { type: 'date', optional: true, sensitive: 'pii', action: 'seal', why: 'for the tests' },
        seen: { type: 'timestamp', optional: true, action: 'drop' },
        email: { type: 'string', optional: true, sensitive: 'pii', action: 'seal', why: 'for the tests' },
        birth_year: { type: 'integer', derive: { from: 'born', as: 'year' }, action: 'keep', why: 'for the tests' },
        seen_year: { type: 'integer', derive: { from: 'seen', as: 'year' }, action: 'keep', why: 'for the tests' },
        decade: { type: 'string', derive: { from: 'born', as: 'year', bands: [1950, 1960] }, action: 'keep', why: 'for the tests' },
        age: { type: 'integer', derive: { from: 'born', as: 'age' }, action: 'keep', why: 'for the tests' },
        age_band: { type: 'string', derive: { from: 'born', as: 'age', bands: BANDS }, dimension: true },
        status: { type: 'integer', optional: true, action: 'keep', why: 'for the tests' },
        status_class: {
          type: 'string',
          derive: { from: 'status', as: 'value', bands: [200, 300, 500] },
          action: 'keep',
          why: 'for the tests',
        },
        email_key: { type: 'string', derive: { from: 'email', as: 'hash' }, action: 'keep', why: 'for the tests' },
        asked: { type: 'decimal', optional: true, action: 'keep', why: 'for the tests' },
        given: { type: 'decimal', optional: true, action: 'keep', why: 'for the tests' },
        settled: {
          type: 'string',
          action: 'keep',
          why: 'for the tests',
          derive: {
            from: 'given',
            as: 'cases',
            cases: [
              { gives: 'refused', where: { status: { in: [4, 5] } } },
              { gives: 'full', at_least: { given: 'asked' } },
              { gives: 'part', where: { given: { gt: 0 }, asked: { exists: true } } },
            ],
          },
        },
        has_email: { type: 'boolean', derive: { from: 'email', as: 'present' }, action: 'keep', why: 'for the tests' },
      },
    },
  },
  metrics: { joined: { events: ['person.joined'], dimensions: ['age_band'], measures: { n: { measure: 'count' } } } },
});
if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
const types = new EventTypes([compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value })]);
const judge = new EventJudge();

/** What is stored of the event; a string: the path of its fault. */
function storedOf(data: object | string, at = '2026-11-21T09:00:00.000Z'): Record<string, unknown> | string {
  const members = typeof data === 'string' ? data : JSON.stringify(data);
  const text = `{"id":"e1","type":"person.joined","subject":"jo","occurred_at":"${at}","data":${members}}`;
  const bytes = new TextEncoder().encode(text);
  const fault = judge.judge(bytes, { start: 0, end: bytes.length }, { types, nowMs: Date.UTC(2100, 0, 1) });
  if (fault !== null) return `${fault.code} ${fault.path}`;
  const out = new GrowingBuffer();
  const decoder = new TextDecoder();
  writeCanonical(
    judge,
    {
      ...{ tenant: 'acme', subject: 'abcd' },
      treat: (action, field, value) => `${action}-of-${field}-${value}`,
      seal: ({ type, field }, json) => `sealed ${type} ${field} ${decoder.decode(json).replaceAll('"', '')}`,
    },
    out,
  );
  return (JSON.parse(decoder.decode(out.written())) as { data: Record<string, unknown> }).data;
}

test('a sealed value is handed to be sealed as its JSON, with its event type and field, and nothing else of it is written', () => {
  expect(storedOf({ email: 'a@b.example' })).toEqual({
    email: 'sealed person.joined email a@b.example',
    email_key: 'hash-of-email_key-a@b.example',
    has_email: true,
  });
});

test('what there is nothing to derive from is absent, null being the same', () => {
  expect(storedOf({})).toEqual({ has_email: false });
  expect(storedOf({ born: null, email: null })).toEqual({ born: null, email: null, has_email: false });
});

test('a derived value cannot be sent', () => {
  expect(storedOf({ birth_year: 1990 })).toBe('field_refused data.birth_year');
  expect(storedOf({ birth_year: null, born: '1990-01-01' })).toMatchObject({ birth_year: 1990 });
});

test('a value is judged before it is sealed', () => {
  expect(storedOf({ born: '1990-02-30' })).toBe('field_invalid data.born');
  expect(storedOf({ email: 5 })).toBe('field_invalid data.email');
});

test('a whole number is named by its band', () => {
  const classOf = (status: unknown): unknown => (storedOf({ status }) as Record<string, unknown>)['status_class'];
  expect([200, 299, 300, 499, 500, 599].map(classOf)).toEqual(['200-299', '200-299', '300-499', '300-499', '500+', '500+']);
  expect([199, 0, -7, 1e3].map(classOf)).toEqual(['<200', '<200', '<200', '500+']);
  expect(storedOf({ status: null })).not.toHaveProperty('status_class');
});

test('of cases the first that fits gives the value, numbers being compared exactly', () => {
  const settledOf = (data: object): unknown => (storedOf(data) as Record<string, unknown>)['settled'];
  expect([4, 5, 6].map((status) => settledOf({ status, given: 10, asked: 10 }))).toEqual(['refused', 'refused', 'full']);
  expect([100, 99.99, 0.01, 0, -1].map((given) => settledOf({ given, asked: 100 }))).toEqual([
    'full',
    'part',
    'part',
    undefined,
    undefined,
  ]);
  // Beyond what doubles tell apart.
  const text = '{"given":9007199254740992.1,"asked":9007199254740992.2}';
  expect(storedOf(text)).toMatchObject({ settled: 'part' });
  // Without what it is made of there is none, nor without the number that it would be set against.
  expect([
    settledOf({ status: 4 }),
    settledOf({ given: null, status: 4 }),
    settledOf({ given: 5 }),
    settledOf({ given: 5, asked: null }),
  ]).toEqual([undefined, undefined, undefined, undefined]);
});

test('a year is that of the date, and of an instant that in UTC', () => {
  expect(storedOf({ born: '1955-01-01', seen: '2026-01-01T00:30:00+01:00' })).toMatchObject({
    birth_year: 1955,
    decade: '1950-1959',
    seen_year: 2025,
  });
  expect(storedOf({ born: '1949-12-31' })).toMatchObject({ decade: '<1950' });
  expect(storedOf({ born: '1960-01-01' })).toMatchObject({ decade: '1960+' });
  expect(storedOf({ seen: '2026-01-01T00:30:00Z' })).not.toHaveProperty('seen');
});

test('an age is the whole years between two dates as a calendar library counts them, and its band holds it', () => {
  const dates = fc.date({ min: new Date('1900-01-01'), max: new Date('2090-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(dates, dates, (one, other) => {
      const [from, to] = [one, other]
        .map((date) => Temporal.PlainDate.from(date.toISOString().slice(0, 10)))
        .toSorted(Temporal.PlainDate.compare);
      if (from === undefined || to === undefined) return;
      // Of February 29 the library makes February 28 where there is none: born then, a year is full a day later here.
      const isLeapDay = from.month === 2 && from.day === 29 && to.month === 2 && to.day === 28;
      const years = isLeapDay ? to.year - from.year - 1 : from.until(to, { largestUnit: 'years' }).years;
      const stored = storedOf({ born: from.toString() }, `${to.toString()}T23:59:59.999Z`);
      const band = ['<18', '18-29', '30-64', '65+'][BANDS.filter((bound) => years >= bound).length];
      expect(stored).toMatchObject({ age: years, age_band: band });
    }),
    { numRuns: 300 },
  );
});

test('a birthday is in the year that begins on its day, by the day in UTC', () => {
  const ageAt = (at: string): unknown => (storedOf({ born: '2000-02-29' }, at) as Record<string, unknown>)['age'];
  expect([ageAt('2018-02-28T23:59:59Z'), ageAt('2018-03-01T00:00:00Z'), ageAt('2020-02-28T12:00:00Z')]).toEqual([17, 18, 19]);
  expect([ageAt('2020-02-29T00:30:00+01:00'), ageAt('2020-02-29T00:30:00Z')]).toEqual([19, 20]);
});

test('who is born after the event has no age', () => {
  expect(storedOf({ born: '2026-11-22' })).toEqual({
    ...{ born: 'sealed person.joined born 2026-11-22', birth_year: 2026, decade: '1960+', has_email: false },
  });
});
