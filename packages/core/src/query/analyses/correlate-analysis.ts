import { strengthOf } from '../../analysis/correlation.ts';
import { bestOf, correctedOf, inOrder, Q_MAX, tryLags } from '../../analysis/lagged.ts';
import type { Tried } from '../../analysis/lagged.ts';
import { ok } from '../../fault/fault.ts';
import type { QuestionInput } from '../question.ts';
import type { AnswerColumn, AnswerRow } from '../shape.ts';
import type { BaseAnswer, PlanAnalysis } from './analysis.ts';
import { NOTHING } from './analysis.ts';
import type { AnalysisOf } from './analysis-question.ts';
import { askedRange, scopeOf, textRange } from './base-question.ts';
import type { TextRange } from './base-question.ts';
import { readGroups } from './base-series.ts';
import type { SeenRange } from './base-series.ts';

type Asked = AnalysisOf<'correlate'>;

const COLUMNS: readonly AnswerColumn[] = [
  { name: 'input', type: 'string' },
  { name: 'lag', type: 'integer' },
  { name: 'n', type: 'integer' },
  { name: 'r', type: 'number' },
  { name: 'slope', type: 'number' },
  { name: 't', type: 'number' },
  { name: 'p', type: 'number' },
  { name: 'q', type: 'number' },
  { name: 'strength', type: 'string' },
  { name: 'significant', type: 'boolean' },
  { name: 'skipped', type: 'string' },
];

/**
 * Rows: how each input, so many buckets before, goes with the output; the strongest first. An association is not a cause. q is
 * corrected for all inputs and lags that were tried, whether they are shown or not.
 */
export const planCorrelate: PlanAnalysis<Asked> = (asked, { nowMs }) => {
  const range = askedRange(asked, nowMs, asked.grain);
  if (!range.ok) return range;
  const seen = { ...range.value, nowMs };
  const sides = [asked.output, ...asked.inputs];
  return ok({
    questions: sides.map((side) => questionOf(asked, side, textRange(range.value))),
    pathOf: (at, path) => `${at === 0 ? 'output' : `inputs.${at - 1}`}.${path.startsWith('measures') ? 'measure' : path}`,
    conclude([output = NOTHING, ...inputs]) {
      const results = valuesOf(asked, output, seen);
      const tried = asked.inputs.flatMap(({ name, measure }, at) =>
        tryLags({ name: name ?? measure, values: valuesOf(asked, inputs[at] ?? NOTHING, seen), minLag: 0 }, results, asked.max_lag),
      );
      const shown = asked.show === 'all' ? tried : bestOf(tried);
      return {
        columns: COLUMNS,
        rows: rowsOf(tried, shown),
        findings: { tests: tried.filter(({ found }) => found.kind === 'correlated').length },
      };
    },
  });
};

/** One value for each whole bucket, in the order of time; the same buckets of every side, for they are asked for one range. */
function valuesOf({ grain }: Asked, answer: BaseAnswer, seen: SeenRange): readonly (number | null)[] {
  return readGroups(answer, { grain, group_by: [] }, seen).flatMap(({ points }) => points.map(({ value }) => value));
}

function questionOf(asked: Asked, side: Asked['output'], range: TextRange): QuestionInput {
  const where = { ...asked.where, ...side.where };
  const own = { metric: side.metric ?? asked.metric, measures: [side.measure], where };
  return { ...scopeOf(asked), ...range, ...own, kind: 'series', grain: asked.grain, fill: 'zero' };
}

function rowsOf(tried: readonly Tried[], shown: readonly Tried[]): readonly AnswerRow[] {
  const qOf = correctedOf(tried);
  return inOrder(shown).map((one): AnswerRow => {
    const { name, lag, found } = one;
    if (found.kind !== 'correlated') return [name, lag, found.n, null, null, null, null, null, null, null, found.kind];
    const { n, r, slope, t, p } = found.value;
    const q = qOf.get(one) ?? 1;
    return [name, lag, n, r, slope, t, p, q, strengthOf(r), q < Q_MAX, null];
  });
}
