import { createRecordBatch, encodeHeaders, readHeaders, topicNames } from '@tidegate/kafka';
import type { MemoryBroker } from '@tidegate/kafka/memory';
import { createMemoryBroker } from '@tidegate/kafka/memory';
import type { ApiKeyRecord, ControlChange, ControlOutbox, Denial } from '@tidegate/postgres';
import { systemClock as clock } from '@tidegate/runtime';
import { createMetrics, silentLogger as log } from '@tidegate/telemetry';
import { describe, expect, it } from 'vitest';
import { followControl } from './control.ts';
import { createKeyDirectory } from './keys.ts';
import { startPublisher } from './publisher.ts';
import { watchRevocations } from './revocations.ts';

const TOPIC = topicNames('t.').control;
const KEY: ApiKeyRecord = {
  key_id: 'key_1',
  tenant: 'acme',
  kind: 'live',
  sha256: 'a'.repeat(64),
  scopes: [],
  state: 'active',
  expires_at_ms: null,
  earlier: [],
};

function createBroker(): MemoryBroker {
  const broker = createMemoryBroker({ now: () => clock.nowMs() });
  broker.createTopic({ name: TOPIC, partitions: 1, replicationFactor: 1, configs: {} });
  return broker;
}

/** The outbox of one test: rows, what is marked, and who holds the lease. */
function createOutbox(rows: ControlChange[]): ControlOutbox & { marked: Map<string, number>; holder: string | null } {
  const outbox = {
    marked: new Map<string, number>(),
    holder: null as string | null,
    holdLease: async (holder: string) => {
      outbox.holder ??= holder;
      return outbox.holder === holder ? 1 : null;
    },
    releaseLease: async (holder: string) => {
      if (outbox.holder === holder) outbox.holder = null;
    },
    readUnpublished: async () => rows.filter(({ key, version }) => version > (outbox.marked.get(key) ?? 0)),
    readAll: async () => [...rows],
    markPublished: async (changes: readonly ControlChange[]) => {
      for (const { key, version } of changes) outbox.marked.set(key, version);
    },
    close: () => Promise.resolve(),
  };
  return outbox;
}

const NO_DENIED = { add: () => undefined };
const NO_LIMITS = { putLimits: () => undefined, putPack: () => undefined };
const packRoutes = { put: () => undefined };

function open(broker: MemoryBroker, outbox: ControlOutbox, holder: string, beatMs?: number) {
  const client = broker.createClient(holder);
  const keys = createKeyDirectory();
  const control = followControl({
    client,
    topic: TOPIC,
    keys,
    issuers: { put: () => undefined },
    denied: NO_DENIED,
    limits: NO_LIMITS,
    packRoutes,
    origins: { put: () => true },
    clock,
    log,
  });
  const producer = client.createProducer();
  const publisher = startPublisher({
    outbox,
    producer: { append: async (topic, partition, batch) => (await producer).append(topic, partition, batch) },
    topic: TOPIC,
    control,
    holder,
    ...(beatMs === undefined ? {} : { beatMs }),
    clock,
    metrics: createMetrics('gateway'),
    log,
  });
  return {
    keys,
    control,
    publisher,
    stop: async () => {
      await publisher.stop();
      await control.close();
    },
  };
}

function keysIn(broker: MemoryBroker): string[] {
  const slab = broker.read(TOPIC, 0);
  return Array.from({ length: slab.count }, (_, i) => Buffer.from(slab.bytes.subarray(slab.keyStart[i], slab.keyEnd[i])).toString()).filter(
    (key) => !key.startsWith('beat/'),
  );
}

describe('the publisher', () => {
  it('publishes what is there at its start, then each change at once, and beats after all of it', async () => {
    const broker = createBroker();
    const rows: ControlChange[] = [{ key: 'key/acme/key_1', version: 1, value: KEY }];
    const outbox = createOutbox(rows);
    // No beat comes to its help: what is published later is published because it was woken.
    const gateway = open(broker, outbox, 'a', 3_600_000);
    expect(gateway.control.isLoaded()).toBe(false);
    await expect.poll(() => gateway.control.isLoaded()).toBe(true);
    expect(gateway.keys.find(KEY.sha256)?.state).toBe('active');
    rows[0] = { key: 'key/acme/key_1', version: 2, value: { ...KEY, state: 'revoked' } };
    gateway.publisher.wake();
    await expect.poll(() => gateway.keys.find(KEY.sha256)?.state).toBe('revoked');
    expect(outbox.marked.get('key/acme/key_1')).toBe(2);
    const slab = broker.read(TOPIC, 0);
    const [header] = readHeaders(slab.bytes, slab.headersStart[0] ?? 0, slab.headersEnd[0] ?? 0);
    expect([header?.name, Buffer.from(header?.value ?? []).toString()]).toEqual(['v', '1']);
    await gateway.stop();
  });

  it('at its start publishes what is marked but not in the topic: a topic made anew is filled again', async () => {
    const broker = createBroker();
    const outbox = createOutbox([{ key: 'tenant/acme/-', version: 3, value: { tenant: 'acme' } }]);
    outbox.marked.set('tenant/acme/-', 3);
    const gateway = open(broker, outbox, 'a');
    await expect.poll(() => keysIn(broker)).toEqual(['tenant/acme/-']);
    await gateway.stop();
  });

  it('only the holder of the lease publishes; when it leaves the next one does', async () => {
    const broker = createBroker();
    const rows: ControlChange[] = [];
    const outbox = createOutbox(rows);
    const first = open(broker, outbox, 'a');
    await expect.poll(() => first.control.isLoaded()).toBe(true);
    const second = open(broker, outbox, 'b');
    await second.control.read;
    second.publisher.wake();
    expect(outbox.holder).toBe('a');
    await first.stop();
    rows.push({ key: 'tenant/late/-', version: 1, value: {} });
    second.publisher.wake();
    await expect.poll(() => keysIn(broker)).toEqual(['tenant/late/-']);
    expect(outbox.holder).toBe('b');
    await second.stop();
  });

  it('a beat follows all that was recorded before the time that it names, however much it is', async () => {
    const broker = createBroker();
    const rows: ControlChange[] = [];
    const outbox = createOutbox(rows);
    const all = outbox.readUnpublished.bind(outbox);
    // As many at a time as one reading gives.
    outbox.readUnpublished = async () => (await all()).slice(0, 2);
    const gateway = open(broker, outbox, 'a');
    await expect.poll(() => gateway.control.knownThroughMs()).toBeGreaterThan(0);
    for (let i = 0; i < 7; i += 1) rows.push({ key: `tenant/t${i}/-`, version: 1, value: {} });
    const recordedMs = clock.nowMs();
    gateway.publisher.wake();
    await expect.poll(() => gateway.control.knownThroughMs(), { interval: 1 }).toBeGreaterThan(recordedMs);
    expect(rows.filter(({ key }) => !gateway.control.versions.has(key))).toEqual([]);
    await gateway.stop();
  });

  it('while the log refuses it keeps the change, and says it when the log is back', async () => {
    const broker = createBroker();
    const outbox = createOutbox([{ key: 'tenant/acme/-', version: 1, value: {} }]);
    broker.failAppends(() => ({ outcome: 'not_sent' }));
    const gateway = open(broker, outbox, 'a');
    await expect.poll(() => outbox.holder).toBe('a');
    expect(outbox.marked.size).toBe(0);
    broker.failAppends(undefined);
    gateway.publisher.wake();
    await expect.poll(() => keysIn(broker)).toEqual(['tenant/acme/-']);
    await expect.poll(() => outbox.marked.get('tenant/acme/-')).toBe(1);
    await gateway.stop();
  });
});

describe('a control record', () => {
  it('of an older or equal version changes nothing', async () => {
    const broker = createBroker();
    const client = broker.createClient('a');
    const keys = createKeyDirectory();
    const producer = await client.createProducer();
    const headers = encodeHeaders([]);
    const batch = createRecordBatch();
    const put = (version: number, state: string): number =>
      batch.add(Buffer.from('key/acme/key_1'), Buffer.from(JSON.stringify({ version, value: { ...KEY, state } })), headers);
    put(2, 'revoked');
    put(1, 'active');
    put(2, 'active');
    batch.add(Buffer.from('key/acme/key_2'), Buffer.from('not json'), headers);
    await producer.append(TOPIC, 0, batch);
    const control = followControl({
      client,
      topic: TOPIC,
      keys,
      issuers: { put: () => undefined },
      denied: NO_DENIED,
      limits: NO_LIMITS,
      packRoutes,
      origins: { put: () => true },
      clock,
      log,
    });
    await control.read;
    expect(keys.find(KEY.sha256)?.state).toBe('revoked');
    await control.close();
  });
});

describe('when no publisher is heard for 2 s', () => {
  const DENIALS = [{ id: 'ses_1', untilMs: 1 }];
  const IN_REDIS = { id: 'ses_2', untilMs: 1 };
  let told: readonly Denial[] = [];

  async function stateAfterSilence(silenceMs: number): Promise<string | undefined> {
    told = [];
    const keys = createKeyDirectory();
    keys.put('key/acme/key_1', KEY);
    const stop = new AbortController();
    let looked = 0;
    const watching = watchRevocations({
      control: { silenceMs: () => ((looked += 1), silenceMs) },
      store: { readRefusedHashes: () => Promise.resolve([KEY.sha256]), accounts: { readDenials: () => Promise.resolve(DENIALS) } },
      keys,
      denied: { add: (denials) => (told = [...told, ...denials]) },
      shared: { read: () => Promise.resolve([IN_REDIS]) },
      clock,
      metrics: createMetrics('gateway'),
      log,
      signal: stop.signal,
    });
    await expect.poll(() => looked).toBeGreaterThan(0);
    stop.abort();
    await watching;
    return keys.find(KEY.sha256)?.state;
  }

  it('revocations and denied tokens come from Postgres, and the latter from Redis too', async () => {
    expect([await stateAfterSilence(2_001), told]).toEqual(['revoked', [IN_REDIS, ...DENIALS]]);
    expect([await stateAfterSilence(1_999), told]).toEqual(['active', []]);
  });

  it('and no older record of the topic undoes them', () => {
    const keys = createKeyDirectory();
    keys.put('key/acme/key_1', KEY);
    keys.revoke(KEY.sha256);
    keys.put('key/acme/key_1', KEY);
    expect(keys.find(KEY.sha256)?.state).toBe('revoked');
  });
});
