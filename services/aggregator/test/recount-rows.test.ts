import { decodeState, readMeasureAt } from '@tidegate/core';
import type { StoredCell } from '@tidegate/postgres';
import { createMemoryStore } from '@tidegate/postgres/memory';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { damages, foundIn, plant, recountAll } from './recount-damage.ts';
import type { Damage } from './recount-damage.ts';
import { changesOf, expectedOrders, METRICS, salesOfOrders, sendSale, tellShop } from './sales.ts';
import type { Sale } from './sales.ts';
import { salesInMemory } from './stored-sales.ts';
import { PARTITIONS, START_MS, until, World } from './world.ts';

interface Race {
  world: World | null;
  readonly open: World['openStore'];
}

/** Cells of metrics over rows are compared whatever their age. */
const EVER_S = START_MS / 1_000 + 30 * 86_400;

const orders = (world: World): readonly string[] => salesInMemory(world).filter((figure) => figure.startsWith('orders '));

async function inShop(sales: readonly Sale[], check: (world: World) => Promise<void>, openStore?: World['openStore']): Promise<void> {
  const world = await World.create();
  world.nowMs = START_MS + 60_000;
  if (openStore !== undefined) world.openStore = openStore;
  try {
    await tellShop(world);
    await world.start('a', () => 'go on', { dimensionValuesMax: 10 });
    for (const sale of sales) await sendSale(world, sale);
    await world.beat();
    await until('all is counted', () => world.isCounted());
    const isSealed = (): boolean =>
      [...world.database.live.values()].filter(({ seals }) => seals.through.day >= START_MS / 1_000 - 2 * 86_400).length === PARTITIONS;
    await until('closed buckets are sealed', isSealed);
    await check(world);
  } finally {
    await world.close();
  }
}

/** Of orders, and not what rows have left again: of that there may be a cell or none. */
function isOrders({ database }: World, { seriesId, state }: StoredCell): boolean {
  const series = database.series.get(Buffer.from(seriesId).toString('hex'));
  const read = decodeState(state, METRICS.get('orders')?.measures ?? []);
  return series?.metric === 'orders' && read !== null && readMeasureAt(read, 0) !== 0;
}

function plantAll(world: World, all: readonly Damage[], partition: number | null = null): string[] {
  const isMeant = (cell: StoredCell & { readonly partition: number }): boolean =>
    isOrders(world, cell) && (partition === null || cell.partition === partition);
  const to = { spoiled: new Set<string>(), closedS: EVER_S, isMeant };
  return all.flatMap((damage) => plant(world, damage, to) ?? []).toSorted();
}

describe('a recount of the rows of an entity', () => {
  it('finds each cell of a metric over them that was spoiled and no other, repairs it, and finds nothing the next time', async () => {
    const property = fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.array(damages, { maxLength: 6 }), (count, spoiling) =>
      inShop(salesOfOrders(count), async (world) => {
        const planted = plantAll(world, spoiling);
        const first = await recountAll(world, 'orders');
        expect(foundIn(world)).toEqual(planted);
        expect(world.database.drifts.filter(({ isRepaired }) => !isRepaired)).toEqual([]);
        expect(first.reduce((sum, { last }) => sum + (last?.repaired ?? 0), 0)).toBe(planted.length);
        expect(first.map(({ last }) => [last?.days, last?.daysUnkept])).toEqual(first.map(() => [0, 0]));
        const second = await recountAll(world, 'orders');
        expect(second.map(({ last }) => [last?.drift, last?.cellsMoved])).toEqual(second.map(() => [0, 0]));
        expect(second.reduce((sum, { last }) => sum + (last?.cells ?? 0), 0)).toBeGreaterThan(0);
        expect(orders(world)).toEqual(expectedOrders(salesOfOrders(count)));
      }),
    );
    await fc.assert(property, { numRuns: 8, seed: 11, endOnFailure: true });
  }, 120_000);

  /** All of `late` is counted behind the first such reading of a partition that has rows, once there is a world. */
  function interrupted(at: 'readEntityRows' | 'readSpanCells', late: readonly Sale[]): Race {
    let left = [...late];
    const race: Race = {
      world: null,
      open(options) {
        const store = createMemoryStore(options);
        return {
          ...store,
          readEntityRows: async (ask) => behind('readEntityRows', ask.partitions, await store.readEntityRows(ask)),
          readSpanCells: async (ask) => behind('readSpanCells', ask.partitions, await store.readSpanCells(ask)),
        };
      },
    };
    async function behind<T>(reading: typeof at, partitions: readonly number[], read: T): Promise<T> {
      const { world } = race;
      if (world === null || reading !== at || !partitions.includes(1)) return read;
      const now = left;
      left = [];
      for (const sale of now) await sendSale(world, sale);
      await until('what came meanwhile is counted', () => world.isCounted());
      return read;
    }
    return race;
  }

  const sales = salesOfOrders(40);
  const changes = changesOf(sales);

  it.each(['readEntityRows', 'readSpanCells'] as const)('takes no row that changes behind %s for drift', async (at) => {
    const race = interrupted(at, changes);
    await inShop(
      sales,
      async (world) => {
        race.world = world;
        const during = await recountAll(world, 'orders');
        expect(foundIn(world)).toEqual([]);
        if (at === 'readEntityRows') expect(during.reduce((sum, { last }) => sum + (last?.cellsMoved ?? 0), 0)).toBeGreaterThan(0);
        const after = await recountAll(world, 'orders');
        expect(after.map(({ last }) => [last?.drift, last?.cellsMoved])).toEqual(after.map(() => [0, 0]));
        expect(orders(world)).toEqual(expectedOrders([...sales, ...changes]));
      },
      race.open,
    );
  });

  it('leaves a spoiled cell that a flush has changed since it was compared, and repairs it in the next round', async () => {
    const race = interrupted('readSpanCells', changes);
    await inShop(
      sales,
      async (world) => {
        const planted = plantAll(world, [{ kind: 'differs', pick: 0 }], 1);
        race.world = world;
        await recountAll(world, 'orders');
        expect(foundIn(world)).toEqual(planted);
        expect(world.database.drifts.map(({ isRepaired }) => isRepaired)).toEqual([false]);
        await recountAll(world, 'orders');
        expect(orders(world)).toEqual(expectedOrders([...sales, ...changes]));
      },
      race.open,
    );
  });
});
