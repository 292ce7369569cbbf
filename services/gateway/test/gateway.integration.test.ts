import { randomBytes } from 'node:crypto';
import type { LogAdmin, LogClient } from '@tidegate/kafka';
import { createLogClient, ensureTidegateTopics, followTable, topicNames } from '@tidegate/kafka';
import { seedDemo } from '@tidegate/postgres';
import type { ScratchDatabase } from '@tidegate/postgres/scratch';
import { createMigratedDatabase } from '@tidegate/postgres/scratch';
import type { Logger } from '@tidegate/telemetry';
import { createLogger, silentLogger } from '@tidegate/telemetry';
import type { TcpProxy } from '@tidegate/testkit';
import { createTcpProxy, testServers } from '@tidegate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayConfig, RunningGateway } from '../src/app.ts';
import type { Upstream } from './recording-upstream.ts';
import { startUpstream } from './recording-upstream.ts';
import { gatewayConfig, startGatewayOf } from './gateway-fixture.ts';

const PACK_YAML = `
pack: shop
title: Shop
events:
  shop.sale:
    subject: none
    fields:
      price: {type: integer, min: 0}
metrics:
  shop.sales:
    events: [shop.sale]
    measures:
      sales: {measure: count}
      revenue: {measure: sum, field: price}
`;

interface Published {
  readonly version: number;
  readonly value: unknown;
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

function followControlInto(published: Map<string, Published>, client: LogClient, topic: string): { close(): Promise<void> } {
  return followTable({
    client,
    topic,
    onRecord: ({ key, value }) => {
      if (value !== null) published.set(Buffer.from(key).toString(), JSON.parse(Buffer.from(value).toString()) as Published);
    },
  });
}

describe('the gateway over real Kafka, Postgres and Redis', () => {
  const topicPrefix = `gw-${randomBytes(6).toString('hex')}.`;
  const servers = testServers();
  const published = new Map<string, Published>();
  let database: ScratchDatabase;
  let redisProxy: TcpProxy;
  let upstream: Upstream;
  let client: LogClient;
  let admin: LogAdmin;
  let gateway: RunningGateway;
  let keys: { apiKey: string; adminKey: string };
  let follower: { close(): Promise<void> };
  const cleanups: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    const redis = new URL(servers.redisUrl);
    redisProxy = await createTcpProxy({ host: redis.hostname, port: Number(redis.port) });
    upstream = await startUpstream();
    database = await createMigratedDatabase();
    keys = await seedDemo({ databaseUrl: database.url });
    client = await createLogClient({ kind: 'platformatic', brokers: servers.kafkaBrokers.split(','), clientId: 'test' });
    admin = client.createAdmin();
    await ensureTidegateTopics(admin, { prefix: topicPrefix, partitions: 1, replicationFactor: 1 });
    gateway = await start();
    follower = followControlInto(published, client, topicNames(topicPrefix).control);
  });

  afterAll(async () => {
    await gateway.stop();
    for (const cleanup of cleanups) await cleanup();
    await follower.close();
    await admin.deleteTopics(Object.values(topicNames(topicPrefix)));
    await admin.close();
    await client.close();
    await upstream.close();
    await redisProxy.close();
    await database.drop();
  });

  function start(settings: Partial<GatewayConfig> = {}, log: Logger = silentLogger): Promise<RunningGateway> {
    const { kafkaBrokers } = servers;
    const places = { databaseUrl: database.url, redisPort: redisProxy.port, upstreamUrl: upstream.url, prefix: topicPrefix };
    return startGatewayOf({ ...gatewayConfig({ kafkaBrokers, ...places }), ...settings }, log);
  }

  async function call(
    method: string,
    path: string,
    options: { key?: string; body?: string; type?: string; port?: number } = {},
  ): Promise<Answer> {
    const { key = keys.adminKey, body, type = 'application/json', port = gateway.port } = options;
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown>, headers: response.headers };
  }

  /** Of the demo's key, as it is told. */
  async function keyLimit(): Promise<unknown> {
    const { body } = await call('GET', '/v1/limits', { key: keys.apiKey });
    return (body['limits'] as { policy: string }[]).find(({ policy }) => policy === 'api_key');
  }

  it('keys that were made before any gateway ran work once the topic is read; until then a good key is 503, not 401', async () => {
    const seen = new Set<number>();
    await expect
      .poll(
        async () => {
          const { status } = await call('GET', '/v1/metrics', { key: keys.apiKey });
          seen.add(status);
          return status;
        },
        { interval: 20 },
      )
      .toBe(200);
    expect([...seen].filter((status) => status !== 503)).toEqual([200]);
    expect(published.get('tenant/demo/-')).toBeDefined();
  });

  it('a new key works in under 2 s and a revoked one is refused in under 2 s, on every gateway', async () => {
    const other = await start();
    cleanups.push(() => other.stop());
    const created = await call('POST', '/v1/admin/keys', { body: JSON.stringify({ name: 'ci', scopes: ['query:read'] }) });
    expect([created.status, created.body]).toMatchObject([201, { kind: 'live', state: 'active', key: expect.stringMatching(/^tg_live_/) }]);
    const key = String(created.body['key']);
    for (const port of [gateway.port, other.port]) {
      await expect.poll(async () => (await call('GET', '/v1/metrics', { key, port })).status, { interval: 20 }).toBe(200);
    }
    const revoked = await call('DELETE', `/v1/admin/keys/${String(created.body['id'])}`);
    expect(revoked.body).toMatchObject({ state: 'revoked' });
    for (const port of [gateway.port, other.port]) {
      await expect.poll(async () => (await call('GET', '/v1/metrics', { key, port })).status, { interval: 20 }).toBe(401);
    }
    const listed = await call('GET', '/v1/admin/keys');
    expect(JSON.stringify(listed.body)).not.toContain(key);
    expect(listed.body['keys']).toMatchObject([{ name: 'demo' }, { name: 'demo admin' }, { name: 'ci', tenant: 'demo', state: 'revoked' }]);
  });

  it('a rotated key has both secrets on every gateway, then the new one alone; with no overlap the old one ends soon', async () => {
    const other = await start();
    cleanups.push(() => other.stop());
    const ports = [gateway.port, other.port];
    const statusOf = async (key: string, port: number): Promise<number> => (await call('GET', '/v1/metrics', { key, port })).status;
    const isSoon = async (key: string, status: number): Promise<void> => {
      for (const port of ports) await expect.poll(() => statusOf(key, port), { interval: 20 }).toBe(status);
    };
    const created = await call('POST', '/v1/admin/keys', { body: JSON.stringify({ name: 'turning', scopes: ['query:read'] }) });
    const [id, first] = [String(created.body['id']), String(created.body['key'])];
    await isSoon(first, 200);

    const rotated = await call('POST', `/v1/admin/keys/${id}/rotate`, { body: '{"overlap_s":3}' });
    expect([rotated.status, rotated.headers.get('cache-control'), rotated.body]).toMatchObject([
      200,
      'no-store',
      { id, name: 'turning', tenant: 'demo', prefix: 'tg_live_', scopes: ['query:read'], state: 'active' },
    ]);
    const second = String(rotated.body['key']);
    const overlapMs = Date.parse(String(rotated.body['earlier_until'])) - Date.parse(String(rotated.body['rotated_at']));
    expect([second === first, overlapMs]).toEqual([false, 3_000]);
    await isSoon(second, 200);
    // Whether the old one is taken still depends on how long that took; past its end it never is.
    await isSoon(first, 401);
    expect(await statusOf(second, gateway.port)).toBe(200);

    const third = await call('POST', `/v1/admin/keys/${id}/rotate`);
    const untilMs = Date.parse(String(third.body['earlier_until']));
    expect(untilMs - Date.parse(String(third.body['rotated_at']))).toBe(86_400_000);
    await isSoon(String(third.body['key']), 200);
    for (const port of ports) expect(await statusOf(second, port)).toBe(200);
    const last = await call('POST', `/v1/admin/keys/${id}/rotate`, { body: '{"overlap_s":0}' });
    await isSoon(second, 401);
    await isSoon(String(last.body['key']), 200);
    const listed = JSON.stringify((await call('GET', '/v1/admin/keys')).body);
    for (const secret of [first, second, String(last.body['key'])]) expect(listed).not.toContain(secret);
  });

  it('an administrator gets no new secret of a key that may do more, and a wrong overlap is refused', async () => {
    const above = await call('POST', '/v1/admin/keys', { body: JSON.stringify({ name: 'above', scopes: ['ops:admin'] }) });
    const below = await call('POST', '/v1/admin/keys', { body: JSON.stringify({ name: 'below', scopes: ['tenant:admin'] }) });
    const key = String(below.body['key']);
    const path = `/v1/admin/keys/${String(above.body['id'])}/rotate`;
    await expect.poll(async () => (await call('GET', '/v1/admin/keys', { key })).status, { interval: 20 }).toBe(200);
    const answers = [
      await call('POST', path, { key }),
      await call('POST', path, { body: '{"overlap_s":-1}' }),
      await call('POST', path, { body: '{' }),
      await call('POST', '/v1/admin/keys/key_nobodys/rotate'),
    ];
    expect(answers.map(({ status, body }) => [status, body['code']])).toEqual([
      [403, 'scope_missing'],
      [422, 'request_invalid'],
      [400, 'bad_json'],
      [404, 'not_found'],
    ]);
  });

  it('a publishable key writes events and can do nothing else', async () => {
    const made = await call('POST', '/v1/admin/keys', { body: JSON.stringify({ name: 'page', kind: 'pub', scopes: ['ingest:write'] }) });
    expect(made.body).toMatchObject({ kind: 'pub', prefix: 'tg_pub_', key: expect.stringMatching(/^tg_pub_/) });
    const key = String(made.body['key']);
    await expect.poll(async () => (await call('POST', '/v1/events', { key, body: '[]' })).status, { interval: 20 }).toBe(200);
    for (const path of ['/v1/metrics', '/v1/receipts/tgr1.x', '/v1/status', '/v1/admin/keys']) {
      expect((await call('GET', path, { key })).status).toBe(403);
    }
  });

  it('a pack is on the control topic in under 2 s, however its author wrote it', async () => {
    const preview = await call('POST', '/v1/admin/packs/validate', { body: PACK_YAML, type: 'application/yaml' });
    expect(preview.body).toEqual({ pack: 'shop', version: 1, changed: true, metrics: { 'shop.sales': 1 }, making: [] });
    expect(published.has('pack/demo/shop')).toBe(false);
    const applied = await call('POST', '/v1/admin/packs', { body: PACK_YAML, type: 'application/yaml' });
    expect([applied.status, applied.body]).toEqual([200, preview.body]);
    await expect
      .poll(() => published.get('pack/demo/shop'), { interval: 20 })
      .toMatchObject({ version: 1, value: { pack: 'shop', metrics: { 'shop.sales': 1 } } });
    const again = await call('POST', '/v1/admin/packs', { body: PACK_YAML, type: 'text/yaml; charset=utf-8' });
    expect(again.body).toEqual({ ...preview.body, changed: false });
  });

  it('a bad pack is told place by place and changes nothing', async () => {
    const unreadable = await call('POST', '/v1/admin/packs', { body: 'pack: [', type: 'application/yaml' });
    const invalid = await call('POST', '/v1/admin/packs', {
      body: '{"pack":"bad","title":"Bad","events":{},"metrics":{"m":{"events":["none.such"],"measures":{}}}}',
    });
    expect(unreadable.body).toMatchObject({ status: 400, code: 'bad_yaml', errors: [{ path: expect.stringMatching(/^line 1/) }] });
    expect(invalid.body).toMatchObject({
      status: 422,
      code: 'pack_invalid',
      errors: expect.arrayContaining([expect.objectContaining({ path: expect.stringContaining('metrics.m') })]),
    });
    expect((await call('POST', '/v1/admin/packs', { body: '{}', type: 'image/png' })).status).toBe(415);
    expect(await database.query(`SELECT 1 FROM pack WHERE pack = 'bad'`)).toEqual([]);
  });

  it('who administers a tenant cannot give rights that it does not have, and a publishable key can only write', async () => {
    const beyond = await call('POST', '/v1/admin/keys', { body: JSON.stringify({ name: 'x', scopes: ['cache:admin'] }) });
    const wide = await call('POST', '/v1/admin/keys', { body: JSON.stringify({ name: 'x', kind: 'pub', scopes: ['query:read'] }) });
    expect([beyond.status, beyond.body['code']]).toEqual([403, 'scope_missing']);
    expect([wide.status, wide.body]).toMatchObject([422, { code: 'request_invalid', errors: [{ path: 'scopes' }] }]);
    expect((await call('GET', '/v1/admin/keys', { key: keys.apiKey })).status).toBe(403);
    expect((await call('DELETE', '/v1/admin/keys/key_of_somebody_else')).status).toBe(404);
  });

  it('pages that a tenant lets read its answers may soon, and the list is the administrator’s', async () => {
    const origin = 'https://app.example.com';
    const told = async (): Promise<string | null> => {
      const headers = { origin, authorization: `Bearer ${keys.apiKey}` };
      return (await fetch(`http://127.0.0.1:${gateway.port}/v1/metrics`, { headers })).headers.get('access-control-allow-origin');
    };
    expect(await told()).toBeNull();
    expect((await call('POST', '/v1/admin/origins', { body: JSON.stringify({ origins: [origin] }) })).status).toBe(200);
    await expect.poll(told, { interval: 20 }).toBe(origin);
    expect((await call('GET', '/v1/admin/origins')).body).toEqual({ origins: [origin] });
    expect((await call('POST', '/v1/admin/origins', { key: keys.apiKey, body: '{"origins":[]}' })).status).toBe(403);
  });

  it('the operator alone changes the limits of the installation', async () => {
    const path = '/v1/admin/limits/installation';
    expect((await call('GET', path, { key: keys.apiKey })).status).toBe(403);
    const record = { policies: { api_key: { limit: 888 } } };
    expect((await call('POST', path, { body: JSON.stringify(record) })).status).toBe(200);
    await expect.poll(async () => (await call('GET', path)).body).toMatchObject({ limits: record });
    await expect.poll(keyLimit, { interval: 20 }).toMatchObject({ limit: 888, source: 'installation' });
    const wrong = await call('POST', path, { body: '{"policies":{"api_key":{"limit":7,"burst":1000000000,"window_s":31622400}}}' });
    expect([wrong.status, wrong.body]).toMatchObject([422, { code: 'limits_invalid' }]);
    await call('POST', path, { body: '{}' });
    await expect.poll(keyLimit, { interval: 20 }).toMatchObject({ limit: 1_000, source: 'settings' });
  });

  it('a tenant changes its limits, sees them, and is told what it may not set', async () => {
    const record = { policies: { api_key: { limit: 777 } } };
    const put = await call('POST', '/v1/admin/limits', { body: JSON.stringify(record) });
    expect([put.status, put.body]).toMatchObject([200, { limits: record }]);
    await expect.poll(keyLimit, { interval: 20 }).toMatchObject({ limit: 777, source: 'tenant', scope: 'api_key' });
    const explained = await call('POST', '/v1/limits/explain', { key: keys.apiKey, body: '{"method":"POST","path":"/api/v1/query"}' });
    expect(explained.body).toMatchObject({ class: 'default', cost: 1, would_pass: true, decided_by: null });
    const reaching = { policies: { global: { limit: 1 } } };
    const refused = await call('POST', '/v1/admin/limits', { body: JSON.stringify(reaching) });
    expect([refused.status, refused.body]).toMatchObject([422, { code: 'limits_invalid', errors: [{ path: 'tenant.policies.global' }] }]);
    expect((await call('GET', '/v1/admin/limits')).body).toMatchObject({ limits: record });
    const asIf = (limits: unknown): ReturnType<typeof call> => call('POST', '/v1/limits/replay', { body: JSON.stringify({ limits }) });
    expect([await asIf({}), await asIf(reaching)]).toMatchObject([
      { status: 200, body: { refused: 0 } },
      { status: 422, body: { code: 'limits_invalid' } },
    ]);
    await call('POST', '/v1/admin/limits', { body: '{}' });
    await expect.poll(keyLimit, { interval: 20 }).toMatchObject({ limit: 1_000, source: 'settings' });
  });

  it('without Redis the class is open, tells no numbers, and no request waits for it', async () => {
    await expect.poll(async () => (await call('GET', '/v1/metrics')).headers.get('x-ratelimit-limit')).toBe('1000');
    // The burst is as large as the limit, and this file has made far less than half as many calls.
    // Polled, because one answer of Redis may miss its 25 ms on a busy machine.
    const remaining = async (): Promise<number> => Number((await call('GET', '/v1/metrics')).headers.get('x-ratelimit-remaining'));
    await expect.poll(remaining).toBeGreaterThan(500);
    redisProxy.stall();
    const waits: number[] = [];
    for (let i = 0; i < 12; i++) {
      const startedMs = performance.now();
      const { status, headers } = await call('GET', '/v1/metrics');
      waits.push(performance.now() - startedMs);
      expect([status, headers.get('x-ratelimit-limit'), headers.get('ratelimit')]).toEqual([200, null, null]);
    }
    // A stopped Redis would hold a request for ever; the budget is 25 ms, the rest is what a busy machine adds.
    expect(Math.max(...waits)).toBeLessThan(1_000);
    const taken = upstream.seen.length;
    const sendEvents = async () => (await call('POST', '/v1/events', { key: keys.apiKey, body: '[]' })).status;
    const sent = [await sendEvents(), await sendEvents()];
    await redisProxy.cut();
    expect((await call('GET', '/v1/metrics')).status).toBe(200);
    sent.push(await sendEvents(), await sendEvents());
    expect([sent, upstream.seen.slice(taken).filter(({ url }) => url === '/v1/events').length]).toEqual([[200, 200, 200, 200], 4]);
    const health = await fetch(`http://127.0.0.1:${gateway.port}/health`);
    expect(health.status).toBe(200);
    redisProxy.resume();
    await redisProxy.restore();
    await expect.poll(async () => (await call('GET', '/v1/metrics')).headers.get('x-ratelimit-limit')).toBe('1000');
  });

  it('a start without Redis waits as long as it may, says so, serves, and limits once Redis is there', async () => {
    await redisProxy.cut();
    const [lines, startedMs, redisStartWaitMs] = [[] as string[], performance.now(), 300];
    const log = createLogger({ service: 'gateway', destination: { write: (line) => void lines.push(line) } });
    const other = await start({ redisStartWaitMs }, log);
    cleanups.push(() => other.stop());
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(redisStartWaitMs);
    expect(lines.join('')).toContain('"started_without_redis"');
    const ask = () => call('GET', '/v1/metrics', { port: other.port });
    await expect.poll(async () => (await ask()).status, { interval: 20 }).toBe(200);
    expect((await ask()).headers.get('x-ratelimit-limit')).toBeNull();
    await redisProxy.restore();
    await expect.poll(async () => (await ask()).headers.get('x-ratelimit-limit')).toBe('1000');
    expect(lines.join('')).toMatch(/"control_read"[^]*"redis_connected"/);
  });

  it('health names the state of each dependency', async () => {
    const checks = { kafka: 'connected', postgres: 'connected', redis: 'connected' };
    const whole = { status: 'ok', checks, progress: { partitions: 0, complete_through: null } };
    await expect.poll(async () => (await call('GET', '/health')).body).toMatchObject(whole);
    expect((await call('GET', '/openapi.json')).body).toMatchObject({
      openapi: '3.1.0',
      paths: { '/v1/events': { post: { operationId: 'sendEvents' } } },
    });
  });

  it('when the publishing gateway stops, another publishes on', async () => {
    const other = await start();
    cleanups.push(() => other.stop());
    await gateway.stop();
    gateway = other;
    cleanups.pop();
    await expect.poll(async () => (await call('GET', '/v1/admin/keys')).status).toBe(200);
    const changed = PACK_YAML.replace('measure: sum', 'measure: max');
    await call('POST', '/v1/admin/packs', { body: changed, type: 'application/yaml' });
    await expect
      .poll(() => published.get('pack/demo/shop'), { interval: 20 })
      .toMatchObject({ version: 2, value: { metrics: { 'shop.sales': 2 } } });
  });

  it('keys never stand in the topic', async () => {
    const everything = JSON.stringify([...published]);
    for (const secret of Object.values(keys)) expect(everything).not.toContain(secret.slice(8, 30));
  });
});
