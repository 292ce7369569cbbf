import { afterEach, beforeEach, expect, it } from 'vitest';
import { rejectedHeaders } from './records.ts';
import { TOPICS, until, World } from './world.ts';

const ORIGINAL = new Uint8Array(44).fill(1);

let world: World;

beforeEach(async () => {
  world = await World.create();
  await world.tellPack();
});
afterEach(() => world.close());

it('of refused events a tenant has rows up to its quota; beyond it they are counted, and reading goes on', async () => {
  for (let i = 0; i < 5; i += 1) await world.append(TOPICS.rejected, 1, refused(ORIGINAL));
  // Ingest had no room for this one's original: its row takes less.
  await world.append(TOPICS.rejected, 0, refused(new Uint8Array(0)));
  // 256 bytes and 44 of an original: three have room.
  await world.start('a', () => 'go on', { rejectedBytesMax: 900 });
  await until('all is read', () => position(0) === 1 && position(1) === 5);
  const rows = [...world.database.rejected.values()].map(({ partition, logOffset, sealed }) => [partition, logOffset, sealed?.length]);
  expect(rows.toSorted()).toEqual([
    [0, 0, undefined],
    [1, 0, 44],
    [1, 1, 44],
    [1, 2, 44],
  ]);
  expect([...world.database.rejectedBeyond.values()]).toEqual([2]);
});

function refused(value: Uint8Array) {
  return { key: 'acme', value, headers: rejectedHeaders('ingest') };
}

function position(partition: number): number {
  return world.database.lanes.get(`rejected/${partition}`)?.nextOffset ?? -1;
}
