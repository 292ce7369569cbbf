import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBudgetStore } from '../src/budget-store.ts';
import type { BudgetInfo } from '../src/budget-store.ts';
import { createPool } from '../src/pool.ts';
import { createMigratedDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

let database: ScratchDatabase;
let pool: ReturnType<typeof createPool>;

beforeAll(async () => {
  database = await createMigratedDatabase();
  await database.query(`
    INSERT INTO dimension_budget (tenant, metric, dimension, event_day, admitted, values_max, spent_at) VALUES
      ('acme', 'sales', 'city', '2026-11-28', 100, 100, '2026-11-28T10:00:00Z'),
      ('acme', 'sales', 'city', '2026-11-29', 90, 100, NULL),
      ('acme', 'sales', 'till', '2026-11-29', 95, 1000, NULL),
      ('acme', 'visits', 'page', '2026-11-29', 100, 100, NULL),
      ('acme', 'visits', 'page', '2026-11-01', 100, 100, '2026-11-01T10:00:00Z'),
      ('other', 'sales', 'city', '2026-11-29', 7, 7, '2026-11-29T10:00:00Z')`);
  pool = createPool({
    ...{ databaseUrl: database.url, applicationName: 'test', role: 'tidegate_query', connectionsMax: 1, statementTimeoutMs: 10_000 },
  });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const ASK = { tenant: 'acme', sinceDay: '2026-11-28', metric: null, onlySpent: false, rowsMax: 10 };
const shown = ({ metric, dimension, day, values, valuesMax, spentAtMs }: BudgetInfo): string =>
  `${metric} ${dimension} ${day} ${values}/${valuesMax} ${spentAtMs === null ? '-' : new Date(spentAtMs).toISOString()}`;

test('budgets of a tenant alone, spent ones first, then the fullest', async () => {
  const store = createBudgetStore(pool);
  expect((await store.list(ASK)).map(shown)).toEqual([
    'sales city 2026-11-28 100/100 2026-11-28T10:00:00.000Z',
    'visits page 2026-11-29 100/100 -',
    'sales city 2026-11-29 90/100 -',
    'sales till 2026-11-29 95/1000 -',
  ]);
  expect((await store.list({ ...ASK, onlySpent: true, sinceDay: '2026-01-01' })).map(({ day }) => day)).toEqual([
    '2026-11-28',
    '2026-11-01',
  ]);
  expect((await store.list({ ...ASK, metric: 'visits' })).map(({ day }) => day)).toEqual(['2026-11-29']);
  expect(await store.list({ ...ASK, rowsMax: 1 })).toHaveLength(1);
  expect((await store.list({ ...ASK, tenant: 'other' })).map(({ values }) => values)).toEqual([7]);
  expect(await store.list({ ...ASK, tenant: 'nobody' })).toEqual([]);
});
