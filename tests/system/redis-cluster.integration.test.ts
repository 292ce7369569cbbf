import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compilePolicy } from '@tidegate/core';
import type { BucketPolicy } from '@tidegate/core';
import { startRedisCluster } from '@tidegate/native';
import type { RedisCluster } from '@tidegate/native';
import { bucketKey, connectRedisCluster, createRedisBuckets, whenConnected } from '@tidegate/redis';
import type { BucketAsk, Buckets, RedisClusterConnection } from '@tidegate/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway } from '../../services/gateway/test/gateway-fixture.ts';

const PATIENCE_MS = 30_000;

function policyOf(limit: number, windowS: number, burst: number): BucketPolicy {
  const compiled = compilePolicy({ name: 'test', limit, windowS, burst });
  if (!compiled.ok) throw new Error(compiled.fault);
  return compiled.value;
}

/** One token in 28 hours: none flows in while a test runs. */
const slow = (burst: number): BucketPolicy => policyOf(1, 100_000, burst);
const keyOf = (tenant: string | null, subject: string): string => bucketKey('tg-test', { tenant, limitClass: 'test', subject });

describe('a Redis Cluster of three masters, each with a replica', () => {
  let dataDir = '';
  let cluster: RedisCluster;
  /** Of the masters. */
  let nodes: Redis[] = [];
  const connections: RedisClusterConnection[] = [];

  const addresses = () =>
    cluster.nodes.map((node) => {
      const [host = '', port = ''] = node.split(':');
      return { host, port: Number(port) };
    });

  async function open(): Promise<Buckets> {
    // One node is enough to learn of the others.
    const connection = connectRedisCluster({ nodes: addresses().slice(0, 1), name: 'test', connectTimeoutMs: 5_000 });
    connections.push(connection);
    if (!(await whenConnected(connection, PATIENCE_MS))) throw new Error('the cluster did not answer');
    return createRedisBuckets({ redis: connection, timeoutMs: PATIENCE_MS });
  }

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tidegate-cluster-'));
    cluster = await startRedisCluster({ dataDir, replicas: 1, log: () => undefined });
    nodes = addresses()
      .slice(0, 3)
      .map(({ host, port }) => new Redis({ host, port }).on('error', () => undefined));
  }, 240_000);
  afterAll(async () => {
    for (const one of [...connections, ...nodes]) one.disconnect();
    await cluster.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('takes from all buckets of a tenant or from none, whichever node has them, and knows the script after a first asking', async () => {
    const buckets = await open();
    const tenants = Array.from({ length: 12 }, (_, at) => `tenant-${at}`);
    for (const tenant of tenants) {
      const asks = [
        { key: keyOf(tenant, 'a'), policy: slow(3), cost: 1 },
        { key: keyOf(tenant, 'b'), policy: slow(2), cost: 1 },
      ];
      const allowed = [await buckets.take(asks), await buckets.take(asks), await buckets.take(asks)].map((one) => one.allowed);
      expect(allowed).toEqual([true, true, false]);
    }
    const keys = await Promise.all(nodes.map((node) => node.dbsize()));
    expect([keys.length, keys.every((count) => count > 0)]).toEqual([3, true]);
  });

  /** Moves a slot as `redis-cli --cluster reshard` does. */
  async function moveSlot(slot: number, from: number, to: number): Promise<void> {
    const [source, target] = [nodes[from], nodes[to]];
    const port = addresses()[to]?.port ?? 0;
    if (source === undefined || target === undefined) throw new Error('no such node');
    const [sourceId, targetId] = [String(await source.call('CLUSTER', 'MYID')), String(await target.call('CLUSTER', 'MYID'))];
    await target.call('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', sourceId);
    await source.call('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', targetId);
    for (;;) {
      const keys = (await source.call('CLUSTER', 'GETKEYSINSLOT', String(slot), '1')) as string[];
      const [key] = keys;
      if (key === undefined) break;
      await source.call('MIGRATE', '127.0.0.1', String(port), key, '0', '5000');
    }
    for (const node of [target, source, ...nodes]) await node.call('CLUSTER', 'SETSLOT', String(slot), 'NODE', targetId);
  }

  async function ownerOf(slot: number): Promise<number> {
    const ranges = (await nodes[0]?.call('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
    const range = ranges.find(([first, last]) => slot >= first && slot <= last);
    return addresses().findIndex(({ port }) => port === range?.[2][1]);
  }

  it('lets in exactly as many as there are tokens while the slot of a tenant goes from node to node', async () => {
    const asks: BucketAsk[] = [
      { key: keyOf('moving', 'user'), policy: slow(700), cost: 1 },
      { key: keyOf('moving', 'shared'), policy: slow(1_000), cost: 1 },
    ];
    const slot = Number(await nodes[0]?.call('CLUSTER', 'KEYSLOT', asks[0]?.key ?? ''));
    const clients = await Promise.all([open(), open(), open()]);
    let [admitted, refused, isMoving] = [0, 0, true];
    const hammer = async (buckets: Buckets): Promise<void> => {
      // Until the moving is over, and as often as it takes to spend all there is.
      while (isMoving || refused < 100) {
        const decision = await buckets.take(asks).catch((error: unknown) => error as Error);
        if (!(decision instanceof Error)) {
          if (decision.allowed) admitted += 1;
          else refused += 1;
        } else if (!decision.message.includes('TRYAGAIN')) throw decision; // told so, nothing was done
      }
    };
    const hammering = clients.map(hammer);
    for (let moves = 0; moves < 12; moves += 1) {
      const from = await ownerOf(slot);
      await moveSlot(slot, from, (from + 1) % 3);
    }
    isMoving = false;
    await Promise.all(hammering);
    expect(admitted).toBe(700);
    const [buckets] = clients;
    const left = await buckets?.take([{ key: keyOf('moving', 'shared'), policy: slow(1_000), cost: 0 }]);
    expect(Math.floor((left?.levels[0]?.units ?? 0) / slow(1_000).q)).toBe(300);
  });

  it('counts the requests of a gateway exactly, over both stages', async () => {
    const gateway = await startGateway({ redisCluster: addresses() });
    try {
      const created = await gateway.call('POST', '/v1/admin/keys', { body: { name: 'few', scopes: ['query:read'] } });
      const [id, credential] = [String(created.body['id']), String(created.body['key'])];
      const ask = async (): Promise<number> => (await gateway.call('GET', '/v1/metrics', { credential })).status;
      await expect.poll(ask).toBe(200);
      // What is left of a thousand a minute becomes five, and one more in five hours.
      const keys = { [id]: { policies: { api_key: { limit: 5, window_s: 86_400, burst: 5 } } } };
      expect((await gateway.call('POST', '/v1/admin/limits', { body: { keys } })).status).toBe(200);
      const setLimits = async (): Promise<unknown> => (await gateway.call('GET', '/v1/admin/limits')).body['limits'];
      await expect.poll(setLimits).toMatchObject({ keys });
      const statuses = await Promise.all(Array.from({ length: 20 }, ask));
      expect([200, 429].map((status) => statuses.filter((one) => one === status).length)).toEqual([5, 15]);
    } finally {
      await gateway.close();
    }
  });

  it('goes on where a master is killed: its replica has what was taken, and who comes back follows', async () => {
    const take = async (buckets: Buckets, cost: number): Promise<boolean> =>
      (await buckets.take([{ key: keyOf('lost', 'user'), policy: slow(100), cost }])).allowed;
    const buckets = await open();
    for (let taken = 0; taken < 60; taken += 1) expect(await take(buckets, 1)).toBe(true);
    const slot = Number(await nodes[0]?.call('CLUSTER', 'KEYSLOT', keyOf('lost', 'user')));
    const owner = await ownerOf(slot);
    const [master, address = ''] = [nodes[owner], cluster.nodes[owner]];
    const replication = async (): Promise<string> => String(await master?.info('replication'));
    // So much of what the master has done, its replica has acknowledged.
    await expect.poll(async () => isAcknowledged(await replication())).toBe(true);
    await cluster.kill(address);
    await expect.poll(() => take(buckets, 0).catch(() => false), { timeout: 30_000 }).toBe(true);
    const after: boolean[] = [];
    for (let ask = 0; ask < 50; ask += 1) after.push(await take(buckets, 1));
    expect(after.filter(Boolean)).toHaveLength(40);
    await cluster.start(address);
    await expect.poll(async () => /role:\w+/.exec(await replication())?.[0], { timeout: 30_000 }).toBe('role:slave');
  });
});

function isAcknowledged(replication: string): boolean {
  const [, replica] = /^slave0:.*offset=(\d+)/m.exec(replication) ?? [];
  const [, master] = /^master_repl_offset:(\d+)/m.exec(replication) ?? [];
  return replica !== undefined && replica === master;
}
