import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { INSTANT_MAX_MS, INSTANT_MIN_MS, parseDate, parseInstant, writeInstant } from './instant.ts';

const encoder = new TextEncoder();

function parse(text: string): number {
  const bytes = encoder.encode(`"${text}"`);
  return parseInstant(bytes, 1, bytes.length - 1);
}

const instant = fc.integer({ min: INSTANT_MIN_MS, max: INSTANT_MAX_MS });

describe('instants', () => {
  test('any instant of the years 0 to 9999 is written as Date writes it and read back the same', () => {
    fc.assert(
      fc.property(instant, (ms) => {
        const out = new Uint8Array(26);
        writeInstant(ms, out, 1);
        const text = new TextDecoder().decode(out.subarray(1, 25));
        expect(text).toBe(new Date(ms).toISOString());
        expect(parse(text)).toBe(ms);
      }),
      { numRuns: 2_000 },
    );
  });

  test('an instant is written the same whichever was written before it: of the same day, a day off, or any', () => {
    const step = fc.oneof(fc.integer({ min: -86_400_000, max: 86_400_000 }), fc.constantFrom(0, 1, -1, 86_400_000, -86_400_000));
    fc.assert(
      fc.property(
        fc.integer({ min: INSTANT_MIN_MS + 2e9, max: INSTANT_MAX_MS - 2e9 }),
        fc.array(step, { maxLength: 20 }),
        (first, steps) => {
          let ms = first;
          for (const by of [0, ...steps]) {
            ms += by;
            const out = new Uint8Array(24);
            writeInstant(ms, out, 0);
            expect(new TextDecoder().decode(out)).toBe(new Date(ms).toISOString());
          }
        },
      ),
    );
  });

  test('an offset moves the instant by its hours and minutes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -2_208_988_800_000, max: 4_102_444_800_000 }),
        fc.integer({ min: -1_439, max: 1_439 }),
        (ms, minutes) => {
          const wall = new Date(ms + minutes * 60_000).toISOString().slice(0, -1);
          const clock = `${String(Math.floor(Math.abs(minutes) / 60)).padStart(2, '0')}:${String(Math.abs(minutes) % 60).padStart(2, '0')}`;
          expect(parse(`${wall}${minutes < 0 ? '-' : '+'}${clock}`)).toBe(ms);
        },
      ),
    );
  });

  test.each([
    ['1900-01-01T00:00:00Z', Date.UTC(1900, 0, 1)],
    ['2026-11-21t09:00:00z', Date.UTC(2026, 10, 21, 9)],
    ['2026-11-21T09:00:00.1239999Z', Date.UTC(2026, 10, 21, 9, 0, 0, 123)],
    ['1969-12-31T23:59:59.999Z', -1],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
    ['2000-02-29T00:00:00+05:45', Date.UTC(2000, 1, 28, 18, 15)],
  ])('%s is read', (text, ms) => {
    expect(parse(text)).toBe(ms);
  });

  test.each([
    '2026-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:00:00',
    '2026-01-01T00:00:00.Z',
    '2026-01-01T00:00:00+0100',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01T00:00:00Z ',
    '2026-1-01T00:00:00Z',
    '2026-01-01',
    '20260101T000000Z',
    '0000-01-01T00:00:00+01:00',
    '',
  ])('%s is refused', (text) => {
    expect(parse(text)).toBe(Number.NaN);
  });

  test('a date is read as the day since 1970 that Date has, and dates that do not exist are refused', () => {
    const bytes = (text: string): [Uint8Array, number, number] => [encoder.encode(text), 0, text.length];
    fc.assert(
      fc.property(instant, (ms) => {
        expect(parseDate(...bytes(new Date(ms).toISOString().slice(0, 10)))).toBe(Math.floor(ms / 86_400_000));
      }),
    );
    expect(parseDate(...bytes('2026-02-30'))).toBe(Number.NaN);
    expect(parseDate(...bytes('2026-02-3'))).toBe(Number.NaN);
  });
});
