import { FORECAST_VALUES_MIN, forecastLine } from '../../analysis/forecast.ts';
import { ok } from '../../fault/fault.ts';
import { bucketEndIn } from '../../time/buckets.ts';
import { toIsoIn } from '../../time/iso.ts';
import type { Zone } from '../../time/zone.ts';
import type { AnswerRow } from '../shape.ts';
import type { Findings, PlanAnalysis } from './analysis.ts';
import type { AnalysisOf } from './analysis-question.ts';
import { frameSeries, groupColumns, namedGroup, readGroups, seriesPath } from './base-series.ts';
import type { SeriesGroup } from './base-series.ts';

/** Rows: the buckets after the last one that is over, with a band. Buckets without a value are left out of the line. */
export const planForecast: PlanAnalysis<AnalysisOf<'forecast'>> = (asked, context) => {
  const framed = frameSeries(asked, context, 0);
  if (!framed.ok) return framed;
  const { question, zone, fromMs } = framed.value;
  return ok({
    questions: [question],
    pathOf: seriesPath,
    conclude([answer = { columns: [], rows: [] }]) {
      const groups = readGroups(answer, asked, { zone, fromMs, nowMs: context.nowMs });
      const concluded = groups.map((group) => concludeGroup(asked, group, zone));
      return {
        columns: [
          ...groupColumns(answer, asked),
          { name: 'value', type: 'number' },
          { name: 'lo', type: 'number' },
          { name: 'hi', type: 'number' },
        ],
        rows: concluded.flatMap(({ rows }) => rows),
        findings: { groups: concluded.map(({ findings }) => findings) },
      };
    },
  });
};

function concludeGroup(
  asked: AnalysisOf<'forecast'>,
  { key, points }: SeriesGroup,
  zone: Zone,
): { rows: readonly AnswerRow[]; findings: Findings } {
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]));
  const last = points.at(-1);
  const forecast = forecastLine(values, asked.horizon);
  if (forecast === null || last === undefined) {
    return { rows: [], findings: { ...namedGroup(asked, key), n: values.length, reason: 'too_few', needed: FORECAST_VALUES_MIN } };
  }
  let startMs = last.startMs;
  const rows = forecast.points.map(({ value, lo, hi }): AnswerRow => {
    startMs = bucketEndIn(zone, asked.grain, startMs);
    return [toIsoIn(zone, startMs), ...key, value, lo, hi];
  });
  const { slope, residualSd } = forecast;
  return { rows, findings: { ...namedGroup(asked, key), n: values.length, slope_per_bucket: slope, residual_sd: residualSd } };
}
