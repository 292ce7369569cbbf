import { FORECAST_VALUES_MIN, forecastLine } from '../../analysis/forecast.ts';
import { bucketEndIn } from '../../time/buckets.ts';
import { toIsoIn } from '../../time/iso.ts';
import type { Zone } from '../../time/zone.ts';
import type { AnswerRow } from '../shape.ts';
import type { PlanAnalysis } from './analysis.ts';
import type { AnalysisOf } from './analysis-question.ts';
import { planByGroup } from './base-series.ts';
import type { GroupConclusion, SeriesGroup } from './base-series.ts';

/** Rows: the buckets after the last one that is over, with a band. Buckets without a value are left out of the line. */
export const planForecast: PlanAnalysis<AnalysisOf<'forecast'>> = (asked, context) =>
  planByGroup(asked, context, { numbers: ['value', 'lo', 'hi'], conclude });

function conclude(asked: AnalysisOf<'forecast'>, { key, points }: SeriesGroup, zone: Zone): GroupConclusion {
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]));
  const last = points.at(-1);
  const forecast = forecastLine(values, asked.horizon);
  if (forecast === null || last === undefined) {
    return { rows: [], findings: { n: values.length, reason: 'too_few', needed: FORECAST_VALUES_MIN } };
  }
  let startMs = last.startMs;
  const rows = forecast.points.map(({ value, lo, hi }): AnswerRow => {
    startMs = bucketEndIn(zone, asked.grain, startMs);
    return [toIsoIn(zone, startMs), ...key, value, lo, hi];
  });
  const { slope, residualSd } = forecast;
  return { rows, findings: { n: values.length, slope_per_bucket: slope, residual_sd: residualSd } };
}
