import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedisServer, type RedisServer } from '@tidegate/native';
import { connectRedis, createRedisBuckets, whenConnected, type RedisConnection } from '@tidegate/redis';
import { systemClock as clock } from '@tidegate/runtime';
import { createMetrics, silentLogger } from '@tidegate/telemetry';
import { createTcpProxy, type TcpProxy } from '@tidegate/testkit';
import { createLimits, type Limits } from '../../services/gateway/src/limits/limits.ts';

/** A bucket that counts in the process while Redis is away: what it may admit is then bounded too. */
export const POLICY = { limit: 6_000, windowS: 60, burst: 200 } as const;
/** Longest that a decision may wait for Redis; the gateway's own default. */
export const BUDGET_MS = 25;
const ENOUGH = { limit: 600_000_000, burst: 10_000_000 } as const;
const CONNECTED_WITHIN_MS = 10_000;

/** The gateway's limiter before a Redis that breaks, by the address at which it knows it. */
export interface RedisWorld {
  readonly limits: Limits;
  /** Stands before the Redis that is asked. */
  readonly proxy: TcpProxy;
  /** Of the server itself, past the proxy. */
  admin(): RedisConnection;
  pid(): number;
  /** Ends the server as a crash does. */
  kill(): Promise<void>;
  /** Lets another server answer at the address: an empty one, or a copy of the first that was kept up by replication. */
  replace(by: 'empty' | 'replica'): Promise<void>;
  /** Starts a copy of the server, and waits until it has everything. */
  replicate(): Promise<void>;
  close(): Promise<void>;
}

interface Server extends RedisServer {
  readonly admin: RedisConnection;
}

export async function openRedisWorld(random: () => number): Promise<RedisWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-redis-'));
  const servers: Server[] = [];
  const start = async (): Promise<Server> => {
    const server = await startRedisServer({ dataDir: join(folder, String(servers.length)), log: () => undefined });
    const admin = await connectTo(server.url, 'drill');
    servers.push({ ...server, admin });
    return { ...server, admin };
  };
  let current = await start();
  let replica: Server | null = null;
  const target = addressOf(current);
  const proxy = await createTcpProxy(target);
  const redis = await connectTo(`redis://127.0.0.1:${proxy.port}`, 'gateway');
  return {
    limits: createLimitsOver(redis, random),
    proxy,
    admin: () => current.admin,
    pid: () => current.process.pid,
    async kill() {
      await current.process.kill('SIGKILL');
      await proxy.cut();
    },
    async replicate() {
      replica = await start();
      const { host, port } = addressOf(current);
      await replica.admin.replicaof(host, port);
      const isUp = async (): Promise<boolean> => (await replica?.admin.info('replication'))?.includes('master_link_status:up') === true;
      while (!(await isUp())) await new Promise((done) => setTimeout(done, 20));
    },
    async replace(by) {
      if (by === 'replica') await replica?.admin.replicaof('NO', 'ONE');
      current = by === 'replica' && replica !== null ? replica : await start();
      Object.assign(target, addressOf(current));
      await proxy.restore();
    },
    async close() {
      redis.disconnect();
      await proxy.close();
      for (const server of servers) {
        server.admin.disconnect();
        await server.process.kill('SIGKILL');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function createLimitsOver(redis: RedisConnection, random: () => number): Limits {
  const { limit, windowS, burst } = POLICY;
  return createLimits({
    buckets: createRedisBuckets({ redis, timeoutMs: BUDGET_MS }),
    settings: { ip: ENOUGH, global: ENOUGH, api_key: { limit, window_s: windowS, burst, without_redis: 'local' } },
    ...{ prefix: 'drill', hashKey: new Uint8Array(32), gateway: 'drill', budgetMs: BUDGET_MS },
    append: () => Promise.resolve(),
    ...{ clock, random, metrics: createMetrics('gateway'), log: silentLogger },
  });
}

export async function connectTo(url: string, name: string): Promise<RedisConnection> {
  const redis = connectRedis({ address: { url }, name });
  if (!(await whenConnected(redis, CONNECTED_WITHIN_MS))) throw new Error(`no Redis answers at ${url}`);
  return redis;
}

function addressOf({ url }: RedisServer): { host: string; port: number } {
  const { hostname: host, port } = new URL(url);
  return { host, port: Number(port) };
}
