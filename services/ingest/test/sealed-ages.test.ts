import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { HttpAnswer, IngestFixture } from './ingest-fixture.ts';
import { publish, send, startFixture, topics } from './ingest-fixture.ts';
import type { FakeKeys, SealedEvent } from './sealed-people.ts';
import { applyPeople, createFakeKeys, eventOf, joined } from './sealed-people.ts';
import { storedRecords } from './stored-records.ts';

// Real dates of birth, sealed by ingest and opened by it; ages are counted on a calendar.
const BORN = { jo: '1967-08-23', leap: '2008-02-29', babe: '2026-10-01', none: null } as const;
type Who = keyof typeof BORN;

let keys: FakeKeys;
let fixture: IngestFixture;
let people: ReadonlyMap<string, SealedEvent>;

beforeEach(async () => {
  keys = createFakeKeys();
  fixture = await startFixture({}, { personKeys: keys });
  await applyPeople(fixture);
  for (const [who, born] of Object.entries(BORN)) {
    const data = `"room":"${who}","email":"${who}@example.org"${born === null ? '' : `,"born":"${born}"`}`;
    await vi.waitFor(async () => expect((await send(fixture.app, joined(who, who, data))).status).toBe(202), { timeout: 20_000 });
  }
  people = new Map(storedRecords(fixture.broker, topics.events).map((record) => [String(eventOf(record).data['room']), eventOf(record)]));
  keys.calls.length = 0;
});

afterEach(async () => {
  await fixture.app.stop();
});

function personOf(who: Who, field = 'born'): { readonly subject: string; readonly value: string } {
  const event = people.get(who);
  return { subject: event?.subject ?? '', value: String(event?.data[field]) };
}

function ages(on: string, persons: readonly object[], as: Parameters<typeof send>[2] = {}): Promise<HttpAnswer> {
  const body = JSON.stringify({ types: ['person.left', 'person.joined'], field: 'born', on, persons });
  return send(fixture.app, body, { path: '/internal/sealed/ages', type: 'application/json', ...as });
}

test.each([
  ['2026-08-22', [58, 18, null]],
  ['2026-08-23', [59, 18, null]],
  ['2026-02-28', [58, 17, null]],
  ['2026-03-01', [58, 18, null]],
  ['2026-10-01', [59, 18, 0]],
])('on %s persons are %j years old, all by one reading of keys', async (on, expected) => {
  const told = await ages(on, [personOf('jo'), personOf('leap'), personOf('babe')]);
  expect(told).toMatchObject({ status: 200, body: { ages: expected }, headers: { 'cache-control': 'no-store' } });
  expect(keys.calls).toEqual(['find 3']);
});

test('the answer holds ages and no date; a value that is no date, or another person’s, is unreadable', async () => {
  const persons = [personOf('jo'), personOf('jo', 'email'), { ...personOf('leap'), value: personOf('jo').value }];
  const { body } = await ages('2026-11-30', persons);
  expect(body).toEqual({ ages: [59, 'unreadable', 'unreadable'] });
});

test('who is erased has no age, once the key is destroyed or the erasure is asked for', async () => {
  const { subject } = personOf('jo');
  const kept = keys.rows.get(`acme/${subject}`);
  keys.rows.delete(`acme/${subject}`);
  expect((await ages('2026-11-30', [personOf('jo'), personOf('leap')])).body).toEqual({ ages: [null, 18] });
  if (kept !== undefined) keys.rows.set(`acme/${subject}`, kept);
  expect((await ages('2026-11-30', [personOf('jo')])).body).toEqual({ ages: [59] });
  await publish(fixture.client, `erased/acme/${subject}`, { version: 1, value: { subject } });
  await expect.poll(async () => (await ages('2026-11-30', [personOf('jo')])).body, { timeout: 20_000 }).toEqual({ ages: [null] });
});

test('another tenant has no ages, a person those of nobody else, and no page is larger than it may be', async () => {
  expect((await ages('2026-11-30', [personOf('jo')], { tenant: 'other' })).body).toEqual({ ages: [null] });
  const asMo = await ages('2026-11-30', [personOf('leap'), personOf('jo')], { person: { subject: 'jo' } });
  expect(asMo).toMatchObject({ status: 403, body: { code: 'row_refused' } });
  expect((await ages('2026-11-30', [personOf('jo')], { person: { subject: 'jo' } })).body).toEqual({ ages: [59] });
  const many = await ages(
    '2026-11-30',
    Array.from({ length: 251 }, () => personOf('jo')),
  );
  expect(many).toMatchObject({ status: 422, body: { code: 'request_invalid' } });
  keys.isAway = true;
  expect(await ages('2026-11-30', [personOf('jo')])).toMatchObject({ status: 503, body: { code: 'unavailable' } });
});
