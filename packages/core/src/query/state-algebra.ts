import { createMeasure, mergeMeasure } from '../rollup/measure.ts';
import type { RollupState } from '../rollup/state.ts';
import { isSameState, readMeasureAt } from '../rollup/state.ts';
import type { StateAlgebra } from './measure-value.ts';
import type { AskedMeasure } from './shape.ts';

/** Merges no more than the asked measures of a state: a sketch that nobody asks for costs nothing. */
export function createStateAlgebra(asked: readonly AskedMeasure[]): StateAlgebra<RollupState> {
  const kept = new Map(asked.map(({ index, measure }) => [index, measure]));
  const places = [...kept.keys()];
  const place = new Map(places.map((index, at) => [index, at]));
  return {
    empty: () => [...kept.values()].map(createMeasure),
    // `into` holds the asked measures alone, `from` is the state of a cell with all of them.
    merge(into, from) {
      for (let at = 0; at < places.length; at += 1) {
        const target = into[at];
        const source = from[places[at] ?? -1];
        if (target !== undefined && source !== undefined) mergeMeasure(target, source);
      }
      return into;
    },
    join(into, from) {
      for (const [at, target] of into.entries()) {
        const source = from[at];
        if (source !== undefined) mergeMeasure(target, source);
      }
      return into;
    },
    isEmpty: (state) => isSameState(state, [...kept.values()].map(createMeasure)),
    read: (state, asked) => readMeasureAt(state, place.get(asked.index) ?? -1, asked),
  };
}
