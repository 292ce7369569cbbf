import { afterEach, describe, expect, it } from 'vitest';
import { staleCells, storedCells } from './ledger.ts';
import { recount } from './recount.ts';
import type { PackChange, TestEvent } from './records.ts';
import { PARTITIONS, START_MS, until, World } from './world.ts';

const QUARTER_MS = 900_000;
const eventAt = (i: number): TestEvent => ({
  id: `e-${i}`,
  region: ['north', 'south', null][i % 3] ?? null,
  cents: i,
  timeMs: START_MS - (i % 7) * QUARTER_MS,
});
const events = (from: number, to: number): TestEvent[] => Array.from({ length: to - from }, (_, i) => eventAt(from + i));

const BEFORE: PackChange = { metricVersion: 1 };
const MAKING: PackChange = { metricVersion: 2, priceFrom: -1, isMaking: true, earlier: [BEFORE] };

describe('a metric version that is made of raw events', () => {
  let world: World;
  afterEach(() => world.close());

  const send = async (all: readonly TestEvent[]): Promise<void> => {
    for (const event of all) await world.send(event);
  };
  const tell = async (version: number, change: PackChange): Promise<void> => {
    await world.tellPack(version, change);
    await world.beat();
  };
  const isMade = (): boolean => [...world.database.tasks.values()].filter(({ state }) => state === 'done').length === PARTITIONS;
  const cuts = (): number[] =>
    [...world.database.tasks.values()].map(({ spec }) => (spec as { readonly cut: { readonly offset: number } }).cut.offset);

  it('has each event once, those that came before it, while it was made and after', async () => {
    world = await World.create();
    await world.tellPack();
    await world.start('a');
    await send(events(0, 300));
    await until('there are events before', () => world.database.rawRows.length > 100);
    const sending = send(events(300, 900));
    await tell(2, MAKING);
    await sending;
    await until('it is made', isMade);
    await send(events(900, 960));
    await until('all is counted', () => world.isCounted());
    expect(Math.max(...cuts())).toBeGreaterThan(0);
    expect(storedCells(world, 2)).toEqual(recount(events(0, 960)));
    expect(storedCells(world, 1)).toEqual(recount(events(0, 960)));
    expect(staleCells(world)).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5, 6])('goes on where the owner before has left it, one that dies after %i commits', async (commits) => {
    world = await World.create();
    await world.tellPack();
    const first = await world.start('a');
    await send(events(0, 200));
    await until('all is counted', () => world.isCounted());
    await world.kill(first);
    let left = commits;
    await tell(2, MAKING);
    await world.start('b', (point) => (point === 'flush.committed' && (left -= 1) < 0 ? 'die' : 'go on'));
    await send(events(200, 300));
    await until('it has died or is through', () => world.processes.at(-1)?.isDead === true || (isMade() && world.isCounted()));
    await world.start('c');
    await world.beat();
    await send(events(300, 330));
    await until('it is made', () => isMade() && world.isCounted());
    expect(storedCells(world, 2)).toEqual(recount(events(0, 330)));
    expect(staleCells(world)).toEqual([]);
  });

  it('is folded from its cut on by an owner that hears of it late', async () => {
    world = await World.create();
    await world.tellPack();
    const first = await world.start('a');
    await send(events(0, 60));
    await tell(2, MAKING);
    await until('it is made', () => isMade() && world.isCounted());
    await world.kill(first);
    await send(events(60, 120));
    await world.start('b');
    await until('all is counted', () => world.isCounted());
    expect(storedCells(world, 2)).toEqual(recount(events(0, 120)));
  });

  it('is given up where the pack changes again, and what answers is whole all the while', async () => {
    world = await World.create();
    await world.tellPack();
    await world.start('a');
    await send(events(0, 100));
    await tell(2, MAKING);
    await tell(3, { metricVersion: 3, priceFrom: -2, isMaking: true, earlier: [BEFORE] });
    await send(events(100, 160));
    await until('the second is made', () => isMade() && world.isCounted());
    expect([...new Set([...world.database.tasks.values()].map(({ name }) => name))]).toEqual(['acme shop.sales 3']);
    expect(storedCells(world, 3)).toEqual(recount(events(0, 160)));
    expect(storedCells(world, 1)).toEqual(recount(events(0, 160)));
  });
});
