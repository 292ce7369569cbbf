import { afterEach, describe, expect, it } from 'vitest';
import { storedCells } from './ledger.ts';
import type { TestEvent } from './records.ts';
import { recount } from './recount.ts';
import { START_MS, until, World } from './world.ts';

const events = (from: number, count: number): TestEvent[] =>
  Array.from({ length: count }, (_, i) => ({ id: `e-${from + i}`, region: 'north', cents: 100 + i, timeMs: START_MS }));

/** Only the newest record of the pack is in the topic, as after compaction; events of the version before are in flight. */
describe('an event that an earlier version of its pack judged', () => {
  let world: World;
  afterEach(() => world.close());

  async function sendAll(sent: readonly TestEvent[], packVersion: number): Promise<void> {
    for (const event of sent) await world.send(event, { partition: 0, packVersion });
  }

  it('is counted by the metric version in force, once, by an aggregator that knows no other', async () => {
    world = await World.create();
    await sendAll(events(0, 5), 1);
    await world.tellPack(2, { metricVersion: 2 });
    await sendAll(events(5, 5), 2);
    await world.start('a');
    await until('all is counted', () => world.isCounted());
    expect([...world.database.series.values()].map(({ version }) => version)).toEqual([2]);
    expect(storedCells(world, 2)).toEqual(recount(events(0, 10).map((event, i) => ({ ...event, cents: 100 + (i % 5) }))));
    expect([world.database.rawRows.length, world.database.rejected.size]).toEqual([10, 0]);
  });

  it('whose type the pack declares no more is kept and stops nothing', async () => {
    world = await World.create();
    await world.tellPack(2, { metricVersion: 2, eventType: 'shop.return' });
    await sendAll(events(0, 3), 1);
    await world.start('a');
    await until('all is counted', () => world.isCounted());
    expect([world.database.rawRows.length, world.database.cells.size, world.database.rejected.size]).toEqual([3, 0, 0]);
  });

  it('and whose type comes back in a later version is no reason to let events of that version go uncounted', async () => {
    world = await World.create();
    await world.tellPack(2, { metricVersion: 2, eventType: 'shop.return' });
    await sendAll(events(0, 1), 1);
    await world.start('a');
    await until('the first is kept', () => world.database.rawRows.length === 1);
    await sendAll(events(1, 4), 3);
    await world.tellPack(3, { metricVersion: 3 });
    await until('all is counted', () => world.isCounted());
    expect(storedCells(world, 3)).toEqual(recount(events(1, 4)));
  });
});
