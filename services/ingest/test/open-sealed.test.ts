import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { HttpAnswer, IngestFixture } from './ingest-fixture.ts';
import { NOW_MS, publish, send, startFixture, topics } from './ingest-fixture.ts';
import type { FakeKeys, SealedEvent } from './sealed-people.ts';
import { applyPeople, createFakeKeys, eventOf, joined } from './sealed-people.ts';
import { storedRecords } from './stored-records.ts';

let keys: FakeKeys;
let fixture: IngestFixture;
let jo: SealedEvent;

beforeEach(async () => {
  keys = createFakeKeys();
  fixture = await startFixture({}, { personKeys: keys });
  await applyPeople(fixture);
  const data = '"room":"a","email":"jo@example.org","born":"1990-05-17"';
  await vi.waitFor(async () => expect((await send(fixture.app, joined('a', 'jo', data))).status).toBe(202), { timeout: 20_000 });
  const [record] = storedRecords(fixture.broker, topics.events).map(eventOf);
  if (record === undefined) throw new Error('the event is in the log');
  jo = record;
  keys.calls.length = 0;
});

afterEach(async () => {
  await fixture.app.stop();
});

const valueOf = (field: string, value = String(jo.data[field]), types = ['person.left', 'person.joined']) => ({ types, field, value });

function open(values: readonly object[], as: Parameters<typeof send>[2] = {}, subject = jo.subject): Promise<HttpAnswer> {
  const body = JSON.stringify({ subject, values });
  return send(fixture.app, body, { path: '/internal/sealed/open', type: 'application/json', ...as });
}

test('values open by the key that stands in Postgres, whichever event brought them, and in no other place', async () => {
  const asked = [
    valueOf('email'),
    valueOf('born'),
    valueOf('born', String(jo.data['email'])),
    valueOf('email', 'tgs1.AAAA'),
    valueOf('email', 'plain'),
  ];
  expect((await open(asked)).body).toEqual({ key: 'there', values: ['"jo@example.org"', '"1990-05-17"', null, null, null] });
  expect((await open([valueOf('email', undefined, ['person.left'])])).body).toEqual({ key: 'there', values: [null] });
  // One reading for each request: nothing is taken from memory, where the key of ingest's own sealing lies.
  expect(keys.calls).toEqual(['find 1', 'find 1']);
});

test('nothing opens any more once the key is destroyed, though ingest has it in memory; nor of who is to be erased', async () => {
  const kept = new Map(keys.rows);
  keys.rows.clear();
  expect((await open([valueOf('email')])).body).toEqual({ key: 'gone', values: [null] });
  for (const [name, row] of kept) keys.rows.set(name, row);
  expect((await open([valueOf('email')])).body).toMatchObject({ key: 'there' });
  await publish(fixture.client, `erased/acme/${jo.subject}`, { version: 1, value: { subject: jo.subject } });
  await expect.poll(async () => (await open([valueOf('email')])).body, { timeout: 20_000 }).toEqual({ key: 'gone', values: [null] });
});

test('another tenant, and a person who is not the one, open nothing; Postgres away is said', async () => {
  expect((await open([valueOf('email')], { tenant: 'other' })).body).toEqual({ key: 'gone', values: [null] });
  expect(await open([valueOf('email')], { person: { subject: 'mo' } })).toMatchObject({ status: 403, body: { code: 'row_refused' } });
  expect(await open([valueOf('email')], { person: { subject: 'jo' } })).toMatchObject({ status: 200, body: { key: 'there' } });
  keys.isAway = true;
  expect(await open([valueOf('email')])).toMatchObject({ status: 503, body: { code: 'unavailable' } });
});

test('who did not come from a service is told nothing', async () => {
  const forged = `${Buffer.from('{}').toString('base64url')}.${createHmac('sha256', 'x').update('y').digest('base64url')}`;
  expect((await open([valueOf('email')], { headers: { 'x-tidegate-caller': forged } })).status).toBe(401);
  expect((await open([valueOf('email')], { nowMs: NOW_MS - 120_000 })).status).toBe(401);
  expect((await open([{ field: 'email' }])).status).toBe(422);
});
