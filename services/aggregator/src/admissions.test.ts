import { seriesEntry, valueId } from '@tidegate/core';
import { expect, it } from 'vitest';
import { createAdmissions } from './admissions.ts';
import type { Admissions } from './admissions.ts';

const DAY_S = 86_400;
const KEY = { tenant: 'acme', metric: 'shop.sales', dimension: 'city', eventDay: 0 };

function admissions(idsMax?: number): Admissions {
  return createAdmissions(() => [{ name: 'city', place: 1, valuesMax: 3 }], idsMax);
}

const entryOf = (city: string | null) =>
  seriesEntry({ tenant: 'acme', metric: 'shop.sales', version: 1, setNo: 0, subject: '', dims: ['x', city] });
const held = (of: Admissions, city: string | null, bucketS = 0): (string | boolean)[][] =>
  of.heldOf(entryOf(city), bucketS).map(({ budget, isRefused }) => [budget, isRefused]);
const asked = (...cities: string[]) => cities.map((city) => ({ ...KEY, valuesMax: 3, valueId: valueId(city) }));

it('a value is asked about until a commit that asked for it stands; each day anew', () => {
  const memory = admissions();
  expect(held(memory, 'Oslo')).toEqual([['acme shop.sales city 0', false]]);
  memory.settled(asked('Oslo'), []);
  expect(held(memory, 'Oslo', DAY_S - 900)).toEqual([]);
  expect(held(memory, 'Bergen')).toHaveLength(1);
  expect(held(memory, 'Oslo', -900)).toEqual([['acme shop.sales city -1', false]]);
  expect(held(memory, null)).toEqual([]);
  memory.clear();
  expect(held(memory, 'Oslo')).toHaveLength(1);
});

it('of a budget that is spent and known whole nothing is asked any more', () => {
  const memory = admissions();
  memory.settled(asked('Oslo', 'Bergen'), [{ ...KEY, admitted: ['Oslo', 'Voss', 'Moss'].map(valueId), isWhole: true }]);
  expect([held(memory, 'Oslo'), held(memory, 'Voss')]).toEqual([[], []]);
  expect(held(memory, 'Bergen')).toEqual([['acme shop.sales city 0', true]]);
  expect(memory.spentBudgets()).toEqual(['acme shop.sales city 0']);
});

it('of a budget that is too large to be known whole every value that is not known is asked about', () => {
  const memory = admissions();
  memory.settled(asked('Oslo', 'Bergen'), [{ ...KEY, admitted: [valueId('Oslo')], isWhole: false }]);
  expect(held(memory, 'Oslo')).toEqual([]);
  expect(held(memory, 'Bergen')).toEqual([['acme shop.sales city 0', false]]);
});

it('memory is bounded: beyond it all is forgotten and asked for again', () => {
  const memory = admissions(3);
  memory.settled(asked('a', 'b', 'c'), []);
  expect(['a', 'b', 'c'].flatMap((city) => held(memory, city))).toEqual([]);
  memory.settled(asked('d'), []);
  expect([held(memory, 'a').length, held(memory, 'd').length]).toEqual([1, 0]);
});
