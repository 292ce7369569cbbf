import { idempotencyKeyOf } from '@tidegate/http';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRequestIds } from './request-ids.ts';

const HASH_KEY = new Uint8Array(16).fill(7);
const idsOf = (key: string, events: readonly string[]): string[] => {
  const makeId = createRequestIds(key, HASH_KEY);
  return events.map((event) => {
    const bytes = Buffer.from(`..${event}.`);
    return makeId(bytes, 2, bytes.length - 1);
  });
};
const events = fc.array(fc.constantFrom('{"a":1}', '{"a":2}', '{"a":1 }', '', '{"b":"é"}'), { maxLength: 12 });

describe('ids made from Idempotency-Key', () => {
  test('are the same each time the request comes, and differ within it', () => {
    fc.assert(
      fc.property(events, (list) => {
        const ids = idsOf('k1', list);
        expect(idsOf('k1', list)).toEqual(ids);
        expect(new Set(ids).size).toBe(list.length);
      }),
    );
  });

  test('belong to the events and not to their places: another order gives the same ids to as many equal events', () => {
    fc.assert(
      fc.property(events, (list) => {
        expect(idsOf('k1', list.toReversed()).toSorted()).toEqual(idsOf('k1', list).toSorted());
      }),
    );
  });

  test('differ from key to key, and from event to event at the same place', () => {
    expect(idsOf('k1', ['{"a":1}'])).not.toEqual(idsOf('k2', ['{"a":1}']));
    expect(idsOf('k1', ['{"a":1}'])).not.toEqual(idsOf('k1', ['{"a":2}']));
  });

  test('fit into an event whatever the key is', () => {
    const [id = ''] = idsOf('k'.repeat(64), ['x']);
    expect(id.length).toBeLessThanOrEqual(128 - 5);
  });
});

test.each([
  ['8e03978e-40d5-43e8-bc93-6894a57f9324', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
  ['"quoted"', 'quoted'],
  ['~!#,;', '~!#,;'],
  ['', null],
  ['""', null],
  ['a b', null],
  ['a, b', null],
  ['a"b', null],
  ['a\\b', null],
  ['é', null],
  ['k'.repeat(64), 'k'.repeat(64)],
  ['k'.repeat(65), null],
])('the key of %j is %j', (header, key) => {
  expect(idempotencyKeyOf(header)).toBe(key);
});
