import { describe, expect, it } from 'vitest';
import { defineEventType } from './defined-event-types.ts';
import type { EventTypeDefinition } from './defined-event-types.ts';
import { parsePack } from './parse.ts';
import type { PackSource } from './schema.ts';

const FIELDS = {
  page: { type: 'string', dimension: true, max_length: 50 },
  kind: { type: 'enum', values: ['a', 'b'], action: 'keep', why: 'for the tests' },
  n: { type: 'integer', min: 0, max: 10, action: 'keep', why: 'for the tests' },
  price: { type: 'decimal', scale_max: 2, unit: 'EUR', optional: true, action: 'keep', why: 'for the tests' },
  mail: { type: 'string', sensitive: 'pii', action: 'hash', why: 'for the tests' },
  zone: { type: 'string', format: 'zone', optional: true, action: 'keep', why: 'for the tests' },
};
const METRICS = { 'shop.sales': { dimensions: ['page'], measures: { n: { measure: 'count' } } } };
const SALE = { subject: 'required', key: 'page', aliases: ['sale'], fields: FIELDS, metrics: METRICS };

function packOf(source: object): PackSource {
  const read = parsePack(source);
  if (!read.ok) throw new Error(JSON.stringify(read.fault));
  return read.value;
}

const OTHER = packOf({ pack: 'zoo', title: 'Zoo', events: { 'visit.made': { aliases: ['visit'], fields: {} } }, metrics: {} });

function made(inPlace: readonly PackSource[], definition: Partial<EventTypeDefinition> = {}): PackSource {
  const found = defineEventType(inPlace, { eventType: 'shop.sale', mode: 'add', declared: SALE, ...definition });
  if (!found.ok) throw new Error(JSON.stringify(found.fault));
  return found.value;
}

function refusedOf(inPlace: readonly PackSource[], definition: Partial<EventTypeDefinition>): readonly string[] {
  const found = defineEventType(inPlace, { eventType: 'shop.sale', mode: 'add', declared: SALE, ...definition });
  return found.ok ? [] : found.fault.map(({ code, path }) => `${code} ${path}`);
}

describe('an event type that is defined', () => {
  it('is one of the own pack of the tenant, with metrics over it alone, beside those that were defined before', () => {
    const first = made([OTHER]);
    expect([first.pack, Object.keys(first.events), first.metrics['shop.sales']?.events]).toEqual(['custom', ['shop.sale'], ['shop.sale']]);
    const second = made([OTHER, first], {
      eventType: 'shop.return',
      declared: { fields: { n: { type: 'integer', action: 'keep', why: 'for the tests' } } },
    });
    expect([Object.keys(second.events), Object.keys(second.metrics)]).toEqual([['shop.sale', 'shop.return'], ['shop.sales']]);
    expect(second.events['shop.sale']).toEqual(first.events['shop.sale']);
  });

  it.each(['visit.made', 'visit'])('is new to all packs of the tenant: %s is not', (eventType) => {
    expect(refusedOf([OTHER], { eventType, declared: { fields: {} } })).toEqual(['event_type_taken event_type']);
  });

  it('is judged as in a pack, and told where in the definition it is wrong', () => {
    expect(refusedOf([], { declared: { fields: { n: { type: 'numeral' } } } })).toEqual(['pack_invalid fields.n.type']);
    expect(refusedOf([], { declared: { fields: {}, colour: 1 } })[0]).toMatch(/^pack_invalid /);
    expect(refusedOf([], { declared: { fields: {}, metrics: { m: { measures: { s: { measure: 'sum', field: 'gone' } } } } } })[0]).toMatch(
      /^pack_invalid metrics\.m\./,
    );
    expect(refusedOf([], { declared: { fields: {}, metrics: [] } })).toEqual(['pack_invalid metrics']);
  });

  it('cannot take the metric of another one', () => {
    const first = made([]);
    expect(refusedOf([first], { eventType: 'shop.return', declared: { fields: {}, metrics: METRICS } })).toEqual([
      'pack_invalid metrics.shop.sales',
    ]);
  });
});

describe('a change of an event type', () => {
  const first = made([]);
  const change = (over: object, fields: object = {}): readonly string[] =>
    refusedOf([first], { mode: 'change', declared: { ...SALE, ...over, fields: { ...FIELDS, ...fields } } });

  it('is of one that was defined here', () => {
    expect(refusedOf([OTHER], { mode: 'change', eventType: 'visit.made' })).toEqual(['not_found undefined']);
  });

  it.each<[string, object, object]>([
    ['nothing', {}, {}],
    ['titles', { title: 'Sales' }, { page: { ...FIELDS.page, title: 'Page' } }],
    ['a person that need not be named', { subject: 'optional' }, {}],
    ['another alias', { aliases: ['sale', 'sold'] }, {}],
    ['members that are dropped', { unknown_members: 'drop' }, {}],
    ['an optional field', {}, { city: { type: 'string', optional: true, action: 'keep', why: 'for the tests' } }],
    ['a field that need not be sent', {}, { kind: { ...FIELDS.kind, optional: true } }],
    ['a field that figures are grouped by', {}, { kind: { ...FIELDS.kind, dimension: true } }],
    ['more values', {}, { kind: { ...FIELDS.kind, values: ['c', 'b', 'a'] } }],
    ['wider bounds', {}, { n: { ...FIELDS.n, min: -1, max: 11 } }],
    ['any text where one of a format was', {}, { zone: { ...FIELDS.zone, format: undefined } }],
    ['no bounds', {}, { n: { type: 'integer', action: 'keep', why: 'for the tests' }, page: { type: 'string', dimension: true } }],
    ['longer texts', {}, { page: { ...FIELDS.page, max_length: 51 }, price: { ...FIELDS.price, scale_max: 3 } }],
    ['a further metric', { metrics: { ...METRICS, 'shop.pages': { measures: { n: { measure: 'count' } } } } }, {}],
    ['a metric in another way', { metrics: { 'shop.sales': { measures: { s: { measure: 'sum', field: 'n' } } } } }, {}],
  ])('may bring %s', (_, over, fields) => {
    expect(change(over, fields)).toEqual([]);
  });

  it.each<[string, object, object, string]>([
    ['another key', { key: 'kind' }, {}, 'key'],
    ['no person', { subject: 'none' }, {}, 'subject'],
    ['an alias less', { aliases: ['sold'] }, {}, 'aliases'],
    ['a field that must be sent', {}, { city: { type: 'string', action: 'keep', why: 'for the tests' } }, 'fields.city.optional'],
    ['a field that must be sent now', {}, { price: { ...FIELDS.price, optional: false } }, 'fields.price.optional'],
    ['another type', {}, { n: { ...FIELDS.n, type: 'decimal' } }, 'fields.n.type'],
    ['another unit', {}, { price: { ...FIELDS.price, unit: 'USD' } }, 'fields.price.unit'],
    ['values less', {}, { kind: { ...FIELDS.kind, values: ['a', 'c'] } }, 'fields.kind.values'],
    ['a higher least', {}, { n: { ...FIELDS.n, min: 1 } }, 'fields.n.min'],
    ['a lower most', {}, { n: { ...FIELDS.n, max: 9 } }, 'fields.n.max'],
    ['a bound where none was', {}, { price: { ...FIELDS.price, max: 5 } }, 'fields.price.max'],
    ['a format where none was', {}, { page: { ...FIELDS.page, format: 'zone' } }, 'fields.page.format'],
    ['shorter texts', {}, { page: { ...FIELDS.page, max_length: 49 } }, 'fields.page.max_length'],
    ['fewer decimals', {}, { price: { ...FIELDS.price, scale_max: 1 } }, 'fields.price.scale_max'],
    [
      'a field kept as it is',
      {},
      { mail: { type: 'string', sensitive: 'pii', action: 'keep', why: 'for the tests' } },
      'fields.mail.action',
    ],
    ['a metric less', { metrics: {} }, {}, 'metrics.shop.sales'],
  ])('may not bring %s', (_, over, fields, path) => {
    expect(change(over, fields)).toEqual([`event_type_incompatible ${path}`]);
  });

  it('may not do without a field, or without what figures are grouped by', () => {
    const { kind: _kind, ...fields } = FIELDS;
    expect(refusedOf([first], { mode: 'change', declared: { ...SALE, fields } })).toEqual(['event_type_incompatible fields.kind']);
    const plain = { ...FIELDS, page: { type: 'string', max_length: 50, action: 'keep', why: 'for the tests' } };
    const metrics = { 'shop.sales': { measures: { n: { measure: 'count' } } } };
    expect(refusedOf([first], { mode: 'change', declared: { ...SALE, metrics, fields: plain } })).toEqual([
      'event_type_incompatible fields.page.dimension',
    ]);
  });
});
