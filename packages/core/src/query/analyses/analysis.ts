import type { Result } from '../../fault/fault.ts';
import type { CompiledMetric } from '../../pack/compiled.ts';
import type { QuestionInput } from '../question.ts';
import type { AnswerColumn, AnswerRow, AnswerScalar } from '../shape.ts';

/** The answer to one of the questions that an analysis asks first. */
export interface BaseAnswer {
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly AnswerRow[];
}

/** Stands for an answer that was not given. */
export const NOTHING: BaseAnswer = { columns: [], rows: [] };

export interface Conclusion {
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly AnswerRow[];
  /** Stands in `meta.analysis`: figures of the whole, by group where there are groups. */
  readonly findings: Findings;
}

export interface Findings {
  readonly [name: string]: AnswerScalar | Findings | readonly Findings[];
}

/** An analysis, ready to be asked: questions first, then what follows from their answers, in the same order. Pure. */
export interface Analysis {
  readonly questions: readonly QuestionInput[];
  /** Member of the analysis that a fault in a member of its question `at` speaks of. */
  readonly pathOf: (at: number, path: string) => string;
  readonly conclude: (answers: readonly BaseAnswer[]) => Conclusion;
}

export interface AnalysisContext {
  /** Null: the tenant has no such metric. */
  readonly metric: CompiledMetric | null;
  readonly nowMs: number;
}

/** Makes an analysis of a question of its kind. */
export type PlanAnalysis<Q> = (question: Q, context: AnalysisContext) => Result<Analysis>;

/** The value as a double; null where it is none. Exact decimals that no double holds stand in answers as texts. */
export function numberOf(value: AnswerRow[number] | undefined): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value === '') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}
