import { createEntityReader, createPool } from '@tidegate/postgres';
import type { ScratchDatabase } from '@tidegate/postgres/scratch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runPack, type PackInProcess } from './pack-in-process.ts';
import { createTablesOf } from './rows-in-postgres.ts';

// Synthetic activities of ten equal splits in the tables of the pack, asked of Postgres by its views.

const FROM = '2024-11-01';
const SIZES = [1, 10, 1_000] as const;
let database: ScratchDatabase;
let pool: ReturnType<typeof createPool>;
let pack: PackInProcess;
let statements = 0;

beforeAll(async () => {
  ({ database } = await createTablesOf('fitness'));
  // Of athlete-n are n activities, eleven a fortnight.
  for (const size of SIZES) {
    const own = `'acme', 'athlete-${size}'`;
    const at = `TIMESTAMPTZ '${FROM} 08:00:00Z' + a * INTERVAL '17 hours'`;
    await database.query(`INSERT INTO "entity.fitness.activity" (_tenant, _subject, _id, _created_at, _updated_at, _exists, _partition, _state,
        "activity_id.text", "sport.text", "started_at.instant", "distance_m.numeric", "moving_time_s.numeric", "elapsed_time_s.numeric", "avg_hr.numeric")
      SELECT ${own}, 'a-' || a, ${at}, ${at}, true, 0, '', 'a-' || a, 'run', ${at}, 10000, 3000, 3100, 150 FROM generate_series(1, ${size}) a`);
    await database.query(`INSERT INTO "entity.fitness.split" (_tenant, _subject, _id, _created_at, _updated_at, _exists, _partition, _state,
        "activity_id.text", "split_no.numeric", "distance_m.numeric", "moving_time_s.numeric", "avg_hr.numeric")
      SELECT ${own}, '["a-' || a || '","' || s || '"]', ${at}, ${at}, true, 0, '', 'a-' || a, s, 1000, 300, CASE WHEN s <= 5 THEN 145 ELSE 155 END
      FROM generate_series(1, ${size}) a, generate_series(1, 10) s`);
  }
  await database.query('ANALYZE');
  const options = { databaseUrl: database.url, applicationName: 'test', connectionsMax: 1, statementTimeoutMs: 20_000 };
  pool = createPool({ ...options, role: 'tidegate_query' });
  const counted = {
    query: ((...args: Parameters<typeof pool.query>) => {
      statements += 1;
      return pool.query(...args);
    }) as typeof pool.query,
  };
  pack = runPack('fitness', createEntityReader(counted));
});

afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

async function counting<T>(work: () => Promise<T>): Promise<readonly [statements: number, answer: T]> {
  statements = 0;
  const answer = await work();
  return [statements, answer];
}

describe('activities with all their splits are two statements', () => {
  test.each(SIZES)('of the trend of %i activities', async (size) => {
    const asked = { user_id: `athlete-${size}`, start: FROM, end: '2026-10-31' };
    const [sent, answer] = await counting(() => pack.view('efficiency_trends', asked));
    const { points } = answer as { points: readonly object[] };
    expect([sent, points.length]).toEqual([2, size]);
    // Equal distances: 60 · 10000 / 3000 / 150, and 100 · (1 - 145 / 155).
    for (const point of points) expect(point).toMatchObject({ efficiency: 1.3333, decoupling_pct: 6.45 });
  });

  test.each([
    [1, 1],
    [10, 10],
    [1_000, 200],
  ])('of the list of %i, of which a page has at most %i', async (size, listed) => {
    const asked = { user_id: `athlete-${size}`, start: FROM, end: '2026-10-31', splits: 'true', limit: '200' };
    const [sent, answer] = await counting(() => pack.view('activities', asked));
    const { items } = answer as { items: readonly { splits: readonly { split_no: number }[] }[] };
    expect([sent, items.length]).toEqual([2, listed]);
    for (const { splits } of items) expect(splits.map(({ split_no: no }) => no)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

test('activities, splits, food and bodies have the indexes by which they are looked for', async () => {
  const rows = await database.query<{ on: string }>(
    `SELECT c.relname || ' ' || string_agg(a.attname, ',' ORDER BY k.place) AS on FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
     CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
     WHERE c.relname LIKE 'entity.fitness.%' AND NOT i.indisprimary GROUP BY i.indexrelid, c.relname`,
  );
  expect(rows.map(({ on }) => on).toSorted()).toEqual([
    'entity.fitness.activity _tenant,_subject,sport.text,started_at.instant',
    'entity.fitness.activity _tenant,_subject,started_at.instant',
    'entity.fitness.body_composition _tenant,_subject,measured_on.date',
    'entity.fitness.nutrition_entry _tenant,_subject,logged_on.date',
    'entity.fitness.split _tenant,_subject,activity_id.text,split_no.numeric',
  ]);
});
