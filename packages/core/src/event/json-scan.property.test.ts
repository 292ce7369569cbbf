import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonScanner } from './json-scan.ts';
import { decodeJsonText } from './json-text.ts';
import type { MemberList } from './member-list.ts';
import { FLAG, KIND } from './member-list.ts';

const encoder = new TextEncoder();
const scanner = new JsonScanner();

function scanText(text: string): string | null {
  const bytes = encoder.encode(text);
  return scanner.scan(bytes, 0, bytes.length);
}

/** What the scanner found, rebuilt by JSON.parse member by member. */
function rebuilt(bytes: Uint8Array, list: MemberList): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (let i = 0; i < list.count; i += 1) {
    const name = decodeJsonText(bytes, list.keyStart[i] ?? 0, list.keyEnd[i] ?? 0);
    entries.push([name, JSON.parse(new TextDecoder().decode(bytes.subarray(list.valueStart[i], list.valueEnd[i])))]);
  }
  return Object.fromEntries(entries);
}

function hasLoneSurrogateOrNul(text: string): boolean {
  return !text.isWellFormed() || text.includes('\u0000');
}

/** Names given twice or exponents beyond a double: what JSON.parse takes and the scanner must not. */
const wellFormed = fc.string({ unit: 'binary', maxLength: 12 }).filter((text) => !hasLoneSurrogateOrNul(text));
const value = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    wellFormed,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(wellFormed, tie('node'), { maxKeys: 5 }),
  ),
})).node;
const event = fc.record({ id: wellFormed, data: fc.dictionary(wellFormed, value, { maxKeys: 20 }), extra: value }, { requiredKeys: [] });

describe('the JSON scanner', () => {
  test('finds exactly the members that JSON.parse finds, in any layout', () => {
    fc.assert(
      fc.property(event, fc.constantFrom('', ' ', '\t', '\n  '), (object, space) => {
        const bytes = encoder.encode(` ${JSON.stringify(object, null, space)} `);
        expect(scanner.scan(bytes, 0, bytes.length)).toBe(null);
        expect(rebuilt(bytes, scanner.members)).toEqual(JSON.parse(JSON.stringify(object)));
        if (object.data !== undefined) expect(rebuilt(bytes, scanner.data)).toEqual(JSON.parse(JSON.stringify(object.data)));
      }),
      { numRuns: 500 },
    );
  });

  test('any change of bytes is either read as JSON.parse reads it or refused, and never refused for its grammar alone', () => {
    const change = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom('set', 'insert', 'remove')), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(event, change, (object, changes) => {
        const list = [...encoder.encode(JSON.stringify(object))];
        for (const [place, byte, how] of changes) {
          const at = place % (list.length + 1);
          if (how === 'insert') list.splice(at, 0, byte);
          else if (how === 'remove') list.splice(at, 1);
          else if (at < list.length) list[at] = byte;
        }
        agrees(Uint8Array.from(list));
      }),
      { numRuns: 3_000 },
    );
  });

  test('text made of JSON signs is judged as JSON.parse judges it', () => {
    const sign = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '\\',
      'u',
      '0',
      '1',
      '-',
      '.',
      'e',
      '+',
      'a',
      'b',
      'true',
      'null',
      ' ',
      '"k":',
      '"data":{',
    );
    fc.assert(
      fc.property(fc.array(sign, { maxLength: 14 }), (signs) => agrees(encoder.encode(`{${signs.join('')}}`))),
      { numRuns: 5_000 },
    );
  });

  function agrees(bytes: Uint8Array): void {
    const fault = scanner.scan(bytes, 0, bytes.length);
    let parsed: unknown = undefined;
    let text = '';
    try {
      text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      expect(fault).not.toBe(null);
      return;
    }
    try {
      parsed = JSON.parse(text);
    } catch {
      expect(fault).not.toBe(null);
      return;
    }
    if (fault === null) expect(rebuilt(bytes, scanner.members)).toEqual(parsed);
    else if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) expect(fault).not.toBe('bad_json');
  }
});

describe('the strictness of the JSON scanner', () => {
  test.each([
    ['a name given twice', '{"a":1,"a":2}', 'duplicate_key'],
    ['a name given twice below', '{"data":{"x":{"b":1,"b":1}}}', 'duplicate_key'],
    ['a name given twice, once escaped', '{"\\u0061":1,"a":2}', 'duplicate_key'],
    ['a name given twice among many', `{${Array.from({ length: 40 }, (_, i) => `"k${String(i)}":1`).join(',')},"k39":1}`, 'duplicate_key'],
    ['an escaped U+0000', '{"a":"\\u0000"}', 'bad_character'],
    ['a raw U+0000', '{"a":"\u0000"}', 'bad_character'],
    ['a lone high surrogate', '{"a":"\\ud800x"}', 'bad_character'],
    ['a lone low surrogate', '{"a":"\\udc00"}', 'bad_character'],
    ['a high surrogate before another escape', '{"a":"\\ud800\\u0041"}', 'bad_character'],
    ['1e400', '{"a":1e400}', 'number_out_of_range'],
    ['nesting beyond the cap', `{"a":${'['.repeat(32)}${']'.repeat(32)}}`, 'bad_json'],
    ['an array', '[]', 'bad_json'],
    ['two values', '{}{}', 'bad_json'],
    ['a trailing comma', '{"a":1,}', 'bad_json'],
    ['nothing', '', 'bad_json'],
  ])('%s is refused', (_name, text, fault) => {
    expect(scanText(text)).toBe(fault);
  });

  test.each([
    ['the same name in different objects', '{"a":{"a":1},"b":[{"a":1},{"a":1}]}'],
    ['a surrogate pair', '{"a":"\\ud83d\\ude00"}'],
    ['nesting up to the cap', `{"a":${'['.repeat(31)}${']'.repeat(31)}}`],
    ['__proto__ as a name', '{"__proto__":{"__proto__":1}}'],
  ])('%s is read', (_name, text) => {
    expect(scanText(text)).toBe(null);
  });

  test.each([
    ['an overlong slash', [0xc0, 0xaf]],
    ['an encoded surrogate', [0xed, 0xa0, 0x80]],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['a cut sequence', [0xe2, 0x82]],
    ['a lone continuation', [0x80]],
  ])('%s is bad_utf8', (_name, middle) => {
    const bytes = Uint8Array.from([...encoder.encode('{"data":{"a":"'), ...middle, ...encoder.encode('"}}')]);
    expect(scanner.scan(bytes, 0, bytes.length)).toBe('bad_utf8');
    expect(scanner.faultPath()).toEqual(['data', 'a']);
  });

  test('bytes beyond the given range are not read', () => {
    const bytes = encoder.encode('{"a":12}');
    expect(scanner.scan(bytes, 0, 7)).toBe('bad_json');
    expect(scanner.scan(bytes, 0, 6)).toBe('bad_json');
    expect(scanner.scan(bytes, 1, 8)).toBe('bad_json');
  });

  test('only an integer of at most 15 digits without exponent is marked short', () => {
    const bytes = encoder.encode('{"a":123456789012345,"b":1234567890123456,"c":1.5,"d":1e3,"e":-0}');
    expect(scanner.scan(bytes, 0, bytes.length)).toBe(null);
    expect([...scanner.members.flags.subarray(0, 5)]).toEqual([FLAG.shortInteger, 0, 0, 0, FLAG.shortInteger]);
    expect([...scanner.members.kind.subarray(0, 5)]).toEqual(Array(5).fill(KIND.number));
  });
});
