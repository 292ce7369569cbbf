import type { ExactNumber } from '../event/exact-number.ts';
import type { CompiledMeasure } from '../pack/compiled.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { createMeasure, mergeMeasure } from './measure.ts';
import type { MeasureState, SumState } from './measure.ts';

/** What a cell holds: one accumulated value for each measure of the metric version, in their sorted order. */
export type RollupState = readonly MeasureState[];

export const STATE_VERSION = 1;

/** The neutral element of `mergeState`. */
export function createState(measures: readonly CompiledMeasure[]): RollupState {
  return measures.map(createMeasure);
}

/** Adds `from`, of the same metric version, to `into`; `from` is left as it is. */
export function mergeState(into: RollupState, from: RollupState): void {
  for (let i = 0; i < into.length; i += 1) {
    const target = into[i];
    const source = from[i];
    if (target !== undefined && source !== undefined) mergeMeasure(target, source);
  }
}

const writer = new ByteWriter();

export function encodeState(state: RollupState): Uint8Array {
  writer.reset();
  writer.byte(STATE_VERSION);
  for (const measure of state) measure.write(writer);
  return writer.finish();
}

/** Null where the bytes are no state of these measures, or of a version that is not known here. */
export function decodeState(bytes: Uint8Array, measures: readonly CompiledMeasure[]): RollupState | null {
  const reader = new ByteReader(bytes);
  if (reader.byte() !== STATE_VERSION) return null;
  const state = createState(measures);
  for (const measure of state) measure.read(reader);
  return reader.isDone ? state : null;
}

/** Exact numbers as such, doubles (averages and quantiles too) as numbers; null where there is no value. */
export type StateValue = ExactNumber | number | null;

/**
 * The value of the measure at `index`. Of no values counts and sums are 0, all others null. `probability` (0 … 1) is for
 * quantiles only. An average is the double nearest to the exact quotient.
 */
export function readMeasureAt(state: RollupState, index: number, probability = 0.5): StateValue {
  const measure = state[index];
  if (measure === undefined) return null;
  switch (measure.kind) {
    case 'count':
      return measure.n;
    case 'sum':
      return total(measure);
    case 'avg':
      return average(measure);
    case 'min':
    case 'max':
      return measure.value();
    case 'quantile':
      return measure.sketch.quantile(probability);
  }
}

/** Where a question's name of a measure points. */
export interface MeasurePlace {
  readonly index: number;
  /** Only of quantiles. */
  readonly probability?: number;
}

/**
 * Finds a measure by the name a question uses: the measure's own, `size.p95` for a quantile measure `size`, `p95` alone where
 * the metric has one quantile. Null where there is none.
 */
export function findMeasure(measures: readonly CompiledMeasure[], name: string): MeasurePlace | null {
  const own = measures.findIndex((measure) => measure.name === name);
  if (own >= 0) return measures[own]?.kind === 'quantile' ? null : { index: own };
  const match = /^(?:(.+)\.)?p(\d{1,2}(?:\.\d+)?)$/.exec(name);
  if (match === null) return null;
  // Not a division: 99.9 / 100 is not the double nearest to 0.999.
  const probability = Number(`${match[2]}e-2`);
  const quantiles = measures.filter((measure) => measure.kind === 'quantile');
  const found =
    match[1] === undefined ? (quantiles.length === 1 ? quantiles[0] : undefined) : quantiles.find((measure) => measure.name === match[1]);
  return found === undefined ? null : { index: measures.indexOf(found), probability };
}

/** Null where a sum of doubles has left the doubles. */
function total(measure: SumState): StateValue {
  return (measure.exact ?? measure.double)?.value() ?? null;
}

function average(measure: SumState): number | null {
  const sum = total(measure);
  if (measure.n === 0 || sum === null) return null;
  return typeof sum === 'number' ? sum / measure.n : divide(sum, measure.n);
}

/** sum / n: one division where a double holds the sum, else through 40 more digits than the sum has. */
function divide(sum: ExactNumber, n: number): number {
  if (sum.scale === 0 && typeof sum.unscaled === 'number') return sum.unscaled / n;
  const quotient = (BigInt(sum.unscaled) * 10n ** 40n) / BigInt(n);
  return Number(`${quotient}e-${sum.scale + 40}`);
}
