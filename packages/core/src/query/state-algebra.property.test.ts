import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseExact } from '../event/exact-number.ts';
import type { CompiledMeasure } from '../pack/compiled.ts';
import type { NumberState } from '../rollup/measure.ts';
import { createState, decodeState, encodeState, mergeState, readMeasureAt } from '../rollup/state.ts';
import type { RollupState } from '../rollup/state.ts';
import type { AskedMeasure } from './shape.ts';
import { createStateAlgebra } from './state-algebra.ts';

const MEASURES: readonly CompiledMeasure[] = [
  { name: 'count', kind: 'count', numbers: 'exact' },
  { name: 'largest', kind: 'max', field: 'v', numbers: 'exact' },
  { name: 'mean', kind: 'avg', field: 'v', numbers: 'exact' },
  { name: 'size', kind: 'quantile', field: 'v', numbers: 'exact' },
  { name: 'total', kind: 'sum', field: 'v', numbers: 'exact' },
];
const ASKED: readonly AskedMeasure[] = MEASURES.flatMap((measure, index) =>
  measure.kind === 'quantile'
    ? [0.5, 0.95].map((probability) => ({ name: `size.${probability}`, measure, index, probability }))
    : [{ name: measure.name, measure, index }],
);

/** A cell as it is stored, of some values. */
function cellOf(values: readonly number[]): RollupState {
  const state = createState(MEASURES);
  for (const value of values) {
    for (const measure of state) {
      (measure as NumberState).add({ isPresent: true, exact: parseExact(String(value)), double: value, bin: Number.NaN });
    }
  }
  const cell = decodeState(encodeState(state), MEASURES);
  if (cell === null) throw new Error('a state that was encoded is a state');
  return cell;
}

test('any choice of measures, in any order, reads what merging whole states gives, and leaves the cells as they were', () => {
  const cells = fc.array(fc.array(fc.integer({ min: -1_000, max: 1_000 }), { maxLength: 20 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(cells, fc.shuffledSubarray([...ASKED], { minLength: 1 }), (values, asked) => {
      const states = values.map(cellOf);
      const algebra = createStateAlgebra(asked);
      const merged = states.reduce((into, from) => algebra.merge(into, from), algebra.empty());
      const whole = createState(MEASURES);
      for (const state of states) mergeState(whole, state);
      const read = asked.map((one) => algebra.read(merged, one));
      expect(read).toEqual(asked.map((one) => readMeasureAt(whole, one.index, one)));
      expect(states.map(encodeState)).toEqual(values.map((one) => encodeState(cellOf(one))));
    }),
  );
});
