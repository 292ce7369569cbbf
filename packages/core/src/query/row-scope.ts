/** What a caller may see of the answers: some metrics, some values of dimensions, one person. Applied before anything is planned. */
import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import type { Scalar } from '../pack/compiled.ts';
import type { Question, QuestionWhere } from './question.ts';

/** Every row of an answer fulfils all of it. */
export interface RowScope {
  /** Names of metrics; null: all. */
  readonly metrics: readonly string[] | null;
  /** By dimension, the values that may be seen. */
  readonly where: Readonly<Record<string, readonly Scalar[]>>;
  /** Plain id of the one person that may be seen; null: all. */
  readonly subject: string | null;
  /** Groups of fewer persons are withheld; absent: none is. */
  readonly k?: number | undefined;
}

/**
 * The question with the scope as part of it, so that plan, cells, kept answers and cursors are those of a question that asks
 * for no more than may be seen. A metric that lacks a dimension of the scope cannot be asked at all: its plan fails.
 */
export function confineQuestion(question: Question, scope: RowScope): Result<Question> {
  if (!seesMetric(scope, question.metric)) {
    return failed({ code: 'metric_unknown', path: 'metric', message: 'no pack of the tenant declares this metric' });
  }
  const { subject } = scope;
  if (subject !== null && question.subject !== undefined && question.subject !== subject) return beyond('subject');
  const where = confineWhere(question.where, scope.where);
  return where.ok ? ok({ ...question, where: where.value, ...(subject === null ? {} : { subject }), ...greaterK(question, scope) }) : where;
}

function greaterK(question: Question, { k }: RowScope): Pick<Question, 'k'> {
  return k === undefined ? {} : { k: Math.max(k, question.k ?? 0) };
}

/** Both hold: what is asked of a dimension, and which of its values may be seen. */
function confineWhere(asked: QuestionWhere, seen: RowScope['where']): Result<QuestionWhere> {
  const where: Record<string, QuestionWhere[string]> = { ...asked };
  for (const [name, values] of Object.entries(seen)) {
    const own = Object.hasOwn(asked, name) ? asked[name] : undefined;
    const both = own?.in === undefined ? [...values] : own.in.filter((value) => values.includes(value));
    if (both.length === 0) return beyond(`where.${name}`);
    where[name] = { ...own, in: both };
  }
  return ok(where);
}

export function seesMetric({ metrics }: RowScope, metric: string): boolean {
  return metrics === null || metrics.includes(metric);
}

function beyond(path: string): Result<never> {
  return failed({ code: 'row_refused', path, message: 'lies outside of what the caller may see' });
}
