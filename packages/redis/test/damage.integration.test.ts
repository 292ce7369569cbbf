import { randomBytes } from 'node:crypto';
import { createState, encodeState, NOTHING_SEALED, packCells, seriesEntry, unpackCells } from '@tidegate/core';
import { testServers } from '@tidegate/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CellStore, ChunkContent, ChunkName, ChunkReading, PartitionProgress } from '../src/cell-store.ts';
import { createRedisCells } from '../src/cells.ts';
import { answerKey, chunkKey, partKeys, progressKey } from '../src/chunk-key.ts';

const NAME: ChunkName = { tenant: 'acme', metric: 'wiki.edits', version: 1, setNo: 0, grain: 2, utcDay: 20_000, subject: null };
const SERIES = seriesEntry({ tenant: 'acme', metric: 'wiki.edits', version: 1, setNo: 0, subject: '', dims: ['Oslo'] });
const STATE = encodeState(createState([{ name: 'edits', kind: 'count', numbers: 'exact' }]));
const EPOCH = 'e1';

function contentOf(commitNo: number): ChunkContent {
  const cell = { seriesId: SERIES.id, bucketS: 20_000 * 86_400, partition: 0, term: 1, commitNo, revision: 0, state: STATE };
  return { series: [SERIES], cells: [cell] };
}

const prefix = `test-${randomBytes(6).toString('hex')}`;
let client: Redis;
let store: CellStore;
const key = chunkKey(prefix, NAME);

beforeAll(() => {
  client = new Redis(testServers().redisUrl);
  store = createRedisCells({ client, prefix });
});
const removeAll = async (): Promise<void> => {
  const keys = await client.keys(`${prefix}:*`);
  if (keys.length > 0) await client.del(...keys);
};
beforeEach(removeAll);
afterAll(async () => {
  await removeAll();
  await client.quit();
});

/** The newest state of the cell, as a reader has it. */
function commitNoOf(reading: ChunkReading): number | null {
  if (reading.kind !== 'full' && reading.kind !== 'delta') return null;
  const { packed, cells } = reading.content;
  return Math.max(...[...unpackCells(packed), ...cells].map(({ commitNo }) => commitNo));
}

/** As a question loads an absent chunk. */
async function load(reading: ChunkReading | null, on: CellStore = store): Promise<void> {
  const brokenToken = reading?.kind === 'absent' ? reading.brokenToken : null;
  const { kind, token } = await on.create(NAME, { token: randomBytes(6).toString('hex'), epoch: EPOCH, brokenToken });
  if (kind === 'filled') return;
  const { series, cells } = contentOf(3);
  while ((await on.fill(NAME, token, { series, packed: packCells(cells) })).kind === 'split');
}

async function field(mark: 's' | 'c'): Promise<Buffer> {
  const fields = await client.hkeysBuffer(key);
  return fields.find((name) => name.toString('latin1').startsWith(mark)) ?? Buffer.alloc(0);
}

const DAMAGES: Readonly<Record<string, (at: string) => Promise<unknown>>> = {
  'a cell that is cut': async (at) => client.hset(at, await field('c'), Buffer.from([0x81])),
  'a cell that is empty': async (at) => client.hset(at, await field('c'), ''),
  'a filling that is cut': async (at) => client.hset(at, 'b', ((await client.hgetBuffer(at, 'b')) ?? Buffer.alloc(0)).subarray(0, -1)),
  'a filling of no cells': async (at) => client.hset(at, 'b', 'cells'),
  'a series that is no series': async (at) => client.hset(at, await field('s'), Buffer.from([9, 9, 9])),
  'a name of a cell that is cut': async (at) => client.hset(at, 'cut', 'x'),
  'a counter that is no number': async (at) => client.hset(at, '#counter', 'many'),
  'bookkeeping that is gone': async (at) => client.hdel(at, '#floor', '#splits'),
  'changes that are gone': async (at) => client.hdel(at, 'l1'),
  'a value of another type': async (at) => client.set(at, 'text'),
};

describe('what lies damaged in Redis', () => {
  test.each(Object.keys(DAMAGES))('in a chunk (%s) is never read as cells, and one load makes the chunk whole', async (name) => {
    await load(null);
    // A change, so that there is a list of changes; a reader that knows the version before it, and one that knows nothing.
    const before = await store.read(NAME, { epoch: EPOCH, known: null });
    await store.update(NAME, contentOf(4));
    await DAMAGES[name]?.(key);
    const known = before.kind === 'full' ? before.version : null;
    const readings = [await store.read(NAME, { epoch: EPOCH, known }), await store.read(NAME, { epoch: EPOCH, known: null })];
    const absent = readings.find(({ kind }) => kind === 'absent');
    // Where one reader does not come by the damage it must have the cell as it is.
    for (const reading of readings) if (reading.kind !== 'absent') expect(commitNoOf(reading)).toBe(4);
    expect(absent).toBeDefined();
    await load(absent ?? null);
    expect(commitNoOf(await store.read(NAME, { epoch: EPOCH, known: null }))).toBe(3);
  });

  test.each(Object.keys(DAMAGES))('in a chunk (%s) does not hold up announcements', async (name) => {
    await load(null);
    await store.update(NAME, contentOf(4));
    await DAMAGES[name]?.(key);
    await store.update(NAME, contentOf(5));
    let reading = await store.read(NAME, { epoch: EPOCH, known: null });
    if (reading.kind === 'absent') {
      await load(reading);
      await store.update(NAME, contentOf(5));
      reading = await store.read(NAME, { epoch: EPOCH, known: null });
    }
    expect([reading.kind, commitNoOf(reading)]).toEqual(['full', 5]);
  });

  test('in a part of a chunk makes the whole chunk absent', async () => {
    const parted = createRedisCells({ client, prefix, limits: { cellsMax: 0.5, bytesMax: 1_000, ttlMs: 60_000 } });
    await load(null, parted);
    await client.hset(partKeys(key, 4)[2] ?? '', '#counter', 'many');
    const reading = await parted.read(NAME, { epoch: EPOCH, known: null });
    expect(reading.kind).toBe('absent');
    await load(reading, parted);
    expect(commitNoOf(await parted.read(NAME, { epoch: EPOCH, known: null }))).toBe(3);
  });

  const PROGRESS: PartitionProgress = {
    partition: 0,
    term: 1,
    commitNo: 1,
    nextOffset: 1,
    logGeneration: 1,
    completeThroughMs: 1,
    backfill: null,
    sealed: NOTHING_SEALED,
    rollupsOffset: 1,
  };

  test.each([
    ['text that is no JSON', async () => client.hset(progressKey(prefix), '0', 'progress')],
    ['a value of another type', async () => client.set(progressKey(prefix), 'text')],
  ])('as progress (%s) ends the epoch and is no progress of anything', async (_, damage) => {
    await store.beginEpoch({ seen: null, epoch: EPOCH, progress: [PROGRESS] });
    await damage();
    expect((await store.readProgress())?.partitions.get(0)).toBeUndefined();
    const progress = { ...PROGRESS, commitNo: 2, rollupsOffset: 2 };
    expect(await store.advance([{ progress, offset: 1, previousCommitNo: 1 }])).toMatchObject([{ outcome: 'lost' }]);
    const seen = (await store.readProgress())?.epoch ?? null;
    expect(await store.beginEpoch({ seen, epoch: 'e2', progress: [progress] })).toBe(true);
    expect((await store.readProgress())?.partitions.get(0)).toEqual(progress);
  });

  test('as an answer is no answer, and can be written over', async () => {
    await client.rpush(answerKey(prefix, 'acme', 'k'), 'a list');
    expect(await store.readAnswer('acme', 'k')).toBeNull();
    await store.writeAnswer('acme', 'k', { bytes: Buffer.from('rows'), ttlMs: 60_000 });
    expect(Buffer.from((await store.readAnswer('acme', 'k')) ?? []).toString()).toBe('rows');
  });

  test('is told from what ails the server: that is an error, and nothing is deleted', async () => {
    await load(null);
    const readOnly = createRedisCells({ client: Object.assign(Object.create(client) as Redis, { callBuffer: refused }), prefix });
    await expect(readOnly.update(NAME, contentOf(9))).rejects.toThrow('OOM');
    expect(await client.exists(key)).toBe(1);
  });
});

async function refused(): Promise<never> {
  throw new Error("OOM command not allowed when used memory > 'maxmemory'. script: 1f, on @user_script:9.");
}
