import { describe, expect, test } from 'vitest';
import { compilePack } from '../pack/compile.ts';
import { parsePack } from '../pack/parse.ts';
import type { SegmentCall } from '../pack/segment.ts';
import { EventTypes } from './event-types.ts';
import { readSegmentBatch, SegmentReader } from './segment-message.ts';

const events = {
  'shop.sold': {
    fields: {
      item: { type: 'string', action: 'keep', why: 'for the tests' },
      count: { type: 'integer', action: 'keep', why: 'for the tests' },
      price: { type: 'decimal', optional: true, action: 'keep', why: 'for the tests' },
    },
  },
  'shop.viewed': {
    subject: 'none',
    fields: {
      name: { type: 'string', action: 'keep', why: 'for the tests' },
      path: { type: 'string', optional: true, action: 'keep', why: 'for the tests' },
    },
  },
  'shop.customer': {
    subject: 'required',
    fields: {
      plan: { type: 'string', action: 'keep', why: 'for the tests' },
      company: { type: 'string', optional: true, action: 'keep', why: 'for the tests' },
    },
  },
};
const segment = {
  track: { 'Item "Sold"': { type: 'shop.sold', fields: { item: 'sku', count: 'quantity' } } },
  page: { type: 'shop.viewed', fields: { name: '$name' } },
  identify: { type: 'shop.customer' },
  group: { type: 'shop.customer', fields: { company: '$group_id' } },
  alias: { type: 'shop.customer', fields: { plan: '$previous_id' } },
};
const base = { pack: 'shop', title: 'Shop', events, metrics: {} };
const parsed = parsePack({ ...base, segment });
if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
const types = new EventTypes([compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value })]);

const RECEIVED = '2026-11-29T12:00:00.000Z';
const receivedAtMs = Date.UTC(2026, 10, 29, 12);
const reader = new SegmentReader();

/** The native event as text, or the code. */
function read(message: string, call: SegmentCall | null = null, sentAtMs = Number.NaN): string {
  const bytes = new TextEncoder().encode(`[${message},`);
  const range = { start: 1, end: bytes.length - 1 };
  const fault = reader.read(bytes, range, { mappings: types.segment, call, receivedAtMs, sentAtMs });
  return fault ?? new TextDecoder().decode(reader.event.written());
}

describe('a message of Segment', () => {
  test('of a mapped name becomes an event whose fields keep their own bytes', () => {
    const message = `{"type":"track","event":"Item \\"Sold\\"","messageId":"m-1","userId":"ann","anonymousId":"x","timestamp":"${RECEIVED}",
      "context":{"ip":"1.2.3.4"},"properties":{"quantity":9007199254740993,"sku":"a\\u0062","price":1.10,"other":[1]}}`;
    expect(read(message)).toBe(
      `{"type":"shop.sold","id":"m-1","subject":"ann","occurred_at":"${RECEIVED}","data":{"item":"a\\u0062","count":9007199254740993,"price":1.10}}`,
    );
  });

  test.each<[SegmentCall, string, unknown]>([
    ['page', '{"name":"Home","userId":"ann","properties":{"path":"/"}}', { type: 'shop.viewed', data: { name: 'Home', path: '/' } }],
    [
      'identify',
      '{"anonymousId":"x","userId":null,"traits":{"plan":"gold"}}',
      { type: 'shop.customer', subject: 'x', data: { plan: 'gold' } },
    ],
    [
      'group',
      '{"userId":"u","groupId":"g","traits":{"plan":"p"}}',
      { type: 'shop.customer', subject: 'u', data: { plan: 'p', company: 'g' } },
    ],
    ['alias', '{"userId":"u","previousId":"old"}', { type: 'shop.customer', subject: 'u', data: { plan: 'old' } }],
  ])('to %s: the route says what it is', (call, message, expected) => {
    expect(JSON.parse(read(message, call))).toEqual({ occurred_at: RECEIVED, ...(expected as object) });
  });

  test.each([
    ['{"type":"track","event":"Item Lost"}', 'segment_unmapped'],
    ['{"type":"track"}', 'segment_unmapped'],
    ['{"type":"screen"}', 'segment_unmapped'],
    ['{"type":"toString"}', 'segment_unmapped'],
    ['{"type":1}', 'segment_unmapped'],
    ['{"type":"page","properties":[1]}', 'not_an_event'],
    ['{"type":"page","properties":{"a":1,"a":2}}', 'duplicate_key'],
    ['{"type":"page","name":"\\u0000"}', 'bad_character'],
    ['[]', 'bad_json'],
  ])('%s is %s', (message, code) => {
    expect(read(message)).toBe(code);
  });

  test.each([
    // An hour wrong: 12:00 received - 11:00 sent = 1 h is added.
    ['"timestamp":"2026-11-29T10:30:00.000Z","sentAt":"2026-11-29T11:00:00.000Z"', Number.NaN, '2026-11-29T11:30:00.000Z'],
    [
      '"originalTimestamp":"2026-11-29T10:30:00Z","timestamp":"2026-11-29T01:00:00Z"',
      Date.UTC(2026, 10, 29, 13),
      '2026-11-29T09:30:00.000Z',
    ],
    // Under a minute is the way that the message took.
    ['"timestamp":"2026-11-29T10:30:00.5Z","sentAt":"2026-11-29T11:59:00.001Z"', Number.NaN, '2026-11-29T10:30:00.5Z'],
    ['"timestamp":"2026-11-29T10:30:00.5Z"', Number.NaN, '2026-11-29T10:30:00.5Z'],
    ['"timestamp":"yesterday","sentAt":"2026-11-29T11:00:00.000Z"', Number.NaN, 'yesterday'],
    ['"sentAt":"2026-11-29T11:00:00.000Z"', Number.NaN, RECEIVED],
  ])('with %s (batch sent at %d) happened at %s', (members, sentAtMs, occurredAt) => {
    expect(JSON.parse(read(`{"type":"page",${members}}`, null, sentAtMs))).toMatchObject({ occurred_at: occurredAt });
  });
});

test('a batch tells where its messages lie and when it was sent, wherever that stands', () => {
  const read = (text: string): unknown => readSegmentBatch(new TextEncoder().encode(text));
  expect(read('{"batch":[1],"sentAt":"1970-01-01T00:00:01Z"}')).toEqual({ start: 9, end: 12, sentAtMs: 1_000 });
  expect(read('{"batch": []}')).toEqual({ start: 10, end: 12, sentAtMs: Number.NaN });
  expect(read('{"batch":{}}')).toBe('not_an_event');
  expect(read('{}')).toBe('not_an_event');
  expect(read('{"batch":[}')).toBe('bad_json');
});

test.each([
  [{ page: { type: 'shop.lost' } }, 'segment.page.type'],
  [{ track: { 'Item Sold': { type: 'shop.sold', fields: { colour: 'colour' } } } }, 'segment.track.Item Sold.fields.colour'],
  [{ page: { type: 'shop.viewed', fields: { name: '$title' } } }, 'segment.page.fields.name'],
  [{ pages: {} }, 'segment.pages'],
])('a pack with the section %j is refused at %s', (section, path) => {
  const refused = parsePack({ ...base, segment: section });
  expect(refused.ok ? [] : refused.fault.map((fault) => fault.path)).toEqual([path]);
});
