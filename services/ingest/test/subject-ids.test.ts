import { createPseudonymHmac } from '@tidegate/runtime';
import { createLogger } from '@tidegate/telemetry';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { HttpAnswer, IngestFixture } from './ingest-fixture.ts';
import { config, packRecord, publish, send, startFixture, topics } from './ingest-fixture.ts';
import type { FakeKeys } from './sealed-people.ts';
import { createFakeKeys, joined, peoplePack } from './sealed-people.ts';
import { storedRecords } from './stored-records.ts';

let keys: FakeKeys;
let fixture: IngestFixture;
let lines: string[];

const pseudonymOf = createPseudonymHmac(config.pseudonymSecret, 'acme');
const mapped = { ...peoplePack, privacy: { mapping: true } };
const ROOM = '"room":"a"';

beforeEach(async () => {
  keys = createFakeKeys();
  lines = [];
  const log = createLogger({ service: 'ingest', level: 'debug', destination: { write: (line) => void lines.push(line) } });
  fixture = await startFixture({}, { personKeys: keys, subjectIds: keys, log });
  await publish(fixture.client, 'pack/acme/people', packRecord(mapped));
  await vi.waitFor(async () => expect((await send(fixture.app, joined('w', 'warm', ROOM))).status).toBe(202), { timeout: 20_000 });
  await vi.waitFor(() => expect(keys.ids.size).toBe(1), { timeout: 20_000 });
  keys.calls.length = 0;
});

afterEach(async () => {
  await fixture.app.stop();
});

function read(pseudonym: string, as: Parameters<typeof send>[2] = {}): Promise<HttpAnswer> {
  return send(fixture.app, '', { method: 'GET', path: `/v1/privacy/subjects/${pseudonym}`, ...as });
}

test('whom a pseudonym means is told, as the id was sent, and to the audit whose it is and that it was opened', async () => {
  const id = 'jo "O’Neil" 17';
  expect((await send(fixture.app, joined('a', id.replaceAll('"', '\\"'), ROOM))).status).toBe(202);
  const pseudonym = pseudonymOf(id);
  await expect.poll(async () => (await read(pseudonym)).body, { timeout: 20_000 }).toEqual({ pseudonym, subject: id });
  const { headers } = await read(pseudonym);
  expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-tidegate-subject': pseudonym, 'x-tidegate-opened': 'id' });
  // Neither what is stored nor a line of the log has the id in the clear.
  expect(JSON.stringify([...keys.ids, ...keys.rows])).not.toContain('Neil');
  expect(lines.join('')).not.toContain('Neil');
});

test('a wave of new persons costs three statements for their keys and one for their ids, and comes again as none', async () => {
  const body = Array.from({ length: 300 }, (_, i) => joined(`e${i}`, `p${i}`, ROOM)).join('\n');
  expect((await send(fixture.app, body)).body).toMatchObject({ accepted: 300 });
  await vi.waitFor(() => expect(keys.ids.size).toBe(301), { timeout: 20_000 });
  // The fake answers its insert with the rows, which Postgres takes a third statement for.
  expect(keys.calls).toEqual(['find 300', 'insert 300', 'keep 300']);
  expect((await send(fixture.app, body)).body).toMatchObject({ accepted: 300 });
  await fixture.app.stop();
  expect(keys.calls).toHaveLength(3);
  fixture = await startFixture();
});

test('while Postgres is away events are accepted as before; the id is kept with a later event', async () => {
  keys.isAway = true;
  expect((await send(fixture.app, joined('a', 'late', ROOM))).status).toBe(202);
  const degraded = async () => (await fetch(`http://127.0.0.1:${fixture.app.metricsPort}/metrics`)).text();
  await expect.poll(degraded, { timeout: 20_000 }).toMatch(/degraded\{.*reason="subject_ids".*\} 1/);
  expect((await read(pseudonymOf('late'))).status).toBe(503);
  keys.isAway = false;
  let sent = 0;
  const again = async (): Promise<number> => {
    await send(fixture.app, joined(`b${(sent += 1)}`, 'late', ROOM));
    return (await read(pseudonymOf('late'))).status;
  };
  await expect.poll(again, { timeout: 20_000 }).toBe(200);
  expect(await degraded()).toMatch(/degraded\{.*reason="subject_ids".*\} 0/);
  expect(storedRecords(fixture.broker, topics.events)).toHaveLength(2 + sent);
});

test('an erased person, one of another tenant, and one who is unknown have none', async () => {
  expect((await read(pseudonymOf('warm'))).status).toBe(200);
  expect((await read(pseudonymOf('warm'), { tenant: 'other' })).status).toBe(404);
  expect((await read('0'.repeat(64))).status).toBe(404);
  await publish(fixture.client, `erased/acme/${pseudonymOf('warm')}`, { version: 1, value: { subject: pseudonymOf('warm') } });
  // The row is destroyed in a while; nothing is told from now on.
  await expect.poll(async () => (await read(pseudonymOf('warm'))).status, { timeout: 20_000 }).toBe(404);
});

test('of a pack that does not ask for it no id is kept, not even of persons with keys', async () => {
  await fixture.app.stop();
  keys = createFakeKeys();
  fixture = await startFixture({}, { personKeys: keys, subjectIds: keys });
  await publish(fixture.client, 'pack/acme/people', packRecord(peoplePack));
  await vi.waitFor(async () => expect((await send(fixture.app, joined('w', 'warm'))).status).toBe(202), { timeout: 20_000 });
  // Whatever is under way is through once it has stopped.
  await fixture.app.stop();
  expect([keys.rows.size, keys.ids.size]).toEqual([1, 0]);
  fixture = await startFixture();
});

test('a key that nobody here can unwrap tells nothing', async () => {
  const name = `acme/${pseudonymOf('warm')}`;
  const row = keys.rows.get(name);
  if (row === undefined) throw new Error('there is a key');
  keys.rows.set(name, { ...row, fieldKeyId: new Uint8Array(8) });
  expect(await read(pseudonymOf('warm'))).toMatchObject({ status: 503, body: { code: 'unavailable' } });
});
