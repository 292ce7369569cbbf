import { randomBytes } from 'node:crypto';
import { testServers } from '@tidegate/testkit';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import type { ChunkName } from '../src/cell-store.ts';
import { createRedisCells } from '../src/cells.ts';
import { chunkKey, markKey, partKeys } from '../src/chunk-key.ts';
import { CONTRACT_LIMITS, describeCellStore } from './cells.contract.ts';

describeCellStore('redis', async () => {
  const client = new Redis(testServers().redisUrl);
  const prefix = `test-${randomBytes(6).toString('hex')}`;
  const removeAll = async (): Promise<void> => {
    const keys = await client.keys(`${prefix}:*`);
    if (keys.length > 0) await client.del(...keys);
  };
  return Promise.resolve({
    store: createRedisCells({ client, prefix, limits: CONTRACT_LIMITS }),
    evict: async (name) => void (await client.del(chunkKey(prefix, name))),
    evictPart: async (name, part, parts) => void (await client.del(partKeys(chunkKey(prefix, name), parts)[part] ?? '')),
    forgetEverything: removeAll,
    // The chunk looks as it would after a restart from a snapshot: written under a run id that is not the server's.
    changeRun: async (name) => void (await client.hset(chunkKey(prefix, name), '#run', 'a'.repeat(40))),
    changeRunOfMark: async (tenant, name) => void (await client.set(markKey(prefix, tenant, name), 'a'.repeat(60))),
    async close() {
      await removeAll();
      await client.quit();
    },
  });
});

test('a service of before, which cuts ranges into other chunks and moves its own progress, changes nothing of these', async () => {
  const client = new Redis(testServers().redisUrl);
  const prefix = `test-${randomBytes(6).toString('hex')}`;
  const store = createRedisCells({ client, prefix });
  const name: ChunkName = { tenant: 'acme', metric: 'm', version: 1, setNo: 0, grain: 2, utcDay: 20_000, subject: 'p1' };
  // As the first format names them.
  const before = [`${prefix}:progress`, `${prefix}:{c:acme}:chunk:m:1:0:2:2024-10-04:p1`];
  try {
    await client.hset(before[0] ?? '', { epoch: 'e0', 0: '{}' });
    await client.hset(before[1] ?? '', { '#token': 't0', '#epoch': 'e0', '#filled': 2 });
    expect(await store.readProgress()).toBeNull();
    expect(await store.read(name, { epoch: 'e0', known: null })).toEqual({ kind: 'absent', brokenToken: null });
    expect(await store.findPresent([name])).toEqual([]);
    await store.create(name, { token: 't1', epoch: 'e1', brokenToken: null });
    await store.beginEpoch({ seen: null, epoch: 'e1', progress: [] });
    expect(await client.hget(before[0] ?? '', 'epoch')).toBe('e0');
    expect(await client.hget(before[1] ?? '', '#token')).toBe('t0');
  } finally {
    await client.del(...(await client.keys(`${prefix}:*`)));
    await client.quit();
  }
});
