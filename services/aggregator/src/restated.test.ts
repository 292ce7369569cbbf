import { createState, seriesEntry } from '@tidegate/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { restatedBy } from './restated.ts';

const NOW_S = 1_800_000_000;
const CLOSED_AFTER_S = 7_200;
const SERIES = ['a', 'b', 'c'].map((dim, at) =>
  seriesEntry({ tenant: 'acme', metric: at < 2 ? 'shop.sales' : 'shop.visits', version: 1, setNo: 0, subject: '', dims: [dim] }),
);

it('a batch restates each quarter of an hour that ended long enough ago, once for a metric, whatever its cells are', () => {
  const delta = fc.record({ series: fc.nat(2), minutesAgo: fc.integer({ min: -5, max: 300 }), isMinute: fc.boolean() });
  fc.assert(
    fc.property(fc.array(delta, { maxLength: 20 }), (deltas) => {
      const folded = {
        ...{ events: deltas.length, series: SERIES, days: [], entities: [] },
        deltas: deltas.map(({ series, minutesAgo, isMinute }) => {
          const [grain, widthS] = isMinute ? (['minute', 60] as const) : (['quarter_hour', 900] as const);
          return { series, grain, bucketS: Math.floor((NOW_S - minutesAgo * 60) / widthS) * widthS, state: createState([]) };
        }),
      };
      const expected = new Set(
        deltas.flatMap(({ series, minutesAgo }) => {
          const quarterS = Math.floor((NOW_S - minutesAgo * 60) / 900) * 900;
          return quarterS + 900 + CLOSED_AFTER_S <= NOW_S ? [`${series < 2 ? 'shop.sales' : 'shop.visits'} ${quarterS}`] : [];
        }),
      );
      const restated = restatedBy(folded, { arrivalToMs: NOW_S * 1_000, closedAfterS: CLOSED_AFTER_S });
      expect(restated.map(({ metric, bucketS }) => `${metric} ${bucketS}`).toSorted()).toEqual([...expected].toSorted());
      expect(restated.every(({ tenant, version, cause }) => tenant === 'acme' && version === 1 && cause === 'late_event')).toBe(true);
    }),
  );
});
