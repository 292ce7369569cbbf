import { decodeState, GRAINS, readMeasureAt } from '@tidegate/core';
import type { DataStore } from '@tidegate/postgres';
import { createMemoryStore } from '@tidegate/postgres/memory';
import { afterEach, describe, expect, it } from 'vitest';
import { JSON_HEADERS } from './records.ts';
import { isOthers, METRICS, REQUEST, saleAt, SALES, sendSale, tellNewSales, tellShop } from './sales.ts';
import { START_MS, TOPICS, until, World } from './world.ts';

const OTHERS = SALES.filter(isOthers).length;

describe('the erasure of a person and what goes on beside it', () => {
  let world: World;
  afterEach(() => world.close());

  async function begin(wrap: (store: DataStore) => DataStore = (store) => store): Promise<void> {
    world = await World.create();
    world.nowMs = START_MS + 60_000;
    world.openStore = (options) => wrap(createMemoryStore(options));
    await tellShop(world);
    await world.start('a', () => 'go on', { cachedCellsMax: 64 });
    for (const sale of SALES) await sendSale(world, sale);
    await counted();
    await until('rows of orders are made', () => done('acme shop/order ') === 3, 30_000);
  }

  /** On how many partitions. */
  const done = (name: string): number =>
    [...world.database.tasks.values()].filter((task) => task.name.startsWith(name) && task.state === 'done').length;

  async function counted(): Promise<void> {
    await world.beat();
    await until('all is counted', () => world.isCounted(), 30_000);
  }

  function ask(): void {
    const erasure = { requestId: REQUEST, tenant: 'acme', subject: 'anna', partition: 1, visited: [], isBegun: false, isDone: false };
    world.database.erasures.set(REQUEST, { ...erasure, counts: new Map() });
  }

  const erasure = () => world.database.erasures.get(REQUEST);
  const erased = (): Promise<void> => until('the person is erased', () => erasure()?.isDone === true, 30_000);
  const ofAnna = (): number => world.database.rawRows.filter(({ subject }) => subject === 'anna').length;
  const NEW_SALES = 'acme sales 2';
  /** On her partition. */
  const isMade = (): boolean =>
    [...world.database.tasks.values()].some(({ partition, name, state }) => partition === 1 && name === NEW_SALES && state === 'done');
  const made = (): Promise<void> => until('the version is made', () => done(NEW_SALES) === 3, 30_000);

  /** How many events the cells of one version of `sales` count, all persons together. */
  function sold(version: number): number {
    let events = 0;
    for (const { seriesId, grain, state } of world.database.cells.values()) {
      const series = world.database.series.get(Buffer.from(seriesId).toString('hex'));
      if (series?.metric !== 'sales' || series.version !== version || series.subject !== '' || grain !== GRAINS.quarter_hour.code) continue;
      const read = decodeState(state, METRICS.get('sales')?.measures ?? []);
      events += read === null ? Number.NaN : Number(readMeasureAt(read, 0));
    }
    return events;
  }

  it('is done over where the database was restored from a backup without the request, by what the control topic tells', async () => {
    await begin();
    const value = JSON.stringify({ version: 1, value: { request_id: REQUEST, partition: 1 } });
    await world.append(TOPICS.control, 0, { key: 'erased/acme/anna', value, headers: JSON_HEADERS });
    await erased();
    expect([ofAnna(), sold(1)]).toEqual([0, OTHERS]);
    // Of a later event nothing is counted or kept.
    await sendSale(world, { ...saleAt(0), id: 'later' });
    await counted();
    expect([ofAnna(), sold(1)]).toEqual([0, OTHERS]);
    expect([...world.database.rejected.values()].map(({ code }) => code)).toEqual(['erased']);
  });

  it('waits for a metric version that is being made of raw events, and is then in it too', async () => {
    const page = Promise.withResolvers<void>();
    let [pages, looks, isHeld] = [0, 0, false];
    await begin((store) => ({
      ...store,
      async readRawRows(range) {
        const rows = await store.readRawRows(range);
        if (!isHeld) return rows;
        pages += 1;
        await page.promise;
        return rows;
      },
      async readErasures(partitions, all) {
        const found = await store.readErasures(partitions, all);
        if (!all && found.length > 0) looks += 1;
        return found;
      },
    }));
    isHeld = true;
    await tellNewSales(world);
    await counted();
    // Rows of her are in memory, on their way into the version's cells.
    await until('raw rows are read', () => pages > 0, 30_000);
    ask();
    // Each look but the first comes after one that tried to begin.
    await until('the owner has looked', () => looks > 3, 30_000);
    expect([erasure()?.isBegun, isMade()]).toEqual([false, false]);
    page.resolve();
    await erased();
    await made();
    expect([ofAnna(), sold(1), sold(2)]).toEqual([0, OTHERS, OTHERS]);
  });

  it('is waited for by a metric version that is told meanwhile, which then finds nothing of the person', async () => {
    const rows = Promise.withResolvers<void>();
    let isRead = false;
    await begin((store) => ({
      ...store,
      async readPersonRows(asked) {
        const found = await store.readPersonRows(asked);
        isRead = true;
        await rows.promise;
        return found;
      },
    }));
    ask();
    await until('it has begun', () => isRead && erasure()?.isBegun === true, 30_000);
    await tellNewSales(world);
    await until('the other partitions make it', () => done(NEW_SALES) === 2);
    // Counted after they were through: the owner has told of its turn, and adopted nothing.
    await sendSale(world, { ...saleAt(1), id: 'of-another' });
    await counted();
    const adopted = [...world.database.tasks.values()].filter(({ name }) => name === NEW_SALES);
    expect(adopted.map(({ partition }) => partition)).not.toContain(1);
    rows.resolve();
    await erased();
    await made();
    expect([ofAnna(), sold(1), sold(2)]).toEqual([0, OTHERS + 1, OTHERS + 1]);
  });
});
