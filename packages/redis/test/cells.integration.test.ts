import { randomBytes } from 'node:crypto';
import { chunkCellField, encodeChunkCell, packCells } from '@tidegate/core';
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

test('a chunk that an earlier version of the service filled, field by field, is whole', async () => {
  const client = new Redis(testServers().redisUrl);
  const prefix = `test-${randomBytes(6).toString('hex')}`;
  const store = createRedisCells({ client, prefix });
  const name: ChunkName = { tenant: 'acme', metric: 'm', version: 1, setNo: 0, grain: 2, utcDay: 20_000, subject: null };
  const cell = { seriesId: new Uint8Array(16), bucketS: 0, partition: 3, term: 1, commitNo: 2, revision: 0, state: Uint8Array.of(1) };
  try {
    await store.create(name, { token: 't1', epoch: 'e1', brokenToken: null });
    const field = Buffer.from(chunkCellField(cell));
    await client.hset(chunkKey(prefix, name), new Map<string | Buffer, string | Buffer>([[field, Buffer.from(encodeChunkCell(cell))]]));
    await client.hset(chunkKey(prefix, name), { '#counter': 1, '#floor': 1, '#filled': 1 });
    const reading = await store.read(name, { epoch: 'e1', known: { token: 't1', counters: [0] } });
    expect(reading).toMatchObject({ kind: 'full', content: { packed: [], cells: [cell] } });
    expect(await store.fill(name, 't1', { series: [], packed: packCells([cell]) })).toEqual({ kind: 'filled', version: null });
  } finally {
    await client.del(chunkKey(prefix, name));
    await client.quit();
  }
});
