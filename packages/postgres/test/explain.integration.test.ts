import { afterAll, beforeAll, expect, test } from 'vitest';
import type pg from 'pg';
import { createExplain, isExplaining } from '../src/explain.ts';
import { createPool } from '../src/pool.ts';
import { createScratchDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

let database: ScratchDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createScratchDatabase();
  const options = { applicationName: 'test', connectionsMax: 2, statementTimeoutMs: 10_000 };
  pool = createPool({ databaseUrl: database.url, ...options, isExplained: true });
  await database.query('CREATE TABLE visit (id int PRIMARY KEY, place text)');
  await database.query("INSERT INTO visit SELECT n, 'p' || n % 7 FROM generate_series(1, 5000) n");
  await database.query('VACUUM ANALYZE visit');
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

test('a statement tells its plan, and each table that it read from one end to the other with its rows', async () => {
  let found: unknown;
  const statements = await createExplain(pool)(async () => {
    // By a callback, by a promise, and one that ends early.
    found = (await pool.query('SELECT place FROM visit WHERE id = $1', [14])).rows;
    await pool.query("SELECT id FROM visit WHERE place = 'p3'");
    await pool.query('SELECT id FROM visit LIMIT 2');
  });
  expect(found).toEqual([{ place: 'p0' }]);
  // 5,000 rows: the whole multiples of 7 and 3 more, so 715 of each of 1 and 2, and 714 of the others.
  expect(statements.map(({ rows, nodes, readWhole }) => ({ rows, nodes, readWhole }))).toEqual([
    { rows: 1, nodes: [{ node: 'Index Scan', relation: 'visit', index: 'visit_pkey', rows: 1, removed: 0 }], readWhole: {} },
    { rows: 714, nodes: [{ node: 'Seq Scan', relation: 'visit', index: null, rows: 714, removed: 4_286 }], readWhole: { visit: 5_000 } },
    {
      rows: 2,
      nodes: [
        { node: 'Limit', relation: null, index: null, rows: 2, removed: 0 },
        { node: 'Seq Scan', relation: 'visit', index: null, rows: 2, removed: 0 },
      ],
      readWhole: { visit: 5_000 },
    },
  ]);
});

test('what is sent with its BEGIN and COMMIT, all at once, still runs between them', async () => {
  const seen: unknown[] = [];
  const statements = await createExplain(pool)(async () => {
    const client = await pool.connect();
    const [, first, second] = await Promise.all([
      client.query('BEGIN'),
      client.query('SELECT txid_current() AS id FROM visit WHERE id = 1'),
      client.query('SELECT txid_current() AS id FROM visit WHERE id = 2'),
      client.query('COMMIT'),
    ]);
    client.release();
    seen.push(first.rows[0].id, second.rows[0].id);
  });
  expect(statements).toHaveLength(2);
  expect(seen[0]).toBe(seen[1]);
});

test('what changes something is run once, and has no plan', async () => {
  const statements = await createExplain(pool)(async () => {
    await pool.query("WITH made AS (INSERT INTO visit VALUES (6000, 'x') RETURNING id) SELECT id FROM made");
  });
  expect(statements).toEqual([]);
  expect(await database.query('SELECT count(*)::int AS n FROM visit WHERE id = 6000')).toEqual([{ n: 1 }]);
});

test('the failure of the work is told, work beside it is not explained', async () => {
  const explain = createExplain(pool);
  await expect(explain(async () => void (await pool.query('SELECT 1 / (id - 1) FROM visit WHERE id = 1')))).rejects.toThrow(
    'division by zero',
  );
  expect(isExplaining()).toBe(false);
  const held = await pool.query("SELECT id FROM visit WHERE place = 'p9'");
  expect(held.rows).toEqual([]);
});
