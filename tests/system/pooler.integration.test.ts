import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPgBouncer, type PgBouncer } from '@tidegate/native';
import { asPerson, createControlStore, createPgStore, createPool, type PoolOptions } from '@tidegate/postgres';
import { testServers } from '@tidegate/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMigratedDatabase, type ScratchDatabase } from '../../packages/postgres/test/scratch-database.ts';
import { storeContract } from '../../packages/postgres/test/store.contract.ts';
import { storeTables } from '../../packages/postgres/test/store-tables.ts';

/** Fewer than any test has connections, so that each of them gets the session that another one had before it. */
const SESSIONS = 2;
const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-pooler-'));
const login = `tidegate_test_${randomBytes(6).toString('hex')}`;
let pooler: PgBouncer;
let database: ScratchDatabase;

beforeAll(async () => {
  const { databaseUrl } = testServers();
  const users = [new URL(databaseUrl).username, login];
  pooler = await startPgBouncer({ databaseUrl, users, sessionsMax: SESSIONS, dataDir, log: () => undefined });
  database = await createMigratedDatabase();
  await database.query(`CREATE ROLE ${login} LOGIN`);
}, 120_000);
afterAll(async () => {
  await database.query(`DROP ROLE ${login}`);
  await pooler.stop();
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

function poolOf(options: Partial<PoolOptions>): pg.Pool {
  const through = { databaseUrl: pooler.through(database.url), pooler: 'transaction' } as const;
  return createPool({ ...through, applicationName: 'test', connectionsMax: 2, statementTimeoutMs: 10_000, ...options });
}

const WHO = `SELECT current_user AS role, current_setting('statement_timeout') AS most, current_setting('synchronous_commit') AS durable, pg_backend_pid() AS session`;

describe('through a pooler of transactions', () => {
  test('every statement and transaction has the role and the limits of its pool, whichever session it runs in, and leaves none behind', async () => {
    await database.query(`ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET synchronous_commit = 'off'`);
    const reading = poolOf({ role: 'tidegate_query', statementTimeoutMs: 1_000 });
    const writing = poolOf({
      role: 'tidegate_aggregator',
      statementTimeoutMs: 7_000,
      isDurable: true,
      pipeline: true,
      transactionTimeoutMs: 5_000,
    });
    const plain = new pg.Client({ connectionString: pooler.through(database.url) });
    await plain.connect();
    const sessions = new Set<number>();
    async function expectWho(pool: pg.Pool | pg.ClientBase, expected: object): Promise<void> {
      const { rows } = await pool.query<{ session: number }>(WHO);
      expect(rows).toEqual([{ ...expected, session: expect.any(Number) }]);
      for (const { session } of rows) sessions.add(session);
    }
    async function inTransaction(pool: pg.Pool, expected: object): Promise<void> {
      const client = await pool.connect();
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await expectWho(client, expected);
      await client.query('COMMIT');
      await expectWho(client, expected);
      client.release();
    }
    const asReader = { role: 'tidegate_query', most: '1s', durable: 'off' };
    const asWriter = { role: 'tidegate_aggregator', most: '7s', durable: 'on' };
    const asLogin = { role: new URL(database.url).username, most: '0', durable: 'off' };
    for (let round = 0; round < 10; round += 1) {
      await Promise.all([
        expectWho(reading, asReader),
        expectWho(writing, asWriter),
        expectWho(reading, asReader),
        expectWho(plain, asLogin),
      ]);
      await Promise.all([inTransaction(reading, asReader), inTransaction(writing, asWriter), expectWho(plain, asLogin)]);
    }
    expect(sessions.size).toBeLessThanOrEqual(SESSIONS);
    await Promise.all([reading.end(), writing.end(), plain.end()]);
  });

  test('a statement ends at its limit, and a transaction that pauses too long loses its locks', async () => {
    const pool = poolOf({ statementTimeoutMs: 100, transactionTimeoutMs: 300 });
    await expect(pool.query('SELECT pg_sleep(60)')).rejects.toMatchObject({ code: '57014' });
    const client = await pool.connect();
    client.on('error', () => undefined);
    await client.query('BEGIN');
    await client.query('LOCK TABLE control_record');
    const locks = `SELECT FROM pg_locks WHERE relation = 'control_record'::regclass AND mode = 'AccessExclusiveLock'`;
    expect(await database.query(locks)).toHaveLength(1);
    await expect.poll(() => database.query(locks)).toEqual([]);
    client.release(true);
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });

  test('a statement that fails, be it at its commit, fails for who sent it and for nobody else', async () => {
    await database.query('CREATE TABLE once (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)');
    const pool = poolOf({ connectionsMax: 1 });
    await pool.query('INSERT INTO once VALUES ($1)', [1]);
    await expect(pool.query('INSERT INTO once VALUES ($1)', [1])).rejects.toMatchObject({ code: '23505' });
    await expect(pool.query('SELECT 1 / $1::int', [0])).rejects.toMatchObject({ code: '22012' });
    expect((await pool.query({ text: 'SELECT id FROM once', rowMode: 'array' })).rows).toEqual([[1]]);
    await pool.end();
  });

  test('a login that may not take the role is told so before anything is asked', async () => {
    const databaseUrl = Object.assign(new URL(pooler.through(database.url)), { username: login }).toString();
    const pool = poolOf({ databaseUrl, role: 'tidegate_query' });
    await expect(pool.query('SELECT 1')).rejects.toThrow('permission denied to set role "tidegate_query"');
    await pool.end();
  });

  test('what is read for one person is held to that person, whichever session it runs in, and nothing of it is left in it', async () => {
    const rows = [1, 2].map((at) => `(gen_random_uuid(), 'acme', 'm', 1, 1, 'p${at}', '{}')`);
    await database.query(`INSERT INTO series VALUES ${rows.join(', ')}`);
    const pool = poolOf({ role: 'tidegate_query', holdsToPerson: true });
    const seen = async (on: pg.Pool | pg.ClientBase) =>
      (await on.query<{ subject: string }>('SELECT subject FROM series ORDER BY 1')).rows.map(({ subject }) => subject);
    const alone = async () => seen(pool);
    async function together(): Promise<readonly string[]> {
      const client = await pool.connect();
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      const found = await seen(client);
      await client.query('COMMIT');
      client.release();
      return found;
    }
    const asked = Array.from({ length: 30 }, (_, at) => ({
      person: ['p1', 'p2', null][at % 3] ?? null,
      ask: at % 2 === 0 ? alone : together,
    }));
    const answers = await Promise.all(
      asked.map(async ({ person, ask }) => (person === null ? ask() : asPerson({ tenant: 'acme', subject: person }, ask))),
    );
    expect(answers).toEqual(asked.map(({ person }) => (person === null ? ['p1', 'p2'] : [person])));
    await pool.end();
  });

  test('the control plane writes and reads', async () => {
    const store = createControlStore({ databaseUrl: pooler.through(database.url), pooler: 'transaction', role: 'tidegate_gateway' });
    expect(await store.createTenant({ tenant: 'acme', title: 'Acme' })).toBe(true);
    expect(await store.createTenant({ tenant: 'acme', title: 'Acme' })).toBe(false);
    await store.createKey({ tenant: 'acme', name: 'first', kind: 'live', scopes: ['query:read'], expiresAtMs: null });
    expect((await store.listKeys('acme')).map(({ name }) => name)).toEqual(['first']);
    await store.close();
  });
});

storeContract('the store in Postgres, through a pooler of transactions', async () => {
  const own = await createMigratedDatabase();
  return {
    open: (failAt) =>
      createPgStore({
        databaseUrl: pooler.through(own.url),
        pooler: 'transaction',
        applicationName: 'tidegate-store-contract',
        role: 'tidegate_aggregator',
        fault: (point) => {
          if (failAt?.(point) === true) throw new Error(`made to fail at ${point}`);
        },
      }),
    ...storeTables(own),
    close: () => own.drop(),
  };
});
