import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CompiledMeasure, MeasureKind } from '../pack/compiled.ts';
import { toDouble } from './number-input.ts';
import type { NumberInput } from './number-input.ts';
import { isSameState } from './same-state.ts';
import { createState, decodeState, encodeState, mergeState } from './state.ts';
import type { RollupState } from './state.ts';

const KINDS: readonly MeasureKind[] = ['count', 'sum', 'avg', 'min', 'max', 'quantile', 'variance', 'histogram', 'distinct', 'top_k'];
const measures = (numbers: 'exact' | 'double'): readonly CompiledMeasure[] =>
  KINDS.map((kind) => ({ name: kind, kind, field: 'x', numbers, exactTo: 8, k: 3, counters: 4 }));

/** Values in hundredths, so that both kinds of numbers can hold them. */
const values = fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { minLength: 1, maxLength: 60 });

function add(state: RollupState, hundredths: number): void {
  const exact = {
    unscaled: hundredths % 100 === 0 ? hundredths / 100 : hundredths,
    scale: hundredths % 100 === 0 ? 0 : hundredths % 10 === 0 ? 1 : 2,
  };
  if (exact.scale === 1) exact.unscaled = hundredths / 10;
  const input: NumberInput = { isPresent: true, exact, double: toDouble(exact), bin: Number.NaN };
  const counted = { hash: () => 1 + ((hundredths * 2_654_435_761) >>> 1), text: () => String(hundredths) };
  for (const measure of state) {
    if (measure.kind === 'distinct' || measure.kind === 'top_k') measure.add(counted);
    else if ('add' in measure) measure.add(input);
  }
}

/** In parts of so many, merged and read back between them, as flushes do. */
function fold(all: readonly number[], numbers: 'exact' | 'double', part: number): RollupState {
  let state = createState(measures(numbers));
  for (let from = 0; from < all.length; from += part) {
    const some = createState(measures(numbers));
    for (const value of all.slice(from, from + part)) add(some, value);
    mergeState(state, some);
    state = decodeState(encodeState(state), measures(numbers)) ?? [];
  }
  return state;
}

describe.each(['exact', 'double'] as const)('states of %s numbers', (numbers) => {
  it('are the same whatever the order and the parts in which the events came', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 60 }), fc.infiniteStream(fc.nat()), (all, part, keys) => {
        const keyed = all.map((value) => [keys.next().value ?? 0, value] as const);
        const shuffled = keyed.toSorted(([a], [b]) => a - b).map(([, value]) => value);
        expect(isSameState(fold(all, numbers, 60), fold(shuffled, numbers, part))).toBe(true);
      }),
    );
  });

  it('are not the same with one event more, one less or one of another value', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 1_000 }), (all, by) => {
        const state = fold(all, numbers, 7);
        expect(isSameState(state, fold([...all, by], numbers, 7))).toBe(false);
        expect(isSameState(state, fold(all.slice(1), numbers, 7))).toBe(false);
        const other = fold([(all[0] ?? 0) + by, ...all.slice(1)], numbers, 7);
        expect(isSameState(state, other)).toBe(false);
      }),
    );
  });
});

it('states of unlike measures are not the same', () => {
  expect(isSameState(createState(measures('exact')), createState(measures('exact').slice(1)))).toBe(false);
});
