import { judgeAnomalies, USUAL_ANOMALY_RULE } from '../../analysis/anomalies.ts';
import type { AnomalyRule, Judged } from '../../analysis/anomalies.ts';
import { ok } from '../../fault/fault.ts';
import type { AnswerRow } from '../shape.ts';
import type { PlanAnalysis } from './analysis.ts';
import { NOTHING } from './analysis.ts';
import type { AnalysisOf } from './analysis-question.ts';
import { frameSeries, groupColumns, readGroups, seriesPath } from './base-series.ts';
import type { SeriesGroup } from './base-series.ts';

/** Rows: buckets of the range that stand out from those before them, which are read from before the range too. */
export const planAnomalies: PlanAnalysis<AnalysisOf<'anomalies'>> = (asked, context) => {
  const framed = frameSeries(asked, context, asked.window * asked.season);
  if (!framed.ok) return framed;
  const { question, ...range } = framed.value;
  const { window, least, season, threshold } = asked;
  const rule: AnomalyRule = {
    window,
    least,
    season,
    threshold,
    high: (threshold * USUAL_ANOMALY_RULE.high) / USUAL_ANOMALY_RULE.threshold,
  };
  return ok({
    questions: [question],
    pathOf: seriesPath,
    conclude([answer = NOTHING]) {
      const groups = readGroups(answer, asked, { ...range, fromMs: Number.NEGATIVE_INFINITY, nowMs: context.nowMs });
      const judged = groups.flatMap((group) => judgeGroup(group, rule)).filter(({ startMs }) => startMs >= range.fromMs);
      const anomalies = judged.filter(({ verdict }) => verdict?.isAnomaly === true);
      return {
        columns: [
          ...groupColumns(answer, asked),
          { name: 'value', type: 'number' },
          { name: 'expected', type: 'number' },
          { name: 'z', type: 'number' },
          { name: 'severity', type: 'string' },
          { name: 'direction', type: 'string' },
        ],
        rows: (asked.show === 'all' ? judged : anomalies).map(({ row }) => row),
        findings: {
          judged: judged.filter(({ verdict }) => verdict !== null).length,
          not_judged: judged.filter(({ verdict }) => verdict === null).length,
          anomalies: anomalies.length,
        },
      };
    },
  });
};

interface JudgedRow {
  readonly startMs: number;
  readonly verdict: Judged | null;
  readonly row: AnswerRow;
}

function judgeGroup({ key, points }: SeriesGroup, rule: AnomalyRule): readonly JudgedRow[] {
  const verdicts = judgeAnomalies(
    points.map(({ value }) => value),
    rule,
  );
  return points.map(({ startMs, shown, value }, at) => {
    const verdict = verdicts[at] ?? null;
    const told = verdict === null ? [null, null, null, null] : [verdict.expected, verdict.z, verdict.severity, verdict.direction];
    return { startMs, verdict, row: [shown, ...key, value, ...told] };
  });
}
