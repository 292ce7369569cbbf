import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDecoder } from './decode.ts';
import type { BodyLayout } from './formats.ts';
import { attributesOf, formatOf } from './formats.ts';

interface Found {
  readonly events: string[];
  readonly broken: [string, number][];
}

/** Decodes a body that comes in the given pieces. */
function decode(layout: BodyLayout, body: Uint8Array, cuts: readonly number[], attributes: string | null = null): Found {
  const found: Found = { events: [], broken: [] };
  const decoder = createDecoder(
    { layout, eventBytesMax: 64, attributes },
    {
      event: (bytes, start, end) => found.events.push(Buffer.from(bytes.subarray(start, end)).toString()),
      broken: (code, _original, lengthBytes) => found.broken.push([code, lengthBytes]),
    },
  );
  const places = [0, ...cuts.map((cut) => cut % (body.length + 1)).toSorted((a, b) => a - b), body.length];
  for (let i = 1; i < places.length; i += 1) decoder.push(body.subarray(places[i - 1], places[i]));
  decoder.end();
  return found;
}

const text = fc.string({ unit: fc.constantFrom('a', '"', '\\', ']', '}', ',', '[', '{', 'é', '\n', ' '), maxLength: 12 });
const value = fc.oneof(text, fc.integer(), fc.array(fc.integer(), { maxLength: 3 }), fc.record({ k: text }));
const events = fc.array(fc.record({ id: text, v: value }), { minLength: 1, maxLength: 6 });
const cuts = fc.array(fc.nat(), { maxLength: 5 });

function lengthOf(json: string): number {
  return Buffer.byteLength(json);
}

describe('the decoder', () => {
  test('finds each line of an NDJSON body however it is cut into pieces, and tells the length of those that are too long', () => {
    fc.assert(
      fc.property(events, cuts, fc.constantFrom('\n', '\r\n', '\n\n'), (list, at, newline) => {
        const lines = list.map((event) => JSON.stringify(event));
        const found = decode('lines', Buffer.from(lines.join(newline)), at);
        // A carriage return belongs to its line; all but the last line have one here.
        const withReturn = newline === '\r\n' ? lines.map((line, i) => (i < lines.length - 1 ? `${line}\r` : line)) : lines;
        expect(found.events).toEqual(withReturn.filter((line) => lengthOf(line) <= 64));
        expect(found.broken).toEqual(withReturn.filter((line) => lengthOf(line) > 64).map((line) => ['too_large', lengthOf(line)]));
      }),
    );
  });

  test('finds each event of a JSON body, whether array or object, in any layout', () => {
    fc.assert(
      fc.property(events, cuts, fc.constantFrom('', ' ', '\t'), fc.boolean(), (list, at, space, isArray) => {
        const body = ` ${JSON.stringify(isArray ? list : { events: list }, null, space)}\n`;
        const found = decode('any', Buffer.from(body), at);
        const small = found.events.map((event) => JSON.parse(event) as unknown);
        // What is too long is left out, the order stays; the length is that of the event in this layout.
        const isSmall = list.map((event) => small.some((one) => JSON.stringify(one) === JSON.stringify(event)));
        expect(small).toEqual(list.filter((_event, i) => isSmall[i]));
        expect(found.events.length + found.broken.length).toBe(list.length);
        expect(found.events.every((event) => lengthOf(event) <= 64)).toBe(true);
        expect(found.broken.every(([code, length]) => code === 'too_large' && length > 64)).toBe(true);
      }),
    );
  });

  test.each([
    ['a missing bracket', '[{"a":1},{"b":2}', ['{"a":1}'], 1],
    ['text after the end', '[{"a":1}] x', ['{"a":1}'], 1],
    ['text after one event', '{"a":1} {"b":2}', ['{"a":1}'], 1],
    ['a cut text', '[{"a":1},{"b":"', ['{"a":1}'], 1],
    ['a trailing comma', '[{"a":1},]', ['{"a":1}'], 1],
    ['nothing between commas', '[{"a":1},,{"b":2}]', ['{"a":1}'], 1],
    ['a missing brace around events', '{"events":[{"a":1}]', ['{"a":1}'], 0],
    ['no value', '', [], 0],
    ['an empty array', ' [ ] ', [], 0],
  ])('%s spoils what it concerns, not what went before', (_name, body, found, broken) => {
    const result = decode('any', Buffer.from(body), []);
    expect(result.events).toEqual(found);
    expect(result.broken).toHaveLength(broken);
  });

  test('a body that breaks off gives the whole events before the break and one refused rest', () => {
    const found: string[] = [];
    const decoder = createDecoder(
      { layout: 'lines', eventBytesMax: 64, attributes: null },
      {
        event: (bytes, start, end) => found.push(Buffer.from(bytes.subarray(start, end)).toString()),
        broken: (code) => found.push(code),
      },
    );
    decoder.push(Buffer.from('{"a":1}\n{"b"'));
    decoder.cut('bad_encoding');
    expect(found).toEqual(['{"a":1}', 'bad_encoding']);
  });

  test.each([
    ['one', '{"a":1}', ['{"a":1}'], 0],
    ['one', ' {"a":1}\n{"b":2}', ['{"a":1}'], 1],
    ['one', '{"events":[{"a":1}]}', ['{"events":[{"a":1}]}'], 0],
    ['one', '[{"a":1}]', ['[{"a":1}]'], 0],
    ['list', ' [{"a":1}, {"b":2}] ', ['{"a":1}', '{"b":2}'], 0],
    ['list', '{"a":1}', [], 1],
    ['list', '{"events":[{"a":1}]}', [], 1],
  ] as const)('laid out as %s, %s holds %j', (layout, body, found, broken) => {
    const result = decode(layout, Buffer.from(body), []);
    expect([result.events, result.broken.length]).toEqual([found, broken]);
  });

  test.each([
    ['{"n":1}', '{"id":"a","data":{"n":1}}'],
    [' [1]\n', '{"id":"a","data": [1]\n}'],
    ['', '{"id":"a"}'],
    ['{},"id":"b"', 'bad_json'],
    ['{}}', 'bad_json'],
    ['"a"', 'bad_json'],
    [`{"n":"${'x'.repeat(50)}"}`, 'too_large'],
    [`{"n":"${'x'.repeat(80)}"}`, 'too_large'],
  ])('with its envelope in the headers, a body of %s becomes %s however it is cut', (body, expected) => {
    fc.assert(
      fc.property(cuts, (at) => {
        const { events: found, broken } = decode('attributed', Buffer.from(body), at, '{"id":"a"');
        expect([...found, ...broken.map(([code]) => code)]).toEqual([expected]);
      }),
      { numRuns: 20 },
    );
  });
});

describe('the format of a body', () => {
  const layoutOf = (headers: Record<string, string>): string | null => formatOf(headers)?.layout ?? null;

  test.each([
    ['application/json; charset=utf-8', 'any'],
    ['Application/X-NDJSON', 'lines'],
    ['application/ndjson; charset="UTF-8"', 'lines'],
    ['application/cloudevents+json', 'one'],
    ['application/cloudevents-batch+json; charset=utf-8', 'list'],
    ['application/cloudevents+avro', null],
    ['application/json; charset=iso-8859-1', null],
    ['text/json', null],
    ['constructor', null],
    ['', null],
  ])('of type %j is %s', (type, layout) => {
    expect(layoutOf({ 'content-type': type })).toBe(layout);
  });

  test('is the binary mode where attributes stand in headers, unless the type says otherwise or is not JSON', () => {
    const attributes = { 'ce-specversion': '1.0', 'ce-id': 'a' };
    expect(layoutOf({ ...attributes, 'content-type': 'application/vnd.shop+json' })).toBe('attributed');
    expect(layoutOf(attributes)).toBe('attributed');
    expect(layoutOf({ ...attributes, 'content-type': 'application/cloudevents+json' })).toBe('one');
    expect(layoutOf({ ...attributes, 'content-type': 'application/octet-stream' })).toBe(null);
  });

  test.each([
    ['plain', 'plain'],
    ['Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro \u20ac \u{1f600}'],
    ['"quoted \\"text\\""', 'quoted "text"'],
    ['100% sure', '100% sure'],
    ['Troms\u00c3\u00b8', 'Troms\u00f8'],
  ])('an attribute %s in a header is %s', (header, text) => {
    expect(JSON.parse(`${attributesOf({ 'ce-id': header, 'ce-schemaversion': '2', 'other-header': 'x' }) ?? ''}}`)).toEqual({
      id: text,
      schemaversion: 2,
    });
  });

  test('an attribute that decodes to no UTF-8 makes the event unreadable', () => {
    expect(attributesOf({ 'ce-id': '%FF' })).toBe(null);
    expect(decode('attributed', Buffer.from('{}'), [], attributesOf({ 'ce-id': '\u00f8' })).broken).toEqual([['bad_utf8', 2]]);
  });
});
