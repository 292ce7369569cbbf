import type { ExactNumber } from '../event/exact-number.ts';
import type { CompiledMeasure } from '../pack/compiled.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import type { FrequentValue } from '../sketch/space-saving.ts';
import type { HistogramBin } from './histogram-state.ts';
import { createMeasure, mergeEncoded, mergeMeasure, subtractMeasure } from './measure.ts';
import type { MeasureState } from './measure.ts';
import { CountState, QuantileState, SumState } from './number-states.ts';
import { quotient } from './quotient.ts';
import { VarianceState } from './variance-state.ts';
import type { VarianceFigure } from './variance-state.ts';

/** What a cell holds: one accumulated value for each measure of the metric version, in their sorted order. */
export type RollupState = readonly MeasureState[];

export const STATE_VERSION = 1;
/** Of cells from which more was taken than they had: numbers of values are signed. */
export const SIGNED_STATE_VERSION = 2;

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

/** Takes `other`, of the same metric version, out of `from`: what `mergeState` of it adds. */
export function subtractState(from: RollupState, other: RollupState): void {
  for (let i = 0; i < from.length; i += 1) {
    const target = from[i];
    const source = other[i];
    if (target !== undefined && source !== undefined) subtractMeasure(target, source);
  }
}

const writer = new ByteWriter();

export function encodeState(state: RollupState): Uint8Array {
  writer.metNegative = false;
  writeState(state, STATE_VERSION);
  if (writer.metNegative) {
    writer.isSigned = true;
    writeState(state, SIGNED_STATE_VERSION);
    writer.isSigned = false;
  }
  return writer.finish();
}

function writeState(state: RollupState, version: number): void {
  writer.reset();
  writer.byte(version);
  for (const measure of state) measure.write(writer);
}

/** Whether two states of the same measures hold the same. */
export function isSameState(a: RollupState, b: RollupState): boolean {
  const [left, right] = [encodeState(a), encodeState(b)];
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

/** Null where the bytes are no state of these measures, or of a version that is not known here. */
export function decodeState(bytes: Uint8Array, measures: readonly CompiledMeasure[]): RollupState | null {
  return new StateReader(bytes, measures).read(0, bytes.length);
}

/** Reads states that lie in one piece of memory. */
export class StateReader {
  private readonly reader: ByteReader;
  private readonly measures: readonly CompiledMeasure[];

  constructor(bytes: Uint8Array, measures: readonly CompiledMeasure[]) {
    this.reader = new ByteReader(bytes);
    this.measures = measures;
  }

  /** The state in a part of the bytes. Null as of `decodeState`. */
  read(from: number, to: number): RollupState | null {
    if (!this.begin(from, to)) return null;
    const state = createState(this.measures);
    for (const measure of state) measure.read(this.reader);
    return this.reader.isDone ? state : null;
  }

  /** Adds the state in a part of the bytes to another one, without making it. False: it is none, and `into` is worth nothing. */
  mergeInto(into: RollupState, from: number, to: number): boolean {
    if (!this.begin(from, to)) return false;
    for (let at = 0; at < into.length; at += 1) {
      const target = into[at];
      const measure = this.measures[at];
      if (target !== undefined && measure !== undefined) mergeEncoded(target, measure, this.reader);
    }
    return this.reader.isDone;
  }

  private begin(from: number, to: number): boolean {
    const { reader } = this;
    reader.restart(from, to);
    const version = reader.byte();
    reader.isSigned = version === SIGNED_STATE_VERSION;
    return reader.isSigned || version === STATE_VERSION;
  }
}

/** Exact numbers as such, doubles (averages and quantiles too) as numbers, carried texts, lists; null where there is no value. */
export type StateValue = ExactNumber | number | string | readonly FrequentValue[] | readonly HistogramBin[] | null;

/** Which figure of a measure that has several. */
export interface MeasurePart {
  /** Of a quantile: 0 … 1. */
  readonly probability?: number;
  /** Of a variance. */
  readonly figure?: VarianceFigure;
}

/**
 * The value of the measure at `index`. Of no values counts and sums are 0, lists are empty of counts, all others null. An average
 * is the double nearest to the exact quotient.
 */
export function readMeasureAt(state: RollupState, index: number, { probability = 0.5, figure = 'stddev' }: MeasurePart = {}): StateValue {
  const measure = state[index];
  if (measure === undefined) return null;
  if (measure instanceof CountState) return measure.n;
  if (measure instanceof SumState) return measure.kind === 'sum' ? total(measure) : average(measure);
  if (measure instanceof QuantileState) return measure.sketch.quantile(probability);
  return measure instanceof VarianceState ? measure.value(figure) : measure.value();
}

/** Where a question's name of a measure points. */
export interface MeasurePlace extends MeasurePart {
  readonly index: number;
}

const PART = /^(?:(.+)\.)?(?:p(\d{1,2}(?:\.\d+)?)|((?:variance|stddev)(?:_pop)?|mean|count))$/;

/**
 * Finds a measure by the name a question uses: the measure's own; `size.p95` for a quantile measure `size`, `size.stddev` for a
 * variance measure; `p95` and `stddev` alone where the metric has one such measure. Null where there is none.
 */
export function findMeasure(measures: readonly CompiledMeasure[], name: string): MeasurePlace | null {
  const own = measures.findIndex((measure) => measure.name === name && !hasParts(measure));
  if (own >= 0) return { index: own };
  const match = PART.exec(name);
  if (match === null) return null;
  const [, of, percent, figure] = match;
  const kind = figure === undefined ? 'quantile' : 'variance';
  const fitting = measures.filter((measure) => measure.kind === kind && (of === undefined || measure.name === of));
  const [found] = fitting;
  if (found === undefined || fitting.length > 1) return null;
  // Alone these would be taken for measures of the metric.
  if (of === undefined && (figure === 'mean' || figure === 'count')) return null;
  const index = measures.indexOf(found);
  // Not a division: 99.9 / 100 is not the double nearest to 0.999.
  return figure === undefined ? { index, probability: Number(`${percent}e-2`) } : { index, figure: figure as VarianceFigure };
}

function hasParts({ kind }: CompiledMeasure): boolean {
  return kind === 'quantile' || kind === 'variance';
}

/** Null where a sum of doubles has left the doubles. */
function total(measure: SumState): ExactNumber | number | null {
  return (measure.exact ?? measure.double)?.value() ?? null;
}

function average(measure: SumState): number | null {
  const sum = total(measure);
  if (measure.n === 0 || sum === null) return null;
  if (typeof sum === 'number') return sum / measure.n;
  // One division where a double holds the sum.
  if (sum.scale === 0 && typeof sum.unscaled === 'number') return sum.unscaled / measure.n;
  return quotient(sum, BigInt(measure.n));
}
