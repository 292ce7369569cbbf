/** The text form of the sections `views` and `cache` of a pack. Strict, as all of a pack. */
import { z } from 'zod';
import { isJourney } from '../query/journeys/journey-question.ts';

const NAME = /^[a-z][a-z0-9_]*$/;
export const NAME_SCHEMA = z.string().max(64).regex(NAME, 'must be lower snake case: a letter, then letters, digits or _');
const name = NAME_SCHEMA;

export const SCOPE_PATTERN = /^[a-z][a-z_]{0,31}:[a-z][a-z_]{0,31}$/;

export const SCOPE_SCHEMA = z.string().regex(SCOPE_PATTERN, 'must be two words joined by a colon, such as patient:read');

const scalar = z.union([z.string().max(1_024), z.number(), z.boolean()]);

/** The one row that says what a parameter is that nobody gave: that of the person, or of the thing, whom the parameter `of` names. */
const rowDefault = z.strictObject({ entity: name, field: z.string().max(129), of: name });

export const PARAM_SCHEMA = z.strictObject({
  /**
   * `subject`: the plain id of a person; callers who may see only one person may name no other. `id`: the plain id of a thing
   * whose ids are stored as pseudonyms, or its pseudonym as an answer gave it; expressions see the pseudonym. `list`: texts
   * with commas between them. `cursor`: where a page begins, as an answer gave it.
   */
  type: z.enum(['string', 'integer', 'number', 'boolean', 'date', 'instant', 'zone', 'subject', 'id', 'list', 'cursor']),
  title: z.string().max(200).optional(),
  /** A parameter that the route names is in the path without saying so. */
  in: z.enum(['path', 'query']).optional(),
  /** Without a value it is null. */
  optional: z.boolean().optional(),
  /** Of an instant `now`; of a subject `caller`, the person who asks. */
  default: scalar.optional(),
  /** Before `default`, which holds where there is no such row, or no value in it. */
  default_from: rowDefault.optional(),
  /** Of a string or of the parts of a list. */
  enum: z.array(z.string().min(1).max(100)).min(1).max(500).optional(),
  /** Of a number; of a list how many parts it has. */
  min: z.number().optional(),
  max: z.number().optional(),
  max_length: z.int().min(1).max(4_096).optional(),
  /** Of a subject: the scope with which `*` stands for everybody; expressions see null. */
  everybody: SCOPE_SCHEMA.optional(),
});

/** Declares `days`, `start`, `end`, `as_of` and `tz`, and the value `window` that they come to. */
const window = z.strictObject({
  /** Of a request that names none. */
  days: z.int().min(1).max(3_660).default(30),
  min_days: z.int().min(1).max(3_660).default(1),
  max_days: z.int().min(1).max(3_660).default(1_826),
  /** Of a request that names no zone; absent: UTC. */
  tz: z.strictObject({ default: z.string().max(100).default('UTC'), default_from: rowDefault.optional() }).optional(),
});

/** A question, as `POST /v1/query` takes it, rows of an entity, findings of an insight, or how the stream goes; every text may hold `${…}`. */
export const QUERY_SCHEMA = z
  .looseObject({
    when: z.string().optional(),
    /** Changes of what it reads drop a kept answer only once that is so old; absent: at once. */
    may_age_s: z.int().min(1).max(86_400).optional(),
  })
  .refine(
    (asked) =>
      [...['metric', 'entity', 'insights', 'stream'].map((name) => asked[name] !== undefined), isJourney(asked)].filter(Boolean).length ===
      1,
    {
      message: 'names a metric, or an entity, or insights, or the stream, or is of a kind that is about events',
    },
  );

const view = z.strictObject({
  title: z.string().max(200).optional(),
  description: z.string().max(2_000).optional(),
  route: z.string().max(200).optional(),
  scope: SCOPE_SCHEMA.optional(),
  cache: name.optional(),
  /** It may take long: a caller who would wait for it is given a job. */
  background: z.boolean().optional(),
  /** What kept answers are called in figures: text with parameters as `{name}`; persons and things show as their pseudonyms. */
  cache_key: z.string().max(200).optional(),
  params: z.record(name, PARAM_SCHEMA).default({}),
  window: window.optional(),
  queries: z.record(name, QUERY_SCHEMA).default({}),
  /** Values that expressions of the answer name, each made of the queries and of the others. */
  let: z.record(name, z.unknown()).optional(),
  /** An expression over the queries; where it is not true, there is no such thing: 404. */
  exists: z.string().max(4_000).optional(),
  /** A person who asks for what is there and is another person's is told so (403), and not that there is no such thing. */
  others: z.literal('refused').optional(),
  /**
   * The answer withholds what is told of fewer persons by itself, so callers may ask who are told of groups alone. Expressions
   * know how few as `as`: the greatest of `least`, of the parameter of that name and of the caller's k.
   */
  withholds: z.strictObject({ as: name, least: z.int().min(1).max(500).default(1) }).optional(),
  /**
   * Members of the answer that are sealed fields of the one person whom the view is about, by their place in it (`items.note`:
   * of each of the items). They are opened for who may ask; with `include: sensitive` for the person alone, who has to ask for it.
   */
  sealed: z
    .record(
      z
        .string()
        .max(200)
        .regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/, 'must be names with dots between them'),
      z.strictObject({ entity: name, field: z.string().max(129), include: z.literal('sensitive').optional() }),
    )
    .optional(),
  answer: z.record(z.string().max(64), z.unknown()),
});

export const VIEWS_SCHEMA = z.record(name, view);

/** How long answers of a class may be kept, and how old one may be that is given again. */
const cacheClass = z.strictObject({
  ttl_s: z.int().min(0).max(604_800),
  max_staleness_s: z.int().min(0).max(86_400).default(0),
  /** Environment variable of the installation that sets `ttl_s`, if it is set. */
  env: z
    .string()
    .max(64)
    .regex(/^[A-Z][A-Z0-9_]*$/, 'must be a name such as CACHE_TTL_CLAIM')
    .optional(),
  /** The share of look-ups, in percent, that should find an answer. */
  hit_aim_pct: z.number().min(0).max(100).optional(),
});

export const CACHE_SCHEMA = z.record(name, cacheClass);

export type ViewSource = z.output<typeof view>;
export type ParamSource = z.output<typeof PARAM_SCHEMA>;
export type WindowSource = z.output<typeof window>;
export type QuerySource = z.output<typeof QUERY_SCHEMA>;
export type CacheSource = z.output<typeof CACHE_SCHEMA>;
