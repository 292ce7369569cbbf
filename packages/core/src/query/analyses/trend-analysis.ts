import { rollingMeans, trendOf } from '../../analysis/trend.ts';
import type { Trend } from '../../analysis/trend.ts';
import { DAY_MS } from '../../time/civil.ts';
import type { Findings, PlanAnalysis } from './analysis.ts';
import type { AnalysisOf } from './analysis-question.ts';
import { planByGroup } from './base-series.ts';
import type { GroupConclusion, SeriesGroup, SeriesPoint } from './base-series.ts';

/** Rows: the series with its rolling mean and the line through it. Findings: of each group its slope, direction and change of level. */
export const planTrend: PlanAnalysis<AnalysisOf<'trend'>> = (asked, context) =>
  planByGroup(asked, context, { numbers: ['value', 'rolling', 'fitted'], conclude });

function conclude(asked: AnalysisOf<'trend'>, { key, points }: SeriesGroup): GroupConclusion {
  const present = points.filter((point): point is SeriesPoint & { value: number } => point.value !== null);
  const [first] = present;
  const daysOf = ({ startMs }: SeriesPoint): number => (startMs - (first?.startMs ?? 0)) / DAY_MS;
  const trend = trendOf(present.map((point) => ({ x: daysOf(point), y: point.value })));
  const rolling = rollingMeans(
    points.map(({ value }) => value),
    asked.rolling,
  );
  const fitted = (point: SeriesPoint): number | null =>
    trend.line === null ? null : trend.line.intercept + trend.line.slope * daysOf(point);
  return {
    rows: points.map((point, at) => [point.shown, ...key, point.value, rolling[at] ?? null, fitted(point)]),
    findings: { ...findingsOf(trend), change: changeOf(trend, present) },
  };
}

function findingsOf({ n, line, p, slopePer30Pct, direction }: Trend): Findings {
  return { n, direction, slope_per_day: line?.slope ?? null, slope_per_30d_pct: slopePer30Pct, r2: line?.r2 ?? null, p };
}

function changeOf({ change }: Trend, present: readonly SeriesPoint[]): Findings | null {
  if (change === null) return null;
  return { at: present[change.at]?.shown ?? null, before: change.before, after: change.after, p: change.p };
}
