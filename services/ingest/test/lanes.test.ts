import { decodeReceipt } from '@tidegate/core';
import type { Receipt } from '@tidegate/core';
import type { LogClient } from '@tidegate/kafka';
import { createSealer, deriveKey } from '@tidegate/runtime';
import { silentLogger } from '@tidegate/telemetry';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { startIngest } from '../src/app.ts';
import { config, event, idsOf, NOW_MS, publish, send, startFixture, topics } from './ingest-fixture.ts';
import type { HttpAnswer, IngestFixture } from './ingest-fixture.ts';
import { storedRecords } from './stored-records.ts';

const HOUR_MS = 3_600_000;
let fixture: IngestFixture;
afterEach(async () => fixture.app.stop());

const live = (): string[] => idsOf(storedRecords(fixture.broker, topics.events)).toSorted();
const backfill = (): string[] => idsOf(storedRecords(fixture.broker, topics.backfill)).toSorted();

function eventAt(id: string, occurredAtMs: number): string {
  return event(id).replace('2026-11-21T08:00:00Z', new Date(occurredAtMs).toISOString());
}

function receiptOf({ body }: HttpAnswer): Receipt {
  const sealer = createSealer(deriveKey(config.secretKey, 'tidegate/receipt', 32));
  const plain = sealer.open(new Uint8Array(Buffer.from(String(body['receipt']).slice('tgr1.'.length), 'base64url')));
  const receipt = plain === null ? null : decodeReceipt(plain);
  if (receipt === null) throw new Error('not a receipt');
  return receipt;
}

/** What an answer's receipt names, as `lane/partition/offset` of each event. */
function placesOf(answer: HttpAnswer): string[] {
  return receiptOf(answer).entries.flatMap(({ lane, partition, runs }) =>
    runs.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => `${lane}/${partition}/${first + i}`)),
  );
}

describe('an event goes into the backfill lane', () => {
  test('where it occurred more than a day ago, and the receipt names both lanes with the offsets of each', async () => {
    fixture = await startFixture();
    const lines = [eventAt('day', NOW_MS - 24 * HOUR_MS), eventAt('older', NOW_MS - 24 * HOUR_MS - 1), eventAt('now', NOW_MS)];
    const answer = await send(fixture.app, lines.join('\n'));
    expect(answer.status).toBe(202);
    expect([live(), backfill()]).toEqual([['day', 'now'], ['older']]);
    const lie = (lane: 'live' | 'backfill') =>
      storedRecords(fixture.broker, lane === 'live' ? topics.events : topics.backfill).map(
        ({ partition, offset }) => `${lane}/${partition}/${offset}`,
      );
    expect(placesOf(answer).toSorted()).toEqual([...lie('live'), ...lie('backfill')].toSorted());
  });

  test('where its request asks for it; any other lane is refused, and nothing of the request is taken', async () => {
    fixture = await startFixture();
    const ask = async (lane: string, path = '/v1/events'): Promise<HttpAnswer> =>
      send(fixture.app, event(lane), { path, headers: { 'x-tidegate-lane': lane } });
    expect((await ask('backfill')).status).toBe(202);
    for (const lane of ['live', 'Backfill', 'backfill, live', ''])
      expect(await ask(lane)).toMatchObject({ status: 400, body: { code: 'lane_unknown' } });
    expect(await ask('fast', '/v1/segment/track')).toMatchObject({ status: 400, body: { code: 'lane_unknown' } });
    expect([live(), backfill()]).toEqual([[], ['backfill']]);
  });

  test('where its tenant sends more than its share of the live rate, and no other tenant feels it', async () => {
    fixture = await startFixture({ liveEventsPerS: 2 });
    const many = Array.from({ length: 15 }, (_, i) => event(`e-${i}`));
    expect((await send(fixture.app, many.join('\n'))).status).toBe(202);
    // Five seconds' worth may come at once: 10 of 15.
    expect([live().length, backfill().length]).toEqual([10, 5]);
    const metrics = await (await fetch(`http://127.0.0.1:${fixture.app.metricsPort}/metrics`)).text();
    expect(metrics).toContain('backfill_routed_total{reason="share",service="ingest"} 5');
  });

  test('in the same partition as a copy of it in the other lane: whoever counts one knows the other', async () => {
    fixture = await startFixture();
    await send(fixture.app, event('same'));
    await send(fixture.app, event('same'), { headers: { 'x-tidegate-lane': 'backfill' } });
    const [one] = storedRecords(fixture.broker, topics.events);
    const [other] = storedRecords(fixture.broker, topics.backfill);
    expect([other?.partition, other?.headers.get('identity')]).toEqual([one?.partition, one?.headers.get('identity')]);
  });
});

describe('where counting of the backfill lane is behind by more than half of the retention', () => {
  test('what would go there is to be sent again, and live events are taken', async () => {
    fixture = await startFixture();
    await publish(fixture.client, 'backfill/2', {
      ...{ lane: 'backfill', partition: 2, term: 1, next_offset: '3', commit_no: '4', log_generation: 1, complete_through_ms: 0 },
      oldest_uncounted_ms: NOW_MS - 84 * HOUR_MS - 1,
    });
    const old = eventAt('old', NOW_MS - 48 * HOUR_MS);
    const asked = async (): Promise<HttpAnswer> => send(fixture.app, event('x'), { headers: { 'x-tidegate-lane': 'backfill' } });
    await vi.waitFor(async () => expect((await asked()).status).toBe(503), { timeout: 20_000, interval: 20 });
    expect(await asked()).toMatchObject({ body: { code: 'log_behind' }, headers: { 'retry-after': '60' } });
    const mixed = await send(fixture.app, [event('a'), old].join('\n'));
    expect(mixed).toMatchObject({ status: 207, body: { accepted: 1, retry: [{ index: 1, id: 'old' }] } });
    expect(live()).toEqual(['a']);
  });
});

test('nothing is answered before progress was read: a receipt would speak of a log that may be long gone', async () => {
  fixture = await startFixture();
  await publish(fixture.client, 'live/0', { lane: 'live', partition: 0, log_generation: 7, oldest_uncounted_ms: null });
  await publish(fixture.client, 'beat/-/publisher', { version: NOW_MS, value: {} });
  const open = Promise.withResolvers<void>();
  const clock = { nowMs: () => NOW_MS, monotonicMs: () => performance.now() };
  const client = readingLate(fixture.broker.createClient('second'), topics.progress, open.promise);
  const second = await startIngest(config, { clock, log: silentLogger, client });
  const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${second.metricsPort}/metrics`)).text();
  await vi.waitFor(async () => expect(await metrics()).toMatch(/control_known_through_seconds\{[^}]*\} [1-9]/), { timeout: 20_000 });
  expect((await send(second, event('early'))).status).toBe(503);
  open.resolve();
  await second.ready;
  const answer = await send(second, event('late'));
  expect([answer.status, receiptOf(answer).logGeneration]).toEqual([202, 7]);
  await second.stop();
});

/** A client that gets records of one topic only after `open`. */
function readingLate(client: LogClient, late: string, open: Promise<void>): LogClient {
  return {
    ...client,
    createReader(options) {
      const reader = client.createReader(options);
      return {
        assign: (topic, ...at) => (topic === late ? void open.then(() => reader.assign(topic, ...at)) : reader.assign(topic, ...at)),
        unassign: (...at) => reader.unassign(...at),
        close: async () => reader.close(),
      };
    },
  };
}
