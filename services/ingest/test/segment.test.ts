import { createServer, request } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Analytics } from '@segment/analytics-node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IngestFixture } from './ingest-fixture.ts';
import { callerHeaders, pack, packRecord, publish, send, startFixture, topics } from './ingest-fixture.ts';
import { storedRecords } from './stored-records.ts';

const segment = { track: { 'Item Sold': { type: 'shop.sold', fields: { count: 'quantity' } } } };

let fixture: IngestFixture;
let gateway: Server;
/** Statuses that the gateway answers before it lets a request through. */
let refusals: number[] = [];

beforeEach(async () => {
  fixture = await startFixture();
  await publish(fixture.client, 'pack/acme/shop', packRecord({ ...pack, segment }, 2));
  await expect.poll(async () => (await sold('probe', '/v1/track')).status).toBe(202);
  refusals = [];
  gateway = createServer(relay);
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  gateway.closeAllConnections();
  await new Promise((resolve) => gateway.close(resolve));
  await fixture.app.stop();
});

/** Says who the caller is, as the gateway does, and passes all else on. */
function relay(incoming: IncomingMessage, answer: ServerResponse): void {
  const refusal = refusals.shift();
  if (refusal !== undefined) {
    incoming.resume();
    answer.writeHead(refusal).end();
    return;
  }
  const headers = { ...incoming.headers, ...callerHeaders() };
  const to = { host: '127.0.0.1', port: fixture.app.port, path: incoming.url, method: incoming.method, headers };
  incoming.pipe(request(to, (response) => response.pipe(answer.writeHead(response.statusCode ?? 500, response.headers))));
}

const sold = (id: string, path: string) =>
  send(fixture.app, JSON.stringify({ messageId: id, userId: 'ann', event: 'Item Sold', properties: { item: 'a', quantity: 1 } }), {
    type: 'application/json',
    path,
  });

interface Stored {
  readonly id: string;
  readonly type: string;
  readonly subject?: string;
  readonly time: string;
  readonly data: unknown;
}
const stored = (): Stored[] =>
  [topics.events, topics.backfill]
    .flatMap((topic) => storedRecords(fixture.broker, topic))
    .map(({ value }) => JSON.parse(Buffer.from(value).toString()) as Stored)
    .filter(({ id }) => id !== 'probe');

describe("Segment's own client, told nothing but another host", () => {
  test('has its events counted once, through answers of 503 and 429 that it tries again', async () => {
    refusals = [503, 429];
    const { port } = gateway.address() as AddressInfo;
    const analytics = new Analytics({ writeKey: 'tg_pub_x', host: `http://127.0.0.1:${port}`, flushAt: 3, maxRetries: 5 });
    const timestamp = new Date('2026-11-20T10:00:00.000Z');
    for (let i = 0; i < 3; i += 1) {
      const properties = { item: 'a', quantity: i, ignored: { deep: true } };
      analytics.track({ userId: 'ann', event: 'Item Sold', messageId: `m-${i}`, timestamp, properties });
    }
    await analytics.closeAndFlush({ timeout: 20_000 });
    const events = stored().toSorted((a, b) => a.id.localeCompare(b.id));
    expect(events.map(({ id, type, data }) => [id, type, data])).toEqual(
      [0, 1, 2].map((i) => [`m-${i}`, 'shop.sold', { item: 'a', count: i }]),
    );
    expect(events.every(({ subject = '' }) => /^[0-9a-f]{64}$/.test(subject))).toBe(true);
  }, 30_000);
});

describe("the routes of Segment's API", () => {
  test('are those under /v1/segment and the short ones alike', async () => {
    for (const path of ['/v1/track', '/v1/segment/track', '/api/v1/segment/track', '/v1/segment/track?verdicts=all'])
      expect(await sold(`e-${path}`, path)).toMatchObject({ status: 202, body: { accepted: 1 } });
    expect(stored()).toHaveLength(4);
  });

  test('tell the verdict of each message of a batch; what no pack maps is refused alone', async () => {
    const message = (id: string, event: string) => ({ type: 'track', messageId: id, event, properties: { item: 'a', quantity: 1 } });
    const batch = [message('a', 'Item Sold'), message('b', 'Item Lost'), { type: 'screen' }, message('c', 'Item Sold')];
    const answer = await send(fixture.app, JSON.stringify({ batch }), { type: 'text/plain', path: '/v1/batch' });
    expect(answer).toMatchObject({ status: 207, body: { accepted: 2 } });
    expect(answer.body['rejected']).toMatchObject([
      { index: 1, code: 'segment_unmapped' },
      { index: 2, code: 'segment_unmapped' },
    ]);
    expect(
      stored()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(['a', 'c']);
  });

  test('make an id for a message that brings none, and tell it', async () => {
    const message = { event: 'Item Sold', properties: { item: 'a', quantity: 1 } };
    const answer = await send(fixture.app, JSON.stringify(message), { type: 'application/json', path: '/v1/track' });
    const [{ id = '' } = {}] = answer.body['verdicts'] as { id?: string }[];
    // RFC 9562: version 7.
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(stored().map((event) => event.id)).toEqual([id]);
  });

  test('make it from Idempotency-Key where that is sent, so that the message may be sent again', async () => {
    const body = JSON.stringify({ event: 'Item Sold', timestamp: '2026-11-20T10:00:00.000Z', properties: { item: 'a', quantity: 1 } });
    const options = { type: 'application/json', path: '/v1/track', headers: { 'idempotency-key': 'k-1' } };
    await send(fixture.app, body, options);
    await send(fixture.app, body, options);
    const ids = stored().map(({ id }) => id);
    expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
  });
});
