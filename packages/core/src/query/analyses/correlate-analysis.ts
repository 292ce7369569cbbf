import { correlate, falseDiscovery, laggedPairs, strengthOf } from '../../analysis/correlation.ts';
import type { Correlated } from '../../analysis/correlation.ts';
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

/** q below this is called significant. */
const Q_MAX = 0.05;

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
        tryLags({ input: valuesOf(asked, inputs[at] ?? NOTHING, seen), output: results, name: name ?? measure, maxLag: asked.max_lag }),
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

interface Tried {
  readonly name: string;
  readonly lag: number;
  readonly found: Correlated;
}

interface Trying {
  readonly input: readonly (number | null)[];
  readonly output: readonly (number | null)[];
  readonly name: string;
  readonly maxLag: number;
}

function tryLags({ input, output, name, maxLag }: Trying): readonly Tried[] {
  return Array.from({ length: maxLag + 1 }, (_, lag) => ({ name, lag, found: correlate(laggedPairs(input, output, lag)) }));
}

const sizeOf = ({ found }: Tried): number => (found.kind === 'correlated' ? Math.abs(found.value.r) : -1);

/** Of each input the lag with the greatest |r|, the smaller one of equals. */
function bestOf(tried: readonly Tried[]): readonly Tried[] {
  const best = new Map<string, Tried>();
  for (const one of tried) {
    const known = best.get(one.name);
    if (known === undefined || sizeOf(one) > sizeOf(known)) best.set(one.name, one);
  }
  return [...best.values()];
}

function rowsOf(tried: readonly Tried[], shown: readonly Tried[]): readonly AnswerRow[] {
  const tested = tried.filter(({ found }) => found.kind === 'correlated');
  const qs = falseDiscovery(tested.map(({ found }) => (found.kind === 'correlated' ? found.value.p : 1)));
  const qOf = new Map(tested.map((one, at) => [one, qs[at] ?? 1]));
  const ordered = shown.toSorted((a, b) => sizeOf(b) - sizeOf(a) || (a.name < b.name ? -1 : a.name > b.name ? 1 : a.lag - b.lag));
  return ordered.map((one): AnswerRow => {
    const { name, lag, found } = one;
    if (found.kind !== 'correlated') return [name, lag, found.n, null, null, null, null, null, null, null, found.kind];
    const { n, r, slope, t, p } = found.value;
    const q = qOf.get(one) ?? 1;
    return [name, lag, n, r, slope, t, p, q, strengthOf(r), q < Q_MAX, null];
  });
}
