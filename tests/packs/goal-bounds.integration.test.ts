import { afterAll, beforeAll, expect, test } from 'vitest';
import { runPackInPostgres } from './rows-in-postgres.ts';
import type { PackInPostgres } from './rows-in-postgres.ts';
import type { Logged } from './rows-of-events.ts';

// Synthetic: a person who is weighed every hour for more than a year, with goals that begin at the first of 10,500 values and later.

const HOUR_MS = 3_600_000;
/** An hour before the first midnight of Berlin in September. */
const FIRST_MS = Date.UTC(2025, 7, 31, 21);
const COUNT = 10_500;
/** Falls from 100 to 90 and back to 95: 10 over the first 7,000 hours, 5 over the others. */
const weightAt = (hour: number): number => (hour <= 7_000 ? 100 - hour / 700 : 90 + (hour - 7_000) / 700);

let pack: PackInPostgres;
beforeAll(async () => {
  pack = await runPackInPostgres('healthtrack');
});
afterAll(async () => pack?.close());

test('a goal begins with the first value since its day, however many came after it, and stays reached (D-H5)', async () => {
  const event = (type: string, id: string, atMs: number, data: Logged['data']): Logged => ({
    ...{ id, type, subject: 'u', time: new Date(atMs).toISOString(), data },
  });
  const goal = (id: string, startDate: string, target: number): Logged =>
    event('health.goal.created', id, FIRST_MS, {
      ...{
        goal_id: id,
        goal_type: 'weight',
        status: 'active',
        target_value: target,
        unit: 'kg',
        start_date: startDate,
        target_date: '2027-12-31',
      },
    });
  await pack.put([
    ...Array.from({ length: COUNT }, (_, hour) =>
      event('health.metric.recorded', `m-${hour}`, FIRST_MS + hour * HOUR_MS, {
        ...{ metric_id: `m-${hour}`, metric_type: 'weight', value: weightAt(hour), unit: 'kg', source: 'scale' },
      }),
    ),
    goal('from the first', '2025-08-01', 80),
    goal('from september', '2025-09-01', 80),
    goal('was reached', '2025-09-01', 92),
    goal('begun since', '2026-08-01', 100),
  ]);
  const { items } = (await pack.view('goals', { user_id: 'u', tz: 'Europe/Berlin' })) as unknown as {
    items: readonly { id: string; status: string; current: number; progress_pct: number }[];
  };
  const now = weightAt(COUNT - 1);
  // From 100, the first of all, and from the value of the second hour, which is the first of September on Berlin's clock.
  const pct = (start: number, target: number): unknown => expect.closeTo((100 * (now - start)) / (target - start), 2);
  // At midnight of the 1st of August 2026 in Berlin, 22 h of UTC the day before.
  const august = weightAt((Date.UTC(2026, 6, 31, 22) - FIRST_MS) / HOUR_MS);
  expect(Object.fromEntries(items.map(({ id, status, current, progress_pct }) => [id, { status, current, progress_pct }]))).toEqual({
    'from the first': { status: 'active', current: expect.closeTo(now, 2), progress_pct: pct(100, 80) },
    'from september': { status: 'active', current: expect.closeTo(now, 2), progress_pct: pct(weightAt(1), 80) },
    'was reached': { status: 'completed', current: expect.closeTo(now, 2), progress_pct: pct(weightAt(1), 92) },
    'begun since': { status: 'active', current: expect.closeTo(now, 2), progress_pct: pct(august, 100) },
  });
});
