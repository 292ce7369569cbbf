import { randomBytes } from 'node:crypto';
import { testServers } from '@tidegate/testkit';
import { Redis } from 'ioredis';
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
