import { expect, test } from 'vitest';
import { compilePack } from '../pack/compile.ts';
import { parsePack } from '../pack/parse.ts';
import { SeriesTable } from './series-table.ts';

function table(): SeriesTable {
  const parsed = parsePack({
    pack: 'shop',
    title: 'Shop',
    events: { sale: { fields: { city: { type: 'string', dimension: true }, till: { type: 'integer', dimension: true } } } },
    metrics: { sales: { events: ['sale'], dimensions: ['city', 'till'], measures: { n: { measure: 'count' } } } },
  });
  const metric = parsed.ok
    ? compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value }).metrics.get('sales')
    : undefined;
  if (metric === undefined) throw new Error('no metric');
  return new SeriesTable(metric, 0);
}

const find = (of: SeriesTable, city: string | null, till = '1') => of.find('', [city, till], [0, 1]);

test('a series that is met in each age stays the same object; one that is not met for an age is made anew, with the same id', () => {
  const series = table();
  const [oslo, bergen] = [find(series, 'Oslo'), find(series, 'Bergen')];
  const absent = find(series, null);
  series.age();
  expect(series.size).toBe(0);
  expect(find(series, 'Oslo')).toBe(oslo);
  expect(find(series, null)).toBe(absent);
  expect(find(series, 'Oslo', '2')).not.toBe(oslo);
  expect(series.size).toBe(3);
  series.age();
  expect(find(series, 'Oslo')).toBe(oslo);
  expect(find(series, 'Bergen')).not.toBe(bergen);
  expect(find(series, 'Bergen').entry).toEqual(bergen.entry);
});

test('however many series come by, two ages of them are known', () => {
  const series = table();
  const first = find(series, 'city 0');
  for (let n = 0; n < 1_000; n += 1) {
    find(series, `city ${n}`);
    if (series.size > 100) series.age();
    expect(series.size).toBeLessThanOrEqual(100);
  }
  expect(find(series, 'city 0')).not.toBe(first);
});
