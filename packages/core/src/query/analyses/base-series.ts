/** The series that trend, anomalies and forecast look at. */
import { failed, ok } from '../../fault/fault.ts';
import type { Result } from '../../fault/fault.ts';
import type { CompiledMetric } from '../../pack/compiled.ts';
import { bucketEndIn, bucketStartIn } from '../../time/buckets.ts';
import { toIsoUtc } from '../../time/iso.ts';
import { parseMoment } from '../../time/moment.ts';
import type { Zone } from '../../time/zone.ts';
import { createZoneCached, resolveRange } from '../plan.ts';
import { measureColumn, planMeasures } from '../plan-measures.ts';
import type { QuestionInput } from '../question.ts';
import type { AnswerColumn, AnswerScalar } from '../shape.ts';
import type { AnalysisContext, BaseAnswer, Findings } from './analysis.ts';
import { numberOf } from './analysis.ts';
import type { AnalysisOf } from './analysis-question.ts';

export type SeriesQuestion = AnalysisOf<'trend' | 'anomalies' | 'forecast'>;

/** More rows than any one answer has: a page of it would be an analysis of a part. */
export const BASE_ROWS_MAX = 10_000;

export interface SeriesFrame {
  readonly question: QuestionInput;
  readonly zone: Zone;
  readonly fromMs: number;
  readonly toMs: number;
}

/** @param before buckets to read before the asked range */
export function frameSeries(asked: SeriesQuestion, { metric, nowMs }: AnalysisContext, before: number): Result<SeriesFrame> {
  const numeric = requireNumber(metric, asked.measure, 'measure');
  if (!numeric.ok) return numeric;
  const zone = createZoneCached(asked.zone);
  if (zone === null) return failed({ code: 'zone_unknown', path: 'zone', message: 'not the name of an IANA time zone' });
  const range = resolveRange({ question: asked, nowMs }, zone, asked.grain);
  if (!range.ok) return range;
  const { fromMs, toMs } = range.value;
  const startMs = stepBack(zone, asked.grain, { fromMs, steps: before });
  const { metric: name, where, subject, after, wait_ms, max_staleness_ms, zone: zoneName, grain, group_by } = asked;
  const question: QuestionInput = {
    ...{ metric: name, kind: 'series', measures: [asked.measure], grain, zone: zoneName, group_by, where, wait_ms, max_staleness_ms },
    ...{ from: toIsoUtc(startMs), to: toIsoUtc(toMs), fill: 'zero', limit: BASE_ROWS_MAX },
    ...(subject === undefined ? {} : { subject }),
    ...(after === undefined ? {} : { after }),
  };
  return ok({ question, zone, fromMs, toMs });
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

/** A bucket that the range cuts or that is not over yet is left out: it would look like a fall. */
export function readGroups(
  answer: BaseAnswer,
  asked: SeriesQuestion,
  seen: { readonly zone: Zone; readonly nowMs: number; readonly fromMs: number },
): readonly SeriesGroup[] {
  const groups = new Map<string, { key: readonly AnswerScalar[]; points: SeriesPoint[] }>();
  const width = asked.group_by.length;
  for (const row of answer.rows) {
    const shown = row[0] as AnswerScalar;
    const startMs = parseMoment(String(shown), seen.zone) ?? 0;
    const key = row.slice(1, 1 + width) as readonly AnswerScalar[];
    const text = JSON.stringify(key);
    const group = groups.get(text) ?? { key, points: [] };
    groups.set(text, group);
    if (startMs < seen.fromMs || bucketEndIn(seen.zone, asked.grain, startMs) > seen.nowMs) continue;
    group.points.push({ startMs, shown, value: numberOf(row[1 + width]) });
  }
  return [...groups.values()];
}

export function groupColumns(answer: BaseAnswer, asked: SeriesQuestion): readonly AnswerColumn[] {
  return answer.columns.slice(0, 1 + asked.group_by.length);
}

/** Names a group in findings; nothing where the question has no groups. */
export function namedGroup(asked: { readonly group_by: readonly string[] }, key: readonly AnswerScalar[]): Findings {
  if (asked.group_by.length === 0) return {};
  return { group: Object.fromEntries(asked.group_by.map((name, at) => [name, key[at] ?? null])) };
}

/** Faults of the base question speak of `measures`, of which there is one here. */
export function seriesPath(_at: number, path: string): string {
  return path.startsWith('measures') ? 'measure' : path;
}
