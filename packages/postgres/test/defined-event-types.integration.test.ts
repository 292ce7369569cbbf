import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlStore } from '../src/index.ts';
import { createControlStore } from '../src/index.ts';
import type { ScratchDatabase } from './scratch-database.ts';
import { createMigratedDatabase } from './scratch-database.ts';

const SALE = {
  fields: { country: { type: 'string', dimension: true } },
  metrics: { 'shop.sales': { dimensions: ['country'], measures: { sales: { measure: 'count' } } } },
};
const returned = (no: number): object => ({
  fields: { n: { type: 'integer', action: 'keep', why: 'for the tests' } },
  metrics: {},
  title: `Return ${no}`,
});

describe('event types that tenants define', () => {
  let database: ScratchDatabase;
  let store: ControlStore;

  beforeAll(async () => {
    database = await createMigratedDatabase();
    store = createControlStore({ databaseUrl: database.url, role: 'tidegate_gateway' });
    for (const tenant of ['acme', 'other', 'racing']) await store.createTenant({ tenant, title: tenant });
  });

  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  const announced = async (tenant: string): Promise<unknown> =>
    (await database.query<{ value: unknown }>('SELECT value FROM control_record WHERE key = $1', [`pack/${tenant}/custom`]))[0]?.value;

  it('are announced in the transaction that makes them, with metrics that have versions, and are those of their tenant', async () => {
    const made = await store.applyEventType('acme', { eventType: 'shop.sale', mode: 'add', declared: SALE });
    expect(made).toMatchObject({ ok: true, value: { isChange: true, raisedMetrics: ['shop.sales'] } });
    expect(await announced('acme')).toMatchObject({ pack: 'custom', metrics: { 'shop.sales': 1 }, making: [] });
    expect(await announced('other')).toBeUndefined();
    expect(await store.readPacks('acme')).toMatchObject([{ pack: 'custom', version: 1 }]);
    expect(await store.applyEventType('nobody', { eventType: 'shop.sale', mode: 'add', declared: SALE })).toMatchObject({
      fault: [{ code: 'not_found' }],
    });
  });

  it('are changed once: the same again is no change, and what is not compatible changes nothing', async () => {
    const wider = { ...SALE, fields: { ...SALE.fields, page: { type: 'string', optional: true, action: 'keep', why: 'for the tests' } } };
    const change = async (declared: unknown) => store.applyEventType('acme', { eventType: 'shop.sale', mode: 'change', declared });
    expect(await change(wider)).toMatchObject({ ok: true, value: { isChange: true, record: { version: 2 } } });
    expect(await change(wider)).toMatchObject({ ok: true, value: { isChange: false, record: { version: 2 } } });
    expect(await change(SALE)).toMatchObject({ ok: false, fault: [{ code: 'event_type_incompatible', path: 'fields.page' }] });
    expect(await announced('acme')).toMatchObject({ version: 2 });
    // Another way to count events that may be there already: made in the shadow first, as of any pack.
    const metrics = { 'shop.sales': { dimensions: ['country'], measures: { events: { measure: 'count' } } } };
    expect(await change({ ...wider, metrics })).toMatchObject({
      value: { record: { metrics: { 'shop.sales': 2 }, making: ['shop.sales'] } },
    });
  });

  it('of two who define at once are both there', async () => {
    const names = Array.from({ length: 3 }, (_, no) => `shop.returned_${no}`);
    const made = await Promise.all(
      names.map(async (eventType, no) => store.applyEventType('racing', { eventType, mode: 'add', declared: returned(no) })),
    );
    expect(made.map(({ ok }) => ok)).toEqual(names.map(() => true));
    const [pack] = await store.readPacks('racing');
    expect(Object.keys(pack?.source.events ?? {}).toSorted()).toEqual(names);
    const twice = await Promise.all(
      [1, 2].map(async (no) => store.applyEventType('racing', { eventType: 'shop.lost', mode: 'add', declared: returned(no) })),
    );
    expect(twice.map(({ ok }) => ok).toSorted()).toEqual([false, true]);
  });
});
