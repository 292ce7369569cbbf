import { compilePack, parsePack, toEntityAsk, toEntityQuery } from '@tidegate/core';
import type { Json } from '@tidegate/core';
import { createMemoryEntityReader } from '@tidegate/postgres/memory';
import { createSealer } from '@tidegate/runtime';
import { expect, test } from 'vitest';
import { createFreshness } from '../src/freshness.ts';
import type { ReadLog } from '../src/read-log.ts';
import { createReadEntity } from '../src/views/read-entity.ts';

const text = { type: 'string', action: 'keep', why: 'for the tests' };
const SOURCE = {
  pack: 'shop',
  title: 'Shop',
  events: {
    'order.placed': { subject: 'required', fields: { order_id: text, shop: text } },
    'part.sent': { subject: 'required', fields: { order_id: text, part_no: text } },
    'shop.told': { subject: 'none', key: 'shop', fields: { shop: text } },
  },
  entities: {
    order: { id: 'order_id', events: ['order.placed'], lookups: ['shop'] },
    part: { id: ['order_id', 'part_no'], events: ['part.sent'] },
    shop: { id: 'shop', events: ['shop.told'] },
  },
  metrics: {},
};

/** What a query of a view says that it reads: `entity person id`. */
async function readsOf(asked: Json): Promise<readonly string[]> {
  const parsed = parsePack(SOURCE);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  const { entities } = compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value });
  const ask = toEntityAsk(asked);
  const query = ask.ok ? toEntityQuery(ask.value, entities) : null;
  if (query?.ok !== true) throw new Error(JSON.stringify([ask, query]));
  const told: string[] = [];
  const reads: ReadLog = {
    metric: async () => undefined,
    entity: async ({ entity }, { person, id, value }) =>
      void told.push([entity, person ?? '-', id ?? '-', ...(value === null ? [] : [`${value.lookup}=${value.text}`])].join(' ')),
    untold: () => undefined,
    mayAge: () => reads,
  };
  const readEntity = createReadEntity({
    entities: createMemoryEntityReader({ entities: new Map() }),
    pseudonymOf: (tenant, id) => `${tenant}/${id}`,
    readAges: async () => null,
    cursorSealer: createSealer(new Uint8Array(32).fill(1)),
    receipts: { open: () => null, waitFor: async () => ({ countedIn: null, held: [] }), stateOf: async () => ({}) as never },
    freshness: createFreshness(() => 0),
    nowMs: () => 0,
  });
  const answer = await readEntity({
    query: query.value,
    wait: {},
    asker: { tenant: 'acme', rows: null, signal: AbortSignal.abort(), reads },
  });
  expect(answer.ok).toBe(true);
  return told;
}

const PARTS = { part: { entity: 'part', on: { order_id: 'order_id' } } };
const SHOPS = { shop: { entity: 'shop', on: { shop: 'shop' } } };

test.each<[string, Json, readonly string[]]>([
  ['all rows', { entity: 'order' }, ['order - -']],
  ['one person’s rows', { entity: 'order', subject: 'u-1' }, ['order acme/u-1 -']],
  ['one row by its id', { entity: 'order', where: { order_id: 'o-1' } }, ['order - o-1']],
  ['one of two parts of an id', { entity: 'part', where: { order_id: 'o-1' } }, ['part - -']],
  [
    'a row that others decide about',
    { entity: 'order', where: { order_id: 'o-1' }, pick: { last: 'shop', by: '_created_at' } },
    ['order - -'],
  ],
  ['figures', { entity: 'order', where: { order_id: 'o-1' }, measures: { n: { measure: 'count' } } }, ['order - o-1']],
  ['a person’s rows beside', { entity: 'order', subject: 'u-1', beside: PARTS }, ['order acme/u-1 -', 'part acme/u-1 -']],
  ['rows of nobody beside', { entity: 'order', subject: 'u-1', beside: SHOPS }, ['order acme/u-1 -', 'shop - -']],
  ['a row beside that has its own id', { entity: 'order', where: { shop: 's-1' }, beside: SHOPS }, ['order - - shop=s-1', 'shop - s-1']],
  [
    'rows by a value that others decide about',
    { entity: 'order', where: { shop: 's-1' }, pick: { last: 'order_id', by: '_created_at' } },
    ['order - -'],
  ],
  [
    'rows by a value that their rivals have too',
    { entity: 'order', where: { shop: 's-1' }, pick: { last: 'shop', by: '_created_at' } },
    ['order - - shop=s-1'],
  ],
  [
    'rows beside by a value',
    { entity: 'shop', where: { shop: 's-1' }, beside: { order: { entity: 'order', on: { shop: 'shop' } } } },
    ['shop - s-1', 'order - - shop=s-1'],
  ],
  [
    'a row beside of which one condition tells more ids',
    { entity: 'order', where: { shop: { in: ['s-1', 's-2'] } }, beside: SHOPS },
    ['order - -', 'shop - -'],
  ],
  [
    'a row beside that others decide about',
    { entity: 'order', where: { shop: 's-1' }, beside: { shop: { ...SHOPS.shop, pick: { last: 'shop', by: '_created_at' } } } },
    ['order - - shop=s-1', 'shop - -'],
  ],
  ['a row by its id with others beside', { entity: 'order', where: { order_id: 'o-1' }, beside: PARTS }, ['order - o-1', 'part - -']],
])('an answer is dropped with what it was made of: %s', async (_name, asked, expected) => {
  expect(await readsOf(asked)).toEqual(expected);
});
