import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlOutbox, ControlStore } from '../src/index.ts';
import {
  createControlOutbox,
  createControlStore,
  listenForControlChanges,
  migrate,
  parseApiKeyRecord,
  readApiKey,
  seedDemo,
} from '../src/index.ts';
import type { ScratchDatabase } from './scratch-database.ts';
import { createScratchDatabase } from './scratch-database.ts';

const PACK = {
  pack: 'shop',
  title: 'Shop',
  events: {
    'shop.sale': { subject: 'none', fields: { price: { type: 'integer', min: 0 }, country: { type: 'string', dimension: true } } },
  },
  metrics: {
    'shop.sales': { events: ['shop.sale'], dimensions: ['country'], measures: { sales: { measure: 'count' } } },
    'shop.revenue': { events: ['shop.sale'], dimensions: ['country'], measures: { total: { measure: 'sum', field: 'price' } } },
  },
};

interface RecordRow {
  key: string;
  version: string;
  value: unknown;
  published_version: string;
}

describe('the control plane in Postgres', () => {
  let database: ScratchDatabase;
  let store: ControlStore;
  let outbox: ControlOutbox;

  beforeAll(async () => {
    database = await createScratchDatabase();
    await migrate({ databaseUrl: database.url });
    store = createControlStore({ databaseUrl: database.url, role: 'tidegate_gateway' });
    outbox = createControlOutbox({ databaseUrl: database.url, role: 'tidegate_gateway' });
    for (const tenant of ['acme', 'other', 'racing', 'moving']) await store.createTenant({ tenant, title: tenant });
  });

  afterAll(async () => {
    await outbox.close();
    await store.close();
    await database.drop();
  });

  const record = async (key: string): Promise<RecordRow | undefined> =>
    (await database.query<RecordRow>('SELECT * FROM control_record WHERE key = $1', [key]))[0];

  it('a tenant is made once', async () => {
    expect(await store.createTenant({ tenant: 'acme', title: 'Another title' })).toBe(false);
    expect(await record('tenant/acme/-')).toMatchObject({ version: '1', value: { tenant: 'acme', title: 'acme' } });
  });

  it('a key reaches the outbox in the transaction that makes it, and its secret stands nowhere', async () => {
    const created = await store.createKey({ tenant: 'acme', name: 'ci', kind: 'live', scopes: ['ingest:write'], expiresAtMs: 4e12 });
    if (created === null) throw new Error('the tenant exists');
    const { key, secret } = created;
    const reading = readApiKey(secret);
    const row = await record(`key/acme/${key.keyId}`);
    expect(parseApiKeyRecord(row?.value)).toEqual({
      key_id: key.keyId,
      tenant: 'acme',
      kind: 'live',
      sha256: reading.ok ? reading.sha256Hex : '',
      scopes: ['ingest:write'],
      state: 'active',
      expires_at_ms: 4e12,
    });
    const everything = JSON.stringify(await database.query('SELECT api_key, control_record FROM api_key, control_record'));
    expect(everything).not.toContain(secret.slice(8, 30));
  });

  it('a key is revoked once, keeps its first instant, and only its own tenant can do it', async () => {
    const created = await store.createKey({ tenant: 'acme', name: 'old', kind: 'live', scopes: ['query:read'], expiresAtMs: null });
    const keyId = created?.key.keyId ?? '';
    expect(await store.revokeKey({ tenant: 'other', keyId, nowMs: 1 })).toBeNull();
    expect(await store.revokeKey({ tenant: 'acme', keyId, nowMs: 1_000 })).toMatchObject({ state: 'revoked', revokedAtMs: 1_000 });
    expect(await store.revokeKey({ tenant: 'acme', keyId, nowMs: 9_000 })).toMatchObject({ state: 'revoked', revokedAtMs: 1_000 });
    expect(await record(`key/acme/${keyId}`)).toMatchObject({ version: '2', value: { state: 'revoked' } });
    const reading = readApiKey(created?.secret ?? '');
    expect(await store.readRevokedHashes()).toEqual([reading.ok ? reading.sha256Hex : '']);
    expect((await store.listKeys('other')).length).toBe(0);
    expect((await store.listKeys('acme')).map(({ name }) => name)).toEqual(['ci', 'old']);
  });

  it('a tenant that does not exist gets neither keys nor packs', async () => {
    expect(await store.createKey({ tenant: 'nobody', name: 'x', kind: 'live', scopes: ['query:read'], expiresAtMs: null })).toBeNull();
    expect(await store.applyPack('nobody', PACK)).toMatchObject({ ok: false, fault: [{ code: 'not_found' }] });
  });

  it('only the metrics whose definition changed get a new version, and the same pack again changes nothing', async () => {
    const first = await store.applyPack('acme', PACK);
    const again = await store.applyPack('acme', PACK);
    const changed = { ...PACK, metrics: { ...PACK.metrics, 'shop.sales': { ...PACK.metrics['shop.sales'], dimensions: [] } } };
    const preview = await store.planPack('acme', changed);
    const second = await store.applyPack('acme', changed);
    expect(first).toMatchObject({
      ok: true,
      value: { isChange: true, raisedMetrics: ['shop.sales', 'shop.revenue'], record: { version: 1 } },
    });
    expect(again).toMatchObject({ ok: true, value: { isChange: false, raisedMetrics: [], record: { version: 1 } } });
    expect(preview).toEqual(second);
    expect(second).toMatchObject({
      ok: true,
      value: { raisedMetrics: ['shop.sales'], record: { version: 2, metrics: { 'shop.sales': 2, 'shop.revenue': 1 } } },
    });
    expect(await record('pack/acme/shop')).toMatchObject({
      version: '2',
      value: { pack: 'shop', version: 2, metrics: { 'shop.sales': 2 } },
    });
    expect(await database.query('SELECT version FROM pack_version ORDER BY version')).toEqual([{ version: 1 }, { version: 2 }]);
  });

  it('an event type belongs to one pack of a tenant, and to any pack of another', async () => {
    const rival = { ...PACK, pack: 'rival' };
    expect(await store.applyPack('acme', rival)).toMatchObject({
      ok: false,
      fault: [{ code: 'pack_invalid', path: 'events.shop.sale' }, { path: 'metrics.shop.sales' }, { path: 'metrics.shop.revenue' }],
    });
    expect(await store.applyPack('other', rival)).toMatchObject({ ok: true });
    expect((await store.readPacks('other')).map(({ pack }) => pack)).toEqual(['rival']);
  });

  it('an event type and a metric that move to another pack meet no number of their former one', async () => {
    const withReturns = { ...PACK, events: { ...PACK.events, 'shop.return': { subject: 'none', fields: {} } } };
    const { 'shop.return': returns } = withReturns.events;
    const applied = [
      await store.applyPack('moving', withReturns),
      await store.applyPack('moving', { ...withReturns, events: { 'shop.return': returns }, metrics: {} }),
      await store.applyPack('moving', { ...PACK, pack: 'till' }),
    ].map((result) => (result.ok ? result.value.record : result.fault));
    expect(applied).toMatchObject([
      { pack: 'shop', version: 1, metrics: { 'shop.sales': 1, 'shop.revenue': 1 } },
      { pack: 'shop', version: 2 },
      { pack: 'till', version: 3, metrics: { 'shop.sales': 2, 'shop.revenue': 2 } },
    ]);
  });

  it('packs that are applied at the same moment are planned one after the other', async () => {
    const limits = [10, 20, 30, 40];
    const packs = limits.map((max) => ({
      ...PACK,
      metrics: { 'shop.sales': { ...PACK.metrics['shop.sales'], where: { price: { lt: max } } } },
    }));
    const applied = await Promise.all(packs.map((pack) => store.applyPack('racing', pack)));
    const versions = applied.map((result) => (result.ok ? result.value.record.version : 0));
    const metrics = applied.map((result) => (result.ok ? result.value.record.metrics['shop.sales'] : 0));
    expect(versions.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
    expect(metrics).toEqual(versions);
  });

  it('the partition count is recorded once', async () => {
    expect(await store.ensurePartitions(12)).toBe(12);
    expect(await store.ensurePartitions(24)).toBe(12);
    expect(await record('partitions/-/events')).toMatchObject({ version: '1', value: { count: 12 } });
  });

  it('what is published leaves the outbox, and a newer version enters it again', async () => {
    const before = await outbox.readUnpublished();
    expect(before.length).toBeGreaterThan(5);
    await outbox.markPublished(before);
    expect(await outbox.readUnpublished()).toEqual([]);
    await store.createTenant({ tenant: 'late', title: 'Late' });
    expect(await outbox.readUnpublished()).toEqual([{ key: 'tenant/late/-', version: 1, value: { tenant: 'late', title: 'Late' } }]);
    await outbox.markPublished([{ key: 'pack/acme/shop', version: 1, value: null }]);
    expect(await record('pack/acme/shop')).toMatchObject({ published_version: '2' });
    expect((await outbox.readAll()).length).toBe(before.length + 1);
  });

  it('one publisher holds the lease; the next gets a higher term once it is given up or has run out', async () => {
    expect(await outbox.holdLease('a', 60_000)).toBe(1);
    expect(await outbox.holdLease('b', 60_000)).toBeNull();
    expect(await outbox.holdLease('a', 60_000)).toBe(1);
    await outbox.releaseLease('b');
    expect(await outbox.holdLease('b', 60_000)).toBeNull();
    await outbox.releaseLease('a');
    expect(await outbox.holdLease('b', 60_000)).toBe(2);
    await database.query(`UPDATE publisher_lease SET expires_at = now() - interval '1 millisecond'`);
    expect(await outbox.holdLease('a', 60_000)).toBe(3);
  });

  it('a listener is told of a change when it commits', async () => {
    let told = 0;
    const listener = listenForControlChanges({ databaseUrl: database.url, onChange: () => void (told += 1) });
    await expect.poll(() => told, { timeout: 5_000 }).toBe(1);
    await store.createTenant({ tenant: 'told', title: 'Told' });
    await expect.poll(() => told, { timeout: 5_000 }).toBe(2);
    await listener.close();
  });

  it('the demo keys of an earlier start work on, and are made anew in a new database', async () => {
    const first = await seedDemo({ databaseUrl: database.url });
    const second = await seedDemo({ databaseUrl: database.url, secrets: first });
    expect(second).toEqual(first);
    expect(await store.listKeys('demo')).toMatchObject([
      { name: 'demo', scopes: expect.not.arrayContaining(['tenant:admin']) },
      { name: 'demo admin', scopes: expect.arrayContaining(['tenant:admin']) },
    ]);
    await database.query(`DELETE FROM api_key WHERE tenant = 'demo'`);
    expect(await seedDemo({ databaseUrl: database.url, secrets: first })).toEqual(first);
    expect((await store.listKeys('demo')).length).toBe(2);
  });

  it('a revoked demo key is replaced, never revived', async () => {
    const first = await seedDemo({ databaseUrl: database.url });
    const demo = (await store.listKeys('demo')).filter(({ last4 }) => first.apiKey.endsWith(last4));
    for (const { keyId } of demo) await store.revokeKey({ tenant: 'demo', keyId, nowMs: 1 });
    const second = await seedDemo({ databaseUrl: database.url, secrets: first });
    expect(second.adminKey).toBe(first.adminKey);
    expect(second.apiKey).not.toBe(first.apiKey);
  });
});
