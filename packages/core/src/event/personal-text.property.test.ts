import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePack } from '../pack/compile.ts';
import { parsePack } from '../pack/parse.ts';
import { EventTypes } from './event-types.ts';
import { EventJudge } from './judge.ts';
import { CLOUD_EVENT } from './cloud-event.ts';
import { createFindPersonal } from './personal-text.ts';

const find = createFindPersonal(['email', 'phone', 'card']);

function found(text: string): ReturnType<typeof find> {
  const bytes = new TextEncoder().encode(JSON.stringify(text));
  return find(bytes, 0, bytes.length);
}

/** The check digit of ISO/IEC 7812-1 by trying all ten: the sum of the digits, every second one from the right doubled. */
function withCheckDigit(payload: string): string {
  const sums = (digits: string): number =>
    Array.from(digits)
      .toReversed()
      .reduce((sum, digit, i) => sum + (i % 2 === 0 ? Number(digit) : ([0, 2, 4, 6, 8, 1, 3, 5, 7, 9][Number(digit)] ?? 0)), 0);
  const last = Array.from({ length: 10 }, (_, i) => String(i)).find((digit) => sums(payload + digit) % 10 === 0);
  return payload + (last ?? '');
}

const around = fc.constantFrom(['', ''], ['call ', ' now'], ['(', ')'], ['a: ', '.'], ['é ', ', ok']);
const digits = (count: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: count, maxLength: count }).map((list) => list.join(''));
const cards = fc
  .oneof(
    fc.tuple(fc.constantFrom('4', '51', '55', '2221', '6011', '3530'), digits(14)).map(([prefix, rest]) => (prefix + rest).slice(0, 15)),
    fc.tuple(fc.constantFrom('34', '37'), digits(12)).map(([prefix, rest]) => prefix + rest),
  )
  .map(withCheckDigit);

describe('a text is found to hold', () => {
  test('an e-mail address, wherever it stands', () => {
    fc.assert(
      fc.property(fc.emailAddress(), around, (email, [before, after]) => {
        // The library makes top-level names of letters, and an address may begin with signs that only quotes allow.
        fc.pre(!/["<>]@/.test(email));
        expect(found(`${before}${email}${after}`)).toBe('email');
      }),
    );
  });

  test('the number of a card, with spaces or dashes or neither', () => {
    fc.assert(
      fc.property(cards, around, fc.constantFrom('', ' ', '-'), (card, [before, after], separator) => {
        const grouped = card.replaceAll(/(\d{4})(?=\d)/g, `$1${separator}`);
        expect(found(`${before}${grouped}${after}`)).toBe('card');
      }),
    );
  });

  test.each(['+47 22 12 34 56', 'tel:+4722123456', '+1 (555) 010-9999', '+44.20.7946.0958'])('the telephone number %s', (text) => {
    expect(found(text)).toBe('phone');
  });

  test('what an escape spells', () => {
    const bytes = new TextEncoder().encode('"jo\\u0040example.org"');
    expect(find(bytes, 0, bytes.length)).toBe('email');
  });
});

describe('nothing is found in', () => {
  test('ids, instants, numbers and zones', () => {
    const uuid = fc.uuid();
    const instant = fc.date({ max: new Date('9999-12-31'), noInvalidDate: true }).map((date) => date.toISOString());
    const epoch = fc.integer({ min: 1_000_000_000_000, max: 1_999_999_999_999 }).map(String);
    const number = fc.double({ noNaN: true }).map(String);
    const others = fc.constantFrom(
      'Europe/Oslo',
      '2026-11-21T09:00:00+01:00',
      '1.5e+21',
      'a@b',
      'user@localhost',
      '@jo',
      'C++ 11',
      '+47',
      '10+20=30',
    );
    fc.assert(
      fc.property(fc.oneof(uuid, instant, epoch, number, others), (text) => {
        expect(found(text)).toBe(null);
      }),
      { numRuns: 1_000 },
    );
  });

  test('a card’s number with one digit changed', () => {
    fc.assert(
      fc.property(cards, fc.nat({ max: 14 }), fc.integer({ min: 1, max: 9 }), (card, at, by) => {
        const changed = Array.from(card)
          .map((digit, i) => (i === at ? String((Number(digit) + by) % 10) : digit))
          .join('');
        expect(found(changed)).toBe(null);
      }),
    );
  });
});

const parsed = parsePack({
  pack: 'shop',
  title: 'Shop',
  privacy: { guard: ['email', 'phone'] },
  events: {
    'shop.sold': {
      unknown_members: 'drop',
      fields: {
        item: { type: 'string', dimension: true },
        tags: { type: 'string_list', optional: true, action: 'keep', why: 'for the tests' },
        extra: { type: 'json', optional: true, action: 'keep', why: 'for the tests' },
        contact: { type: 'string', optional: true, sensitive: 'pii', action: 'keep', why: 'for the tests' },
        buyer: { type: 'string', optional: true, sensitive: 'pii', action: 'hash', why: 'for the tests' },
        dropped: { type: 'string', optional: true, action: 'drop' },
      },
    },
  },
  metrics: { sold: { events: ['shop.sold'], dimensions: ['item'], measures: { n: { measure: 'count' } } } },
});
if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
const compiled = compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value });
const types = new EventTypes([compiled]);
const open = new EventTypes([{ ...compiled, guard: [] }]);
const judge = new EventJudge();

function judged(event: object, by = types): unknown {
  const bytes = new TextEncoder().encode(JSON.stringify(event));
  const envelope = 'specversion' in event ? { envelope: CLOUD_EVENT } : {};
  return judge.judge(bytes, { start: 0, end: bytes.length }, { types: by, nowMs: Date.UTC(2026, 10, 21), ...envelope });
}

const sold = (data: object, envelope: object = {}) => ({
  ...{ id: 'e1', type: 'shop.sold', occurred_at: '2026-11-20T09:00:00Z', ...envelope },
  data: { item: 'a', ...data },
});
const MAIL = 'jo@example.org';

describe('a pack that guards', () => {
  test.each<[string, object]>([
    ['data.item', sold({ item: `for ${MAIL}` })],
    ['data.tags', sold({ tags: ['x', MAIL] })],
    ['data.extra', sold({ extra: { a: [{ b: MAIL }] } })],
    ['data.extra', sold({ extra: { [MAIL]: 1 } })],
    ['id', sold({}, { id: `order-${MAIL}` })],
    ['source', sold({}, { source: `mailto:${MAIL}` })],
    [
      'region',
      { specversion: '1.0', id: 'e', source: 's', type: 'shop.sold', time: '2026-11-20T09:00:00Z', region: MAIL, data: { item: 'a' } },
    ],
  ])('refuses an event that names somebody in %s, and does not repeat it', (path, event) => {
    const fault = judged(event);
    expect(fault).toMatchObject({ code: 'personal_data', path });
    expect(JSON.stringify(fault)).not.toContain(MAIL);
    expect(judged(event, open)).toBe(null);
  });

  test('takes the subject, what it declares sensitive, and what it does not keep', () => {
    const data = { contact: MAIL, buyer: MAIL, dropped: MAIL, unknown: MAIL };
    expect(judged(sold(data, { subject: MAIL }))).toBe(null);
  });

  test('looks for the kinds that it names alone', () => {
    expect(judged(sold({ item: '4111111111111111' }))).toBe(null);
    expect(judged(sold({ item: '+47 22 12 34 56' }))).toMatchObject({ code: 'personal_data' });
  });
});
