import { describe, expect, test } from 'vitest';
import { compileVersions } from './metric-versions.ts';
import type { PackRecord } from './parse.ts';
import { parsePack, parsePackRecord } from './parse.ts';
import { planPackVersion } from './plan-pack-version.ts';
import type { PackSource } from './schema.ts';

/** A shop whose one metric counts sales by some dimensions: each list of them is another definition. */
function shop(dimensions: readonly string[], type = 'shop.sale'): PackSource {
  const field = { type: 'string', action: 'keep', why: 'for the tests' };
  const parsed = parsePack({
    ...{ pack: 'shop', title: 'A shop' },
    events: {
      [type]: {
        fields: Object.fromEntries(['region', 'item', 'till'].map((name) => [name, { ...field, dimension: dimensions.includes(name) }])),
      },
    },
    metrics: { sales: { events: [type], dimensions, measures: { n: { measure: 'count' } } } },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  return parsed.value;
}

const A = shop(['region']);
const B = shop(['region', 'item']);
const C = shop(['till']);
const declared = new Set(['shop.sale']);

/** The record after a source is applied to what stands; as the control topic would tell it. */
function apply(previous: PackRecord | null, source: PackSource, highest = 0): PackRecord {
  const types = previous === null ? new Set<string>() : declared;
  const plan = planPackVersion({ previous, source, highest: { sales: highest }, declared: types });
  const record = parsePackRecord(
    JSON.parse(JSON.stringify({ pack: 'shop', version: (previous?.version ?? 0) + 1, source, ...plan })) as unknown,
  );
  if (!record.ok) throw new Error(JSON.stringify(record.fault));
  return record.value;
}

/** What the swap writes. */
const swapped = (record: PackRecord): PackRecord => ({ ...record, making: [] });

/** Version and dimensions that questions are answered from; versions that all owners fold; those that are being made. */
function state(record: PackRecord): readonly unknown[] {
  const { answered, folded, making } = compileVersions('acme', record);
  const sales = answered.get('sales');
  return [
    sales === undefined ? null : [sales.version, sales.dimensions.map(({ name }) => name).join()],
    folded.map(({ version }) => version).toSorted(),
    making.map(({ version }) => version),
  ];
}

test('another time to keep its cells is no new version of a metric, cells of another grain are', () => {
  const [sales] = Object.values(A.metrics);
  if (sales === undefined) throw new Error('the shop has a metric');
  const first = apply(null, A);
  const kept = apply(first, { ...A, retention: { raw: '400d' }, metrics: { sales: { ...sales, retention: { hour: '90d' } } } }, 1);
  expect(state(kept)).toEqual(state(first));
  const byMinute = apply(first, { ...A, metrics: { sales: { ...sales, grains: ['minute', 'quarter_hour', 'hour', 'day'] } } }, 1);
  expect(state(byMinute)).toEqual([[1, 'region'], [1], [2]]);
});

describe('a pack that changes', () => {
  const first = apply(null, A);
  const changed = apply(first, B, 1);

  test('is answered from the version before until the new one is whole, and folded in both', () => {
    expect(state(first)).toEqual([[1, 'region'], [1], []]);
    expect(state(changed)).toEqual([[1, 'region'], [1], [2]]);
    expect(state(swapped(changed))).toEqual([[2, 'region,item'], [1, 2], []]);
  });

  test('goes back to the version before at once, and forward again', () => {
    const back = apply(swapped(changed), A, 2);
    expect(state(back)).toEqual([[1, 'region'], [1, 2], []]);
    expect(state(apply(back, B, 2))).toEqual([[2, 'region,item'], [1, 2], []]);
  });

  test('goes back while the new version is being made: that one is given up, and its number is never given out again', () => {
    const back = apply(changed, A, 2);
    expect(state(back)).toEqual([[1, 'region'], [1], []]);
    expect(state(apply(back, B, 2))).toEqual([[1, 'region'], [1], [3]]);
  });

  test('changes again while a version is being made: the second takes the place of the first', () => {
    expect(state(apply(changed, C, 2))).toEqual([[1, 'region'], [1], [3]]);
  });

  test('changes after a swap: what is answered from stays, what was before it is let go', () => {
    expect(state(apply(swapped(changed), C, 2))).toEqual([[2, 'region,item'], [2], [3]]);
  });

  test('in something else goes on with the making', () => {
    expect(state(apply(changed, { ...B, title: 'The shop' }, 2))).toEqual([[1, 'region'], [1], [2]]);
  });

  test('and a metric that is new: of types with events it is made first, of new types it is whole at once', () => {
    const before = apply(null, { ...A, metrics: {} });
    expect(state(apply(before, A))).toEqual([null, [], [1]]);
    expect(state(apply(before, shop(['region'], 'shop.return')))).toEqual([[1, 'region'], [1], []]);
  });

  test('keeps from when on a version is whole, through changes of others and a rollback', () => {
    const known: PackRecord = { ...swapped(changed), history: { sales: 86_400 } };
    const back = apply(known, A, 2);
    expect(compileVersions('acme', back).answered.get('sales')?.historyFromS).toBeUndefined();
    expect(compileVersions('acme', apply(back, B, 2)).answered.get('sales')?.historyFromS).toBe(86_400);
    expect(compileVersions('acme', apply(known, { ...B, title: 'The shop' }, 2)).answered.get('sales')?.historyFromS).toBe(86_400);
  });
});
