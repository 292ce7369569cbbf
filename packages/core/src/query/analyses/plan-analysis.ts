import type { Result } from '../../fault/fault.ts';
import type { Analysis, AnalysisContext } from './analysis.ts';
import type { AnalysisQuestion } from './analysis-question.ts';
import { planAnomalies } from './anomalies-analysis.ts';
import { planCompare } from './compare-analysis.ts';
import { planCorrelate } from './correlate-analysis.ts';
import { planDistribution } from './distribution-analysis.ts';
import { planForecast } from './forecast-analysis.ts';
import { planTrend } from './trend-analysis.ts';

/** From a question to the questions that are asked first, and how their answers become its own. Pure: time is given. */
export function planAnalysis(question: AnalysisQuestion, context: AnalysisContext): Result<Analysis> {
  switch (question.kind) {
    case 'trend':
      return planTrend(question, context);
    case 'anomalies':
      return planAnomalies(question, context);
    case 'forecast':
      return planForecast(question, context);
    case 'correlate':
      return planCorrelate(question, context);
    case 'compare':
      return planCompare(question, context);
    case 'distribution':
      return planDistribution(question, context);
  }
}
