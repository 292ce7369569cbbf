import { createDecipheriv, createHash, createHmac } from 'node:crypto';
import { decodeReceipt } from '@tidegate/core';
import { tidegateTopics } from '@tidegate/kafka';
import { createMemoryBroker } from '@tidegate/kafka/memory';
import { createSealer, deriveKey, readConfig, systemClock } from '@tidegate/runtime';
import { createLogger, silentLogger } from '@tidegate/telemetry';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startIngest } from '../src/app.ts';
import { INGEST_CONFIG } from '../src/config.ts';
import type { HttpAnswer, IngestFixture } from './ingest-fixture.ts';
import {
  config,
  event,
  expectedIdentity,
  NOW_MS,
  pack,
  packRecord,
  PARTITIONS,
  publish,
  send,
  startFixture,
  topics,
} from './ingest-fixture.ts';
import { firstRecord, rejectedCodes, storedIds, storedRecords } from './stored-records.ts';

let fixture: IngestFixture;

beforeEach(async () => {
  fixture = await startFixture();
});

afterEach(async () => {
  await fixture.app.stop();
});

const post = (body: string | Uint8Array, options?: Parameters<typeof send>[2]): Promise<HttpAnswer> => send(fixture.app, body, options);
const stored = (): string[] => storedIds(fixture.broker);
const rejections = (): string[] => rejectedCodes(fixture.broker);

describe('formats of a request', () => {
  test.each([
    ['one event', 'application/json', ` ${event('a')} `, ['a']],
    ['an array', 'Application/JSON; profile=x; Charset="UTF-8"', `[${event('a')}, ${event('b')}\n]`, ['a', 'b']],
    ['an object of events', 'application/json', `{ "events" : [${event('a')},${event('b')}] }`, ['a', 'b']],
    ['lines', 'application/x-ndjson', `${event('a')}\r\n\n${event('b')}\n${event('c')}`, ['a', 'b', 'c']],
  ])('%s is accepted', async (_name, type, body, ids) => {
    const answer = await post(body, { type });
    expect(answer).toMatchObject({
      status: 202,
      body: { accepted: ids.length, rejected: [], retry: [], received_at: new Date(NOW_MS).toISOString() },
    });
    expect(stored()).toEqual(ids);
  });

  test.each([
    ['another content type', event('a'), { type: 'text/plain' }, 415, 'unsupported_format'],
    ['another charset', event('a'), { type: 'application/json; charset=iso-8859-1' }, 415, 'unsupported_format'],
    ['an empty body', '', {}, 400, 'not_an_event'],
    ['an empty array', '[]', { type: 'application/json' }, 400, 'not_an_event'],
    ['broken JSON', '{"id":', { type: 'application/json' }, 400, 'bad_json'],
    ['a body over the limit', `${' '.repeat(16_777_216)}${event('a')}`, {}, 413, 'body_too_large'],
  ])('%s is refused as a whole', async (_name, body, options, status, code) => {
    expect(await post(body, options)).toMatchObject({ status, body: { code } });
    expect(stored()).toEqual([]);
  });

  test('who is not the gateway is refused', async () => {
    const answer = await post(event('a'), { headers: { 'x-tidegate-caller': 'e30.AAAA' } });
    expect(answer.status).toBe(401);
    expect(stored()).toEqual([]);
  });
});

describe('verdicts', () => {
  test('some accepted and some not is 207, and each refused one is named', async () => {
    const answer = await post([event('a'), event('b', '"item":"x"'), '{', event('c')].join('\n'));
    expect(answer).toMatchObject({
      status: 207,
      body: {
        accepted: 2,
        rejected: [
          { index: 1, id: 'b', code: 'field_missing', path: 'data.count' },
          { index: 2, id: '', code: 'bad_json' },
        ],
      },
    });
    expect(stored()).toEqual(['a', 'c']);
    expect(rejections().toSorted()).toEqual(['bad_json', 'field_missing']);
  });

  test('none accepted is 422, without a receipt', async () => {
    const answer = await post(event('b', '"item":"x"'));
    expect(answer).toMatchObject({ status: 422, body: { accepted: 0, receipt: null } });
    expect(answer.headers['tidegate-receipt']).toBeUndefined();
  });

  test('?verdicts=all lists every event', async () => {
    const answer = await post([event('a'), event('é"', '"item":"x"')].join('\n'), { query: '?verdicts=all' });
    expect(answer.body['verdicts']).toEqual([
      { index: 0, id: 'a', verdict: 'accepted' },
      { index: 1, id: 'é"', verdict: 'rejected', code: 'field_missing' },
    ]);
  });

  test('how far ahead an event may occur is a setting, up to five minutes', async () => {
    const ahead = (ms: number): string => event('a').replace('2026-11-21T08:00:00Z', new Date(NOW_MS + ms).toISOString());
    expect((await post(ahead(300_000))).status).toBe(202);
    await fixture.app.stop();
    fixture = await startFixture({ aheadMaxMs: 1_000 });
    expect((await post(ahead(1_000))).status).toBe(202);
    expect(await post(ahead(1_001))).toMatchObject({ status: 422, body: { rejected: [{ code: 'occurred_at_in_future' }] } });
    expect(readConfig(INGEST_CONFIG, { EVENT_AHEAD_MAX_S: '301' })).toMatchObject({
      faults: expect.arrayContaining([expect.objectContaining({ env: 'EVENT_AHEAD_MAX_S' })]),
    });
  });

  test('a type of another tenant is unknown', async () => {
    expect(await post(event('a'), { tenant: 'other' })).toMatchObject({ status: 422, body: { rejected: [{ code: 'type_unknown' }] } });
  });

  test.each(['not_sent', 'unknown'] as const)('an append whose outcome is %s makes its events retry, never accepted', async (outcome) => {
    fixture.broker.failAppends((topic) => (topic === topics.events ? { outcome, kept: outcome === 'unknown' } : undefined));
    const answer = await post([event('a'), event('b')].join('\n'));
    expect(answer).toMatchObject({
      status: 503,
      body: {
        accepted: 0,
        retry: [
          { index: 0, id: 'a' },
          { index: 1, id: 'b' },
        ],
        receipt: null,
      },
    });
    expect(answer.headers['retry-after']).toBe('1');
  });

  test('a refused event whose original could not be kept is retry', async () => {
    fixture.broker.failAppends((topic) => (topic === topics.rejected ? { outcome: 'not_sent' } : undefined));
    const answer = await post([event('a'), event('b', '"item":"x"')].join('\n'));
    expect(answer).toMatchObject({ status: 207, body: { accepted: 1, rejected: [], retry: [{ index: 1, id: 'b' }] } });
  });

  test('one partition failing makes only its events retry', async () => {
    fixture.broker.failAppends((topic, partition) => (topic === topics.events && partition === 0 ? { outcome: 'not_sent' } : undefined));
    const ids = Array.from({ length: 40 }, (_, i) => `e-${String(i)}`);
    const answer = await post(ids.map((id) => event(id)).join('\n'));
    const retried = (answer.body['retry'] as { id: string }[]).map(({ id }) => id);
    expect(answer.status).toBe(207);
    expect([...retried, ...stored()].toSorted()).toEqual(ids.toSorted());
    expect(retried.length).toBeGreaterThan(0);
  });
});

describe('what is written', () => {
  test('the record has the subject as its keyed pseudonym, its identity and its key by the formats page', async () => {
    const body = event('a', '"item":"a","count":1,"note":"call Jo"', ',"subject":"jo@example.org","source":"till"');
    expect((await post(body)).status).toBe(202);
    const pseudonymKey = deriveKey(config.pseudonymSecret, 'tidegate/pseudonym/acme', 32);
    const pseudonym = createHmac('sha256', pseudonymKey).update('jo@example.org').digest('hex');
    const record = firstRecord(fixture.broker, topics.events);
    const text = record.value.toString();
    expect(text).toMatch(
      /^\{"specversion":"1\.0","id":"a","source":"till","type":"shop\.sold","subject":"[0-9a-f]{64}","time":"2026-11-21T08:00:00\.000Z",/,
    );
    expect(text).toContain(`"subject":"${pseudonym}"`);
    expect(text).toMatch(/"note":"[0-9a-f]{64}"/);
    expect(text).not.toMatch(/jo@|call Jo/);
    expect(record.names).toEqual(['kind', 'v', 'identity', 'traceparent']);
    expect(record.header('identity')).toEqual(Buffer.from(expectedIdentity(['acme', 'till', 'a', pseudonym])));
    expect(record.key).toHaveLength(16);
    expect(record.partition).toBe(record.key.readUInt32LE() % PARTITIONS);
  });

  test('only the first record of a request in a partition carries the trace', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await post(Array.from({ length: 60 }, (_, i) => event(String(i))).join('\n'), { headers: { traceparent } });
    const traced = storedRecords(fixture.broker, topics.events).filter(({ headers }) => headers.has('traceparent'));
    expect(traced.map(({ partition, offset }) => [partition, offset])).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 0],
    ]);
    for (const { headers } of traced)
      expect(Buffer.from(headers.get('traceparent') ?? []).toString()).toContain('0af7651916cd43dd8448eb211c80319c');
  });

  test('a refused original lies in rejected.v1 sealed, and opens under the key of its tenant only', async () => {
    const original = event('b', '"item":"marker-original"');
    await post(original);
    const record = firstRecord(fixture.broker, topics.rejected);
    const value = record.value;
    expect(record.key.toString()).toBe('acme');
    expect(value.includes('marker')).toBe(false);
    expect(value[0]).toBe(1);
    const fieldKey = config.fieldKeys[0] ?? new Uint8Array(0);
    const decipher = createDecipheriv('aes-256-gcm', deriveKey(fieldKey, 'tidegate/rejected/acme', 32), value.subarray(1, 13));
    decipher.setAuthTag(value.subarray(-16));
    expect(Buffer.concat([decipher.update(value.subarray(13, -16)), decipher.final()]).toString()).toBe(original);
    expect(createSealer(deriveKey(fieldKey, 'tidegate/rejected/other', 32)).open(value.subarray(1))).toBe(null);
    const header = (name: string): string => record.header(name).toString();
    expect([header('kind'), header('v'), header('code'), header('path'), header('lane'), header('index')]).toEqual([
      'rejected',
      '1',
      'field_missing',
      'data.count',
      'ingest',
      '0',
    ]);
    expect(record.header('sha256')).toEqual(createHash('sha256').update(original).digest());
    expect(record.partition).toBe(createHash('sha256').update(original).digest().readUInt32LE() % PARTITIONS);
  });

  test('beyond the quota of the day a tenant’s refused events go without their originals, and with all else', async () => {
    const original = event('b', '"item":"marker-original"');
    const limited = await startFixture({ rejectedBytesPerDay: 2 * original.length });
    const rest = ['c', 'd'].map((id) => event(id, '"item":"marker-original"'));
    const answers = [];
    for (const body of [original, original, ...rest]) answers.push(await send(limited.app, body, {}));
    // The verdict is the same whatever is kept.
    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 422]);
    await send(limited.app, original, { tenant: 'other' });
    const records = storedRecords(limited.broker, topics.rejected).toSorted((a, b) => a.offset - b.offset);
    const of = (tenant: string) => records.filter(({ key }) => Buffer.from(key).toString() === tenant);
    expect(of('acme').filter(({ value }) => value.length === 0)).toHaveLength(2);
    expect(of('other').filter(({ value }) => value.length === 0)).toEqual([]);
    for (const { headers } of of('acme')) {
      expect(Buffer.from(headers.get('code') ?? []).toString()).toBe('field_missing');
      expect(Buffer.from(headers.get('length') ?? []).toString()).toBe(String(original.length));
    }
    const metrics = await (await fetch(`http://127.0.0.1:${limited.app.metricsPort}/metrics`)).text();
    expect(metrics).toMatch(/rejected_originals_left_out_total\{[^}]*\} 2/);
    await limited.app.stop();
  });

  test('the receipt names tenant, generation and where the events lie, and tells nothing unsealed', async () => {
    await post(event('earlier'));
    const ids = Array.from({ length: 50 }, (_, i) => `e-${String(i)}`);
    const answer = await post([...ids.map((id) => event(id)), '{'].join('\n'));
    const receipt = String(answer.body['receipt']);
    expect(answer.headers['tidegate-receipt']).toBe(receipt);
    expect(receipt.startsWith('tgr1.')).toBe(true);
    const plain = createSealer(deriveKey(config.secretKey, 'tidegate/receipt', 32)).open(Buffer.from(receipt.slice(5), 'base64url'));
    const records = storedRecords(fixture.broker, topics.events).filter(({ value }) => !Buffer.from(value).includes('earlier'));
    const entries = Array.from({ length: PARTITIONS }, (_, partition) => {
      const offsets = records.filter((record) => record.partition === partition).map(({ offset }) => offset);
      expect(Math.max(...offsets) - Math.min(...offsets)).toBe(offsets.length - 1);
      return { lane: 'live', partition, runs: [{ first: Math.min(...offsets), count: offsets.length }] };
    });
    expect(decodeReceipt(plain ?? new Uint8Array(0))).toEqual({ tenant: 'acme', logGeneration: 1, entries });
  });

  test('many small requests at once share appends', async () => {
    await fixture.app.stop();
    fixture = await startFixture({ lingerMs: 500 });
    let appends = 0;
    fixture.broker.failAppends(() => {
      appends += 1;
      return undefined;
    });
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => post(event(String(i)))));
    expect(answers.every(({ status }) => status === 202)).toBe(true);
    expect(stored()).toHaveLength(200);
    expect(appends).toBeLessThan(100);
  });
});

describe('control', () => {
  test('a pack that is applied while running takes effect, and judges with its own version', async () => {
    const later = { ...pack, pack: 'later', events: { 'later.event': { fields: {} } }, metrics: {} };
    const line = '{"id":"l","type":"later.event","occurred_at":0}';
    expect((await post(line)).status).toBe(422);
    await publish(fixture.client, 'pack/acme/later', packRecord(later, 7));
    await vi.waitFor(async () => expect((await post(line)).status).toBe(202), { timeout: 20_000, interval: 20 });
    const record = firstRecord(fixture.broker, topics.backfill);
    expect(record.value.toString()).toContain('"packversion":7,"data":{}}');
    await publish(fixture.client, 'pack/acme/later', { version: 8, value: null });
    await vi.waitFor(async () => expect((await post(line)).status).toBe(422), { timeout: 20_000, interval: 20 });
  });

  test('what is judged is counted by the pack of its type, and what names no type by none', async () => {
    await fixture.app.stop();
    fixture = await startFixture();
    const later = { ...pack, pack: 'later', events: { 'later.event': { fields: {} } }, metrics: {} };
    await publish(fixture.client, 'pack/acme/later', packRecord(later));
    const line = '{"id":"l","type":"later.event","occurred_at":0}';
    // Those that came before the pack did are of no declared type.
    await vi.waitFor(async () => expect((await post(line)).status).toBe(202), { timeout: 20_000, interval: 20 });
    const unknown = '{"id":"x","type":"no.such","occurred_at":0}';
    await post([event('a'), line, event('b'), event('c', '"item":"no count"'), unknown, '{'].join('\n'));
    const read = async () => {
      const text = await (await fetch(`http://127.0.0.1:${String(fixture.app.metricsPort)}/metrics`)).text();
      return [...text.matchAll(/^events_judged_total\{(.*),service="ingest"\} (\d+)$/gm)].map(([, labels, n]) => `${labels} ${n}`);
    };
    const expected = [
      'pack="later",verdict="refused" 0',
      'pack="later",verdict="taken" 2',
      'pack="shop",verdict="refused" 1',
      'pack="shop",verdict="taken" 2',
    ];
    expect((await read()).toSorted()).toEqual(expected);
    // A second look counts nothing twice.
    expect((await read()).toSorted()).toEqual(expected);
  });

  test('fields that a pack marks are in no line once it is in force', async () => {
    await fixture.app.stop();
    const lines: string[] = [];
    const log = createLogger({ service: 'ingest', destination: { write: (line) => void lines.push(line) } });
    const say = (): string => {
      log.info('said', { detail: { note: 'canary', room: 'canary' } });
      return lines.at(-1) ?? '';
    };
    fixture = await startFixture({}, { log });
    // The pack that is in force marks `note` alone.
    expect(JSON.parse(say())).toMatchObject({ detail: { note: '[redacted]', room: 'canary' } });
    const marked = { ...pack.events['shop.sold'].fields, room: { type: 'string', optional: true, sensitive: 'phi', action: 'drop' } };
    const source = { ...pack, events: { 'shop.sold': { fields: marked } } };
    await publish(fixture.client, 'pack/acme/shop', packRecord(source, 2));
    await vi.waitFor(() => expect(say()).not.toContain('canary'), { timeout: 20_000, interval: 20 });
    await fixture.app.stop();
    fixture = await startFixture();
  });

  test('an older control record never replaces a newer one', async () => {
    await publish(
      fixture.client,
      'pack/acme/shop',
      packRecord({ ...pack, events: { 'shop.sold': { ...pack.events['shop.sold'], subject: 'none' } } }, 5),
    );
    const line = event('a', undefined, ',"subject":"x"');
    await vi.waitFor(async () => expect((await post(line)).status).toBe(422), { timeout: 20_000, interval: 20 });
    await publish(fixture.client, 'pack/acme/shop', packRecord(pack, 4));
    await publish(
      fixture.client,
      'pack/acme/mark',
      packRecord({ ...pack, pack: 'mark', events: { mark: { fields: {} } }, metrics: {} }, 1),
    );
    await vi.waitFor(async () => expect((await post('{"id":"m","type":"mark","occurred_at":0}')).status).toBe(202), {
      timeout: 20_000,
      interval: 20,
    });
    expect((await post(line)).status).toBe(422);
  });

  test('counting behind by more than half of the retention refuses what comes with 503', async () => {
    const hours = (count: number): number => NOW_MS - count * 3_600_000;
    const progress = (oldest: number | null): unknown => ({
      lane: 'live',
      partition: 2,
      next_offset: '1',
      log_generation: 3,
      oldest_uncounted_ms: oldest,
    });
    await publish(fixture.client, 'live/2', progress(hours(85)));
    await vi.waitFor(async () => expect(await post(event('a'))).toMatchObject({ status: 503, body: { code: 'log_behind' } }), {
      timeout: 20_000,
      interval: 20,
    });
    await publish(fixture.client, 'live/2', progress(hours(83)));
    await vi.waitFor(async () => expect((await post(event('a'))).status).toBe(202), { timeout: 20_000, interval: 20 });
  });
});

describe('the log', () => {
  test('says what was read at the start and, with DEBUG, how many events were refused and why, and nothing that was in them', async () => {
    await fixture.app.stop();
    const lines: string[] = [];
    const log = createLogger({ service: 'ingest', level: 'debug', destination: { write: (line) => void lines.push(line) } });
    fixture = await startFixture({}, { log });
    await post(`${event('a')}\n${event('b', '"item":"canary","count":-1')}\n${event('c', '"item":"canary"')}`);
    const told = lines.map((line) => JSON.parse(line) as { event: string; detail?: unknown });
    expect(told.find((line) => line.event === 'control_read')).toBeDefined();
    expect(told.filter((line) => line.event === 'events_rejected')).toMatchObject([
      { detail: { events: 2, codes: 'field_out_of_range field_missing' } },
    ]);
    expect(lines.join('')).not.toContain('canary');
  });
});

describe('pressure and stopping', () => {
  test('a full buffer is 503 before anything is read', async () => {
    await fixture.app.stop();
    fixture = await startFixture({ bufferBytesMax: 100, lingerMs: 100 });
    const first = post(event('a'));
    const answer = await vi.waitFor(
      async () => {
        const second = await post(event('b'));
        expect(second.status).toBe(503);
        return second;
      },
      { timeout: 20_000, interval: 1 },
    );
    expect(answer).toMatchObject({ body: { code: 'overloaded' } });
    expect(answer.headers['retry-after']).toBe('1');
    expect((await first).status).toBe(202);
  });

  test('stopping finishes what was taken and answers it', async () => {
    await fixture.app.stop();
    fixture = await startFixture({ lingerMs: 1_000 });
    const answer = post(event('a'));
    await vi.waitFor(() => fetchInProgress(), { timeout: 20_000, interval: 2 });
    fixture.app.drain?.();
    await fixture.app.stop();
    expect((await answer).status).toBe(202);
    expect(stored()).toEqual(['a']);
    fixture = await startFixture();
  });
});

test('it is ready once it answers, and not while it knows neither partitions nor progress', async () => {
  const broker = createMemoryBroker({ now: () => NOW_MS });
  for (const spec of tidegateTopics({ prefix: 't.', partitions: 1, replicationFactor: 1 })) broker.createTopic(spec);
  const app = await startIngest(config, { log: silentLogger, clock: systemClock, client: broker.createClient('ingest') });
  try {
    const readyz = async (): Promise<number> => (await fetch(`http://127.0.0.1:${String(app.metricsPort)}/readyz`)).status;
    expect(await readyz()).toBe(503);
    await publish(broker.createClient('test'), 'partitions/-/events', { version: 1, value: { count: 1 } });
    await expect.poll(readyz, { timeout: 20_000 }).toBe(200);
    // Who is refused for want of a caller was looked at.
    expect((await fetch(`http://127.0.0.1:${String(app.port)}/v1/events`, { method: 'POST' })).status).not.toBe(503);
    app.drain?.();
    expect(await readyz()).toBe(503);
  } finally {
    await app.stop();
  }
});

async function fetchInProgress(): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${String(fixture.app.metricsPort)}/metrics`);
  expect(await response.text()).toMatch(/requests_in_progress\{[^}]*\} 1/);
}
