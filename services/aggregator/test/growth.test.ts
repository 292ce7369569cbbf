import { decodeState, GRAINS, readMeasureAt } from '@tidegate/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { storedCells } from './ledger.ts';
import { identityOf } from './records.ts';
import type { TestEvent } from './records.ts';
import { recount } from './recount.ts';
import { METRICS, REQUEST, saleAt, sendSale, tellShop } from './sales.ts';
import type { Sale } from './sales.ts';
import { PARTITIONS, START_MS, TOPICS, until, World } from './world.ts';

const GROWN = PARTITIONS * 2;
let world: World;
beforeEach(async () => void (world = await World.create()));
afterEach(() => world.close());

/** By any count an event's partition is that of its identity. */
const partitionBy = (id: string, count: number): number => Buffer.from(identityOf(id)).readUInt32LE(0) % count;
const eventOf = (id: string): TestEvent => ({ id, region: 'north', cents: 100 + id.length, timeMs: START_MS - 900_000 });
const send = (id: string, count: number, lane: 'live' | 'backfill' = 'live'): Promise<void> =>
  world.send(eventOf(id), { partition: partitionBy(id, count), key: identityOf(id), lane });
/** Ids whose partition is another one by the greater count. */
const moved = (n: number): string[] =>
  Array.from({ length: 200 }, (_, at) => `m-${at}`)
    .filter((id) => partitionBy(id, GROWN) >= PARTITIONS)
    .slice(0, n);
const counted = (): Promise<void> => until('all is counted', () => world.isCounted());
const owned = (): number[] => world.processes.filter(({ isDead }) => !isDead).flatMap(({ aggregator }) => [...aggregator.partitions()]);

async function growAll(): Promise<void> {
  world.grow(PARTITIONS, GROWN);
  await world.growTopics(GROWN);
  await until('all are owned', () => new Set(owned()).size === GROWN);
}

describe('owners of a log that got more partitions', () => {
  it('take the new ones over, share them, and count each event once, whichever count its copies were sent by', async () => {
    await world.tellPack();
    await world.start('a');
    await world.start('b');
    const ids = moved(12);
    for (const id of ids.slice(0, 8)) await send(id, PARTITIONS);
    await counted();
    await growAll();
    expect(owned()).toHaveLength(GROWN);
    // Copies by the new count meet what the ancestor counted; of a sender that has not heard, too, in both lanes.
    for (const id of ids.slice(0, 4)) await send(id, GROWN);
    for (const id of ids.slice(4, 8)) await send(id, PARTITIONS, 'backfill');
    // Both copies after it, one by each count.
    for (const id of ids.slice(8)) {
      await send(id, PARTITIONS);
      await send(id, GROWN);
    }
    await counted();
    expect(storedCells(world)).toEqual(recount(ids.map(eventOf)));
    expect(world.database.rawRows.map(({ eventId }) => eventId).toSorted()).toEqual(ids.toSorted());
    // What came after the growth is counted where its key is now.
    const places = new Map(world.database.rawRows.map(({ eventId, partition }) => [eventId, partition]));
    for (const id of ids.slice(8)) expect(places.get(id)).toBe(partitionBy(id, GROWN));
    expect([...world.database.rejected.values()]).toEqual([]);
  });

  it('send nothing on where the log never grew, whatever keys are in it', async () => {
    await world.tellPack();
    await world.start('a');
    const ids = moved(6);
    for (const id of ids) await world.send(eventOf(id), { partition: 0, key: identityOf(id) });
    await counted();
    expect(world.database.rawRows.map(({ partition }) => partition)).toEqual(ids.map(() => 0));
  });

  it('that were held over the switch commit nothing by the old count', async () => {
    await world.tellPack();
    let isHolding = true;
    const held = await world.start('a', (point) => {
      if (point !== 'flush.begun' || !isHolding) return 'go on';
      isHolding = false;
      return 'pause';
    });
    const ids = moved(6);
    for (const id of ids) await send(id, PARTITIONS);
    await until('it is held in its commit', () => held.wasHeld);
    world.grow(PARTITIONS, GROWN);
    await world.growTopics(GROWN);
    world.resume();
    await world.kill(held);
    await world.start('b');
    await counted();
    expect(storedCells(world)).toEqual(recount(ids.map(eventOf)));
    expect(world.database.rawRows.map(({ partition }) => partition >= PARTITIONS)).toEqual(ids.map(() => true));
  });

  it('claim no partition that the count does not reach, though the log has it', async () => {
    await world.tellPack();
    world.database.partitionCount = { first: PARTITIONS, count: PARTITIONS };
    await world.growTopics(GROWN);
    await world.start('a');
    await until('what counts is owned', () => owned().length === PARTITIONS);
    expect([...world.database.live.keys()].toSorted()).toEqual([0, 1, 2]);
    world.grow(PARTITIONS, GROWN);
    await until('all are owned', () => new Set(owned()).size === GROWN);
  });
});

describe('a person whose key has moved', () => {
  /** By the first count in partition 1, by the second in 4. */
  const KEY = Uint8Array.of(4, 0, 0, 0, 9, 9, 9, 9);
  const sale = (i: number): Sale => ({ ...saleAt(i), who: 'anna' });
  const others = [1, 2, 4, 5].map(saleAt);
  const at = (partition: number) => ({ partition, key: KEY });

  function salesCounted(): number {
    const measures = METRICS.get('sales')?.measures ?? [];
    let sum = 0;
    for (const cell of world.database.cells.values()) {
      const series = world.database.series.get(Buffer.from(cell.seriesId).toString('hex'));
      const state = decodeState(cell.state, measures);
      if (series?.metric !== 'sales' || series.subject !== '' || cell.grain !== GRAINS.quarter_hour.code || state === null) continue;
      sum += Number(readMeasureAt(state, 0));
    }
    return sum;
  }

  beforeEach(async () => {
    world.nowMs = START_MS + 60_000;
    await tellShop(world);
    await world.start('a', undefined, { cachedCellsMax: 64 });
    for (const one of others) await sendSale(world, one);
    for (const i of [0, 3]) await sendSale(world, sale(i), at(1));
    await counted();
    await growAll();
    for (const i of [6, 9]) await sendSale(world, sale(i), at(4));
    await world.beat();
    await counted();
    expect(salesCounted()).toBe(others.length + 4);
    const request = { requestId: REQUEST, tenant: 'acme', subject: 'anna', partition: 4, visited: [], isBegun: false, isDone: false };
    world.database.erasures.set(REQUEST, { ...request, counts: new Map() });
    await until('the person is erased', () => world.database.erasures.get(REQUEST)?.isDone === true, 30_000);
  });

  it('is erased in every partition that the key ever had', () => {
    expect(world.database.rawRows.filter(({ subject }) => subject === 'anna')).toEqual([]);
    expect(salesCounted()).toBe(others.length);
    expect(world.database.erasures.get(REQUEST)).toMatchObject({ partition: 1, visited: [4] });
    expect(world.database.erasures.get(REQUEST)?.counts.get('raw_events')).toBe(4);
  });

  it('stays refused, also where another owner takes over a partition that the request does not name', async () => {
    const [first] = world.processes;
    if (first !== undefined) await world.kill(first);
    await world.start('b');
    await sendSale(world, { ...sale(6), id: 'later-1' }, at(4));
    await sendSale(world, { ...sale(6), id: 'later-2' }, at(1));
    await counted();
    expect([...world.database.rejected.values()].map(({ code, partition }) => [code, partition])).toEqual([
      ['erased', 4],
      ['erased', 4],
    ]);
    expect(salesCounted()).toBe(others.length);
    expect(world.broker.read(TOPICS.events, 4).count).toBe(4);
  });
});
