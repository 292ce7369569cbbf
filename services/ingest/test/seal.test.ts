import { createKeyWrapper } from '@tidegate/runtime';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HttpAnswer, IngestFixture } from './ingest-fixture.ts';
import { config, event, idsOf, send, startFixture, topics } from './ingest-fixture.ts';
import type { FakeKeys, SealedEvent } from './sealed-people.ts';
import { applyPeople, createFakeKeys, eventOf, joined, opened } from './sealed-people.ts';
import { storedRecords } from './stored-records.ts';

let keys: FakeKeys;
let fixture: IngestFixture;

beforeEach(async () => {
  keys = createFakeKeys();
  fixture = await startFixture({}, { personKeys: keys });
  await applyPeople(fixture);
  await vi.waitFor(async () => expect((await post(joined('warm', 'warm'))).status).toBe(202), { timeout: 20_000 });
  keys.calls.length = 0;
});

afterEach(async () => {
  await fixture.app.stop();
});

const post = (body: string, options: Parameters<typeof send>[2] = {}): Promise<HttpAnswer> => send(fixture.app, body, options);
const stored = (): SealedEvent[] =>
  storedRecords(fixture.broker, topics.events)
    .map(eventOf)
    .filter(({ id }) => id !== 'warm');
const storedIds = (): string[] => stored().map(({ id }) => id);
const lines = (...events: readonly string[]): string => events.join('\n');

/** Answers of the store wait until the returned function is called. */
function holdStore(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  keys.gate = promise;
  return resolve;
}

describe('what is sealed', () => {
  test('lies in the log as a value that only the person’s key opens, and what is derived beside it', async () => {
    const data = '"room":"a","email":"jo@example.org","born":"1990-05-17"';
    expect(await post(joined('a', 'jo', data))).toMatchObject({ status: 202, body: { accepted: 1 } });
    const [record] = stored();
    if (record === undefined) throw new Error('the event is in the log');
    expect(record.data).toEqual({
      room: 'a',
      email: expect.stringMatching(/^tgs1\.[\w-]+$/),
      born: expect.stringMatching(/^tgs1\./),
      birth_year: 1990,
    });
    expect([opened(record, 'email', keys.rows), opened(record, 'born', keys.rows)]).toEqual(['"jo@example.org"', '"1990-05-17"']);
    const everything = storedRecords(fixture.broker, topics.events).map(({ value }) => Buffer.from(value).toString());
    expect(everything.join()).not.toMatch(/jo@example|1990-05/);
  });

  test('opens neither as another field nor as another person’s', async () => {
    await post(lines(joined('a', 'jo'), joined('b', 'mo')));
    const [jo, mo] = stored().toSorted((a, b) => (a.id < b.id ? -1 : 1));
    if (jo === undefined || mo === undefined) throw new Error('both events are in the log');
    expect(opened(jo, 'email', keys.rows)).toBe('"jo@example.org"');
    expect(opened({ ...jo, data: { born: jo.data['email'] } }, 'born', keys.rows)).toBe(null);
    expect(opened({ ...jo, subject: mo.subject }, 'email', keys.rows)).toBe(null);
  });

  test('has a nonce of its own each time', async () => {
    await post(lines(...['a', 'b', 'c', 'd'].map((id) => joined(id, 'jo'))));
    const nonces = stored().map(({ data }) => Buffer.from(String(data['email']).slice(5), 'base64url').subarray(8, 20).toString('hex'));
    expect(new Set(nonces).size).toBe(4);
  });

  test('of a person who has a key in Postgres is sealed with that one', async () => {
    await post(joined('a', 'jo'));
    await fixture.app.stop();
    fixture = { ...fixture, ...(await startFixture({}, { personKeys: keys })) };
    await applyPeople(fixture);
    await vi.waitFor(async () => expect((await post(joined('b', 'jo'))).status).toBe(202), { timeout: 20_000 });
    const [record] = stored();
    if (record === undefined) throw new Error('the event is in the log');
    expect(opened(record, 'email', keys.rows)).toBe('"jo@example.org"');
    expect(keys.rows.size).toBe(2);
  });

  test('is not asked a key for where the event holds nothing to seal', async () => {
    expect(await post(joined('a', 'jo', '"room":"a","email":null'))).toMatchObject({ status: 202 });
    expect(keys.calls).toEqual([]);
    expect(stored()[0]?.data).toEqual({ room: 'a', email: null });
  });
});

describe('a key', () => {
  test('is in Postgres before the first event that was sealed with it is in the log', async () => {
    const committed = Promise.withResolvers<void>();
    const { insertOrRead } = keys;
    keys.insertOrRead = async (made) => {
      await committed.promise;
      return insertOrRead(made);
    };
    const answer = post(lines(joined('a', 'jo'), event('other')));
    await vi.waitFor(() => expect([storedIds(), keys.calls]).toEqual([['other'], ['find 1']]), { timeout: 20_000 });
    // An event that is taken now, and is in the log, shows that the one before it does not come by itself.
    expect(await post(event('later'))).toMatchObject({ status: 202 });
    expect(storedIds().toSorted()).toEqual(['later', 'other']);
    committed.resolve();
    expect(await answer).toMatchObject({ status: 202, body: { accepted: 2 } });
    expect(storedIds().toSorted()).toEqual(['a', 'later', 'other']);
  });

  test('that another ingest made first is the one that seals', async () => {
    const find = keys.find;
    // Between the look and the insert another process has given the person a key.
    const rival = createKeyWrapper(config.fieldKeys);
    keys.find = async (holders) => {
      const found = await find(holders);
      for (const holder of holders)
        keys.rows.set(`${holder.tenant}/${holder.subject}`, rival.make({ tenant: holder.tenant, subject: holder.subject }));
      return found;
    };
    expect(await post(joined('a', 'jo'))).toMatchObject({ status: 202 });
    const [record] = stored();
    expect(record === undefined ? null : opened(record, 'email', keys.rows)).toBe('"jo@example.org"');
  });

  test('is asked for once, with those of all others that a request needs', async () => {
    const people = Array.from({ length: 50 }, (_, i) => `p${i}`);
    const bodies = [lines(...people.map((name) => joined(name, name))), lines(...people.map((name) => joined(`${name}-2`, name)))];
    expect(await post(bodies.join('\n'))).toMatchObject({ status: 202, body: { accepted: 100 } });
    expect(keys.calls).toEqual(['find 50', 'insert 50']);
    expect(await post(lines(...people.map((name) => joined(`${name}-3`, name))))).toMatchObject({ status: 202 });
    expect(keys.calls).toHaveLength(2);
  });

  test('that is forgotten is read again', async () => {
    await fixture.app.stop();
    fixture = await startFixture({ personKeyCacheEntries: 1 }, { personKeys: keys });
    await applyPeople(fixture);
    await vi.waitFor(async () => expect((await post(joined('a', 'jo'))).status).toBe(202), { timeout: 20_000 });
    await post(joined('b', 'mo'));
    keys.calls.length = 0;
    await post(joined('c', 'jo'));
    expect(keys.calls).toEqual(['find 1']);
    const values = stored().filter(({ id }) => id === 'a' || id === 'c');
    expect(values.map((record) => opened(record, 'email', keys.rows))).toEqual(['"jo@example.org"', '"jo@example.org"']);
  });

  test('that no field key of the settings opens is replaced by no other', async () => {
    const [strange] = [createKeyWrapper([new Uint8Array(32).fill(99)])];
    const find = keys.find;
    keys.find = async (holders) => (await find(holders), holders.map(({ tenant, subject }) => strange.make({ tenant, subject })));
    expect(await post(lines(joined('a', 'jo'), event('other')))).toMatchObject({
      status: 207,
      body: { accepted: 1, retry: [{ index: 0, id: 'a' }] },
    });
    expect(keys.calls).toEqual(['find 1']);
  });
});

describe('without Postgres', () => {
  test('only events that need a key which is not in memory are retry', async () => {
    await post(joined('known', 'jo'));
    keys.isAway = true;
    const body = lines(joined('a', 'new'), joined('b', 'jo'), event('c'), joined('d', 'new', '"room":"x"'));
    expect(await post(body)).toMatchObject({ status: 207, body: { accepted: 3, rejected: [], retry: [{ index: 0, id: 'a' }] } });
    expect(storedIds().toSorted()).toEqual(['b', 'c', 'd', 'known']);
    keys.isAway = false;
    await vi.waitFor(async () => expect(await post(joined('a', 'new'))).toMatchObject({ status: 202 }), { timeout: 20_000 });
    expect(storedIds().toSorted()).toEqual(['a', 'b', 'c', 'd', 'known']);
  });

  test('where all events need one the answer is 503, with the seconds to wait', async () => {
    keys.isAway = true;
    const answer = await post(lines(joined('a', 'x'), joined('b', 'y')));
    expect(answer).toMatchObject({ status: 503, body: { accepted: 0, retry: [{ id: 'a' }, { id: 'b' }] } });
    expect(answer.headers['retry-after']).toBe('1');
  });

  test('a server that says nothing holds an event for two seconds, and none of the others', { timeout: 20_000 }, async () => {
    const open = holdStore();
    const answer = post(lines(joined('a', 'jo'), event('b')));
    await vi.waitFor(() => expect(storedIds()).toEqual(['b']), { timeout: 20_000 });
    expect(await answer).toMatchObject({ status: 207, body: { accepted: 1, retry: [{ id: 'a' }] } });
    // While it is silent nobody waits again.
    const startMs = performance.now();
    expect(await post(joined('c', 'mo'))).toMatchObject({ status: 503 });
    expect(performance.now() - startMs).toBeLessThan(1_900);
    open();
    await vi.waitFor(async () => expect(await post(joined('a', 'jo'))).toMatchObject({ status: 202 }), { timeout: 20_000 });
  });

  test('a service that is not told where Postgres is takes all events but those', async () => {
    await fixture.app.stop();
    fixture = await startFixture();
    await applyPeople(fixture);
    await vi.waitFor(async () => expect((await post(joined('n', 'x', '"room":"a"'))).status).toBe(202), { timeout: 20_000 });
    expect(await post(lines(joined('a', 'x'), event('b')))).toMatchObject({ status: 207, body: { accepted: 1, retry: [{ id: 'a' }] } });
  });
});

describe('events that wait', () => {
  test('keep the order of their person, also before events that need no key', async () => {
    const open = holdStore();
    const answer = post(lines(joined('1', 'jo'), joined('2', 'jo', '"room":"b"'), joined('3', 'jo')));
    await vi.waitFor(() => expect(keys.calls).toHaveLength(1), { timeout: 20_000 });
    expect(storedIds()).toEqual([]);
    open();
    expect(await answer).toMatchObject({ status: 202, body: { accepted: 3 } });
    expect(storedIds()).toEqual(['1', '2', '3']);
  });

  test('keep the id that was made for them, so that the request sent again makes no other', async () => {
    const withoutId = joined('', 'jo').replace('"id":"",', '');
    const options = { headers: { 'idempotency-key': 'k' } };
    const body = lines(withoutId, withoutId);
    expect(await post(body, options)).toMatchObject({ status: 202, body: { accepted: 2 } });
    expect(await post(body, options)).toMatchObject({ status: 202, body: { accepted: 2 } });
    const ids = idsOf(storedRecords(fixture.broker, topics.events)).filter((id) => id !== 'warm');
    expect(new Set(ids).size).toBe(2);
    expect(ids.map((id) => id.slice(-2))).toEqual(['.0', '.1', '.0', '.1']);
  });

  test('are named by their index and id, and a refused one among them is refused at once', async () => {
    const open = holdStore();
    const answer = post(lines(joined('a', 'jo'), joined('b', 'jo', '"room":5'), joined('c', 'jo')), { query: '?verdicts=all' });
    await vi.waitFor(() => expect(storedRecords(fixture.broker, topics.rejected)).toHaveLength(1), { timeout: 20_000 });
    open();
    expect((await answer).body['verdicts']).toEqual([
      { index: 0, id: 'a', verdict: 'accepted' },
      { index: 1, id: 'b', verdict: 'rejected', code: 'field_invalid' },
      { index: 2, id: 'c', verdict: 'accepted' },
    ]);
  });
});
