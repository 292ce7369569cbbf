import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { startServers, type Servers } from '@tidegate/native';
import { connectRedis, whenConnected } from '@tidegate/redis';
import { defineConfig, readConfig, redisFields, redisTarget } from '@tidegate/runtime';
import { createLogger } from '@tidegate/telemetry';
import { createCertificate, createTlsProxy } from '@tidegate/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const PASSWORD = `pw-${randomBytes(9).toString('hex')}`;
const USER_PASSWORD = `pw-${randomBytes(9).toString('hex')}`;
const WRONG = `pw-${randomBytes(9).toString('hex')}`;

/** What a service makes of its environment, and what it then says. */
async function connect(env: Readonly<Record<string, string>>) {
  const reading = readConfig(defineConfig('sample', redisFields), env);
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
  const errors: Error[] = [];
  const lines: string[] = [];
  const log = createLogger({ service: 'sample', destination: { write: (line) => void lines.push(line) } });
  const redis = connectRedis({
    ...redisTarget(reading.value),
    name: 'test',
    onError(error) {
      errors.push(error);
      log.warn('redis_connection_lost', { error });
    },
  });
  const said = (): string => `${lines.join('')} ${inspect(errors, { depth: 8, showHidden: true })}`;
  return { redis, errors, said };
}

/** The first failure of a connection that must not come about, and all that was said until then. */
async function refusal(env: Readonly<Record<string, string>>): Promise<{ message: string; said: string }> {
  const { redis, errors, said } = await connect(env);
  try {
    await expect.poll(() => errors.length).toBeGreaterThan(0);
    expect(redis.status).not.toBe('ready');
    return { message: errors[0]?.message ?? '', said: said() };
  } finally {
    redis.disconnect();
  }
}

async function expectAnswer(env: Readonly<Record<string, string>>): Promise<void> {
  const { redis, said } = await connect(env);
  try {
    if (!(await whenConnected(redis, 20_000))) throw new Error(said());
    expect(await redis.ping()).toBe('PONG');
  } finally {
    redis.disconnect();
  }
}

describe('a Redis that asks who is there', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-redis-'));
  let servers: Servers;
  let port: string;

  beforeAll(async () => {
    const env = { ...process.env, REDIS_URL: '' };
    servers = await startServers({ dataDir, env, log: () => undefined });
    port = new URL(servers.redisUrl).port;
    const { redis } = await connect({ REDIS_URL: servers.redisUrl });
    await whenConnected(redis, 20_000);
    await redis.call('ACL', 'SETUSER', 'tidegate', 'on', `>${USER_PASSWORD}`, '~*', '+@all');
    await redis.config('SET', 'requirepass', PASSWORD);
    redis.disconnect();
  });
  afterAll(async () => {
    await servers.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('is entered with the password, from the parts or the URL, and as a user of its own', async () => {
    await expectAnswer({ REDIS_HOST: '127.0.0.1', REDIS_PORT: port, REDIS_PASSWORD: PASSWORD });
    await expectAnswer({ REDIS_URL: `redis://:${PASSWORD}@127.0.0.1:${port}` });
    await expectAnswer({ REDIS_URL: `redis://tidegate:${USER_PASSWORD}@127.0.0.1:${port}` });
  });

  test('says clearly what it refuses, and no password is in the error or the log', async () => {
    const none = await refusal({ REDIS_HOST: '127.0.0.1', REDIS_PORT: port });
    expect(none.message).toContain('NOAUTH');
    for (const env of [
      { REDIS_HOST: '127.0.0.1', REDIS_PORT: port, REDIS_PASSWORD: WRONG },
      { REDIS_URL: `redis://tidegate:${WRONG}@127.0.0.1:${port}` },
    ]) {
      const { message, said } = await refusal(env);
      expect(message).toContain('WRONGPASS');
      expect(said).toContain('redis_connection_lost');
      expect(said).not.toContain(WRONG);
    }
  });

  test('is reached by TLS where the authority is known, and not otherwise', async () => {
    const certificate = createCertificate(Date.now());
    const proxy = await createTlsProxy({ target: { host: '127.0.0.1', port: Number(port) }, certificate });
    const parts = { REDIS_HOST: '127.0.0.1', REDIS_PORT: String(proxy.port), REDIS_PASSWORD: PASSWORD };
    try {
      await expectAnswer({ ...parts, REDIS_SSL: 'true', REDIS_TLS_CA: certificate.cert });
      await expectAnswer({ REDIS_URL: `rediss://:${PASSWORD}@127.0.0.1:${proxy.port}`, REDIS_TLS_CA: certificate.cert });
      expect((await refusal({ ...parts, REDIS_SSL: 'true' })).message).toContain('self-signed certificate');
      const other = createCertificate(Date.now()).cert;
      expect((await refusal({ ...parts, REDIS_SSL: 'true', REDIS_TLS_CA: other })).message).toContain('self-signed certificate');
    } finally {
      await proxy.close();
    }
  });
});

test.each([{ tls: 'false' }, { tls: 'true' }])(
  'a Redis that takes the connection and says nothing is given up and tried anew, TLS: $tls',
  async ({ tls }) => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket.on('error', () => undefined).resume()));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const { redis, errors } = await connect({ REDIS_HOST: '127.0.0.1', REDIS_PORT: String(port), REDIS_SSL: tls, REDIS_TIMEOUT: '0.2' });
    try {
      await expect.poll(() => sockets.length).toBeGreaterThan(2);
      expect(errors.map(({ message }) => message)).toContain(tls === 'true' ? 'connect ETIMEDOUT' : 'Redis did not answer within 200 ms');
      expect(sockets[0]?.destroyed).toBe(true);
      expect(redis.status).not.toBe('ready');
    } finally {
      redis.disconnect();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => silent.close(resolve));
    }
  },
);
