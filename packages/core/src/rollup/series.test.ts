import { expect, test } from 'vitest';
import { hashParts } from '../hash/hash-parts.ts';
import { seriesId } from './series.ts';
import type { SeriesKey } from './series.ts';

const KEY: SeriesKey = { tenant: 'acme', metric: 'shop.orders', version: 3, setNo: 1, subject: '', dims: ['oslo', null] };

test('the id is the public hash of the series in the written order', () => {
  expect(seriesId(KEY)).toEqual(hashParts(new Uint8Array(16), ['acme', 'shop.orders', '3', '1', '', '1oslo', '0']));
});

test('series that differ in one thing have different ids', () => {
  const others: SeriesKey[] = [
    KEY,
    { ...KEY, tenant: 'acm' },
    { ...KEY, version: 4 },
    { ...KEY, setNo: 0 },
    { ...KEY, subject: 'ab' },
    { ...KEY, dims: ['oslo', ''] },
    { ...KEY, dims: ['oslo', '0'] },
    { ...KEY, dims: ['oslo'] },
    { ...KEY, dims: [null, 'oslo'] },
  ];
  expect(new Set(others.map((key) => String(seriesId(key)))).size).toBe(others.length);
});
