import { KafkaFailure } from '@tidegate/kafka';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IngestFixture } from './ingest-fixture.ts';
import { event, idsOf, packRecord, pack, publish, send, startFixture, topics } from './ingest-fixture.ts';
import { createRows, takeRefused } from './rejected-rows.ts';
import { storedRecords } from './stored-records.ts';

let fixture: IngestFixture;
let store: ReturnType<typeof createRows>;

beforeEach(async () => {
  store = createRows();
  fixture = await startFixture({}, { rejected: store });
});

afterEach(async () => fixture.app.stop());

/** Has an event refused and its row made; returns the row's name. */
async function refused(body: string): Promise<string> {
  expect((await send(fixture.app, body)).body['accepted']).toBe(0);
  const [ref] = takeRefused(fixture.broker, store);
  if (ref === undefined) throw new Error('nothing was refused');
  return ref;
}

const replay = (ref: string, body = '', tenant = 'acme') =>
  send(fixture.app, body, { path: `/v1/rejected/${ref}/replay`, type: 'application/json', tenant });
const row = (ref: string) => store.rows.get(`acme/${ref}`);
const counted = () => storedRecords(fixture.broker, topics.events);
const identities = () => counted().map(({ headers }) => Buffer.from(headers.get('identity') ?? []).toString('hex'));

const NEW_FIELD = '"item":"a","count":1,"shelf":"b"';
const shelved = {
  ...pack.events['shop.sold'],
  fields: { ...pack.events['shop.sold'].fields, shelf: { type: 'string', action: 'keep', why: 'for the tests' } },
};

async function declareShelf(): Promise<void> {
  await publish(fixture.client, 'pack/acme/shop', packRecord({ ...pack, events: { 'shop.sold': shelved } }, 2));
  await expect.poll(async () => (await send(fixture.app, event('probe', NEW_FIELD))).status).toBe(202);
}

describe('a rejected event', () => {
  test('that is replayed as it was counts under the pack of now, once, and its row is closed with the receipt', async () => {
    const ref = await refused(event('e-1', NEW_FIELD));
    await declareShelf();
    const before = counted().length;
    const answer = await replay(ref);
    expect(answer).toMatchObject({ status: 202, body: { accepted: 1, rejected: [], retry: [] } });
    expect(idsOf(counted()).filter((id) => id === 'e-1')).toHaveLength(1);
    expect(row(ref)).toMatchObject({ isReplayed: true, receipt: answer.body['receipt'], attempts: 1 });
    expect((await replay(ref)).body['receipt']).toBe(answer.body['receipt']);
    expect(counted()).toHaveLength(before + 1);
  });

  test('that is replayed again after its row could not be closed is the same event, which the window drops', async () => {
    const ref = await refused(event('e-1', '"item":"a","count":-1'));
    store.failsToClose = true;
    expect((await replay(ref, event('e-1'))).status).toBe(202);
    expect(row(ref)?.isReplayed).toBe(false);
    store.failsToClose = false;
    expect((await replay(ref, event('e-1'))).status).toBe(202);
    expect(new Set(identities()).size).toBe(1);
    expect(row(ref)?.isReplayed).toBe(true);
  });

  test('cannot be followed by another event in its place, not even where no answer came and its id was never read', async () => {
    const ref = await refused('{"id":');
    store.failsToClose = true;
    expect((await replay(ref, event('a'))).status).toBe(202);
    for (const other of [event('b'), event('a', undefined, ',"subject":"somebody"'), event('a', undefined, ',"source":"till"')]) {
      expect(await replay(ref, other)).toMatchObject({ status: 409, body: { code: 'replay_differs' } });
    }
    store.failsToClose = false;
    expect((await replay(ref, event('a'))).status).toBe(202);
    expect(await replay(ref, event('b'))).toMatchObject({ status: 409, body: { code: 'replay_differs' } });
    expect((await replay(ref, event('a'))).status).toBe(202);
    expect(new Set(idsOf(counted()))).toEqual(new Set(['a']));
    expect(new Set(identities()).size).toBe(1);
  });

  test('that is refused again has one attempt more and the newest reason, and makes no row of its own', async () => {
    const ref = await refused(event('e-1', '"item":"a","count":-1'));
    const rows = storedRecords(fixture.broker, topics.rejected).length;
    expect(await replay(ref)).toMatchObject({ status: 422, body: { accepted: 0, rejected: [{ code: 'field_out_of_range' }] } });
    expect((await replay(ref, event('e-1', '"count":1'))).status).toBe(422);
    expect(row(ref)).toMatchObject({ attempts: 3, isReplayed: false, path: 'data.item', replayIdentity: null });
    expect(storedRecords(fixture.broker, topics.rejected)).toHaveLength(rows);
    expect((await replay(ref, event('e-1'))).status).toBe(202);
  });

  test('stays open where the log did not take it', async () => {
    const ref = await refused(event('e-1', '"item":"a","count":-1'));
    fixture.broker.failAppends(() => new KafkaFailure('not_sent', 'no leader'));
    expect(await replay(ref, event('e-1'))).toMatchObject({ status: 503, body: { accepted: 0, retry: [{ index: 0, id: 'e-1' }] } });
    expect(row(ref)).toMatchObject({ isReplayed: false, receipt: null, attempts: 1 });
    fixture.broker.failAppends(() => undefined);
    expect((await replay(ref, event('e-1'))).status).toBe(202);
  });

  test('keeps the id that it came with', async () => {
    const ref = await refused(event('e-1', '"item":"a","count":-1'));
    expect(await replay(ref, event('e-2'))).toMatchObject({ status: 409, body: { code: 'replay_differs' } });
    expect(counted()).toHaveLength(0);
  });

  test('without an id is named after its row, so that sending it again is sending the same event', async () => {
    const ref = await refused('{"type":"shop.sold","occurred_at":"2026-11-21T08:00:00Z","data":{"item":"a","count":1}}');
    store.failsToClose = true;
    expect((await replay(ref)).status).toBe(202);
    expect((await replay(ref)).status).toBe(202);
    expect(idsOf(counted())).toEqual([`replay-${ref}`, `replay-${ref}`]);
  });

  test('of which only the beginning is kept needs the event itself', async () => {
    const ref = await refused(event('e-1', `"item":"${'a'.repeat(70_000)}","count":1`));
    expect(await replay(ref)).toMatchObject({ status: 409, body: { code: 'replay_needs_event' } });
    expect((await replay(ref, event('e-1'))).status).toBe(202);
  });

  test('is there for its own tenant alone, and so are its bytes', async () => {
    const ref = await refused(event('e-1', '"item":"a","count":-1'));
    const original = (tenant: string) => send(fixture.app, '', { path: `/v1/rejected/${ref}/original`, method: 'GET', tenant });
    expect((await replay(ref, event('e-1'), 'other')).status).toBe(404);
    expect((await original('other')).status).toBe(404);
    expect(await original('acme')).toMatchObject({ status: 200, body: { text: event('e-1', '"item":"a","count":-1') } });
    expect((await replay('i-9-9-9')).status).toBe(404);
  });
});

test('where Postgres is not named replays are refused, and events are taken', async () => {
  const without = await startFixture();
  try {
    const answer = await send(without.app, '', { path: '/v1/rejected/i-1-0-0/replay', type: 'application/json' });
    expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect((await send(without.app, event('e-1'))).status).toBe(202);
  } finally {
    await without.app.stop();
  }
});
