import { createState, encodeState } from '@tidegate/core';
import type { StoredCell } from '@tidegate/postgres';
import { createMemoryStore } from '@tidegate/postgres/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { foundIn, recountAll } from './recount-damage.ts';
import { changesOf, expectedOfAll, METRICS, salesOfOrders, sendSale, tellShop } from './sales.ts';
import type { Sale } from './sales.ts';
import { ordersInMemory } from './stored-sales.ts';
import { PARTITIONS, START_MS, until, World } from './world.ts';

const GROWN = PARTITIONS * 2;
/** By the first count in partitions 1 and 2, by the second anna and cleo in 4 and 5. */
const KEYS: Readonly<Record<string, number>> = { anna: 4, bert: 1, cleo: 5 };
const SALES = salesOfOrders(90);
const ALL_CHANGES = changesOf(SALES);
const [CHANGES, LATE] = [ALL_CHANGES.slice(0, 60), ALL_CHANGES.slice(60)];
const MEASURES = METRICS.get('orders')?.measures ?? [];

type Cell = StoredCell & { readonly partition: number };

let world: World;
/** Called behind each reading of the rows, or of the cells, of partitions 1 and 4. */
let behind: (reading: 'rows' | 'cells') => Promise<void>;

beforeEach(async () => {
  behind = async () => undefined;
  world = await World.create();
  world.nowMs = START_MS + 60_000;
  world.openStore = (options) => {
    const store = createMemoryStore(options);
    return {
      ...store,
      async readEntityRows(ask) {
        const read = await store.readEntityRows(ask);
        if (isClassOfMost(ask)) await behind('rows');
        return read;
      },
      async readSpanCells(ask) {
        const read = await store.readSpanCells(ask);
        if (isClassOfMost(ask)) await behind('cells');
        return read;
      },
    };
  };
});
afterEach(() => world.close());

/** Orders of anna and bert are in it, so that its rows take some reading. */
function isClassOfMost({ partitions }: { readonly partitions: readonly number[] }): boolean {
  return partitions.length > 1 && partitions.includes(1);
}

async function send(sales: readonly Sale[], count: number): Promise<void> {
  for (const sale of sales) {
    const place = KEYS[sale.who] ?? 0;
    await sendSale(world, sale, { partition: place % count, key: Uint8Array.of(place, 0, 0, 0, 9) });
  }
  await world.beat();
  await until('all is counted', () => world.isCounted());
}

/** Orders of before the growth, changed by the partitions that their keys have since. */
async function grownShop(): Promise<void> {
  await tellShop(world);
  await world.start('a');
  await world.start('b');
  await send(SALES, PARTITIONS);
  const owned = (): number[] => world.processes.flatMap(({ aggregator }) => [...aggregator.partitions()]);
  world.grow(PARTITIONS, GROWN);
  await world.growTopics(GROWN);
  await until('all are owned', () => new Set(owned()).size === GROWN);
  await send(CHANGES, GROWN);
  expect(ordersInMemory(world)).toEqual(expectedOfAll([...SALES, ...CHANGES]));
}

const recount = () => recountAll(world, 'orders', GROWN);

/** Finest cells of orders that a partition holds. */
function cellsOf(partition: number): readonly (readonly [string, Cell])[] {
  return [...world.database.cells].filter(([, cell]) => {
    const series = world.database.series.get(Buffer.from(cell.seriesId).toString('hex'));
    return cell.partition === partition && cell.grain === 2 && series?.metric === 'orders';
  });
}

/** One order more than there is, of nothing. */
function spoil(partition: number, state?: Uint8Array): void {
  const [key, cell] = cellsOf(partition)[0] ?? [];
  if (key === undefined || cell === undefined) throw new Error(`partition ${partition} has no orders`);
  const wrong = createState(MEASURES);
  for (const measure of wrong) if (measure.kind === 'count') measure.n = 77;
  world.database.cells.set(key, { ...cell, state: state ?? encodeState(wrong) });
}

describe('a recount of rows in a log that got more partitions', () => {
  it('compares what the partitions of a class hold together, each class once, and finds nothing where nothing is wrong', async () => {
    await grownShop();
    const rounds = await recount();
    expect(foundIn(world)).toEqual([]);
    const tasks = [...world.database.tasks.values()].filter(({ kind, name }) => kind === 'recount' && name.includes('orders'));
    expect(tasks.map(({ partition }) => partition).toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(rounds.filter(({ last }) => (last?.cells ?? 0) > 0)).toHaveLength(2);
  });

  it.each([
    ['the first partition of the class', 1],
    ['a later one', 4],
  ])('finds what is wrong in %s, and makes the sum right once', async (_, partition) => {
    await grownShop();
    spoil(partition);
    expect(ordersInMemory(world)).not.toEqual(expectedOfAll([...SALES, ...CHANGES]));
    await recount();
    expect(world.database.drifts.map(({ partition: by, isRepaired }) => [by, isRepaired])).toEqual([[1, true]]);
    expect(ordersInMemory(world)).toEqual(expectedOfAll([...SALES, ...CHANGES]));
    await recount();
    expect(world.database.drifts).toHaveLength(1);
  });

  it.each(['rows', 'cells'] as const)('takes nothing that any of the partitions changes behind the %s for drift', async (at) => {
    await grownShop();
    let late = LATE;
    const all = [...SALES, ...ALL_CHANGES];
    behind = async (reading) => {
      const now = reading === at ? late : [];
      if (now.length > 0) late = [];
      if (now.length > 0) await send(now, GROWN);
    };
    const rounds = await recount();
    expect(foundIn(world)).toEqual([]);
    if (at === 'rows') expect(rounds.reduce((sum, { last }) => sum + (last?.cellsMoved ?? 0), 0)).toBeGreaterThan(0);
    expect(ordersInMemory(world)).toEqual(expectedOfAll(all));
    await recount();
    expect(foundIn(world)).toEqual([]);
  });

  it('tells of a cell that cannot be read: its own is made anew, that of another partition is left', async () => {
    await grownShop();
    spoil(1, Uint8Array.of(1, 255));
    await recount();
    expect(world.database.drifts.map(({ kind, isRepaired }) => [kind, isRepaired])).toEqual([['unreadable', true]]);
    expect(ordersInMemory(world)).toEqual(expectedOfAll([...SALES, ...CHANGES]));
    spoil(4, Uint8Array.of(1, 255));
    await recount();
    expect(world.database.drifts.slice(1).map(({ kind, isRepaired }) => [kind, isRepaired])).toEqual([['unreadable', false]]);
  });
});
