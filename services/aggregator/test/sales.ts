/** A shop whose customers can be erased: what they bought, and what is to be counted of it. */
import { compilePack, parsePack } from '@tidegate/core';
import type { CompiledEntity, CompiledMetric } from '@tidegate/core';
import { eventHeaders, JSON_HEADERS } from './records.ts';
import { START_MS, TOPICS } from './world.ts';
import type { World } from './world.ts';

const SOURCE = {
  pack: 'shop',
  title: 'A shop',
  events: {
    'shop.sale': {
      subject: 'required',
      fields: { order: { type: 'string' }, region: { type: 'string', dimension: true }, price: { type: 'decimal' } },
    },
  },
  entities: { order: { id: 'order', events: ['shop.sale'] } },
  metrics: {
    // Can be taken out of a cell again; cannot, and is recounted; over rows.
    sales: {
      events: ['shop.sale'],
      dimensions: ['region'],
      sets: [['region'], ['region', 'subject']],
      measures: { n: { measure: 'count' }, revenue: { measure: 'sum', field: 'price' } },
    },
    extremes: {
      events: ['shop.sale'],
      dimensions: ['region'],
      measures: { most: { measure: 'max', field: 'price' }, people: { measure: 'distinct', field: 'subject' } },
    },
    orders: { over: 'order', dimensions: ['region'], measures: { n: { measure: 'count' }, total: { measure: 'sum', field: 'price' } } },
  },
};

function compiledMetrics(): ReadonlyMap<string, CompiledMetric> {
  const parsed = parsePack(SOURCE);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  const metricVersions = { sales: 1, extremes: 1, orders: 1 };
  return compilePack({ tenant: 'acme', version: 1, metricVersions, pack: parsed.value }).metrics;
}

export const METRICS = compiledMetrics();
export const REQUEST = '0192f0aa-0000-7000-8000-000000000001';
const PARTITION_OF: Readonly<Record<string, number>> = { anna: 1, bert: 1, cleo: 2 };
const PEOPLE = Object.keys(PARTITION_OF);

export interface Sale {
  readonly id: string;
  /** Default: the id. A later sale of an order changes its row. */
  readonly order?: string;
  readonly who: string;
  readonly region: string;
  readonly price: number;
  readonly timeMs: number;
}

/** Over four days, the newest of them open; each quarter of an hour has events of everybody. */
export const saleAt = (i: number): Sale => ({
  ...{ id: `s-${i}`, who: PEOPLE[i % 3] ?? '', region: ['north', 'south'][i % 2] ?? '', price: 100 + ((i * 37) % 400) },
  timeMs: START_MS - (Math.floor(i / 6) % 20) * 18_000_000,
});
export const SALES: readonly Sale[] = Array.from({ length: 132 }, (_, i) => saleAt(i));

/** Each fourth sale is of an order that was sold before, and changes its row. */
export const salesOfOrders = (count: number): readonly Sale[] =>
  Array.from({ length: count }, (_, i) => {
    const [sale, earlier] = [saleAt(i), saleAt(i - 3)];
    return i % 4 === 3 ? { ...sale, order: earlier.id, who: earlier.who } : sale;
  });

/** Of each sale a later one of its order, in the other region and for one more: every row changes, and stays where it is. */
export const changesOf = (sales: readonly Sale[]): readonly Sale[] =>
  sales.map((sale, i) => ({
    ...{ ...sale, id: `late-${i}`, order: sale.order ?? sale.id, timeMs: sale.timeMs + 60_000_000 },
    ...{ region: sale.region === 'north' ? 'south' : 'north', price: sale.price + 1 },
  }));

/** By metric, partition, region and quarter of an hour, of plain additions. */
export function expectedFigures(sales: readonly Sale[]): readonly string[] {
  const groups = Map.groupBy(sales, ({ who, region, timeMs }) => `${PARTITION_OF[who]} ${region} ${Math.floor(timeMs / 900_000) * 900}`);
  return [...groups]
    .flatMap(([place, of]) => {
      const sum = of.reduce((total, { price }) => total + price, 0);
      const most = Math.max(...of.map(({ price }) => price));
      const people = new Set(of.map(({ who }) => who)).size;
      return [`sales ${place}: ${of.length} ${sum}`, `orders ${place}: ${of.length} ${sum}`, `extremes ${place}: ${most} ${people}`];
    })
    .toSorted();
}

/** Of `orders`, which count the rows that there are. */
export function expectedOrders(sales: readonly Sale[]): readonly string[] {
  return expectedFigures(orderRows(sales)).filter((figure) => figure.startsWith('orders '));
}

/** Of `orders`, by region and quarter of an hour, wherever rows and their figures lie. */
export function expectedOfAll(sales: readonly Sale[]): readonly string[] {
  const groups = Map.groupBy(orderRows(sales), ({ region, timeMs }) => `${region} ${Math.floor(timeMs / 900_000) * 900}`);
  return [...groups].map(([place, of]) => `orders ${place}: ${of.length} ${of.reduce((total, { price }) => total + price, 0)}`).toSorted();
}

/** Each order as its last sale said, where its first one lies. */
export function orderRows(sales: readonly Sale[]): readonly Sale[] {
  const orders = Map.groupBy(sales, ({ id, order = id, who }) => `${who} ${order}`);
  return [...orders.values()].flatMap((of) => {
    const sorted = of.toSorted((a, b) => a.timeMs - b.timeMs || (a.id < b.id ? -1 : 1));
    const [first, last] = [sorted[0], sorted.at(-1)];
    return first === undefined || last === undefined ? [] : [{ ...last, timeMs: first.timeMs }];
  });
}

/** Sales of orders of which the first one, or the last one, is not older than an instant. */
export function youngSales(
  sales: readonly Sale[],
  { sinceMs, which }: { readonly sinceMs: number; readonly which: 'first' | 'last' },
): readonly Sale[] {
  const orders = Map.groupBy(sales, ({ id, order = id, who }) => `${who} ${order}`);
  return [...orders.values()].flatMap((own) => {
    const times = own.map(({ timeMs }) => timeMs);
    return (which === 'first' ? Math.min(...times) : Math.max(...times)) >= sinceMs ? own : [];
  });
}

/** What makes the entity's table. */
export const COLUMNS_OF_SHOP: readonly unknown[] = ['shop', 'order', ['order.text', 'region.text', 'price.numeric'], []];

export async function tellShop(world: World): Promise<void> {
  await tell(world, { version: 1, source: SOURCE, metrics: VERSIONS });
}

/** The same events, counted by `sales` alone: no entity yet. */
export async function tellSales(world: World): Promise<void> {
  const { sales } = SOURCE.metrics;
  await tell(world, { version: 1, source: { ...SOURCE, entities: {}, metrics: { sales } }, metrics: { sales: 1 } });
}

/** Orders come to it, with these members and no metric over them. */
export async function tellOrders(world: World, version: number, fields: readonly string[]): Promise<void> {
  await tell(world, { version, source: ordersSource(fields), metrics: { sales: 1 } });
}

export function ordersOf(fields: readonly string[]): CompiledEntity {
  const parsed = parsePack(ordersSource(fields));
  const entity = parsed.ok
    ? compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value }).entities.get('order')
    : undefined;
  if (entity === undefined) throw new Error('no such entity');
  return entity;
}

function ordersSource(fields: readonly string[]): object {
  const { sales } = SOURCE.metrics;
  return { ...SOURCE, entities: { order: { ...SOURCE.entities.order, fields } }, metrics: { sales } };
}

/** Orders go some days after their first sale, or their last one. */
export async function tellAgingOrders(
  world: World,
  version: number,
  retention: { readonly days: number; readonly at: string },
): Promise<void> {
  const order = { ...SOURCE.entities.order, retention, indexes: [[retention.at]] };
  await tell(world, { version, source: { ...SOURCE, entities: { order } }, metrics: VERSIONS });
}

/** A second version of `sales`, which counts the same, is to be made of raw events. */
export async function tellNewSales(world: World): Promise<void> {
  const sales = { ...SOURCE.metrics.sales, where: { price: { gte: 0 } } };
  const source = { ...SOURCE, metrics: { ...SOURCE.metrics, sales } };
  const earlier = [{ version: 1, source: SOURCE, metrics: VERSIONS }];
  await tell(world, { version: 2, source, metrics: { ...VERSIONS, sales: 2 }, making: ['sales'], earlier });
}

/** Orders, and figures over them, come to what `tellSales` told: they are to be made of raw events. */
export async function tellOrdersMade(world: World): Promise<void> {
  const { sales } = SOURCE.metrics;
  const source = { ...SOURCE, metrics: { sales, orders: SOURCE.metrics.orders } };
  await tell(world, { version: 2, source, metrics: { sales: 1, orders: 1 }, making: ['orders'] });
}

const VERSIONS = { sales: 1, extremes: 1, orders: 1 };

async function tell(world: World, record: { readonly version: number } & Readonly<Record<string, unknown>>): Promise<void> {
  const value = JSON.stringify({ version: record.version, value: { pack: 'shop', ...record } });
  await world.append(TOPICS.control, 0, { key: 'pack/acme/shop', value, headers: JSON_HEADERS });
}

/** `at`: default where the person's events lie, with a key that tells no partition. */
export async function sendSale(
  world: World,
  { id, order = id, who, region, price, timeMs }: Sale,
  at: { readonly partition: number; readonly key?: Uint8Array } = { partition: PARTITION_OF[who] ?? 0 },
): Promise<void> {
  const value = {
    ...{ specversion: '1.0', id, source: 'urn:till', type: 'shop.sale', subject: who, time: new Date(timeMs).toISOString() },
    ...{ datacontenttype: 'application/json', tenant: 'acme', packversion: 1, data: { order, region, price } },
  };
  const key = at.key === undefined ? {} : { key: at.key };
  await world.append(TOPICS.events, at.partition, { ...key, value: JSON.stringify(value), headers: eventHeaders(id) });
}

export function isOthers({ who }: Sale): boolean {
  return who !== 'anna';
}
