import type { LogClient } from '@tidegate/kafka';
import { createMemoryBroker } from '@tidegate/kafka/memory';
import { tidegateTopics } from '@tidegate/kafka';
import { createSeededRandom } from '@tidegate/testkit';
import { silentLogger } from '@tidegate/telemetry';
import { expect, test } from 'vitest';
import { startIngest } from '../src/app.ts';
import { config, event, idsOf, NOW_MS, pack, packRecord, PARTITIONS, publish, send, topics } from './ingest-fixture.ts';
import type { HttpAnswer } from './ingest-fixture.ts';
import { storedRecords } from './stored-records.ts';

const SEED = Number(process.env['TIDEGATE_SEED'] ?? 5);
const MB = 1_048_576;
const BUFFER_BYTES = 2 * MB;
const EVENTS = 200;
const EVENT_BYTES = 4_000;

/** Brokers that can be cut off: appends then wait, and when the cut is over some are in the log and some are not. */
function cuttable(client: LogClient, random: () => number) {
  let cut: PromiseWithResolvers<void> | null = null;
  let waiting = 0;
  const wrapped: LogClient = {
    ...client,
    async createProducer() {
      const producer = await client.createProducer();
      return {
        close: async () => producer.close(),
        async append(topic, partition, batch) {
          if (cut === null) return producer.append(topic, partition, batch);
          waiting += batch.sizeBytes;
          await cut.promise;
          waiting -= batch.sizeBytes;
          // Nobody knows what became of it.
          if (random() < 0.5) await producer.append(topic, partition, batch);
          throw new Error('the connection is gone');
        },
      };
    },
  };
  return {
    client: wrapped,
    waitingBytes: () => waiting,
    begin: () => void (cut = Promise.withResolvers()),
    end() {
      cut?.resolve();
      cut = null;
    },
  };
}

/** The service on brokers that can be cut off, at a time that the test sets. */
async function startCuttable() {
  const random = createSeededRandom(SEED);
  const broker = createMemoryBroker({ now: () => NOW_MS });
  for (const spec of tidegateTopics({ prefix: 't.', partitions: PARTITIONS, replicationFactor: 1 })) broker.createTopic(spec);
  const client = broker.createClient('test');
  await publish(client, 'partitions/-/events', { version: 1, value: { count: PARTITIONS } });
  await publish(client, 'pack/acme/shop', packRecord(pack));
  const outage = cuttable(broker.createClient('ingest'), random);
  let monotonicMs = 0;
  const clock = { nowMs: () => NOW_MS, monotonicMs: () => monotonicMs };
  const app = await startIngest({ ...config, bufferBytesMax: BUFFER_BYTES }, { clock, log: silentLogger, client: outage.client });
  await app.ready;
  return { broker, app, outage, random, after: (ms: number) => void (monotonicMs += ms) };
}

function bodyOf(request: number, isOld: boolean): { readonly ids: readonly string[]; readonly text: string } {
  const ids = Array.from({ length: EVENTS }, (_, i) => `r${request}-${i}`);
  const line = (id: string): string => event(id, `"item":"${'x'.repeat(80)}","count":1`).padEnd(EVENT_BYTES, ' ');
  const lines = ids.map((id) => (isOld ? line(id).replace('2026-11-21', '2026-10-01') : line(id)));
  return { ids, text: lines.join('\n') };
}

function acceptedOf({ ids }: { readonly ids: readonly string[] }, { status, body }: HttpAnswer): readonly string[] {
  if (status === 503 && body['accepted'] === undefined) return [];
  const again = new Set((body['retry'] as readonly { readonly index: number }[]).map(({ index }) => index));
  return ids.filter((_, index) => !again.has(index));
}

test(`through an outage under load memory is bounded, nothing is accepted that is not in the log, and it ends by itself (seed ${SEED})`, async () => {
  const { broker, app, outage, random, after } = await startCuttable();
  const accepted: string[] = [];
  const request = async (number: number): Promise<HttpAnswer> => {
    const body = bodyOf(number, random() < 0.3);
    const answer = await send(app, body.text);
    accepted.push(...acceptedOf(body, answer));
    return answer;
  };
  for (let i = 0; i < 5; i += 1) expect((await request(i)).status).toBe(202);

  outage.begin();
  const underWay = Array.from({ length: 30 }, (_, i) => request(100 + i));
  const early = await Promise.race([...underWay, new Promise<null>((resolve) => setTimeout(() => resolve(null), 20_000))]);
  // 30 requests of 800 KB; the canonical records of some are kept, until the buffer of 2 MB is full, and of one chunk more.
  expect(outage.waitingBytes()).toBeLessThanOrEqual(BUFFER_BYTES + MB);
  expect(early).toMatchObject({ status: 503 });
  expect(Number(early?.headers['retry-after'])).toBeGreaterThanOrEqual(1);

  after(41_000);
  const whole = await Promise.all(Array.from({ length: 20 }, (_, i) => request(200 + i)));
  expect(new Set(whole.map(({ status, body }) => `${status} ${String(body['code'])}`))).toEqual(new Set(['503 log_unavailable']));
  expect(whole[0]?.headers['retry-after']).toBe('11');
  expect(outage.waitingBytes()).toBeLessThanOrEqual(BUFFER_BYTES + MB);

  outage.end();
  expect((await Promise.all(underWay)).every(({ status }) => status === 503 || status === 207 || status === 202)).toBe(true);
  // One is let through to see, and all are once it is acknowledged.
  after(1_000);
  expect((await request(300)).status).toBe(202);
  expect((await request(301)).status).toBe(202);

  const stored = new Set([topics.events, topics.backfill].flatMap((topic) => idsOf(storedRecords(broker, topic))));
  expect(accepted.filter((id) => !stored.has(id))).toEqual([]);
  expect(accepted.length).toBeGreaterThanOrEqual(7 * EVENTS);
  await app.stop();
});
