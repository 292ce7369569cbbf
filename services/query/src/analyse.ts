/** An analysis asks plain questions, at once, and works its answer out from theirs; anything else is a plain question itself. */
import { isAnalysis, parseAnalysis, planAnalysis, seesMetric } from '@tidegate/core';
import type { Analysis, AnalysisQuestion } from '@tidegate/core';
import type { ProblemFault } from '@tidegate/http';
import type { Answer, Ask, AskOutcome } from './ask.ts';
import { joinClaims } from './join-claims.ts';
import { toProblemFault } from './question-faults.ts';
import type { Registry } from './registry.ts';

export interface AnalyseDeps {
  readonly ask: Ask;
  readonly registry: Pick<Registry, 'metric'>;
  readonly nowMs: () => number;
}

export function createAnalyse({ ask, registry, nowMs }: AnalyseDeps): Ask {
  return async function analyse(value, as) {
    if (!isAnalysis(value)) return ask(value, as);
    const parsed = parseAnalysis(value);
    if (!parsed.ok) return { ok: false, problem: { code: 'question_invalid', errors: parsed.errors } };
    const { question } = parsed;
    // What the plan says of a metric is told only to who may see it; the questions are held to the rest by `ask`.
    const isSeen = as.rows === null || seesMetric(as.rows, question.metric);
    const planned = planAnalysis(question, { metric: isSeen ? registry.metric(as.tenant, question.metric) : null, nowMs: nowMs() });
    if (!planned.ok) return { ok: false, problem: toProblemFault(planned.fault) };
    const outcomes = await Promise.all(planned.value.questions.map((one) => ask(one, as)));
    return concludeFrom(question, planned.value, outcomes);
  };
}

function concludeFrom(question: AnalysisQuestion, analysis: Analysis, outcomes: readonly AskOutcome[]): AskOutcome {
  const answers: Answer[] = [];
  let ofPerson: Pick<Extract<AskOutcome, { ok: true }>, 'person'> = {};
  for (const [at, outcome] of outcomes.entries()) {
    if (!outcome.ok) return { ok: false, problem: ofAnalysis(outcome.problem, (path) => analysis.pathOf(at, path)) };
    if (outcome.answer.next_cursor !== null) return { ok: false, problem: toProblemFault(TOO_MANY_ROWS) };
    answers.push(outcome.answer);
    // All its questions are about the same one.
    if (outcome.person !== undefined) ofPerson = { person: outcome.person };
  }
  const { columns, rows, findings } = analysis.conclude(answers);
  const claims = joinClaims(answers.map(({ meta }) => meta));
  const meta = { ...claims, analysis: { kind: question.kind, ...findings } };
  const mayAgeMs = Math.min(...outcomes.map((outcome) => (outcome.ok ? outcome.mayAgeMs : 0)));
  return { ok: true, answer: { columns, rows, next_cursor: null, meta }, mayAgeMs, ...ofPerson };
}

const TOO_MANY_ROWS = {
  code: 'range_too_large' as const,
  path: 'group_by',
  message: 'the analysis would be made of more rows than one answer has; ask for a coarser grain or for fewer groups',
};

function ofAnalysis(problem: ProblemFault, pathOf: (path: string) => string): ProblemFault {
  return problem.errors === undefined
    ? problem
    : { ...problem, errors: problem.errors.map((error) => ({ ...error, path: pathOf(error.path) })) };
}
