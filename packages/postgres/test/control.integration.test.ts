import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlOutbox, ControlStore, CreatedKey } from '../src/index.ts';
import { createControlOutbox, createControlStore, listenForControlChanges, parseApiKeyRecord, readApiKey, seedDemo } from '../src/index.ts';
import type { ScratchDatabase } from './scratch-database.ts';
import { createMigratedDatabase } from './scratch-database.ts';

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
    database = await createMigratedDatabase();
    store = createControlStore({ databaseUrl: database.url, role: 'tidegate_gateway' });
    outbox = createControlOutbox({ databaseUrl: database.url, role: 'tidegate_gateway' });
    for (const tenant of ['acme', 'other', 'racing', 'moving', 'turning', 'used']) await store.createTenant({ tenant, title: tenant });
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
      earlier: [],
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
    expect(await store.readRefusedHashes(1)).toEqual([reading.ok ? reading.sha256Hex : '']);
    expect((await store.listKeys('other')).length).toBe(0);
    expect((await store.listKeys('acme')).map(({ name }) => name)).toEqual(['ci', 'old']);
  });

  it('the last use of a key only moves forwards, and what is unknown is passed over', async () => {
    const created = await store.createKey({ tenant: 'used', name: 'k', kind: 'live', scopes: ['query:read'], expiresAtMs: null });
    const keyId = created?.key.keyId ?? '';
    const lastUsed = async (): Promise<unknown> => (await store.findKey('used', keyId))?.lastUsedAtMs;
    expect(await lastUsed()).toBeNull();
    for (const [atMs, expected] of [
      [5_000, 5_000],
      [4_000, 5_000],
      [6_001, 6_001],
    ] as const) {
      await store.noteKeyUse(
        new Map([
          ['key_nobodys', atMs],
          [keyId, atMs],
        ]),
      );
      expect(await lastUsed()).toBe(expected);
    }
  });

  describe('a rotated key', () => {
    const tenant = 'turning';
    const hashOf = (secret: string): string => {
      const reading = readApiKey(secret);
      return reading.ok ? reading.sha256Hex : '';
    };
    const make = async (): Promise<CreatedKey> => {
      const created = await store.createKey({ tenant, name: 'k', kind: 'live', scopes: ['query:read'], expiresAtMs: null });
      if (created === null) throw new Error('the tenant exists');
      return created;
    };
    const rotate = async (keyId: string, nowMs: number, overlapMs: number): Promise<string> => {
      const rotated = await store.rotateKey({ tenant, keyId, nowMs, overlapMs });
      return rotated.ok ? rotated.value.secret : rotated.fault;
    };
    const published = async (keyId: string): Promise<ReturnType<typeof parseApiKeyRecord>> =>
      parseApiKeyRecord((await record(`key/${tenant}/${keyId}`))?.value);

    it('keeps id and scopes, and announces its new secret and the end of the old one in one commit', async () => {
      const { key, secret } = await make();
      const next = await rotate(key.keyId, 1_000, 500);
      expect(next).toMatch(/^tg_live_/);
      expect(await published(key.keyId)).toMatchObject({
        key_id: key.keyId,
        sha256: hashOf(next),
        scopes: ['query:read'],
        state: 'active',
        earlier: [{ sha256: hashOf(secret), ends_at_ms: 1_500 }],
      });
      expect(await store.findKey(tenant, key.keyId)).toMatchObject({ last4: next.slice(-4), rotatedAtMs: 1_000, earlierEndsAtMs: 1_500 });
      const refused = await store.readRefusedHashes(1_499);
      expect([refused.includes(hashOf(secret)), (await store.readRefusedHashes(1_500)).includes(hashOf(secret))]).toEqual([false, true]);
      const everything = JSON.stringify(await database.query('SELECT k, c FROM api_key_earlier_secret k, control_record c'));
      for (const text of [secret, next]) expect(everything).not.toContain(text.slice(8, 30));
    });

    it('whose answer was lost can be rotated again, and the secret in use keeps the time that it was given', async () => {
      const { key, secret } = await make();
      const lost = await rotate(key.keyId, 1_000, 10_000);
      await rotate(key.keyId, 2_000, 10_000);
      expect((await published(key.keyId))?.earlier).toEqual(
        expect.arrayContaining([
          { sha256: hashOf(secret), ends_at_ms: 11_000 },
          { sha256: hashOf(lost), ends_at_ms: 12_000 },
        ]),
      );
      // A shorter overlap shortens the time of all; none ends them.
      await rotate(key.keyId, 3_000, 0);
      expect((await published(key.keyId))?.earlier).toEqual([]);
      expect(await store.readRefusedHashes(3_000)).toEqual(expect.arrayContaining([hashOf(secret), hashOf(lost)]));
    });

    it('is one that its tenant has, that is active and not expired, and whose earlier secrets are few', async () => {
      const { key } = await make();
      const expiring = await store.createKey({ tenant, name: 'e', kind: 'live', scopes: ['query:read'], expiresAtMs: 5_000 });
      expect(await store.rotateKey({ tenant: 'other', keyId: key.keyId, nowMs: 1, overlapMs: 1 })).toMatchObject({ fault: 'not_found' });
      expect(await rotate(expiring?.key.keyId ?? '', 5_000, 1)).toBe('key_not_active');
      for (let i = 0; i < 10; i++) expect(await rotate(key.keyId, 1_000 + i, 60_000)).toMatch(/^tg_live_/);
      expect(await rotate(key.keyId, 2_000, 60_000)).toBe('key_rotated_too_often');
      expect(await rotate(key.keyId, 2_000, 0)).toMatch(/^tg_live_/);
      await store.revokeKey({ tenant, keyId: key.keyId, nowMs: 3_000 });
      expect(await rotate(key.keyId, 3_000, 1)).toBe('key_not_active');
    });

    it('that is rotated and revoked at the same moments ends revoked, with every secret that it ever had refused', async () => {
      const { key, secret } = await make();
      const rotations = [1, 2, 3, 4].map((at) => rotate(key.keyId, 1_000 + at, 60_000));
      const [secrets] = await Promise.all([Promise.all(rotations), store.revokeKey({ tenant, keyId: key.keyId, nowMs: 1_005 })]);
      expect(await published(key.keyId)).toMatchObject({ state: 'revoked' });
      const had = [secret, ...secrets.filter((text) => text.startsWith('tg_'))].map(hashOf);
      expect(await store.readRefusedHashes(1_005)).toEqual(expect.arrayContaining(had));
    });

    it('that may call some routes alone, or is told of groups, says so to everybody, and keeps that with a new secret', async () => {
      const asked = { tenant, name: 'r', kind: 'pub', scopes: ['ingest:write'], k: 5, expiresAtMs: null } as const;
      const routes = ['studyin.track', 'sendEvents'];
      const created = await store.createKey({ ...asked, routes: [...routes, 'studyin.track'] });
      const keyId = created?.key.keyId ?? '';
      await rotate(keyId, 1_000, 60_000);
      expect([await store.findKey(tenant, keyId), await published(keyId)]).toMatchObject(Array(2).fill({ routes, k: 5 }));
    });

    it('cannot be publishable and read, nor be told of groups and see persons, whoever writes the row', async () => {
      const asked = { tenant, name: 'p', kind: 'pub', expiresAtMs: null } as const;
      await expect(store.createKey({ ...asked, k: 5, kind: 'live', scopes: ['events:read'] })).rejects.toThrow('api_key_k');
      await expect(store.createKey({ ...asked, scopes: ['ingest:write', 'query:read'] })).rejects.toThrow('api_key_pub_writes_only');
      expect(await store.createKey({ ...asked, scopes: ['ingest:write'] })).not.toBeNull();
    });
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

  it("Segment's messages of one kind belong to one pack of a tenant", async () => {
    const clicks = (pack: string) => ({
      ...{ pack, title: pack, metrics: {}, events: { [`${pack}.clicked`]: { fields: {} } } },
      segment: { track: { Clicked: { type: `${pack}.clicked` } } },
    });
    expect(await store.applyPack('acme', clicks('site'))).toMatchObject({ ok: true });
    expect(await store.applyPack('acme', clicks('app'))).toMatchObject({ ok: false, fault: [{ path: 'segment.track.Clicked' }] });
    expect(await store.applyPack('other', clicks('app'))).toMatchObject({ ok: true });
  });

  it('a name under which events are sent belongs to one pack of a tenant, be it a type or an alias', async () => {
    const named = (pack: string, type: string, alias: string) => ({
      ...{ pack, title: pack, metrics: {} },
      events: { [type]: { aliases: [alias], fields: {} } },
    });
    expect(await store.applyPack('acme', named('study', 'study.begun', 'begin'))).toMatchObject({ ok: true });
    expect(await store.applyPack('acme', named('play', 'play.begun', 'begin'))).toMatchObject({ fault: [{ path: 'events.begin' }] });
    expect(await store.applyPack('acme', named('play', 'begin', 'play'))).toMatchObject({ fault: [{ path: 'events.begin' }] });
    expect(await store.applyPack('acme', named('play', 'play.begun', 'study.begun'))).toMatchObject({
      fault: [{ path: 'events.study.begun' }],
    });
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
    await expect.poll(() => told).toBe(1);
    await store.createTenant({ tenant: 'told', title: 'Told' });
    await expect.poll(() => told).toBe(2);
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

  it('a demo secret that a rotation put aside is replaced, never revived', async () => {
    const first = await seedDemo({ databaseUrl: database.url });
    const demo = (await store.listKeys('demo')).find(({ last4 }) => first.apiKey.endsWith(last4));
    const rotated = await store.rotateKey({ tenant: 'demo', keyId: demo?.keyId ?? '', nowMs: 1, overlapMs: 0 });
    expect(rotated.ok).toBe(true);
    const second = await seedDemo({ databaseUrl: database.url, secrets: first });
    expect([second.adminKey === first.adminKey, second.apiKey === first.apiKey]).toEqual([true, false]);
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
