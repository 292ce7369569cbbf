import { createMemoryEntityReader } from '@tidegate/postgres/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changesOf, orderRows, ordersOf, salesOfOrders, sendSale, tellOrders, tellSales } from './sales.ts';
import type { Sale } from './sales.ts';
import { PARTITIONS, until, World } from './world.ts';

const SALES = salesOfOrders(120);
const CHANGES = changesOf(SALES.slice(0, 40));

describe('rows of an entity that is declared after its events', () => {
  let world: World;

  beforeEach(async () => {
    world = await World.create();
    await tellSales(world);
    await world.start('a');
  });
  afterEach(() => world.close());

  async function send(sales: readonly Sale[]): Promise<void> {
    for (const sale of sales) await sendSale(world, sale);
  }

  async function tell(version: number, fields: readonly string[]): Promise<void> {
    await tellOrders(world, version, fields);
    await world.beat();
  }

  const counted = (): Promise<void> => until('all is counted', () => world.isCounted());

  async function made(): Promise<void> {
    const isMade = (): boolean => {
      const tasks = [...world.database.tasks.values()].filter(({ kind }) => kind === 'version');
      return tasks.length === PARTITIONS && tasks.every(({ state }) => state === 'done');
    };
    await until('the rows are made', isMade);
    await counted();
  }

  async function rows(fields: readonly string[]): Promise<readonly string[]> {
    const read = await createMemoryEntityReader(world.database).read({ entity: ordersOf(fields), limit: 500 });
    if (!read.ok) throw new Error(read.fault.message);
    return read.value.rows.map((row) => fields.map((name) => String(row[name])).join(' ')).toSorted();
  }

  const expected = (sales: readonly Sale[], fields: readonly string[]): readonly string[] =>
    orderRows(sales)
      .map(({ id, order = id, region, price }) => new Map<string, unknown>(Object.entries({ order, region, price })))
      .map((row) => fields.map((name) => String(row.get(name))).join(' '))
      .toSorted();

  const ALL = ['order', 'price', 'region'];

  it('are those of all its events: from before, from while they were made, and from after', async () => {
    await send(SALES.slice(0, 80));
    await until('there are events before', () => world.database.rawRows.length > 20);
    const sending = send(SALES.slice(80));
    await tell(2, ALL);
    await sending;
    await made();
    expect(await rows(ALL)).toEqual(expected(SALES, ALL));
    await send(CHANGES);
    await counted();
    expect(await rows(ALL)).toEqual(expected([...SALES, ...CHANGES], ALL));
  });

  it('have the history of a member that is declared later', async () => {
    await send(SALES);
    await counted();
    await tell(2, ['order', 'region']);
    await made();
    expect(await rows(['order', 'region'])).toEqual(expected(SALES, ['order', 'region']));
    const first = new Set(namesOfTasks());
    await tell(3, ALL);
    await until('the first definition is given up', () => namesOfTasks().every((name) => !first.has(name)));
    await made();
    expect(await rows(ALL)).toEqual(expected(SALES, ALL));
  });

  const namesOfTasks = (): readonly string[] => [...world.database.tasks.values()].map(({ name }) => name);

  it.each([1, 2, 3, 5])('are whole where the owner dies after %i commits of making them', async (commits) => {
    await send(SALES);
    await counted();
    await world.kill(world.processes[0] ?? (await world.start('none')));
    let left = commits;
    await tell(2, ALL);
    await world.start('b', (point) => (point === 'flush.committed' && (left -= 1) < 0 ? 'die' : 'go on'));
    await send(CHANGES);
    await until('it has died or is through', () => world.processes.at(-1)?.isDead === true || world.isCounted());
    await world.start('c');
    await world.beat();
    await made();
    expect(await rows(ALL)).toEqual(expected([...SALES, ...CHANGES], ALL));
  });
});
