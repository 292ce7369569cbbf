/** The shapes that planner, readers and answerer hand to each other. */
import type { CompiledMeasure, FieldType } from '../pack/compiled.ts';

/** A measure as asked: a quantile measure is asked by the probability as well. */
export interface AskedMeasure {
  /** Name of the column. */
  readonly name: string;
  readonly measure: CompiledMeasure;
  /** Place of the measure in the metric's sorted measures, which is its place in a state. */
  readonly index: number;
  /** 0 < p < 1; only of a quantile. */
  readonly probability?: number;
}

/** Which cells a plan needs: one set of one metric version, between two instants on the grid of the stored grain. */
export interface CellRange {
  readonly tenant: string;
  readonly metric: string;
  readonly version: number;
  readonly setNo: number;
  /** Pseudonym; null where the series of all subjects (or of none) count. */
  readonly subject: string | null;
  /** Epoch seconds, half open, multiples of 900. */
  readonly fromS: number;
  readonly toS: number;
}

/** Columns of an answer, in order. */
export interface AnswerColumn {
  readonly name: string;
  readonly type: 'time' | 'string' | 'number' | 'integer' | 'boolean';
  readonly unit?: string;
}

export type AnswerValue = string | number | boolean | null;
export type AnswerRow = readonly AnswerValue[];

/** One dimension of a group or a filter: its place in the set's dimension list. */
export interface PlannedDimension {
  readonly name: string;
  readonly type: FieldType;
  readonly index: number;
}
