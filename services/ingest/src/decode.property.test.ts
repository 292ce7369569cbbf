import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BodyFormat } from './decode.ts';
import { createDecoder, formatOf } from './decode.ts';

interface Found {
  readonly events: string[];
  readonly broken: [string, number][];
}

/** Decodes a body that comes in the given pieces. */
function decode(format: BodyFormat, body: Uint8Array, cuts: readonly number[]): Found {
  const found: Found = { events: [], broken: [] };
  const decoder = createDecoder(format, 64, {
    event: (bytes, start, end) => found.events.push(Buffer.from(bytes.subarray(start, end)).toString()),
    broken: (code, _original, lengthBytes) => found.broken.push([code, lengthBytes]),
  });
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
        const found = decode('ndjson', Buffer.from(lines.join(newline)), at);
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
        const found = decode('json', Buffer.from(body), at);
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
    const result = decode('json', Buffer.from(body), []);
    expect(result.events).toEqual(found);
    expect(result.broken).toHaveLength(broken);
  });

  test('a body that breaks off gives the whole events before the break and one refused rest', () => {
    const found: string[] = [];
    const decoder = createDecoder('ndjson', 64, {
      event: (bytes, start, end) => found.push(Buffer.from(bytes.subarray(start, end)).toString()),
      broken: (code) => found.push(code),
    });
    decoder.push(Buffer.from('{"a":1}\n{"b"'));
    decoder.cut('bad_encoding');
    expect(found).toEqual(['{"a":1}', 'bad_encoding']);
  });

  test('the media type alone decides the format', () => {
    expect([
      formatOf('application/json; charset=utf-8'),
      formatOf('Application/X-NDJSON'),
      formatOf('text/json'),
      formatOf(undefined),
    ]).toEqual(['json', 'ndjson', null, null]);
  });
});
