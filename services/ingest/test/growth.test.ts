import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { callerHeaders, event, idsOf, PARTITIONS, publish, send, startFixture, topics } from './ingest-fixture.ts';
import type { IngestFixture } from './ingest-fixture.ts';
import { storedRecords } from './stored-records.ts';

const GROWN = PARTITIONS * 3;
let fixture: IngestFixture;
beforeEach(async () => void (fixture = await startFixture()));
afterEach(async () => fixture.app.stop());

const stored = (): string[] => idsOf(storedRecords(fixture.broker, topics.events)).toSorted();

async function tell(version: number, value: { readonly count: number; readonly growing_to?: number }): Promise<void> {
  await publish(fixture.client, 'partitions/-/events', { version, value });
}

async function untilClosed(): Promise<void> {
  await vi.waitFor(
    async () =>
      expect(await send(fixture.app, event('refused'))).toMatchObject({
        status: 503,
        headers: { 'retry-after': '5' },
        body: { code: 'log_growing' },
      }),
    { timeout: 20_000, interval: 20 },
  );
}

test('nothing is taken while partitions are made more, and keys go by the new count from then on', async () => {
  await tell(2, { count: PARTITIONS, growing_to: GROWN });
  await untilClosed();
  expect(stored().filter((id) => id !== 'refused')).toEqual([]);
  // The switch is done and the new partitions have no owners yet.
  await tell(3, { count: GROWN, growing_to: GROWN });
  await untilClosed();
  const admin = fixture.client.createAdmin();
  for (const topic of [topics.events, topics.backfill, topics.rejected]) await admin.addPartitions(topic, GROWN);
  await tell(4, { count: GROWN });
  const ids = Array.from({ length: 60 }, (_, at) => `e-${at}`);
  await vi.waitFor(async () => expect((await send(fixture.app, ids.map((id) => event(id)).join('\n'))).status).toBe(202), {
    timeout: 20_000,
    interval: 20,
  });
  const records = storedRecords(fixture.broker, topics.events).filter((record) => idsOf([record])[0]?.startsWith('e-'));
  expect(records).toHaveLength(ids.length);
  for (const { partition, key } of records) expect(partition).toBe(new DataView(key.buffer, key.byteOffset).getUint32(0, true) % GROWN);
  expect(new Set(records.map(({ partition }) => partition)).size).toBeGreaterThan(PARTITIONS);
});

test('what of a request was not appended when it closed is to be sent again, and the rest is accepted', async () => {
  const outgoing = request({
    ...{ host: '127.0.0.1', port: fixture.app.port, path: '/v1/events', method: 'POST', agent: false },
    headers: { ...callerHeaders(), 'content-type': 'application/x-ndjson' },
  });
  const answer = new Promise<{ status: number; body: unknown }>((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      void text(response).then((body) => resolve({ status: response.statusCode ?? 0, body: JSON.parse(body) as unknown }), reject);
    });
  });
  outgoing.write(`${event('before')}\n`);
  await vi.waitFor(() => expect(stored()).toContain('before'), { timeout: 20_000, interval: 20 });
  await tell(2, { count: PARTITIONS, growing_to: GROWN });
  await untilClosed();
  outgoing.end(`${event('after')}\n`);
  expect(await answer).toMatchObject({ status: 207, body: { accepted: 1, retry: [{ index: 1, id: 'after' }] } });
  expect(stored()).not.toContain('after');
});
