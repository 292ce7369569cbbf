/** The shapes that planner, readers and answerer hand to each other. */
import type { CompiledMeasure, FieldType } from '../pack/compiled.ts';
import type { MeasurePart } from '../rollup/state.ts';

/** A measure as asked: a quantile measure by the probability (0 < p < 1) as well, a variance by the figure. */
export interface AskedMeasure extends MeasurePart {
  /** Name of the column. */
  readonly name: string;
  readonly measure: CompiledMeasure;
  /** Place of the measure in the metric's sorted measures, which is its place in a state. */
  readonly index: number;
}

/** Which cells a plan needs: one set of one metric version, between two instants on the grid of the stored grain. */
export interface CellRange {
  readonly tenant: string;
  readonly metric: string;
  readonly version: number;
  readonly setNo: number;
  /** Pseudonym; null where the series of all subjects (or of none) count. */
  readonly subject: string | null;
  /** Pseudonyms; absent: the series of others count too. */
  readonly among?: readonly string[];
  /** Epoch seconds, half open, on the grid of the finest cells that are read. */
  readonly fromS: number;
  readonly toS: number;
}

/** Columns of an answer, in order. */
export interface AnswerColumn {
  readonly name: string;
  readonly type: 'time' | 'string' | 'number' | 'integer' | 'boolean' | 'top_k' | 'histogram';
  readonly unit?: string;
}

export type AnswerScalar = string | number | boolean | null;

/** One of the values of a top_k: its true count lies between count - error and count. */
export interface AnswerTop {
  readonly value: AnswerScalar;
  readonly count: number;
  readonly error: number;
}

/** One bin of a histogram: values from `from` on and below `to`; null where there is no end on that side. */
export interface AnswerBin {
  readonly from: AnswerScalar;
  readonly to: AnswerScalar;
  readonly count: number;
}

export type AnswerValue = AnswerScalar | readonly AnswerTop[] | readonly AnswerBin[];
export type AnswerRow = readonly AnswerValue[];

/** One dimension of a group or a filter: its place in the set's dimension list. */
export interface PlannedDimension {
  readonly name: string;
  readonly type: FieldType;
  readonly index: number;
}
