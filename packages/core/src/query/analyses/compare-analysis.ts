import { cohensD, welchOf } from '../../analysis/comparison.ts';
import type { SampleFigures } from '../../analysis/sample.ts';
import { ok } from '../../fault/fault.ts';
import type { Result } from '../../fault/fault.ts';
import type { CompiledMeasure, CompiledMetric } from '../../pack/compiled.ts';
import type { Question, QuestionInput } from '../question.ts';
import type { AnswerColumn, AnswerRow, AnswerScalar } from '../shape.ts';
import type { AnalysisContext, BaseAnswer, PlanAnalysis } from './analysis.ts';
import { numberOf } from './analysis.ts';
import type { AnalysisOf } from './analysis-question.ts';
import { askedRange, scopeOf, textRange } from './base-question.ts';
import type { AskedRange, TextRange } from './base-question.ts';
import { requireNumber } from './base-series.ts';

type Asked = AnalysisOf<'compare'>;

const FIGURES: readonly AnswerColumn[] = [
  { name: 'measure', type: 'string' },
  { name: 'value', type: 'number' },
  { name: 'baseline', type: 'number' },
  { name: 'change', type: 'number' },
  { name: 'change_pct', type: 'number' },
  { name: 'n', type: 'integer' },
  { name: 'baseline_n', type: 'integer' },
  { name: 'cohens_d', type: 'number' },
  { name: 't', type: 'number' },
  { name: 'df', type: 'number' },
  { name: 'p', type: 'number' },
];

/**
 * Rows: each measure of each group here and there. A mean whose metric also has the variance of the same field (or
 * `size.mean` of a variance measure `size`) comes with Cohen's d and Welch's test; of other measures nothing is known of their spread.
 */
export const planCompare: PlanAnalysis<Asked> = (asked, context) => {
  for (const [at, measure] of asked.measures.entries()) {
    const numeric = requireNumber(context.metric, measure, `measures.${at}`);
    if (!numeric.ok) return numeric;
  }
  const ranges = rangesOf(asked, context);
  if (!ranges.ok) return ranges;
  const spreads = spreadsOf(context.metric, asked.measures);
  const measures = [...new Set([...asked.measures, ...spreads.flatMap((name) => (name === null ? [] : partsOf(name)))])];
  const { here, there } = ranges.value;
  const cohort = asked.against === 'previous' ? {} : (asked.against.where ?? {});
  return ok({
    questions: [questionOf(asked, here, { measures, where: {} }), questionOf(asked, there, { measures, where: cohort })],
    pathOf: (at, path) => (at === 1 && path.startsWith('where') ? `against.${path}` : path),
    conclude([value, baseline]) {
      const columns = [...(value?.columns ?? []).slice(0, asked.group_by.length), ...FIGURES];
      const [first, second] = [byGroup(asked, measures, value), byGroup(asked, measures, baseline)];
      const keys = [...new Set([...first.keys(), ...second.keys()])];
      const rows = keys.flatMap((key) => groupRows({ asked, spreads, value: first.get(key), baseline: second.get(key) }));
      return { columns, rows, findings: { range: { ...here }, baseline: { ...there } } };
    },
  });
};

function rangesOf(asked: Asked, { nowMs }: AnalysisContext): Result<{ here: TextRange; there: TextRange }> {
  const range = askedRange(asked, nowMs, null);
  if (!range.ok) return range;
  const here = textRange(range.value);
  if (asked.against === 'previous') return ok({ here, there: textRange(before(range.value)) });
  const { from, to } = asked.against;
  return ok({ here, there: from === undefined || to === undefined ? here : { from, to } });
}

/** As long by the clock on the wall, so that a day with another number of hours moves no edge. */
function before({ zone, fromMs, toMs }: AskedRange): { fromMs: number; toMs: number } {
  const local = (ms: number): number => ms + zone.stretchAt(ms).offsetMs;
  return { fromMs: zone.instantOf(local(fromMs) - (local(toMs) - local(fromMs))) ?? fromMs - (toMs - fromMs), toMs: fromMs };
}

function questionOf(
  asked: Asked,
  range: TextRange,
  { measures, where }: { measures: readonly string[]; where: Question['where'] },
): QuestionInput {
  const own = { measures: [...measures], group_by: asked.group_by, where: { ...asked.where, ...where } };
  return { ...scopeOf(asked), ...range, ...own, kind: asked.group_by.length === 0 ? 'summary' : 'table' };
}

/** Of each measure that is a mean the variance measure over the same field, if there is one. */
function spreadsOf(metric: CompiledMetric | null, names: readonly string[]): readonly (string | null)[] {
  const all = metric?.measures ?? [];
  const spreads = all.filter(({ kind }) => kind === 'variance');
  return names.map((name) => {
    const mean = all.find((measure) => measure.name === name && measure.kind === 'avg');
    const of = spreads.find((spread) => name === `${spread.name}.mean` || isSameField(spread, mean));
    return of?.name ?? null;
  });
}

function isSameField({ field }: CompiledMeasure, other: CompiledMeasure | undefined): boolean {
  return other?.field !== undefined && other.field === field;
}

function partsOf(name: string): readonly string[] {
  return [`${name}.count`, `${name}.mean`, `${name}.stddev`];
}

interface GroupFigures {
  readonly group: readonly AnswerScalar[];
  readonly figures: ReadonlyMap<string, number | null>;
}

function byGroup(asked: Asked, measures: readonly string[], answer: BaseAnswer | undefined): Map<string, GroupFigures> {
  const width = asked.group_by.length;
  return new Map(
    (answer?.rows ?? []).map((row) => {
      const group = row.slice(0, width) as readonly AnswerScalar[];
      return [JSON.stringify(group), { group, figures: new Map(measures.map((name, at) => [name, numberOf(row[width + at])])) }];
    }),
  );
}

interface Sides {
  readonly asked: Asked;
  readonly spreads: readonly (string | null)[];
  readonly value: GroupFigures | undefined;
  readonly baseline: GroupFigures | undefined;
}

function groupRows({ asked, spreads, value, baseline }: Sides): readonly AnswerRow[] {
  const group = (value ?? baseline)?.group ?? [];
  return asked.measures.map((name, at) => {
    const [now, then] = [value?.figures.get(name) ?? null, baseline?.figures.get(name) ?? null];
    const change = now === null || then === null ? null : now - then;
    const pct = change === null || then === null || then === 0 ? null : (100 * change) / Math.abs(then);
    return [...group, name, now, then, change, pct, ...testOf(figuresOf(value, spreads[at]), figuresOf(baseline, spreads[at]))];
  });
}

function figuresOf(of: GroupFigures | undefined, spread: string | null | undefined): SampleFigures | null {
  if (spread === null || spread === undefined) return null;
  const [n, mean, sd] = partsOf(spread).map((name) => of?.figures.get(name) ?? null);
  return { n: n ?? 0, mean: mean ?? null, sd: sd ?? null };
}

function testOf(value: SampleFigures | null, baseline: SampleFigures | null): readonly AnswerScalar[] {
  if (value === null || baseline === null) return [null, null, null, null, null, null];
  const test = welchOf(value, baseline);
  return [value.n, baseline.n, cohensD(value, baseline), test?.t ?? null, test?.df ?? null, test?.p ?? null];
}
