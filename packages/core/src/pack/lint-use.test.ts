import { expect, test } from 'vitest';
import { parsePack } from './parse.ts';

/** A pack with one field beside what it needs; its faults. */
function faultsOf(field: object, sections: object = {}): readonly string[] {
  const fields = { page: { type: 'string', dimension: true }, x: field };
  const parsed = parsePack({
    ...{ pack: 'shop', title: 'Shop' },
    events: { 'shop.seen': { subject: 'required', fields }, 'shop.bought': { subject: 'required', fields: {} } },
    metrics: { 'shop.pages': { events: ['shop.seen'], dimensions: ['page'], measures: { n: { measure: 'count' } } } },
    ...sections,
  });
  return parsed.ok ? [] : parsed.fault.map(({ path, message }) => `${path ?? ''}: ${message}`);
}

const TEXT = { type: 'string', optional: true };
const PLACE = 'events.shop.seen.fields.x';
const BOUGHT = { event: 'shop.bought' };

test.each([
  ['as it is', TEXT],
  ['as it is, in so many words', { ...TEXT, action: 'keep' }],
  ['as health data', { ...TEXT, sensitive: 'phi' }],
  ['as a pseudonym', { ...TEXT, sensitive: 'id' }],
  ['as a hash', { ...TEXT, sensitive: 'pii', action: 'hash' }],
  ['sealed', { ...TEXT, sensitive: 'pii', action: 'seal' }],
])('what feeds nothing is not kept %s, unless the pack says why', (_how, field) => {
  expect(faultsOf(field)).toEqual([expect.stringMatching(`^${PLACE}: feeds no metric`)]);
  expect(faultsOf({ ...field, why: 'asked for by the auditors' })).toEqual([]);
  expect(faultsOf({ ...field, why: 'because' })).toEqual([expect.stringMatching(`^${PLACE}.why: `)]);
});

test.each([
  ['drop', { ...TEXT, sensitive: 'pii', action: 'drop' }],
  ['drop, as its kind asks', { ...TEXT, sensitive: 'pii' }],
  ['refuse', { ...TEXT, sensitive: 'pii', action: 'refuse' }],
])('what is not stored needs no reason, and has none: %s', (_how, field) => {
  expect(faultsOf(field)).toEqual([]);
  expect(faultsOf({ ...field, why: 'asked for by the auditors' })).toEqual([`${PLACE}.why: belongs to a field that is kept`]);
});

const from = { from: '2026-11-01', to: '2026-11-02' };
const view = (question: object) => ({ views: { way: { queries: { steps: { ...question, ...from } }, answer: { rows: '${steps}' } } } });

test.each([
  ['a key', TEXT, { events: { 'shop.seen': { key: 'x', fields: { x: { type: 'string' } } } }, metrics: {} }],
  ['an entity', TEXT, { entities: { seen: { id: '_event', events: ['shop.seen'], fields: ['x'] } } }],
  ['a condition of a funnel', TEXT, { funnels: { sale: { steps: [{ event: 'shop.seen', where: { x: { eq: 'a' } } }, BOUGHT] } } }],
  [
    'the breakdown of a funnel',
    { ...TEXT, dimension: true },
    { funnels: { sale: { steps: [{ event: 'shop.seen' }, BOUGHT], breakdown: 'x' } } },
  ],
  [
    'the variant of an experiment',
    TEXT,
    {
      experiments: {
        colour: { exposed: { event: 'shop.seen' }, variant: 'x', control: 'a', goal: BOUGHT, weights: { a: 5_000, b: 5_000 } },
      },
    },
  ],
  ['a question of a view', TEXT, view({ kind: 'sessions', events: [{ event: 'shop.seen', where: { x: { eq: 'a' } } }] })],
  [
    'what a cohort of a view adds up',
    { type: 'integer', optional: true },
    view({ kind: 'cohort', start: BOUGHT, event: { event: 'shop.seen' }, value: 'x' }),
  ],
])('%s is a use', (_use, field, sections) => {
  expect(faultsOf(field, sections)).toEqual([]);
});

test('a condition on another event type is no use of this one’s field', () => {
  const fields = { x: TEXT };
  const events = { 'shop.seen': { subject: 'required', fields }, 'shop.bought': { subject: 'required', fields } };
  const funnels = { sale: { steps: [{ event: 'shop.bought', where: { x: { eq: 'a' } } }, { event: 'shop.seen' }] } };
  expect(faultsOf(TEXT, { events, metrics: {}, funnels })).toEqual([expect.stringMatching(`^${PLACE}: feeds`)]);
});
