import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePack } from '../pack/compile.ts';
import { parsePack } from '../pack/parse.ts';
import { budgetedDimensions, OTHER_VALUE, otherSeries, storedValue } from './dimension-budget.ts';
import { seriesEntry } from './series.ts';

const likeOther = fc.tuple(fc.nat(4), fc.constantFrom('other', 'Other', 'others', 'othe', '')).map(([n, text]) => '_'.repeat(n) + text);
const values = fc.oneof(likeOther, fc.string());

describe('values of dimensions', () => {
  it('no two share a text, and none has that of the rest', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        expect(storedValue(a)).not.toBe(OTHER_VALUE);
        expect(storedValue(a) === storedValue(b)).toBe(a === b);
      }),
    );
  });

  it('stand in a series as they are, but for those that look like the rest', () => {
    expect(['Oslo', '', '_', 'other', '_others', '_other', '__other'].map(storedValue)).toEqual([
      ...['Oslo', '', '_', 'other', '_others', '__other', '___other'],
    ]);
  });
});

function metricOf(budget?: Record<string, number>) {
  const field = (type: string, more: object = {}): object => ({ type, dimension: true, ...more });
  const parsed = parsePack({
    pack: 'shop',
    title: 'Shop',
    events: {
      sale: {
        fields: {
          city: field('string'),
          till: field('integer'),
          paid: field('boolean'),
          kind: field('enum', { values: ['a', 'b', 'c'] }),
        },
      },
    },
    metrics: {
      sales: {
        events: ['sale'],
        dimensions: ['city', 'till', 'paid', 'kind'],
        sets: [
          ['city', 'paid', 'kind'],
          ['till', 'subject'],
        ],
        ...(budget === undefined ? {} : { values_per_day: budget }),
        measures: { n: { measure: 'count' } },
      },
    },
  });
  if (!parsed.ok) return parsed.fault;
  const metric = compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value }).metrics.get('sales');
  return metric ?? [];
}

function budgetsOf(setNo: number, valuesMax: number, budget?: Record<string, number>): (string | number)[][] {
  const metric = metricOf(budget);
  if ('length' in metric) throw new Error(JSON.stringify(metric));
  return budgetedDimensions(metric, setNo, valuesMax).map(({ name, place, valuesMax: most }) => [name, place, most]);
}

describe('budgets of a set', () => {
  it('are of the dimensions that may have more values than a day admits; the subject is none', () => {
    expect(budgetsOf(0, 10_000)).toEqual([['city', 0, 10_000]]);
    expect(budgetsOf(1, 10_000)).toEqual([['till', 0, 10_000]]);
    expect(budgetsOf(0, 2)).toEqual([
      ['city', 0, 2],
      ['kind', 2, 2],
    ]);
  });

  it('are the least of what the installation and the pack say', () => {
    expect(budgetsOf(0, 10_000, { city: 50, kind: 2 })).toEqual([
      ['city', 0, 50],
      ['kind', 2, 2],
    ]);
    expect(budgetsOf(0, 10, { city: 50 })).toEqual([['city', 0, 10]]);
  });

  it('belong to dimensions of the metric', () => {
    expect(metricOf({ colour: 5 })).toMatchObject([{ code: 'pack_invalid', path: 'metrics.sales.values_per_day.colour' }]);
  });
});

it('what has no room is counted in the series of the rest, with the other dimensions as they were', () => {
  const key = { tenant: 'acme', metric: 'sales', version: 2, setNo: 1, subject: 's' };
  const made = otherSeries(seriesEntry({ ...key, dims: ['Oslo', null, 'x'] }), [0]);
  expect(made).toEqual(seriesEntry({ ...key, dims: ['_other', null, 'x'] }));
});
