import type { CompiledMeasure, MeasureKind } from '../pack/compiled.ts';
import type { ByteReader } from './byte-reader.ts';
import { CarriedState } from './carried-state.ts';
import { DistinctState } from './distinct-state.ts';
import { HistogramState } from './histogram-state.ts';
import { CountState, ExtremeState, QuantileState, SumState } from './number-states.ts';
import { TopState } from './top-state.ts';
import { VarianceState } from './variance-state.ts';

/** One measure's accumulated value; merging is associative and commutative, a new one is neutral. */
export type MeasureState = NumberState | CarriedState | DistinctState | TopState;

/** Those that take numbers in, and that alone. */
export type NumberState = CountState | SumState | ExtremeState | QuantileState | VarianceState | HistogramState;

const EMPTY: Readonly<Record<MeasureKind, (measure: CompiledMeasure) => MeasureState>> = {
  count: () => new CountState(),
  sum: ({ numbers }) => new SumState('sum', numbers),
  avg: ({ numbers }) => new SumState('avg', numbers),
  min: ({ numbers }) => new ExtremeState('min', numbers),
  max: ({ numbers }) => new ExtremeState('max', numbers),
  quantile: () => new QuantileState(),
  variance: ({ numbers }) => new VarianceState(numbers),
  histogram: ({ bounds }) => new HistogramState(bounds),
  first: (measure) => new CarriedState('first', measure),
  last: (measure) => new CarriedState('last', measure),
  distinct: ({ exactTo }) => new DistinctState(exactTo),
  top_k: ({ k, counters }) => new TopState(k, counters),
};

/** The empty value of a measure. */
export function createMeasure(measure: CompiledMeasure): MeasureState {
  return EMPTY[measure.kind](measure);
}

/** What can be taken out of a cell again: a lint lets metrics over entities have no other measures. */
export function subtractMeasure(from: MeasureState, other: MeasureState): void {
  if (from.kind !== other.kind) throw new TypeError(`a ${other.kind} cannot be taken out of a ${from.kind}`);
  if (from instanceof CountState) from.subtract(other as CountState);
  else if (from instanceof SumState) from.subtract(other as SumState);
  else if (from instanceof QuantileState) from.subtract(other as QuantileState);
  else if (from instanceof VarianceState) from.subtract(other as VarianceState);
  else if (from instanceof HistogramState) from.subtract(other as HistogramState);
  else throw new TypeError(`nothing can be taken out of a ${from.kind}`);
}

/** Both of one measure; anything else is a bug of the caller. */
export function mergeMeasure(into: MeasureState, from: MeasureState): void {
  if (into instanceof CountState && from instanceof CountState) into.merge(from);
  else if (into instanceof SumState && from instanceof SumState) into.merge(from);
  else if (into instanceof ExtremeState && from instanceof ExtremeState) into.merge(from);
  else if (into instanceof QuantileState && from instanceof QuantileState) into.merge(from);
  else mergeOther(into, from);
}

/** Adds what was encoded of the same measure. Malformed bytes break the reader. */
export function mergeEncoded(into: MeasureState, measure: CompiledMeasure, from: ByteReader): void {
  if (into instanceof CountState || into instanceof SumState) {
    into.mergeEncoded(from);
    return;
  }
  const other = createMeasure(measure);
  other.read(from);
  if (!from.isBroken) mergeMeasure(into, other);
}

function mergeOther(into: MeasureState, from: MeasureState): void {
  if (into.kind !== from.kind) throw new TypeError(`a ${from.kind} cannot be merged into a ${into.kind}`);
  if (into instanceof VarianceState) into.merge(from as VarianceState);
  else if (into instanceof HistogramState) into.merge(from as HistogramState);
  else if (into instanceof CarriedState) into.merge(from as CarriedState);
  else if (into instanceof DistinctState) into.merge(from as DistinctState);
  else if (into instanceof TopState) into.merge(from as TopState);
}
