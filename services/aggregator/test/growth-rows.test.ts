import { createRowFold, entityTable, NO_ENTITY } from '@tidegate/core';
import type { EntityRowState } from '@tidegate/core';
import { createMemoryEntityReader } from '@tidegate/postgres/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  changesOf,
  expectedOfAll,
  METRICS,
  orderRows,
  ordersOf,
  salesOfOrders,
  sendSale,
  tellAgingOrders,
  tellOrdersMade,
  tellSales,
  tellShop,
  youngSales,
} from './sales.ts';
import type { Sale } from './sales.ts';
import { createSharedRows } from '../src/shared-rows.ts';
import { prepareEntities } from '../src/prepared-entities.ts';
import { ordersInMemory } from './stored-sales.ts';
import { PARTITIONS, START_MS, until, World } from './world.ts';

const GROWN = PARTITIONS * 2;
const DAY_MS = 86_400_000;
/** By the first count all of them in partitions 1 and 2, by the second anna and cleo in 4 and 5. */
const KEYS: Readonly<Record<string, number>> = { anna: 4, bert: 1, cleo: 5 };
const SALES = salesOfOrders(120);
const CHANGES = changesOf(SALES.slice(0, 60));
const FIELDS = ['order', 'price', 'region'];

let world: World;
beforeEach(async () => {
  world = await World.create();
  world.nowMs = START_MS + 60_000;
});
afterEach(() => world.close());

/** Sent by somebody who counts so many partitions. */
async function send(sales: readonly Sale[], count: number): Promise<void> {
  for (const sale of sales) {
    const place = KEYS[sale.who] ?? 0;
    await sendSale(world, sale, { partition: place % count, key: Uint8Array.of(place, 0, 0, 0, 9) });
  }
}

async function counted(): Promise<void> {
  await world.beat();
  await until('all is counted', () => world.isCounted());
}

async function growAll(): Promise<void> {
  const owned = (): number[] => world.processes.filter(({ isDead }) => !isDead).flatMap(({ aggregator }) => [...aggregator.partitions()]);
  world.grow(PARTITIONS, GROWN);
  await world.growTopics(GROWN);
  await until('all are owned', () => new Set(owned()).size === GROWN);
}

async function expectOrdersOf(sales: readonly Sale[]): Promise<void> {
  const read = await createMemoryEntityReader(world.database).read({ entity: ordersOf(FIELDS), limit: 500 });
  if (!read.ok) throw new Error(read.fault.message);
  const rows = read.value.rows.map(({ subject, ...row }) => [subject, ...FIELDS.map((name) => String(row[name]))].join(' '));
  const expected = orderRows(sales).map(({ id, order = id, who, price, region }) => [who, order, price, region].join(' '));
  expect(rows.toSorted()).toEqual(expected.toSorted());
  expect(ordersInMemory(world)).toEqual(expectedOfAll(sales));
}

const placesOf = (who: string): readonly number[] => {
  const rows = [...(world.database.entities.get(entityTable(ordersOf(FIELDS)))?.values() ?? [])];
  return [...new Set(rows.filter(({ subject }) => subject === who).map(({ partition }) => partition))].toSorted((a, b) => a - b);
};

async function made(): Promise<void> {
  const isMade = (): boolean => {
    const tasks = [...world.database.tasks.values()].filter(({ kind, name }) => kind === 'version' && name.includes('orders'));
    return tasks.length === GROWN && tasks.every(({ state }) => state === 'done');
  };
  await until('figures over rows are made', isMade, 30_000);
  await counted();
}

describe('rows of entities in a log that got more partitions', () => {
  it('go on as rows of their keys, and what they were leaves the figures that hold it', async () => {
    await tellShop(world);
    await world.start('a');
    await world.start('b');
    await send(SALES, PARTITIONS);
    await counted();
    await growAll();
    await send(CHANGES.slice(0, 30), GROWN);
    await send(CHANGES.slice(30), PARTITIONS);
    await counted();
    await expectOrdersOf([...SALES, ...CHANGES]);
    expect(placesOf('anna')).toEqual([1, 4]);
  });

  it.each([0, 1, 3, 6])(
    'are made of the raw events of all partitions that their keys had, where an owner dies after %i commits',
    async (commits) => {
      await tellSales(world);
      await world.start('a');
      await send(SALES.slice(0, 80), PARTITIONS);
      await counted();
      await growAll();
      await send(SALES.slice(80), GROWN);
      await counted();
      let left = commits;
      await world.start('b', (point) => (commits > 0 && point === 'flush.committed' && (left -= 1) < 0 ? 'die' : 'go on'));
      await tellOrdersMade(world);
      await send(CHANGES, GROWN);
      await world.beat();
      await world.start('c');
      await made();
      await expectOrdersOf([...SALES, ...CHANGES]);
    },
  );

  it('go when they are past their time, whichever partition has written them', async () => {
    const nowMs = world.nowMs;
    await tellAgingOrders(world, 1, { days: 2, at: '_updated_at' });
    await world.start('a');
    await send(SALES, PARTITIONS);
    await counted();
    await growAll();
    await send(CHANGES, GROWN);
    await counted();
    const left = youngSales([...SALES, ...CHANGES], { sinceMs: nowMs - 2 * DAY_MS, which: 'last' });
    await until('what is past its time is gone', () => JSON.stringify(ordersInMemory(world)) === JSON.stringify(expectedOfAll(left)));
    await expectOrdersOf(left);
  });
});

describe('a row that another partition writes too', () => {
  const orders = METRICS.get('orders');
  const fold = createRowFold(orders === undefined ? [] : [orders]);
  const rowOf = (id: string, counted: readonly number[]): EntityRowState => ({
    key: { subject: 'anna', id },
    state: { ...NO_ENTITY, counted },
  });

  it('is left alone while it is counted by a version that may only not be known here yet', () => {
    let knownMs = 100;
    let nowMs = 200;
    const shared = createSharedRows({ registry: { knownThroughMs: () => knownMs }, nowMs: () => nowMs });
    const look = (): void => shared.look([rowOf('o-1', fold?.versions ?? []), rowOf('o-2', [7])], fold);
    expect(look).toThrow('no pack has told of');
    nowMs = 900;
    knownMs = 199;
    expect(look).toThrow('no pack has told of');
    // All is read that was told before it was met: it is given up.
    knownMs = 200;
    expect(look).not.toThrow();
    expect(() => shared.look([rowOf('o-1', fold?.versions ?? [])], fold)).not.toThrow();
  });

  it('is not overwritten by what a commit that failed had made of it', () => {
    const entity = ordersOf(FIELDS);
    const changed: EntityRowState = { key: { subject: 'anna', id: 'o-1' }, state: { ...NO_ENTITY, live: { timeMs: 5, id: 'e-5' } } };
    const prepare = (): never => {
      throw new Error('no cell changes');
    };
    const prepared = prepareEntities([{ entity, rows: [changed] }], {
      projectionOf: () => ({ entity, fold: null }),
      sharedRows: { look: () => undefined },
      ...{ prepare, closing: { arrivalToMs: 0, closedAfterS: 0 } },
    });
    const first = prepared?.merge([[]]);
    expect(prepared?.merge([[]])).toBe(first);
    expect(prepared?.isShared).toBe(true);
    const other: EntityRowState = { ...changed, state: { ...NO_ENTITY, live: { timeMs: 4, id: 'e-4' } } };
    expect(() => prepared?.merge([[other]])).toThrow('written by another partition');
  });
});
