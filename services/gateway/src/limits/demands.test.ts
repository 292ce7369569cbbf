import { expect, it } from 'vitest';
import { createDemands } from './demands.ts';
import type { Plan, PlanCaller } from './plans.ts';

const planOf = (demandOf: PlanCaller | null): Plan => ({
  ...{ limitClass: { name: 'c', cost: 1, before: 'always', policies: [], source: 'shipped' }, tenant: 't', path: '/', levels: [] },
  ...{ asks: [], stages: [], hasShadow: false, demandOf },
});
const caller = (key: string): PlanCaller => ({ tenant: 't', key, user: null, route: 'GET /' });

it('names a caller once in ten seconds and counts it by second, whichever of its plans; with the last flush all is told', () => {
  const demands = createDemands();
  const [a, again, b] = [planOf(caller('a')), planOf(caller('a')), planOf(caller('b'))];
  demands.note(a, false);
  demands.note(again, true);
  demands.note(planOf(null), false);
  expect(demands.endSecond(1_700, false)).toBeNull();
  expect(demands.endSecond(2_700, false)).toBeNull();
  demands.note(b, true);
  demands.note(a, false);
  for (let second = 3; second < 10; second += 1) expect(demands.endSecond(second * 1_000, false)).toBeNull();
  expect(demands.endSecond(10_000, false)).toEqual({
    who: [caller('a'), caller('b')],
    seconds: [
      { at: 1, counts: [[0, 2, 1]], others: [0, 0] },
      {
        at: 3,
        counts: [
          [1, 1, 1],
          [0, 1, 0],
        ],
        others: [0, 0],
      },
    ],
  });
  demands.note(b, false);
  expect(demands.endSecond(11_000, true)).toEqual({ who: [caller('b')], seconds: [{ at: 11, counts: [[0, 1, 0]], others: [0, 0] }] });
  expect(demands.endSecond(12_000, true)).toBeNull();
});

it('tells of callers beyond its bound how often they asked in all', () => {
  const demands = createDemands(2);
  for (const key of ['a', 'b', 'c', 'd']) demands.note(planOf(caller(key)), key === 'd');
  const told = demands.endSecond(1_000, true);
  expect([told?.who.map(({ key }) => key), told?.seconds]).toEqual([
    ['a', 'b'],
    [
      {
        at: 1,
        counts: [
          [0, 1, 0],
          [1, 1, 0],
        ],
        others: [2, 1],
      },
    ],
  ]);
});
