import type { RecordBatch } from '@tidegate/kafka';
import { createMemoryBroker } from '@tidegate/kafka/memory';
import type { AppendFault, MemoryBroker } from '@tidegate/kafka/memory';
import { accessOf, listRoutes } from '@tidegate/http';
import { createMetrics, silentLogger } from '@tidegate/telemetry';
import { afterEach, describe, expect, it } from 'vitest';
import type { AuditedAccess, AuditLog } from '../src/audit/audit-log.ts';
import { createAuditLog } from '../src/audit/audit-log.ts';
import type { GateOptions, GateUnderTest } from './gate-fixture.ts';
import { startGate } from './gate-fixture.ts';

const TOPIC = 'audit.v1';
const READ: AuditedAccess = {
  ...{ tenant: 'acme', actor: 'key_1', role: 'key', action: 'read', resource_type: 'answers', resource_id: null, subject: null },
  ...{ status_code: 200, route: 'POST /v1/query', trace_id: 't', request_id: 'r' },
};

interface World {
  readonly broker: MemoryBroker;
  readonly log: AuditLog;
  /** What the topic holds, by number of the record; one that came twice once. */
  records(): ReadonlyMap<number, Record<string, unknown>>;
}

async function createWorld({ waitingMax = 10_000, keepMs = 50 } = {}): Promise<World> {
  const broker = createMemoryBroker({ now: () => 0 });
  broker.createTopic({ name: TOPIC, partitions: 1, replicationFactor: 1, configs: {} });
  const producer = await broker.createClient('test').createProducer();
  const log = createAuditLog({
    append: (batch: RecordBatch) => producer.append(TOPIC, 0, batch),
    ...{ gateway: 'g', clock: { nowMs: () => 1_000, monotonicMs: () => 0 }, metrics: createMetrics('gateway'), log: silentLogger },
    ...{ waitingMax, keepMs },
  });
  return {
    broker,
    log,
    records() {
      const { bytes, count, valueStart, valueEnd } = broker.read(TOPIC, 0);
      const texts = Array.from({ length: count }, (_, at) => Buffer.from(bytes.subarray(valueStart[at], valueEnd[at])).toString());
      return new Map(texts.map((text) => JSON.parse(text) as Record<string, unknown>).map((record) => [Number(record['seq']), record]));
    },
  };
}

const accessesIn = ({ records }: World): number => [...records().values()].reduce((sum, { accesses }) => sum + Number(accesses), 0);

describe('the audit log', () => {
  it('keeps what is the same but in time as one record with its number, and each other access by itself', async () => {
    const world = await createWorld();
    for (let at = 0; at < 1_000; at += 1) world.log.note(READ);
    world.log.note({ ...READ, status_code: 403 });
    world.log.note({ ...READ, actor: 'key_2' });
    await world.log.flush();
    expect([...world.records().values()].map(({ accesses }) => accesses)).toEqual([1_000, 1, 1]);
    expect(world.records().get(1)).toMatchObject({ ...READ, timestamp: '1970-01-01T00:00:01.000Z', gateway: 'g' });
    expect(world.log.accounts()).toEqual({ accesses: 1_002, kept: 1_002, dropped: 0, waiting: 0 });
  });

  // Every fault of a Kafka that is away, by turns: what is noted, kept and dropped always adds up, and the topic holds what was kept.
  it.each([1, 2, 3, 4, 5])('accounts for every access while Kafka comes and goes (history %i)', async (seed) => {
    const world = await createWorld({ waitingMax: 20 });
    let state = seed;
    const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const faults: readonly AppendFault[] = [
      () => ({ outcome: 'not_sent' }),
      () => ({ outcome: 'unknown' }),
      () => ({ outcome: 'unknown', kept: true }),
    ];
    let made = 0;
    let told = 0;
    for (let step = 0; step < 300; step += 1) {
      world.broker.failAppends(random() < 0.5 ? undefined : faults[Math.floor(random() * faults.length)]);
      for (let at = 0; at < 5; at += 1) {
        made += 1;
        world.log.note({ ...READ, actor: `key_${Math.floor(random() * 30)}` });
      }
      if (random() < 0.2) {
        made += 1;
        if (await world.log.keep({ ...READ, subject: `p${step}` })) told += 1;
      }
      if (random() < 0.5) await world.log.flush();
      const { accesses, kept, dropped, waiting } = world.log.accounts();
      expect([accesses, kept + dropped + waiting]).toEqual([made, made]);
      expect(accessesIn(world)).toBeGreaterThanOrEqual(kept);
    }
    world.broker.failAppends(undefined);
    await world.log.flush();
    const { kept, dropped, waiting } = world.log.accounts();
    expect([waiting, kept + dropped, accessesIn(world)]).toEqual([0, made, kept]);
    expect([dropped > 0, told > 0]).toEqual([true, true]);
    const aboutPersons = [...world.records().values()].filter(({ subject }) => subject !== null);
    expect(aboutPersons.length).toBeGreaterThanOrEqual(told);
  });

  it('says that it could not keep a record while Kafka is away, and what is left at the end is dropped', async () => {
    const world = await createWorld();
    world.broker.failAppends(() => ({ outcome: 'not_sent' }));
    expect(await world.log.keep(READ)).toBe(false);
    world.log.note(READ);
    await world.log.close();
    expect(world.log.accounts()).toEqual({ accesses: 2, kept: 0, dropped: 2, waiting: 0 });
  });
});

describe('the gate', () => {
  let gate: GateUnderTest;
  afterEach(() => gate.close());

  const start = async (options: GateOptions = {}): Promise<void> => {
    gate = await startGate(options);
    gate.upstream.respond = (request, response) => {
      request.resume();
      const subject = request.headers['x-ask-about'];
      const opened = request.headers['x-ask-opened'];
      const told = {
        ...(typeof subject === 'string' ? { 'x-tidegate-subject': subject } : {}),
        ...(typeof opened === 'string' ? { 'x-tidegate-opened': opened } : {}),
      };
      request.on('end', () => response.writeHead(200, { 'content-type': 'application/json', ...told }).end('{"rows":[1]}'));
    };
  };
  const ask = (headers: Record<string, string>, path = '/v1/query'): Promise<Response> =>
    fetch(`http://127.0.0.1:${gate.port}${path}`, { method: 'POST', body: '{}', headers: { 'x-api-key': gate.key, ...headers } });

  it('writes down who read whose rows before they leave, and tells the client nothing of it', async () => {
    await start();
    const answer = await ask({ 'x-ask-about': 'pseudonym-1' });
    expect([answer.status, await answer.json(), answer.headers.get('x-tidegate-subject')]).toEqual([200, { rows: [1] }, null]);
    expect(gate.audited).toMatchObject([
      {
        ...{ tenant: 'acme', actor: 'key_1', role: 'key', action: 'read', resource_type: 'answers' },
        subject: 'pseudonym-1',
        status_code: 200,
      },
    ]);
  });

  it('writes down which sealed fields were shown opened, and tells the client nothing of it', async () => {
    await start();
    const answer = await ask({ 'x-ask-about': 'pseudonym-1', 'x-ask-opened': 'born,name' });
    expect([answer.status, answer.headers.get('x-tidegate-opened')]).toEqual([200, null]);
    expect(gate.audited).toMatchObject([{ subject: 'pseudonym-1', opened: ['born', 'name'] }]);
  });

  it('notes every other access when it is over, refused ones too', async () => {
    await start({ scopes: ['query:read'] });
    await ask({});
    await ask({ 'x-api-key': 'no key' });
    await ask({}, '/v1/events');
    await fetch(`http://127.0.0.1:${gate.port}/health`);
    await expect.poll(() => gate.audited.length).toBe(3);
    const told = gate.audited.map(({ actor, role, route, status_code: status, action }) => [actor, role, route, status, action]);
    expect(told).toEqual([
      ['key_1', 'key', 'POST /v1/query', 200, 'read'],
      ['-', 'nobody', 'POST /v1/query', 401, 'read'],
      ['key_1', 'key', 'POST /v1/events', 403, 'create'],
    ]);
  });

  it('an answer about a person that cannot be written down is 503, and nothing of it leaves; others go on', async () => {
    await start({ auditLog: { note: () => undefined, keep: () => Promise.resolve(false) } });
    const answer = await ask({ 'x-ask-about': 'pseudonym-1' });
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'audit_unavailable' }]);
    expect((await ask({})).status).toBe(200);
    expect((await ask({ 'x-ask-about': 'pseudonym-1' })).status).toBe(503);
  });

  it('a change by an admin is not made before it is written down, and not at all where it cannot be', async () => {
    const records: AuditedAccess[] = [];
    let mayKeep = Promise.withResolvers<boolean>();
    const keep = (access: AuditedAccess): Promise<boolean> => {
      records.push(access);
      return mayKeep.promise;
    };
    await start({ scopes: ['tenant:admin'], auditLog: { note: (access) => void records.push(access), keep } });
    const change = (): Promise<Response> => ask({}, '/v1/admin/keys');
    const first = change();
    await expect.poll(() => records.length).toBe(1);
    expect(records).toMatchObject([{ actor: 'key_1', action: 'create', resource_type: 'keys', status_code: null }]);
    expect(gate.handled).toEqual([]);
    mayKeep.resolve(true);
    await first;
    expect(gate.handled).toEqual(['createKey']);
    await expect.poll(() => records.length).toBe(2);
    expect(records[1]?.status_code).not.toBeNull();
    expect(records[1]?.request_id).toBe(records[0]?.request_id);

    mayKeep = Promise.withResolvers<boolean>();
    mayKeep.resolve(false);
    const answer = await change();
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'audit_unavailable' }]);
    expect(answer.headers.get('retry-after')).not.toBeNull();
    expect(gate.handled).toEqual(['createKey']);
    // Taking access away waits for nothing.
    const key = { method: 'DELETE', headers: { 'x-api-key': gate.key } };
    await fetch(`http://127.0.0.1:${gate.port}/v1/admin/keys/key_2`, key);
    expect(gate.handled).toEqual(['createKey', 'revokeKey']);
  });

  it('an answer of many parts is held as a whole, and then comes as it was', async () => {
    const gates: ((kept: boolean) => void)[] = [];
    await start({ auditLog: { note: () => undefined, keep: () => new Promise((resolve) => gates.push(resolve)) } });
    const text = 'x'.repeat(200_000);
    gate.upstream.respond = (request, response) => {
      request.resume();
      response.writeHead(200, { 'x-tidegate-subject': 'p' });
      for (let at = 0; at < 10; at += 1) response.write(text);
      response.end('end');
    };
    let isAnswered = false;
    const asked = ask({}).then((answer) => ((isAnswered = true), answer));
    await expect.poll(() => gates.length).toBe(1);
    expect(isAnswered).toBe(false);
    gates[0]?.(true);
    expect((await (await asked).text()).length).toBe(2_000_003);
  });

  it('audits every route that is not health or a document', async () => {
    await start();
    const left = listRoutes().filter((route) => accessOf(route) === null);
    expect(left.map(({ name }) => name).toSorted()).toEqual(['docs', 'health', 'healthLive', 'healthReady', 'healthVersioned', 'openapi']);
  });
});
