/** Questions about what persons did one after another: answered from raw events, because no rollup keeps their order. */
import { z } from 'zod';
import { checkRange, RANGE_FIELDS } from '../asked-range.ts';
import type { RangeMembers } from '../asked-range.ts';
import { errorsOf, QUESTION_GRAINS, SCOPE_FIELDS, WHERE_SCHEMA } from '../question.ts';
import type { QuestionError } from '../question.ts';

const TYPE_NAME = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/;
const FIELD_NAME = /^[a-z][a-z0-9_]*$/;
const YEAR_S = 31_622_400;

const { zone, after, wait_ms } = SCOPE_FIELDS;
const scope = { ...RANGE_FIELDS, zone, after, wait_ms };

const eventType = z.string().max(200).regex(TYPE_NAME, 'an event type such as learning.session.started');
const field = z.string().max(100).regex(FIELD_NAME, 'a field of the event type');
const step = z.strictObject({
  event: eventType,
  where: WHERE_SCHEMA.meta({ description: 'Conditions on fields of the event.' }),
});
const named = step.extend({
  name: z.string().min(1).max(100).optional().meta({ description: 'Stands in the rows; the event type when absent.' }),
});
const windowS = z.int().min(1).max(YEAR_S);

export const FUNNEL_SCHEMA = z
  .strictObject({
    kind: z.literal('funnel'),
    ...scope,
    steps: z.array(named).min(2).max(10),
    window_s: windowS.default(604_800).meta({ description: 'Most seconds between the first event of a chain and its last.' }),
    breakdown: field.optional().meta({ description: 'A field of the first step: one funnel for each of its values, beside the whole.' }),
  })
  .meta({ id: 'FunnelQuestion' });

const RETENTION = z
  .strictObject({
    kind: z.literal('retention'),
    ...scope,
    start: step.meta({ description: 'Its first event in the range puts a person into a cohort.' }),
    return: step.meta({ description: 'What a person does who is still there.' }),
    grain: z.enum(['day', 'week', 'month']).default('week'),
    periods: z.int().min(1).max(53).default(8).meta({ description: 'Periods after the first one.' }),
  })
  .meta({ id: 'RetentionQuestion' });

const COHORT = z
  .strictObject({
    kind: z.literal('cohort'),
    ...scope,
    start: step.meta({ description: 'Its first event in the range puts a person into a cohort.' }),
    event: step.meta({ description: 'What is counted of them from then on.' }),
    value: field.optional().meta({ description: 'An integer or decimal of it, which is summed; events are counted when absent.' }),
    grain: z.enum(['day', 'week', 'month']).default('month'),
    periods: z.int().min(0).max(53).default(11).meta({ description: 'Periods after the first one.' }),
  })
  .meta({ id: 'CohortQuestion' });

const STRATIFY = z
  .strictObject({
    kind: z.literal('stratify'),
    ...scope,
    among: step.meta({ description: 'Persons with such an event in the range are scored.' }),
    rules: z
      .array(
        named.extend({
          points: z.number().min(-1_000).max(1_000).meta({ description: 'For each event of the range that fits.' }),
          most: z.number().min(0).max(1_000).optional().meta({ description: 'Most points that the rule gives.' }),
        }),
      )
      .min(1)
      .max(20),
    points_max: z.number().min(1).max(100_000).default(100),
    bands: z
      .array(z.strictObject({ band: z.string().min(1).max(100), from: z.number().meta({ description: 'The least score of the band.' }) }))
      .min(1)
      .max(20)
      .meta({ description: 'Rising; who lies below the first is in none.' }),
  })
  .meta({ id: 'StratifyQuestion' });

const SESSIONS = z
  .strictObject({
    kind: z.literal('sessions'),
    ...scope,
    events: z.array(step).min(1).max(50),
    gap_s: z.int().min(1).max(86_400).default(1_800).meta({ description: 'More seconds without an event end a session.' }),
    grain: z.enum(QUESTION_GRAINS).exclude(['minute']).default('day'),
  })
  .meta({ id: 'SessionsQuestion' });

export const EXPERIMENT_SCHEMA = z
  .strictObject({
    kind: z.literal('experiment'),
    ...scope,
    exposed: step.meta({ description: 'What says that a person met a variant.' }),
    variant: field.default('variant').meta({ description: 'The field of it that names the variant.' }),
    control: z.string().min(1).max(100),
    goal: step,
    window_s: windowS.default(604_800).meta({ description: 'Most seconds between the first exposure and the goal.' }),
    weights: z.record(z.string().min(1).max(100), z.int().min(0).max(10_000)).optional().meta({
      description: 'Share of each variant as it was meant, in any unit: says whether persons were assigned so.',
    }),
  })
  .meta({ id: 'ExperimentQuestion' });

export const JOURNEY_SCHEMA = z
  .discriminatedUnion('kind', [FUNNEL_SCHEMA, RETENTION, COHORT, STRATIFY, SESSIONS, EXPERIMENT_SCHEMA])
  .superRefine((question, context) =>
    checkRange(rangeOf(question), (path, message) => context.addIssue({ code: 'custom', path: [path], message })),
  );

/** `start` of a journey is a step and no date. */
export function rangeOf({ from, to, last, days, as_of }: Omit<RangeMembers, 'start' | 'end'>): RangeMembers {
  return { from, to, last, days, as_of };
}

export type JourneyQuestion = z.output<typeof JOURNEY_SCHEMA>;
export type JourneyKind = JourneyQuestion['kind'];
export type JourneyOf<K extends JourneyKind> = Extract<JourneyQuestion, { readonly kind: K }>;
export type JourneyStep = z.output<typeof step>;

const KINDS: ReadonlySet<unknown> = new Set<JourneyKind>(['funnel', 'retention', 'cohort', 'stratify', 'sessions', 'experiment']);

/** Whether decoded JSON is a question of this sort, well made or not. */
export function isJourney(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && KINDS.has(value.kind);
}

export type ParsedJourney =
  { readonly ok: true; readonly question: JourneyQuestion } | { readonly ok: false; readonly errors: readonly QuestionError[] };

export function parseJourney(value: unknown): ParsedJourney {
  const parsed = JOURNEY_SCHEMA.safeParse(value);
  return parsed.success ? { ok: true, question: parsed.data } : { ok: false, errors: errorsOf(parsed.error) };
}
