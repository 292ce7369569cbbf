import { createKeyWrapper, openField, sealField } from '@tidegate/runtime';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPersonKeyStore, createPool, createSubjectIdStore, rewrapPersonKeys } from '../src/index.ts';
import type { ScratchDatabase } from './scratch-database.ts';
import { createMigratedDatabase } from './scratch-database.ts';

const [OLD, NEW, OTHER] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));
if (OLD === undefined || NEW === undefined || OTHER === undefined) throw new Error('there are three');

let database: ScratchDatabase;
const pools: pg.Pool[] = [];

beforeAll(async () => {
  database = await createMigratedDatabase();
  // The settings of a server that answers before a commit is on its disk.
  await database.query(`ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET synchronous_commit = off`);
  await database.query('CREATE TABLE seen_setting (value text NOT NULL)');
  await database.query('GRANT INSERT ON seen_setting TO PUBLIC');
  await database.query(`CREATE FUNCTION note_setting() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO seen_setting SELECT current_setting('synchronous_commit'); RETURN NULL; END $$`);
  await database.query(`CREATE CONSTRAINT TRIGGER note_setting AFTER INSERT ON person_key DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION note_setting()`);
});

afterAll(async () => {
  for (const pool of pools) await pool.end();
  await database.drop();
});

function poolOf(role: string): pg.Pool {
  const pool = createPool({
    ...{ databaseUrl: database.url, applicationName: 'test', role, connectionsMax: 2 },
    ...{ statementTimeoutMs: 10_000, isDurable: true },
  });
  pools.push(pool);
  return pool;
}

const holders = (tenant: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({ tenant, subject: `p${String(i).padStart(3, '0')}` }));

describe('keys of persons', () => {
  test('of two ingests that make keys for the same persons at once, both end with the same ones', async () => {
    const [one, two] = [createPersonKeyStore(poolOf('tidegate_ingest')), createPersonKeyStore(poolOf('tidegate_ingest'))];
    const wrapper = createKeyWrapper([OLD]);
    const people = holders('race', 300);
    // In opposite orders: who took locks as they come would wait for the other for ever.
    const [first, second] = await Promise.all([
      one.insertOrRead(people.map((holder) => wrapper.make(holder))),
      two.insertOrRead(people.toReversed().map((holder) => wrapper.make(holder))),
    ]);
    const bySubject = (rows: typeof first) => new Map(rows.map((row) => [row.subject, Buffer.from(row.wrapped).toString('hex')]));
    expect(bySubject(first).size).toBe(300);
    expect([...bySubject(second)].toSorted()).toEqual([...bySubject(first)].toSorted());
    const third = await one.insertOrRead(people.map((holder) => wrapper.make(holder)));
    expect(bySubject(third)).toEqual(bySubject(await two.find(people)));
    expect([...bySubject(third)].toSorted()).toEqual([...bySubject(first)].toSorted());
  });

  test('are on the disk before anything is sealed with them, whatever the database has set', async () => {
    await database.query('DELETE FROM seen_setting');
    const store = createPersonKeyStore(poolOf('tidegate_ingest'));
    await store.insertOrRead(holders('disk', 3).map((holder) => createKeyWrapper([OLD]).make(holder)));
    expect(await database.query('SELECT DISTINCT value FROM seen_setting')).toEqual([{ value: 'on' }]);
  });

  test('are found for their own tenant alone, and only where there are any', async () => {
    const store = createPersonKeyStore(poolOf('tidegate_ingest'));
    const row = createKeyWrapper([OLD]).make({ tenant: 'mine', subject: 'p' });
    expect(await store.insertOrRead([row])).toEqual([
      { ...row, ...{ keyId: Buffer.from(row.keyId), fieldKeyId: Buffer.from(row.fieldKeyId), wrapped: Buffer.from(row.wrapped) } },
    ]);
    expect(
      await store.find([
        { tenant: 'other', subject: 'p' },
        { tenant: 'mine', subject: 'q' },
      ]),
    ).toEqual([]);
    expect(await store.find([])).toEqual([]);
  });

  test.each<readonly [string, string]>([
    ['tidegate_ingest', `UPDATE person_key SET wrapped = wrapped`],
    ['tidegate_ingest', `DELETE FROM person_key`],
    ['tidegate_keys', `UPDATE person_key SET subject = 'x'`],
    ['tidegate_keys', `DELETE FROM person_key`],
    ['tidegate_keys', `UPDATE person_key SET sealed_id = 'x'`],
    ['tidegate_aggregator', `SELECT sealed_id FROM person_key`],
    ['tidegate_keys', `SELECT FROM raw_event`],
    // It deletes keys of persons who are erased, and cannot read one.
    ['tidegate_aggregator', `SELECT wrapped FROM person_key`],
    ['tidegate_gateway', `SELECT FROM person_key`],
    // It opens what it exports (ADR 41), and neither makes a key nor takes one away.
    ['tidegate_query', `INSERT INTO person_key SELECT * FROM person_key`],
    ['tidegate_query', `UPDATE person_key SET wrapped = wrapped`],
    ['tidegate_query', `DELETE FROM person_key`],
  ])('%s may not %s', async (role, statement) => {
    await expect(poolOf(role).query(statement)).rejects.toThrow('permission denied');
  });
});

describe('ids of persons', () => {
  test('are kept once beside a key, and found for their own tenant alone', async () => {
    const pool = poolOf('tidegate_ingest');
    const [keys, ids] = [createPersonKeyStore(pool), createSubjectIdStore(pool)];
    const [jo, mo, without] = ['jo', 'mo', 'without'].map((subject) => ({ tenant: 'ids', subject }));
    if (jo === undefined || mo === undefined || without === undefined) throw new Error('there are three');
    const rows = await keys.insertOrRead([jo, mo].map((holder) => createKeyWrapper([OLD]).make(holder)));
    expect(await ids.findId(jo)).toBeNull();
    await ids.keepIds([jo, mo, without].map((holder) => ({ ...holder, sealedId: `first ${holder.subject}` })));
    await ids.keepIds([{ ...jo, sealedId: 'second' }]);
    expect(await ids.findId(jo)).toEqual({ ...jo, sealedId: 'first jo', key: rows.find(({ subject }) => subject === 'jo') });
    expect(await ids.findId({ ...jo, tenant: 'other' })).toBeNull();
    expect(await ids.findId(without)).toBeNull();
    await ids.keepIds([]);
  });

  test('of two ingests that keep the same ones at once, in opposite orders, neither waits for the other for ever', async () => {
    const people = holders('ids-race', 500);
    const stores = [createSubjectIdStore(poolOf('tidegate_ingest')), createSubjectIdStore(poolOf('tidegate_ingest'))];
    await createPersonKeyStore(poolOf('tidegate_ingest')).insertOrRead(people.map((holder) => createKeyWrapper([OLD]).make(holder)));
    const [one, two] = [people, people.toReversed()].map((list) => list.map((holder) => ({ ...holder, sealedId: 'same' })));
    await Promise.all([stores[0]?.keepIds(one ?? []), stores[1]?.keepIds(two ?? [])]);
    await stores[0]?.keepIds(one ?? []);
    expect(await database.query(`SELECT count(*)::int AS n FROM person_key WHERE tenant = 'ids-race' AND sealed_id = 'same'`)).toEqual([
      { n: 500 },
    ]);
  });

  test('go with the key when a person is erased, and none is kept after', async () => {
    const ids = createSubjectIdStore(poolOf('tidegate_ingest'));
    await createPersonKeyStore(poolOf('tidegate_ingest')).insertOrRead([createKeyWrapper([OLD]).make({ tenant: 'ids', subject: 'gone' })]);
    await ids.keepIds([{ tenant: 'ids', subject: 'gone', sealedId: 'x' }]);
    await poolOf('tidegate_aggregator').query(`DELETE FROM person_key WHERE tenant = 'ids' AND subject = 'gone'`);
    await ids.keepIds([{ tenant: 'ids', subject: 'gone', sealedId: 'x' }]);
    expect(await ids.findId({ tenant: 'ids', subject: 'gone' })).toBeNull();
  });
});

describe('a rotation of FIELD_KEYS', () => {
  test('wraps all keys anew, page by page, and what they sealed opens by the new field key alone', async () => {
    const store = createPersonKeyStore(poolOf('tidegate_ingest'));
    const people = holders('rotate', 1_100);
    const old = createKeyWrapper([OLD]);
    const rows = await store.insertOrRead(people.map((holder) => old.make(holder)));
    const place = { tenant: 'rotate', subject: 'p007', type: 't', field: 'f' };
    const row = rows.find(({ subject }) => subject === place.subject);
    const key = row === undefined ? null : old.unwrap(row);
    if (key === null) throw new Error('the key opens');
    const value = sealField(key, place, new TextEncoder().encode('"kept"'));
    // One that nobody can open any more, and one that is wrapped by the new key already.
    await store.insertOrRead([createKeyWrapper([OTHER]).make({ tenant: 'rotate', subject: 'x' })]);
    await store.insertOrRead([createKeyWrapper([NEW]).make({ tenant: 'rotate', subject: 'y' })]);

    const [{ others } = { others: 0 }] = await database.query<{ others: number }>(
      `SELECT count(*)::int AS others FROM person_key WHERE tenant <> 'rotate'`,
    );
    const keys = poolOf('tidegate_keys');
    expect(await rewrapPersonKeys(keys, createKeyWrapper([NEW, OLD]))).toEqual({ rewrapped: 1_100 + others, unreadable: 1 });
    expect(await rewrapPersonKeys(keys, createKeyWrapper([NEW, OLD]))).toEqual({ rewrapped: 0, unreadable: 1 });

    const fresh = createKeyWrapper([NEW]);
    const found = await store.find(people);
    expect(found.filter((one) => fresh.unwrap(one) === null)).toEqual([]);
    const [mine] = await store.find([place]);
    const opened = mine === undefined ? null : fresh.unwrap(mine);
    expect(opened === null ? null : Buffer.from(openField(opened, place, value) ?? []).toString()).toBe('"kept"');
  });

  test('leaves a key alone that was deleted, or wrapped by another run, since it was read', async () => {
    const store = createPersonKeyStore(poolOf('tidegate_ingest'));
    const [gone, moved] = holders('late', 2);
    const old = createKeyWrapper([OLD]);
    await store.insertOrRead([gone, moved].flatMap((holder) => (holder === undefined ? [] : [old.make(holder)])));
    const target = createKeyWrapper([NEW, OLD]);
    const byAnother = createKeyWrapper([NEW]).make({ tenant: 'late', subject: 'p001' });
    const wrapper = {
      currentFieldKeyId: target.currentFieldKeyId,
      rewrap: target.rewrap,
    };
    let isChanged = false;
    const pool = poolOf('tidegate_keys');
    const interrupted = new Proxy(pool, {
      get: (of, name) =>
        name !== 'query'
          ? Reflect.get(of, name)
          : async (query: { name: string; text: string; values: unknown[] }) => {
              if (query.name === 'rewrap-person-keys' && !isChanged) {
                isChanged = true;
                await database.query(`DELETE FROM person_key WHERE tenant = 'late' AND subject = 'p000'`);
                await database.query(`UPDATE person_key SET wrapped = $1, field_key_id = $2 WHERE tenant = 'late' AND subject = 'p001'`, [
                  Buffer.from(byAnother.wrapped),
                  Buffer.from(byAnother.fieldKeyId),
                ]);
              }
              return of.query(query);
            },
    });
    expect((await rewrapPersonKeys(interrupted, wrapper)).rewrapped).toBe(0);
    expect(await database.query(`SELECT subject, wrapped FROM person_key WHERE tenant = 'late'`)).toEqual([
      { subject: 'p001', wrapped: Buffer.from(byAnother.wrapped) },
    ]);
  });
});
