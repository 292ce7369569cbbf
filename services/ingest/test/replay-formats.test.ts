import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IngestFixture, SendOptions } from './ingest-fixture.ts';
import { event, NOW_MS, pack, packRecord, publish, send, startFixture, topics } from './ingest-fixture.ts';
import { createRows, takeRefused } from './rejected-rows.ts';
import { storedRecords } from './stored-records.ts';

const TIME = '2026-11-21T08:00:00.000Z';
/** The sender's clock is half an hour behind: Segment's messages are moved by the difference. */
const SENT_AT = '2026-11-21T08:30:00.000Z';
const SEGMENT = { track: { 'Item Sold': { type: 'shop.sold', fields: { count: 'quantity' } } }, identify: { type: 'shop.sold' } };

const cloudEvent = { specversion: '1.0', id: 'e', source: '/tills/4', type: 'shop.sold', time: TIME, data: { item: 'a', count: -1 } };
const track = { messageId: 'e', userId: 'ann', event: 'Item Sold', timestamp: TIME, properties: { item: 'a', quantity: -1 } };
const ceHeaders = {
  'ce-specversion': '1.0',
  'ce-id': 'e',
  'ce-source': '/tills/4',
  'ce-type': 'shop.sold',
  'ce-time': TIME,
  'ce-till': 'x%20y',
};

/** A request of one event that the pack refuses, in each format. */
const REQUESTS: readonly (readonly [format: string, body: string, options: SendOptions])[] = [
  ['native', event('e', '"item":"a","count":-1'), { type: 'application/json' }],
  ['native', event('e', '"item":"a","count":-1'), { type: 'application/x-ndjson' }],
  ['cloudevent', JSON.stringify(cloudEvent), { type: 'application/cloudevents+json' }],
  ['cloudevent', JSON.stringify([cloudEvent]), { type: 'application/cloudevents-batch+json' }],
  ['cloudevent', '{"item":"a","count":-1}', { type: 'application/json', headers: ceHeaders }],
  ['segment/track', JSON.stringify(track), { type: 'application/json', path: '/v1/segment/track' }],
  [
    `segment/batch@${Date.parse(SENT_AT)}`,
    JSON.stringify({ sentAt: SENT_AT, batch: [{ ...track, type: 'track' }] }),
    { type: 'application/json', path: '/v1/segment/batch' },
  ],
  [
    'segment/identify',
    JSON.stringify({ messageId: 'e', anonymousId: 'a1', timestamp: TIME, traits: { item: 'a', count: -1 } }),
    { type: 'application/json', path: '/v1/segment/identify' },
  ],
];

let fixture: IngestFixture;
let store: ReturnType<typeof createRows>;

beforeEach(async () => {
  store = createRows();
  fixture = await startFixture({}, { rejected: store });
});

afterEach(async () => fixture.app.stop());

const counted = () =>
  storedRecords(fixture.broker, topics.events)
    .filter(({ value }) => !Buffer.from(value).toString().includes('"probe"'))
    .map(({ value, key, headers }) => ({
      value: Buffer.from(value).toString(),
      key: Buffer.from(key),
      identity: Buffer.from(headers.get('identity') ?? []),
    }));
const replay = async (ref: string | undefined, body = '') =>
  send(fixture.app, body, { path: `/v1/rejected/${ref}/replay`, type: 'application/json' });

async function apply(version: number, more: Record<string, unknown>, min?: number): Promise<void> {
  const { 'shop.sold': sold } = pack.events;
  const count = { type: 'integer', ...(min === undefined ? {} : { min }) };
  const marker = `v${version}`;
  const events = { 'shop.sold': { ...sold, fields: { ...sold.fields, count } }, [`shop.${marker}`]: { fields: {} } };
  await publish(fixture.client, 'pack/acme/shop', packRecord({ ...pack, ...more, events }, version));
  const probe = `{"id":"probe","type":"shop.${marker}","occurred_at":"${TIME}","data":{}}`;
  await expect.poll(async () => (await send(fixture.app, probe)).status).toBe(202);
}

describe('a rejected event', () => {
  test.each(REQUESTS)('in the format %s is replayed as what its sender would send again', async (format, body, options) => {
    await apply(2, { segment: SEGMENT }, 0);
    expect((await send(fixture.app, body, options)).body).toMatchObject({ accepted: 0, rejected: [{ code: 'field_out_of_range' }] });
    const [ref] = takeRefused(fixture.broker, store, NOW_MS);
    expect(store.rows.get(`acme/${ref}`)?.format).toBe(format);
    expect((await replay(ref)).status).toBe(422);
    await apply(3, { segment: SEGMENT });
    expect(await replay(ref)).toMatchObject({ status: 202, body: { accepted: 1 } });
    expect((await send(fixture.app, body, options)).status).toBe(202);
    const [replayed, sent] = counted();
    expect(replayed).toEqual(sent);
    expect(replayed?.value).toContain('"data":{"item":"a","count":-1}');
  });

  test('of Segment that no pack maps is replayed once one does, and takes a native event with its messageId in its place', async () => {
    const options = { type: 'application/json', path: '/v1/track' };
    expect((await send(fixture.app, JSON.stringify(track), options)).body['accepted']).toBe(0);
    const [ref] = takeRefused(fixture.broker, store, NOW_MS);
    expect(store.rows.get(`acme/${ref}`)).toMatchObject({ code: 'segment_unmapped', format: 'segment/track' });
    expect((await replay(ref)).body).toMatchObject({ rejected: [{ code: 'segment_unmapped' }] });
    expect(await replay(ref, event('other'))).toMatchObject({ status: 409, body: { code: 'replay_differs' } });
    await apply(2, { segment: SEGMENT });
    expect((await replay(ref)).status).toBe(202);
    expect((await send(fixture.app, JSON.stringify(track), options)).status).toBe(202);
    const [replayed, sent] = counted();
    expect(replayed).toEqual(sent);
  });

  test('that was sent as a CloudEvent is judged as one, also where it does not say so', async () => {
    const { specversion: _, ...unnamed } = cloudEvent;
    const fine = JSON.stringify({ ...unnamed, data: { item: 'a', count: 1 } });
    expect((await send(fixture.app, fine, { type: 'application/cloudevents+json' })).body['accepted']).toBe(0);
    const [ref] = takeRefused(fixture.broker, store, NOW_MS);
    expect((await replay(ref)).body).toMatchObject({ rejected: [{ code: 'field_missing', path: 'specversion' }] });
  });

  test('of a row from before formats were told is read as what it looks like', async () => {
    for (const [body, type] of [
      [event('n', '"item":"a","count":-1'), 'application/json'],
      [JSON.stringify(cloudEvent), 'application/cloudevents+json'],
    ] as const) {
      await send(fixture.app, body, { type });
    }
    const refs = takeRefused(fixture.broker, store, NOW_MS);
    for (const [key, row] of store.rows) store.rows.set(key, { ...row, format: null });
    await apply(2, {});
    for (const ref of refs) expect((await replay(ref)).status).toBe(202);
    expect(counted()).toHaveLength(2);
  });
});
