import { describe, expect, test } from 'vitest';
import { compilePack } from '../pack/compile.ts';
import { parsePack } from '../pack/parse.ts';
import { createCanonicalReader } from './canonical-reader.ts';
import { writeCanonical } from './canonical-writer.ts';
import { CLOUD_EVENT } from './cloud-event.ts';
import { EventTypes } from './event-types.ts';
import { formatExact } from './exact-number.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import { EventJudge } from './judge.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 9);

const packSource = {
  pack: 'shop',
  title: 'Shop',
  events: {
    'shop.sold': {
      fields: {
        item: { type: 'string', max_length: 5, dimension: true },
        count: { type: 'integer', min: 0, max: 100 },
        price: { type: 'decimal', scale_max: 2, optional: true },
        big: { type: 'integer', optional: true },
        ratio: { type: 'number', optional: true, min: 0, max: 1 },
        kind: { type: 'enum', values: ['new', 'used'], dimension: true, optional: true },
        flag: { type: 'boolean', optional: true, action: 'keep', why: 'for the tests' },
        at: { type: 'timestamp', optional: true, action: 'keep', why: 'for the tests' },
        day: { type: 'date', optional: true, action: 'keep', why: 'for the tests' },
        tags: { type: 'string_list', optional: true, action: 'keep', why: 'for the tests' },
        extra: { type: 'json', optional: true, action: 'keep', why: 'for the tests' },
        zone: { type: 'string', optional: true, max_length: 20, format: 'zone', action: 'keep', why: 'for the tests' },
        secret: { type: 'string', optional: true, sensitive: 'pii', action: 'refuse' },
      },
    },
    'shop.person': {
      subject: 'required',
      unknown_members: 'drop',
      fields: {
        note: { type: 'string', optional: true, sensitive: 'pii', action: 'drop' },
        mail: { type: 'string', optional: true, sensitive: 'pii', action: 'hash', why: 'for the tests' },
        weight: { type: 'decimal', bounds_by: { field: 'unit', of: { kg: { max: 300 }, t: { min: 1, integer: true } } } },
        unit: { type: 'string' },
        size: {
          type: 'string',
          optional: true,
          action: 'keep',
          why: 'for the tests',
          values_by: { field: 'unit', of: { kg: ['small', 'mg/dl'] } },
        },
      },
    },
    'shop.thing': { aliases: ['thing', 'item_seen'], subject: 'none', key: 'thing', fields: { thing: { type: 'string' } } },
  },
  metrics: {
    sold: {
      events: ['shop.sold'],
      dimensions: ['item', 'kind'],
      measures: {
        count: { measure: 'sum', field: 'count' },
        price: { measure: 'sum', field: 'price' },
        big: { measure: 'sum', field: 'big' },
        ratio: { measure: 'avg', field: 'ratio' },
      },
    },
    weight: { events: ['shop.person'], measures: { weight: { measure: 'max', field: 'weight' } } },
  },
};

const parsed = parsePack(packSource);
if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
const types = new EventTypes([compilePack({ tenant: 'acme', version: 7, metricVersions: {}, pack: parsed.value })]);
const judge = new EventJudge();

function judgeText(text: string): ReturnType<EventJudge['judge']> {
  const bytes = new TextEncoder().encode(`xx${text}yy`);
  return judge.judge(bytes, { start: 2, end: bytes.length - 2 }, { types, nowMs: NOW_MS });
}

function sold(data: string, envelope = ''): ReturnType<EventJudge['judge']> {
  return judgeText(`{"id":"e1","type":"shop.sold","occurred_at":"2026-11-21T09:00:00Z"${envelope},"data":{${data}}}`);
}

function canonical(tenant = 'acme'): string {
  const out = new GrowingBuffer(8);
  const treat = (action: string, field: string, text: string): string => `${action}-${field}-${String(text.length)}`;
  writeCanonical(judge, { tenant, subject: judge.subject === '' ? '' : 'abcd', treat, seal: () => '' }, out);
  return new TextDecoder().decode(out.bytes.subarray(0, out.length));
}

describe('the judge', () => {
  test.each([
    ['an event as declared', '"item":"a","count":1', ''],
    ['a null for an optional field', '"item":"a","count":1,"kind":null', ''],
    ['5 characters of two UTF-16 units each where 5 are allowed', '"item":"😀😀😀😀😀","count":1', ''],
    ['an integer written with an exponent', '"item":"a","count":1e2', ''],
    ['a bound itself', '"item":"a","count":100', ''],
    ['-0', '"item":"a","count":-0', ''],
    ['an integer of 38 digits', `"item":"a","count":1,"big":${'9'.repeat(38)}`, ''],
    ['an enum value written with an escape', '"item":"a","count":1,"kind":"n\\u0065w"', ''],
    ['a member name written with an escape', '"\\u0069tem":"a","count":1', ''],
    ['a list of texts with signs in them', '"item":"a","count":1,"tags":["a,]\\"", "b\\\\"]', ''],
    ['an empty source', '"item":"a","count":1', ',"source":""'],
    ['a schema version', '"item":"a","count":1', ',"schema_version":3'],
    ['a null subject', '"item":"a","count":1', ',"subject":null'],
  ])('accepts %s', (_name, data, envelope) => {
    expect(sold(data, envelope)).toBe(null);
  });

  test.each(['shop.thing', 'thing', 'item_seen'])('an event sent as %s is stored under the name of its type', (name) => {
    expect(judgeText(`{"id":"1","type":"${name}","occurred_at":0,"data":{"thing":"t"}}`)).toBe(null);
    expect(JSON.parse(canonical())).toMatchObject({ type: 'shop.thing', data: { thing: 't' } });
  });

  test.each([
    ['shop.thing', '{"thing":"t"}', undefined],
    ['shop.sold', '{"item":"a","count":1}', 'ann'],
  ])('an extension of a CloudEvent is kept unless its type is about nobody: %s', (type, data, kept) => {
    const text = `{"specversion":"1.0","id":"1","source":"s","type":"${type}","time":"2026-11-21T09:00:00Z","user":"ann","schemaversion":2,"data":${data}}`;
    const bytes = new TextEncoder().encode(text);
    expect(judge.judge(bytes, { start: 0, end: bytes.length }, { types, nowMs: NOW_MS, envelope: CLOUD_EVENT })).toBe(null);
    const record = JSON.parse(canonical()) as Readonly<Record<string, unknown>>;
    expect([record['user'], record['schemaversion']]).toEqual([kept, 2]);
  });

  test.each([
    ['a missing field', '"item":"a"', 'field_missing', 'data.count'],
    ['null for a required field', '"item":null,"count":1', 'field_missing', 'data.item'],
    ['a text for a number', '"item":"a","count":"1"', 'field_invalid', 'data.count'],
    ['a fraction for an integer', '"item":"a","count":1.5', 'field_invalid', 'data.count'],
    ['a number below its least', '"item":"a","count":-1', 'field_out_of_range', 'data.count'],
    [
      'a number above its greatest by a fraction no double sees',
      '"item":"a","count":1,"ratio":0.5,"price":100000000000000000.001',
      'field_out_of_range',
      'data.price',
    ],
    ['an integer of 39 digits', `"item":"a","count":1,"big":${'9'.repeat(39)}`, 'number_out_of_range', 'data.big'],
    ['1e400', '"item":"a","count":1e400', 'number_out_of_range', 'data.count'],
    ['1e320 as a double', '"item":"a","count":1,"ratio":1e320', 'number_out_of_range', 'data.ratio'],
    ['a double above its greatest', '"item":"a","count":1,"ratio":1.1', 'field_out_of_range', 'data.ratio'],
    ['a text too long', '"item":"abcdef","count":1', 'field_out_of_range', 'data.item'],
    ['a value outside the enum', '"item":"a","count":1,"kind":"old"', 'field_invalid', 'data.kind'],
    ['a number for a boolean', '"item":"a","count":1,"flag":1', 'field_invalid', 'data.flag'],
    ['a day for an instant', '"item":"a","count":1,"at":"2026-01-01"', 'field_invalid', 'data.at'],
    ['a day that does not exist', '"item":"a","count":1,"day":"2026-02-30"', 'field_invalid', 'data.day'],
    ['a name of no zone', '"item":"a","count":1,"zone":"Mars/Olympus"', 'field_invalid', 'data.zone'],
    ['an offset for a zone', '"item":"a","count":1,"zone":"+02:00"', 'field_invalid', 'data.zone'],
    ['a number for a zone', '"item":"a","count":1,"zone":2', 'field_invalid', 'data.zone'],
    ['a zone beyond its length', '"item":"a","count":1,"zone":"America/Argentina/Catamarca"', 'field_out_of_range', 'data.zone'],
    ['a list that holds a number', '"item":"a","count":1,"tags":["a",1]', 'field_invalid', 'data.tags'],
    ['a list that holds a list', '"item":"a","count":1,"tags":[["a"]]', 'field_invalid', 'data.tags'],
    ['a field that must not be sent', '"item":"a","count":1,"secret":"x"', 'field_refused', 'data.secret'],
    ['an undeclared field', '"item":"a","count":1,"other":1', 'field_unknown', 'data.other'],
    ['__proto__, which is an undeclared field', '"item":"a","count":1,"__proto__":{}', 'field_unknown', 'data.__proto__'],
    [
      'an undeclared field whose name could be a person, without naming it',
      '"item":"a","count":1,"jo@example.org":1',
      'field_unknown',
      'data.*',
    ],
    ['a name given twice', '"item":"a","count":1,"count":1', 'duplicate_key', 'data'],
    ['U+0000', '"item":"\\u0000","count":1', 'bad_character', 'data.item'],
  ])('refuses %s', (_name, data, code, path) => {
    expect(sold(data)).toMatchObject({ code, path });
  });

  const plain = '"data":{"item":"a","count":1}';
  test.each([
    ['no id', `{"type":"shop.sold","occurred_at":0,${plain}}`, 'id_missing'],
    ['an empty id', `{"id":"","type":"shop.sold","occurred_at":0,${plain}}`, 'id_invalid'],
    ['an id of 129 characters', `{"id":"${'x'.repeat(129)}","type":"shop.sold","occurred_at":0,${plain}}`, 'id_invalid'],
    ['a number as id', `{"id":1,"type":"shop.sold","occurred_at":0,${plain}}`, 'id_invalid'],
    ['no type', `{"id":"1","occurred_at":0,${plain}}`, 'field_missing'],
    ['an unknown type', `{"id":"1","type":"shop.sol","occurred_at":0,${plain}}`, 'type_unknown'],
    ['an undeclared envelope member', `{"id":"1","type":"shop.sold","occurred_at":0,"x":1,${plain}}`, 'field_unknown'],
    ['the reserved source', `{"id":"1","source":"urn:tidegate:no-source","type":"shop.sold","occurred_at":0,${plain}}`, 'source_invalid'],
    [
      'a subject where there is none',
      '{"id":"1","type":"shop.thing","subject":"s","occurred_at":0,"data":{"thing":"t"}}',
      'subject_refused',
    ],
    [
      'no subject where it is required',
      '{"id":"1","type":"shop.person","occurred_at":0,"data":{"weight":1,"unit":"kg"}}',
      'subject_missing',
    ],
    ['an empty subject', `{"id":"1","type":"shop.sold","subject":"","occurred_at":0,${plain}}`, 'subject_invalid'],
    ['no time', `{"id":"1","type":"shop.sold",${plain}}`, 'field_missing'],
    ['a time that is none', `{"id":"1","type":"shop.sold","occurred_at":"yesterday",${plain}}`, 'occurred_at_invalid'],
    ['half a millisecond', `{"id":"1","type":"shop.sold","occurred_at":0.5,${plain}}`, 'occurred_at_invalid'],
    ['the year 2100', `{"id":"1","type":"shop.sold","occurred_at":"2100-01-01T00:00:00Z",${plain}}`, 'occurred_at_in_future'],
    [
      'a millisecond more than 5 minutes ahead',
      `{"id":"1","type":"shop.sold","occurred_at":${String(NOW_MS + 300_001)},${plain}}`,
      'occurred_at_in_future',
    ],
    ['a list as data', '{"id":"1","type":"shop.sold","occurred_at":0,"data":[]}', 'field_invalid'],
    ['a schema version of 0', `{"id":"1","type":"shop.sold","occurred_at":0,"schema_version":0,${plain}}`, 'field_invalid'],
  ])('refuses %s', (_name, text, code) => {
    expect(judgeText(text)).toMatchObject({ code });
  });

  test('accepts the year 1900, and 5 minutes ahead', () => {
    expect(judgeText(`{"id":"1","type":"shop.sold","occurred_at":"1900-01-01T00:00:00Z",${plain}}`)).toBe(null);
    expect(judge.timeMs).toBe(Date.UTC(1900, 0, 1));
    expect(judgeText(`{"id":"1","type":"shop.sold","occurred_at":${String(NOW_MS + 300_000)},${plain}}`)).toBe(null);
  });

  test('takes less ahead where less is set, and then says how much', () => {
    const [strict, at] = [new EventJudge(2_500), { types, nowMs: NOW_MS }];
    const judgeAhead = (ms: number): unknown => {
      const bytes = new TextEncoder().encode(`{"id":"1","type":"shop.sold","occurred_at":${String(NOW_MS + ms)},${plain}}`);
      return strict.judge(bytes, { start: 0, end: bytes.length }, at);
    };
    expect(judgeAhead(2_500)).toBe(null);
    expect(judgeAhead(2_501)).toMatchObject({ code: 'occurred_at_in_future', message: 'is more than 2.5 s ahead' });
  });

  test('bounds may depend on another field, wherever that stands', () => {
    const person = (data: string): ReturnType<EventJudge['judge']> =>
      judgeText(`{"id":"1","type":"shop.person","subject":"jo","occurred_at":0,"data":{${data}}}`);
    expect(person('"weight":300,"unit":"kg"')).toBe(null);
    expect(person('"weight":300.1,"unit":"kg"')).toMatchObject({ code: 'field_out_of_range', path: 'data.weight' });
    expect(person('"unit":"t","weight":1.5')).toMatchObject({ code: 'field_invalid', path: 'data.weight' });
    expect(person('"unit":"lb","weight":1000.5')).toBe(null);
  });

  test('values may depend on another field, wherever that stands and however they are written', () => {
    const person = (data: string): ReturnType<EventJudge['judge']> =>
      judgeText(`{"id":"1","type":"shop.person","subject":"jo","occurred_at":0,"data":{"weight":1,${data}}}`);
    expect([person('"size":"small","unit":"kg"'), person('"unit":"kg"'), person('"size":"any","unit":"lb"')]).toEqual([null, null, null]);
    expect(person('"size":"mg\\/dl","unit":"kg"')).toBe(null);
    expect(person('"unit":"kg","size":"large"')).toMatchObject({ code: 'field_invalid', path: 'data.size' });
  });

  test('no message holds a value that the sender gave', () => {
    const values = ['"item":"marker-7","count":1', '"item":"a","count":"marker-7"', '"item":"a","count":1,"kind":"marker-7"'];
    for (const data of values) expect(JSON.stringify(sold(data))).not.toContain('marker-7');
  });
});

describe('the canonical record', () => {
  test('holds the members of the format in their order and the data byte by byte', () => {
    expect(sold('"item":"\\u0061", "count":1e2,"price":0.10', ',"source":"till","schema_version":2')).toBe(null);
    expect(canonical()).toBe(
      '{"specversion":"1.0","id":"e1","source":"till","type":"shop.sold","time":"2026-11-21T09:00:00.000Z",' +
        '"datacontenttype":"application/json","tenant":"acme","packversion":7,"schemaversion":2,"data":{"item":"\\u0061", "count":1e2,"price":0.10}}',
    );
  });

  test('says that there is no source and holds the pseudonym, never the subject', () => {
    expect(sold('"item":"a","count":1', ',"subject":"jo@example.org"')).toBe(null);
    expect(canonical()).toContain('"source":"urn:tidegate:no-source","type":"shop.sold","subject":"abcd","time"');
    expect(canonical()).not.toContain('example');
  });

  test('names the tenant that it is written for, whoever the last one of its type was', () => {
    expect(sold('"item":"a","count":1')).toBe(null);
    const tenants = ['acme', 'other', 'acme'].map((tenant) => (JSON.parse(canonical(tenant)) as { tenant: string }).tenant);
    expect(tenants).toEqual(['acme', 'other', 'acme']);
  });

  test('leaves out dropped and undeclared members and replaces treated ones', () => {
    expect(
      judgeText(
        '{"id":"1","type":"shop.person","subject":"jo","occurred_at":0,"z":1,"data":{"note":"x", "unit":"kg","other":{"a":1},"mail":"j@e.org", "weight":1.50}}',
      ),
    ).toBe(null);
    expect(canonical()).toContain('"data":{"unit":"kg","mail":"hash-mail-7","weight":1.50}}');
  });

  test('reads back as it was written', () => {
    const reader = createCanonicalReader();
    expect(sold('"item":"caf\\u00e9","count":-0,"price":0.10,"big":9223372036854775808,"flag":true,"kind":null', ',"subject":"jo"')).toBe(
      null,
    );
    const bytes = new TextEncoder().encode(`..${canonical()}.`);
    expect(reader.read(bytes, 2, bytes.length - 1)).toBe(true);
    expect([reader.tenant(), reader.id(), reader.source(), reader.type(), reader.subject(), reader.packVersion()]).toEqual([
      'acme',
      'e1',
      '',
      'shop.sold',
      'abcd',
      7,
    ]);
    expect(reader.timeMs()).toBe(NOW_MS);
    expect(reader.dimension('item')).toBe('café');
    expect(Object.is(reader.double('count'), 0)).toBe(true);
    expect(reader.exact('count')).toEqual({ unscaled: 0, scale: 0 });
    expect(reader.exact('price')).toEqual({ unscaled: 1, scale: 1 });
    expect(formatExact(reader.exact('big') ?? { unscaled: 0, scale: 0 })).toBe('9223372036854775808');
    expect([reader.boolean('flag'), reader.dimension('flag')]).toEqual([true, 'true']);
    expect([reader.kind('kind'), reader.kind('nothing'), reader.dimension('kind')]).toEqual(['null', 'absent', null]);
    expect(new TextDecoder().decode(bytes.subarray(reader.dataStart(), reader.dataEnd()))).toMatch(/^\{"item":.*\}$/);
  });

  test.each([
    ['members in another order', (text: string) => text.replace('"specversion":"1.0","id":"e1"', '"id":"e1","specversion":"1.0"')],
    ['a member more', (text: string) => text.replace('"tenant":', '"x":1,"tenant":')],
    ['a member less', (text: string) => text.replace(/"packversion":7,/, '')],
    ['a time that is none', (text: string) => text.replace('2026-11-21', '2026-13-21')],
    ['a cut', (text: string) => text.slice(0, -1)],
    ['data that is no object', (text: string) => text.replace(/"data":\{.*\}\}/, '"data":[]}')],
  ])('is not readable with %s', (_name, change) => {
    expect(sold('"item":"a","count":1')).toBe(null);
    const bytes = new TextEncoder().encode(change(canonical()));
    expect(createCanonicalReader().read(bytes, 0, bytes.length)).toBe(false);
  });
});
