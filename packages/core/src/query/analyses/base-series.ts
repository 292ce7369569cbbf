/** The series that trend, anomalies, forecast and correlate look at. */
import { failed, ok } from '../../fault/fault.ts';
import type { Result } from '../../fault/fault.ts';
import type { CompiledMetric } from '../../pack/compiled.ts';
import { bucketEndIn, bucketStartIn } from '../../time/buckets.ts';
import { parseMoment } from '../../time/moment.ts';
import type { Zone } from '../../time/zone.ts';
import { measureColumn, planMeasures } from '../plan-measures.ts';
import type { QuestionInput } from '../question.ts';
import type { AnswerColumn, AnswerRow, AnswerScalar } from '../shape.ts';
import type { Analysis, AnalysisContext, BaseAnswer, Findings } from './analysis.ts';
import { NOTHING, numberOf } from './analysis.ts';
import type { AnalysisOf } from './analysis-question.ts';
import { askedRange, scopeOf, textRange } from './base-question.ts';
import type { AskedRange } from './base-question.ts';

export type SeriesQuestion = AnalysisOf<'trend' | 'anomalies' | 'forecast'>;

export interface SeriesFrame extends AskedRange {
  readonly question: QuestionInput;
}

/** @param before buckets to read before the asked range */
export function frameSeries(asked: SeriesQuestion, { metric, nowMs }: AnalysisContext, before: number): Result<SeriesFrame> {
  const numeric = requireNumber(metric, asked.measure, 'measure');
  if (!numeric.ok) return numeric;
  const range = askedRange(asked, nowMs, asked.grain);
  if (!range.ok) return range;
  const { zone, fromMs, toMs } = range.value;
  const read = textRange({ fromMs: stepBack(zone, asked.grain, { fromMs, steps: before }), toMs });
  const { measure, grain, group_by } = asked;
  return ok({
    ...range.value,
    question: { ...scopeOf(asked), ...read, kind: 'series', measures: [measure], grain, group_by, fill: 'zero' },
  });
}

/** Rows and findings of each group by itself, under the columns of bucket and groups and these numbers. */
export function planByGroup<Q extends SeriesQuestion>(
  asked: Q,
  context: AnalysisContext,
  shape: { readonly numbers: readonly string[]; readonly conclude: (asked: Q, group: SeriesGroup, zone: Zone) => GroupConclusion },
): Result<Analysis> {
  const framed = frameSeries(asked, context, 0);
  if (!framed.ok) return framed;
  const { question, ...range } = framed.value;
  return ok({
    questions: [question],
    pathOf: seriesPath,
    conclude([answer = NOTHING]) {
      const groups = readGroups(answer, asked, { ...range, nowMs: context.nowMs });
      const concluded = groups.map((group) => shape.conclude(asked, group, range.zone));
      return {
        columns: [...groupColumns(answer, asked), ...shape.numbers.map((name) => ({ name, type: 'number' as const }))],
        rows: concluded.flatMap(({ rows }) => rows),
        findings: { groups: concluded.map(({ findings }, at) => ({ ...namedGroup(asked, groups[at]?.key ?? []), ...findings })) },
      };
    },
  });
}

export interface GroupConclusion {
  readonly rows: readonly AnswerRow[];
  readonly findings: Findings;
}

/** Refuses a measure that is no number; one that the metric does not have is refused when it is asked for. */
export function requireNumber(metric: CompiledMetric | null, name: string, path: string): Result<null> {
  const planned = metric === null ? null : planMeasures(metric, [name]);
  const [found] = planned?.ok === true ? planned.value : [];
  const type = found === undefined ? 'number' : measureColumn(found).type;
  if (type === 'number' || type === 'integer') return ok(null);
  return failed({ code: 'question_invalid', path, message: 'name a measure that is a number' });
}

function stepBack(zone: Zone, grain: SeriesQuestion['grain'], { fromMs, steps }: { fromMs: number; steps: number }): number {
  let startMs = bucketStartIn(zone, grain, fromMs);
  for (let step = 0; step < steps; step += 1) startMs = bucketStartIn(zone, grain, startMs - 1);
  return steps === 0 ? fromMs : startMs;
}

export interface SeriesPoint {
  readonly startMs: number;
  /** The bucket as the answer shows it. */
  readonly shown: AnswerScalar;
  /** Null where the measure has no value. */
  readonly value: number | null;
}

export interface SeriesGroup {
  readonly key: readonly AnswerScalar[];
  /** In the order of time; every group has every bucket, because the question fills. */
  readonly points: readonly SeriesPoint[];
}

/** The series of each group of a question of kind series with one measure. Buckets that are not whole are left out. */
export function readGroups(answer: BaseAnswer, asked: Pick<SeriesQuestion, 'grain' | 'group_by'>, seen: SeenRange): readonly SeriesGroup[] {
  const groups = new Map<string, { key: readonly AnswerScalar[]; points: SeriesPoint[] }>();
  const width = asked.group_by.length;
  for (const row of answer.rows) {
    const shown = row[0] as AnswerScalar;
    const startMs = parseMoment(String(shown), seen.zone) ?? 0;
    const key = row.slice(1, 1 + width) as readonly AnswerScalar[];
    const text = JSON.stringify(key);
    const group = groups.get(text) ?? { key, points: [] };
    groups.set(text, group);
    if (!isWhole(asked.grain, startMs, seen)) continue;
    group.points.push({ startMs, shown, value: numberOf(row[1 + width]) });
  }
  return [...groups.values()];
}

/** What there is to be seen of a series. */
export interface SeenRange extends AskedRange {
  readonly nowMs: number;
}

/** A bucket that the range cuts, or that is not over yet, would look like a fall. */
function isWhole(grain: SeriesQuestion['grain'], startMs: number, { zone, fromMs, toMs, nowMs }: SeenRange): boolean {
  return startMs >= fromMs && bucketEndIn(zone, grain, startMs) <= Math.min(toMs, nowMs);
}

export function groupColumns(answer: BaseAnswer, asked: SeriesQuestion): readonly AnswerColumn[] {
  return answer.columns.slice(0, 1 + asked.group_by.length);
}

/** Names a group in findings; nothing where the question has no groups. */
function namedGroup(asked: { readonly group_by: readonly string[] }, key: readonly AnswerScalar[]): Findings {
  if (asked.group_by.length === 0) return {};
  return { group: Object.fromEntries(asked.group_by.map((name, at) => [name, key[at] ?? null])) };
}

/** Faults of the base question speak of `measures`, of which there is one here. */
export function seriesPath(_at: number, path: string): string {
  return path.startsWith('measures') ? 'measure' : path;
}
