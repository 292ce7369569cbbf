import { entityTable } from '@tidegate/core';
import { createMemoryStore } from '@tidegate/postgres/memory';
import { afterEach, describe, expect, it } from 'vitest';
import { recountAll } from './recount-damage.ts';
import {
  changesOf,
  expectedFigures,
  expectedOrders,
  orderRows,
  ordersOf,
  SALES,
  salesOfOrders,
  sendSale,
  tellAgingOrders,
  youngSales,
} from './sales.ts';
import type { Sale } from './sales.ts';
import { salesInMemory } from './stored-sales.ts';
import { START_MS, until, World } from './world.ts';

const DAY_MS = 86_400_000;
const NOW_MS = START_MS + 60_000;
const ORDERS = salesOfOrders(120);

describe('rows of an entity that are past their time', () => {
  let world: World;
  afterEach(() => world.close());

  async function begin(sales: readonly Sale[], retention: { readonly days: number; readonly at: string }): Promise<void> {
    world = await World.create();
    world.nowMs = NOW_MS;
    await tellAgingOrders(world, 1, retention);
    await world.start('a');
    await count(sales);
  }

  async function count(sales: readonly Sale[]): Promise<void> {
    for (const sale of sales) await sendSale(world, sale);
    await world.beat();
    await until('all is counted', () => world.isCounted());
  }

  const rows = (): number => world.database.entities.get(entityTable(ordersOf(['order'])))?.size ?? 0;
  const orders = (): readonly string[] => salesInMemory(world).filter((figure) => figure.startsWith('orders '));
  it.each([
    ['_created_at', 'first'],
    ['_updated_at', 'last'],
  ] as const)('go by %s, and leave the figures over them with the same commit', async (at, which) => {
    await begin(ORDERS, { days: 2, at });
    const left = youngSales(ORDERS, { sinceMs: NOW_MS - 2 * DAY_MS, which });
    expect([left.length > 0, left.length < ORDERS.length]).toEqual([true, true]);
    await until('what is past its time is gone', () => rows() === orderRows(left).length);
    await until('figures follow', () => JSON.stringify(orders()) === JSON.stringify(expectedOrders(left)));
    // A recount of the rows that are left finds nothing, and metrics over events keep what they counted.
    const recounted = await recountAll(world, 'orders');
    expect(recounted.map(({ last }) => last?.drift)).toEqual(recounted.map(() => 0));
    const sales = salesInMemory(world).filter((figure) => figure.startsWith('sales '));
    expect(sales).toEqual(expectedFigures(ORDERS).filter((figure) => figure.startsWith('sales ')));
    const causes = new Set([...world.database.restated.values()].map(({ cause }) => cause));
    expect(causes.has('retention')).toBe(true);
  });

  it('stay where an event has come for them since they were found', async () => {
    world = await World.create();
    world.nowMs = NOW_MS;
    const old = SALES.filter(({ who, timeMs }) => who === 'anna' && timeMs < NOW_MS - 2.5 * DAY_MS).slice(0, 6);
    // Half of them are sold again, yesterday.
    const news = changesOf(old.slice(0, 3)).map((sale) => ({ ...sale, timeMs: NOW_MS - DAY_MS }));
    let isFound = false;
    world.openStore = (options) => {
      const store = createMemoryStore(options);
      return {
        ...store,
        async readAgedKeys(ask) {
          const keys = await store.readAgedKeys(ask);
          if (keys.length < old.length || isFound) return isFound ? keys : [];
          isFound = true;
          await count(news);
          return keys;
        },
      };
    };
    await tellAgingOrders(world, 1, { days: 2, at: '_updated_at' });
    await world.start('a');
    await count(old);
    await until('the others are gone', () => rows() === 3);
    expect(isFound).toBe(true);
    expect(orders()).toEqual(expectedOrders([...old.slice(0, 3), ...news]));
  });
});
