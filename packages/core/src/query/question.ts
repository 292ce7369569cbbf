/** A question as callers send it (`POST /v1/query`): what is asked, before it meets the metric's definition. */
import { z } from 'zod';
import { checkRange, DATE_FIELDS, RANGE_FIELDS } from './asked-range.ts';

export const QUESTION_KINDS = ['series', 'table', 'summary', 'heatmap'] as const;
export const QUESTION_GRAINS = ['minute', 'quarter_hour', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const;

export type QuestionKind = (typeof QUESTION_KINDS)[number];
export type QuestionGrain = (typeof QUESTION_GRAINS)[number];

const METRIC_NAME = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/;
const DIMENSION_NAME = /^(?:[a-z][a-z0-9_]*|_type)$/;
const MEASURE_NAME = /^[a-z][a-z0-9_]*(\.(p\d{1,2}(\.\d{1,3})?|(variance|stddev)(_pop)?|mean|count))?$|^p\d{1,2}(\.\d{1,3})?$/;
const ORDER = /^-?[a-z][a-z0-9_]*(\.[a-z0-9_]+){0,2}$/;

const scalar = z.union([z.string().max(1_024), z.number(), z.boolean()]);
const scalars = z.array(scalar).min(1).max(1_000);

/** What may be asked of one dimension or field. */
export const CONDITIONS_SCHEMA = z
  .strictObject({
    eq: scalar.optional(),
    ne: scalar.optional(),
    in: scalars.optional(),
    not_in: scalars.optional(),
    lt: scalar.optional(),
    lte: scalar.optional(),
    gt: scalar.optional(),
    gte: scalar.optional(),
    prefix: z.string().max(1_024).optional(),
    exists: z.boolean().optional(),
  })
  .refine((given) => Object.keys(given).length > 0, { message: 'name at least one operator' });

export const MEASURE_SCHEMA = z
  .string()
  .max(100)
  .regex(MEASURE_NAME, 'a measure name such as edits, a quantile such as size.p95, or a figure of a variance such as size.stddev');
export const GROUP_BY_SCHEMA = z.array(z.string().max(100).regex(DIMENSION_NAME, 'a dimension name')).max(10).default([]);
export const WHERE_SCHEMA = z.record(z.string().max(100).regex(DIMENSION_NAME, 'a dimension name'), CONDITIONS_SCHEMA).default({});
export const METRIC_SCHEMA = z.string().max(200).regex(METRIC_NAME, 'a metric name such as wiki.edits');

/** Which events of which time count, and how long to wait for whose: the same for every kind. */
export const SCOPE_FIELDS = {
  ...RANGE_FIELDS,
  ...DATE_FIELDS,
  zone: z.string().min(1).max(64).default('UTC').meta({ description: 'IANA time zone.' }),
  where: WHERE_SCHEMA,
  subject: z.string().min(1).max(256).optional().meta({ description: 'The plain id of one person or thing; only its own events count.' }),
  after: z.string().max(16_384).optional().meta({ description: 'A receipt: wait until its events are counted.' }),
  wait_ms: z.int().min(0).max(10_000).default(1_000),
  max_staleness_ms: z.int().min(0).max(86_400_000).default(0),
};

/** Most persons that a group can be asked to have; fewer than a distinct measure counts exactly where a pack says nothing else. */
export const K_MAX = 500;
/** Most dimensions of a question whose small groups are withheld: each doubles the totals that must not give them away. */
export const K_GROUPS_MAX = 4;
export const K_SCHEMA = z.int().min(2).max(K_MAX);

/** Kinds whose rows stand for stretches of time. */
const FILLABLE: ReadonlySet<QuestionKind> = new Set<QuestionKind>(['series', 'heatmap']);

export const QUESTION_SCHEMA = z
  .strictObject({
    metric: METRIC_SCHEMA,
    kind: z.enum(QUESTION_KINDS).default('series'),
    measures: z.array(MEASURE_SCHEMA).min(1).max(50).optional().meta({
      description:
        'Measures of the metric; of a quantile measure `size` the names `size.p50`, `size.p95`, …; of a variance measure `size.stddev`, `size.variance`, `size.stddev_pop`, `size.variance_pop`, `size.mean`, `size.count`. All when absent.',
    }),
    ...SCOPE_FIELDS,
    subjects: z
      .array(z.string().min(1).max(256))
      .min(1)
      .max(500)
      .optional()
      .meta({ description: 'Pseudonyms of some subjects, as answers by subject give them; only their events count.' }),
    k: K_SCHEMA.optional().meta({
      description:
        'Rows of fewer persons are withheld, and with them so many others that no total of the rows gives them away; `meta.suppressed_groups` says how many. A key may have a `k` of its own; the greater holds.',
    }),
    grain: z.enum(QUESTION_GRAINS).optional().meta({ description: 'Width of a bucket; only with kind series, there day when absent.' }),
    group_by: GROUP_BY_SCHEMA,
    fill: z.enum(['zero', 'null', 'none']).default('none').meta({
      description: 'Buckets without events: left out, or rows of null; with zero, count and sum are 0 and what has no value stays null.',
    }),
    order: z.string().max(120).regex(ORDER, 'a column name, with - before it for descending').optional().meta({
      description: 'Column to order by; - for descending; rows without a value come last; ties are settled by bucket and groups.',
    }),
    limit: z.int().min(1).max(10_000).default(1_000),
    cursor: z.string().max(4_096).nullable().default(null),
    offset: z.int().min(0).max(1_000_000).default(0).meta({
      description:
        'Rows to leave out at the start, in place of a cursor; a row that comes or goes between two pages moves those behind it.',
    }),
    rank: z.boolean().default(false).meta({
      description: 'Of a table: a first column `rank`, 1, 2, 3 … in the order of the rows, over all pages.',
    }),
  })
  .superRefine((question, context) => {
    const say = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    checkRange(question, say);
    if (question.kind !== 'series' && question.grain !== undefined) say('grain', 'only a question of kind series has a grain');
    if (!FILLABLE.has(question.kind) && question.fill !== 'none') say('fill', 'only a series or a heatmap has buckets to fill');
    checkPage(question, say);
    checkGroups(question, say);
    if (question.measures !== undefined && new Set(question.measures).size < question.measures.length)
      say('measures', 'name each measure once');
  })
  .meta({ id: 'Question' });

interface Page {
  readonly kind: QuestionKind;
  readonly rank: boolean;
  readonly offset: number;
  readonly cursor: string | null;
}

function checkPage({ kind, rank, offset, cursor }: Page, say: (path: string, message: string) => void): void {
  if (kind !== 'table' && rank) say('rank', 'only a table ranks its rows');
  if (cursor !== null && offset > 0) say('offset', 'give either offset or cursor');
}

export type Question = z.output<typeof QUESTION_SCHEMA>;
export type QuestionInput = z.input<typeof QUESTION_SCHEMA>;
export type QuestionWhere = Question['where'];

export interface QuestionError {
  /** Member of the question, such as `where.channel.eq`; empty for the whole. */
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

export type ParsedQuestion =
  { readonly ok: true; readonly question: Question } | { readonly ok: false; readonly errors: readonly QuestionError[] };

/** Takes decoded JSON of a caller; every error names its member and never repeats a value that the caller sent. */
export function parseQuestion(value: unknown): ParsedQuestion {
  const parsed = QUESTION_SCHEMA.safeParse(value);
  return parsed.success ? { ok: true, question: parsed.data } : { ok: false, errors: errorsOf(parsed.error) };
}

export function errorsOf({ issues }: z.ZodError): readonly QuestionError[] {
  return issues.map(toError);
}

/** Names of members that callers made up are values that they sent: neither path nor message repeats them. */
function toError(issue: z.core.$ZodIssue): QuestionError {
  if (issue.code === 'unrecognized_keys') {
    return { path: issue.path.map(String).join('.'), code: 'unknown_member', message: 'holds a member that questions do not have' };
  }
  if (issue.code === 'invalid_key') return { path: String(issue.path[0] ?? ''), code: 'invalid_value', message: 'a dimension name' };
  return { path: issue.path.map(String).join('.'), code: issueCode(issue.code), message: issue.message };
}

function checkGroups(
  { kind, k, group_by: groupBy }: { readonly kind: QuestionKind; readonly k?: number | undefined; readonly group_by: readonly string[] },
  say: (path: string, message: string) => void,
): void {
  if (kind === 'summary' && groupBy.length > 0) say('group_by', 'a summary has no groups; ask for a table');
  if (k !== undefined && groupBy.length > K_GROUPS_MAX) say('group_by', `at most ${K_GROUPS_MAX} with k`);
  if (new Set(groupBy).size < groupBy.length) say('group_by', 'name each dimension once');
}

function issueCode(code: string): string {
  if (code === 'custom') return 'not_allowed_here';
  return code === 'invalid_type' ? 'wrong_type' : 'invalid_value';
}
