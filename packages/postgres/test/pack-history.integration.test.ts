import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlStore } from '../src/index.ts';
import { createControlStore } from '../src/index.ts';
import type { ScratchDatabase } from './scratch-database.ts';
import { createMigratedDatabase } from './scratch-database.ts';

describe('a metric that changes after its events', () => {
  const PACK = {
    ...{ pack: 'shop', title: 'Shop' },
    events: { 'shop.sale': { subject: 'none', fields: { price: { type: 'integer' }, country: { type: 'string', dimension: true } } } },
    metrics: {
      'shop.sales': { events: ['shop.sale'], dimensions: ['country'], measures: { sales: { measure: 'count' } } },
      'shop.revenue': { events: ['shop.sale'], dimensions: ['country'], measures: { total: { measure: 'sum', field: 'price' } } },
    },
  };
  let database: ScratchDatabase;
  let store: ControlStore;
  beforeAll(async () => {
    database = await createMigratedDatabase();
    store = createControlStore({ databaseUrl: database.url, role: 'tidegate_gateway' });
    for (const tenant of ['changing', 'other']) await store.createTenant({ tenant, title: tenant });
    await store.applyPack('other', PACK);
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  const record = async (key: string): Promise<object | undefined> =>
    (await database.query<object>('SELECT version, value FROM control_record WHERE key = $1', [key]))[0];
  const changed = { ...PACK, metrics: { ...PACK.metrics, 'shop.sales': { ...PACK.metrics['shop.sales'], dimensions: [] } } };
  const done = (partitions: number, historyFromS: number | null): Promise<unknown> =>
    database.query(
      `INSERT INTO partition_task (partition, kind, name, spec, cursor, state)
       SELECT p, 'version', 'changing shop.sales 2', '{}', jsonb_build_object('history_from_s', $2::int8), 'done'
       FROM generate_series(0, $1::int4 - 1) AS p
       ON CONFLICT (partition, kind, name) DO UPDATE SET cursor = excluded.cursor`,
      [partitions, historyFromS],
    );

  it('is answered from its version before until every partition has made the new one', async () => {
    await store.ensurePartitions(12);
    await store.applyPack('changing', PACK);
    expect(await store.applyPack('changing', changed)).toMatchObject({
      value: {
        record: { metrics: { 'shop.sales': 2 }, making: ['shop.sales'], earlier: [{ version: 1, metrics: { 'shop.sales': 1 } }] },
      },
    });
    await done(11, null);
    expect(await store.swapMade('changing', 'shop')).toEqual([]);
    await done(12, 86_400);
    expect(await store.swapMade('changing', 'shop')).toEqual(['shop.sales']);
    expect(await store.swapMade('changing', 'shop')).toEqual([]);
    expect(await record('pack/changing/shop')).toMatchObject({
      version: '3',
      value: { version: 2, making: [], earlier: [{ metrics: { 'shop.sales': 1 } }], history: { 'shop.sales': 86_400 } },
    });
  });

  it('goes back to that version at once, and forward again, for both are folded still', async () => {
    expect(await store.rollbackPack('changing', 'shop')).toMatchObject({
      value: { record: { version: 3, metrics: { 'shop.sales': 1 }, making: [], earlier: [{ metrics: { 'shop.sales': 2 } }] } },
    });
    expect(await store.rollbackPack('changing', 'shop')).toMatchObject({
      value: { record: { version: 4, metrics: { 'shop.sales': 2 }, making: [], history: { 'shop.sales': 86_400 } } },
    });
  });

  it('cannot go back where there was nothing else', async () => {
    expect(await store.rollbackPack('changing', 'till')).toMatchObject({ fault: [{ code: 'not_found' }] });
    expect(await store.rollbackPack('other', 'shop')).toMatchObject({ fault: [{ code: 'pack_has_no_version_before' }] });
  });
});
