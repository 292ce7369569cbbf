import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dueDays, dueMsOf, overdueMs, WAREHOUSE_SCHEDULES } from '../src/warehouse/warehouse-schedule.ts';
import type { WarehouseSchedule } from '../src/warehouse/warehouse-schedule.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NIGHTLY = { name: 'nightly', tenant: 'acme', every: '1d', at: '03:17', last: '1d', events: 'all' };

function read(...schedules: object[]): readonly WarehouseSchedule[] {
  return WAREHOUSE_SCHEDULES.parse(JSON.stringify(schedules));
}

const problemOf = (text: string): string | undefined => WAREHOUSE_SCHEDULES.safeParse(text).error?.issues[0]?.message;

describe('schedules of exports to a warehouse', () => {
  test('are read from the setting', () => {
    expect(read(NIGHTLY, { ...NIGHTLY, name: 'often', every: '6h', last: '3d', format: 'csv' })).toEqual([
      {
        ...{ name: 'nightly', tenant: 'acme', events: 'all', format: 'parquet', grain: 'day' },
        ...{ everyMs: DAY_MS, atMs: 3 * HOUR_MS + 17 * 60_000, days: 1 },
      },
      {
        ...{ name: 'often', tenant: 'acme', events: 'all', format: 'csv', grain: 'day' },
        ...{ everyMs: 6 * HOUR_MS, atMs: 3 * HOUR_MS + 17 * 60_000, days: 3 },
      },
    ]);
    expect(WAREHOUSE_SCHEDULES.parse('[]')).toEqual([]);
  });

  test.each([
    ['nightly', /is no list of schedules/],
    [JSON.stringify([{ ...NIGHTLY, at: '24:00' }]), /\[0\]\.at/],
    [JSON.stringify([{ ...NIGHTLY, every: '0d' }]), /\[0\]\.every/],
    [JSON.stringify([{ ...NIGHTLY, event: 'all' }]), /event/],
    [JSON.stringify([NIGHTLY, { ...NIGHTLY, tenant: 'other' }]), /two have the same name/],
  ])('are refused with what is wrong: %s', (text, problem) => {
    expect(problemOf(text)).toMatch(problem);
  });

  test('are due at the last minute before now that fits, as looking at each minute finds', () => {
    const [schedule] = read({ ...NIGHTLY, every: '6h', at: '05:30' });
    const fits = (ms: number): boolean => ['05:30', '11:30', '17:30', '23:30'].includes(new Date(ms).toISOString().slice(11, 16));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 * 1_440 }), (minutes) => {
        let ms = minutes * 60_000;
        while (!fits(ms)) ms -= 60_000;
        expect(schedule === undefined ? null : dueMsOf(schedule, minutes * 60_000 + 59_999)).toBe(ms);
      }),
    );
  });

  test('leave no day out and add none, however many due times were missed', () => {
    fc.assert(
      fc.property(
        fc.record({
          hours: fc.integer({ min: 1, max: 100 }),
          days: fc.integer({ min: 1, max: 5 }),
          missed: fc.integer({ min: 1, max: 20 }),
        }),
        fc.integer({ min: 0, max: 1_439 }),
        ({ hours, days, missed }, minute) => {
          const schedule = { ...NIGHTLY, everyMs: hours * HOUR_MS, atMs: minute * 60_000, days, format: 'csv', grain: 'day' } as never;
          const doneMs = dueMsOf(schedule, Date.UTC(2026, 10, 1));
          const dueMs = doneMs + missed * hours * HOUR_MS;
          // What the exports of each due time would have held.
          const wanted = new Set<number>();
          for (let n = 1; n <= missed; n += 1) {
            const today = Math.floor((doneMs + n * hours * HOUR_MS) / DAY_MS);
            for (let day = today - days; day < today; day += 1) wanted.add(day);
          }
          const { fromDay, toDay } = dueDays(schedule, dueMs, doneMs);
          expect([fromDay, toDay]).toEqual([Math.min(...wanted), Math.max(...wanted) + 1]);
          expect(overdueMs(schedule, doneMs, dueMs)).toBe((missed - 1) * hours * HOUR_MS);
          expect(overdueMs(schedule, dueMs, dueMs)).toBe(0);
        },
      ),
    );
  });
});
