import { failed, ok } from '../../fault/fault.ts';
import type { QuestionInput } from '../question.ts';
import type { AnswerBin, AnswerColumn, AnswerRow } from '../shape.ts';
import type { BaseAnswer, Conclusion, PlanAnalysis } from './analysis.ts';
import { NOTHING } from './analysis.ts';
import type { AnalysisOf } from './analysis-question.ts';
import { given, scopeOf } from './base-question.ts';

type Asked = AnalysisOf<'distribution'>;

/** Every fifth percentile, and closer at the ends. */
const PERCENTILES = [1, 2, ...Array.from({ length: 19 }, (_, at) => 5 * (at + 1)), 98, 99];

/** Rows: of a histogram its bins with shares, of a quantile measure the values at percentiles. */
export const planDistribution: PlanAnalysis<Asked> = (asked, { metric }) => {
  const measure = metric?.measures.find(({ name }) => name === asked.measure);
  if (metric !== null && measure?.kind !== 'histogram' && measure?.kind !== 'quantile') {
    return failed({ code: 'measure_unknown', path: 'measure', message: 'name a histogram or a quantile measure of the metric' });
  }
  const isHistogram = measure?.kind === 'histogram';
  const measures = isHistogram ? [asked.measure] : PERCENTILES.map((percent) => `${asked.measure}.p${percent}`);
  return ok({
    questions: [questionOf(asked, measures)],
    pathOf: (_at, path) => (path.startsWith('measures') ? 'measure' : path),
    conclude: ([answer = NOTHING]) => (isHistogram ? binsOf(asked, answer) : percentilesOf(asked, answer)),
  });
};

function questionOf(asked: Asked, measures: string[]): QuestionInput {
  const { from, to, last, group_by } = asked;
  return { ...scopeOf(asked), ...given({ from, to, last }), kind: group_by.length === 0 ? 'summary' : 'table', measures, group_by };
}

const BIN_COLUMNS: readonly AnswerColumn[] = [
  { name: 'from', type: 'number' },
  { name: 'to', type: 'number' },
  { name: 'count', type: 'integer' },
  { name: 'share', type: 'number' },
  { name: 'cumulative_share', type: 'number' },
];

function binsOf({ group_by: { length: width } }: Asked, { columns, rows }: BaseAnswer): Conclusion {
  const unfolded = rows.flatMap((row) => {
    const bins = (row[width] ?? []) as readonly AnswerBin[];
    const total = bins.reduce((sum, { count }) => sum + count, 0);
    const shareOf = (count: number): number | null => (total === 0 ? null : count / total);
    let below = 0;
    return bins.map(({ from, to, count }): AnswerRow => {
      below += count;
      return [...row.slice(0, width), from, to, count, shareOf(count), shareOf(below)];
    });
  });
  return { columns: [...columns.slice(0, width), ...BIN_COLUMNS], rows: unfolded, findings: { of: 'histogram' } };
}

function percentilesOf({ group_by: { length: width } }: Asked, { columns, rows }: BaseAnswer): Conclusion {
  return {
    columns: [...columns.slice(0, width), { name: 'percentile', type: 'integer' }, { name: 'value', type: 'number' }],
    rows: rows.flatMap((row) => PERCENTILES.map((percent, at): AnswerRow => [...row.slice(0, width), percent, row[width + at] ?? null])),
    findings: { of: 'quantile' },
  };
}
