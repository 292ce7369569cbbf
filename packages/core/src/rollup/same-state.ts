/** Whether two states count the same events, folded in whatever order (docs/design/reconciliation.md). */
import { ByteWriter } from './byte-writer.ts';
import type { MeasureState } from './measure.ts';
import { SumState } from './number-states.ts';
import { compareBytes } from './sealed.ts';
import type { RollupState } from './state.ts';
import { TopState } from './top-state.ts';
import { VarianceState } from './variance-state.ts';

/** Doubles that were added in another order. */
const RELATIVE = 1e-9;
/** What may be left of a sum that is all but nothing, of a mean as a part of the spread, of a variance as a part of the mean's square. */
const LEFT = { sum: 1e-12, mean: 1e-12, variance: 1e-14 };

const writers = [new ByteWriter(), new ByteWriter()] as const;

/**
 * True where a recount cannot tell the states apart: the same bytes, or a difference that the order of additions alone can make
 * (the last digits of doubles; counts of a top-k summary within its own bounds). Both of one metric version.
 */
export function isSameState(one: RollupState, other: RollupState): boolean {
  return one.length === other.length && one.every((measure, at) => isSameMeasure(measure, other[at]));
}

function isSameMeasure(one: MeasureState, other: MeasureState | undefined): boolean {
  if (other === undefined || one.kind !== other.kind) return false;
  if (compareBytes(bytesOf(one, writers[0]), bytesOf(other, writers[1])) === 0) return true;
  if (one instanceof SumState && other instanceof SumState) return isSameSum(one, other);
  if (one instanceof VarianceState && other instanceof VarianceState) return isSameVariance(one, other);
  return one instanceof TopState && other instanceof TopState && one.agreesWith(other);
}

function bytesOf(measure: MeasureState, writer: ByteWriter): Uint8Array {
  writer.reset();
  measure.write(writer);
  return writer.finish();
}

function isSameSum(one: SumState, other: SumState): boolean {
  if (one.double === null || other.double === null || one.n !== other.n) return false;
  return isNear(one.double.value(), other.double.value(), LEFT.sum);
}

function isSameVariance(one: VarianceState, other: VarianceState): boolean {
  const n = one.value('count') ?? 0;
  if (!one.isOfDoubles || n !== other.value('count')) return false;
  const mean = one.value('mean');
  return (
    isNear(mean, other.value('mean'), LEFT.mean * (one.value('stddev_pop') ?? 0)) &&
    isNear(one.value('variance_pop'), other.value('variance_pop'), LEFT.variance * (mean ?? 0) ** 2)
  );
}

function isNear(one: number | null, other: number | null, slack: number): boolean {
  if (one === null || other === null) return one === other;
  return Math.abs(one - other) <= RELATIVE * Math.max(Math.abs(one), Math.abs(other)) + slack;
}
