/** Questions whose answer is worked out from the answers to others: what is asked, before it meets the metric's definition. */
import { z } from 'zod';
import { checkRange, MOMENT_SCHEMA } from '../asked-range.ts';
import { errorsOf, GROUP_BY_SCHEMA, MEASURE_SCHEMA, METRIC_SCHEMA, QUESTION_GRAINS, SCOPE_FIELDS, WHERE_SCHEMA } from '../question.ts';
import type { QuestionError } from '../question.ts';

const grain = z.enum(QUESTION_GRAINS).exclude(['minute']).default('day').meta({ description: 'Width of a bucket.' });
const measure = MEASURE_SCHEMA.meta({ description: 'One measure that is a number.' });
const ofSeries = { metric: METRIC_SCHEMA, measure, ...SCOPE_FIELDS, grain, group_by: GROUP_BY_SCHEMA };

const TREND = z
  .strictObject({
    kind: z.literal('trend'),
    ...ofSeries,
    rolling: z.int().min(1).max(365).default(7).meta({ description: 'Buckets of the rolling mean, this one included.' }),
  })
  .meta({ id: 'TrendQuestion' });

const ANOMALIES = z
  .strictObject({
    kind: z.literal('anomalies'),
    ...ofSeries,
    window: z.int().min(4).max(366).default(28).meta({ description: 'Buckets with data before a bucket that it is judged against.' }),
    least: z.int().min(2).max(366).default(14).meta({ description: 'With fewer of them a bucket is not judged.' }),
    season: z.int().min(1).max(366).default(1).meta({
      description: 'Buckets are compared with those a whole multiple of so many before: 1 with all, 7 by day with the same weekday.',
    }),
    threshold: z.number().min(0.5).max(50).default(3.5).meta({ description: 'A robust z beyond it is an anomaly.' }),
    show: z.enum(['anomalies', 'all']).default('anomalies'),
  })
  .meta({ id: 'AnomaliesQuestion' });

const FORECAST = z
  .strictObject({
    kind: z.literal('forecast'),
    ...ofSeries,
    horizon: z.int().min(1).max(366).default(7).meta({ description: 'Buckets to come.' }),
  })
  .meta({ id: 'ForecastQuestion' });

const side = z.strictObject({
  name: z.string().min(1).max(100).optional().meta({ description: 'Stands in the rows; the measure when absent.' }),
  metric: METRIC_SCHEMA.optional().meta({ description: 'The metric of the question when absent.' }),
  measure,
  where: WHERE_SCHEMA.meta({ description: 'Beside the `where` of the question.' }),
});

const CORRELATE = z
  .strictObject({
    kind: z.literal('correlate'),
    metric: METRIC_SCHEMA,
    ...SCOPE_FIELDS,
    grain,
    output: side.meta({ description: 'What may depend on the inputs.' }),
    inputs: z.array(side).min(1).max(20),
    max_lag: z.int().min(0).max(60).default(0).meta({ description: 'Each input is tried so many buckets before the output, from 0 on.' }),
    show: z.enum(['best', 'all']).default('best').meta({ description: 'The lag with the greatest |r| of each input, or every lag.' }),
  })
  .meta({ id: 'CorrelateQuestion' });

const against = z
  .strictObject({ from: MOMENT_SCHEMA.optional(), to: MOMENT_SCHEMA.optional(), where: WHERE_SCHEMA.optional() })
  .refine(({ from, to }) => (from === undefined) === (to === undefined), { message: 'give both from and to' })
  .refine(({ from, where }) => from !== undefined || where !== undefined, { message: 'give from and to, or where' });

const COMPARE = z
  .strictObject({
    kind: z.literal('compare'),
    metric: METRIC_SCHEMA,
    measures: z.array(MEASURE_SCHEMA).min(1).max(16),
    ...SCOPE_FIELDS,
    group_by: GROUP_BY_SCHEMA,
    against: z
      .union([z.literal('previous'), against])
      .default('previous')
      .meta({ description: 'The range of the same length just before, another range, or the same range under another `where`.' }),
  })
  .meta({ id: 'CompareQuestion' });

const DISTRIBUTION = z
  .strictObject({
    kind: z.literal('distribution'),
    metric: METRIC_SCHEMA,
    measure: z.string().max(100).meta({ description: 'A histogram or a quantile measure, by its own name.' }),
    ...SCOPE_FIELDS,
    group_by: GROUP_BY_SCHEMA,
  })
  .meta({ id: 'DistributionQuestion' });

export const ANALYSIS_SCHEMA = z
  .discriminatedUnion('kind', [TREND, ANOMALIES, FORECAST, CORRELATE, COMPARE, DISTRIBUTION])
  .superRefine((question, context) => {
    const say = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    checkRange(question, say);
    if (question.kind === 'anomalies' && question.least > question.window) say('least', 'at most the window');
  });

export type AnalysisQuestion = z.output<typeof ANALYSIS_SCHEMA>;
export type AnalysisKind = AnalysisQuestion['kind'];
export type AnalysisOf<K extends AnalysisKind> = Extract<AnalysisQuestion, { readonly kind: K }>;

const KINDS: ReadonlySet<unknown> = new Set<AnalysisKind>(['trend', 'anomalies', 'forecast', 'correlate', 'compare', 'distribution']);

/** Whether decoded JSON is a question of this sort, well made or not. */
export function isAnalysis(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && KINDS.has(value.kind);
}

export type ParsedAnalysis =
  { readonly ok: true; readonly question: AnalysisQuestion } | { readonly ok: false; readonly errors: readonly QuestionError[] };

export function parseAnalysis(value: unknown): ParsedAnalysis {
  const parsed = ANALYSIS_SCHEMA.safeParse(value);
  return parsed.success ? { ok: true, question: parsed.data } : { ok: false, errors: errorsOf(parsed.error) };
}
