/** What a filled query of a view asks: members without a value fall away, and `where` may be written short. */
import { z } from 'zod';
import { ENTITY_ROWS_MAX } from '../entity/read-plan.ts';
import type { Json } from '../expression/to-json.ts';
import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import { isJourney } from '../query/journeys/journey-question.ts';
import { CONDITIONS_SCHEMA, errorsOf } from '../query/question.ts';
import type { QuestionError } from '../query/question.ts';
import type { CompiledView } from './compiled-view.ts';
import type { ViewValues } from './params.ts';

type Members = Readonly<Record<string, Json>>;

/** A question as `POST /v1/query` takes it. */
export function toQuestion(filled: Json, { cache }: Pick<CompiledView, 'cache'>, { wait }: Pick<ViewValues, 'wait'>): Members {
  const asked = withoutNulls(membersOf(filled));
  const where = asked['where'];
  // What is read from raw events is kept by nobody.
  const mayAge = cache !== null && cache.maxStalenessMs > 0 && !isJourney(asked);
  return {
    ...(mayAge ? { max_staleness_ms: cache.maxStalenessMs } : {}),
    ...asked,
    ...(where === undefined ? {} : { where: toWhere(where) }),
    ...wait,
  };
}

const ENTITY_ASK = z.strictObject({
  entity: z.string(),
  subject: z.string().min(1).max(256).optional(),
  where: z.record(z.string(), CONDITIONS_SCHEMA).default({}),
  order: z.string().max(120).optional(),
  limit: z.int().min(1).max(ENTITY_ROWS_MAX).default(100),
  cursor: z.string().max(4_096).optional(),
});

/** Rows of an entity, as a view asks for them. */
export type EntityAsk = z.output<typeof ENTITY_ASK>;

export function toEntityAsk(filled: Json): Result<EntityAsk, readonly QuestionError[]> {
  const asked = withoutNulls(membersOf(filled));
  const where = asked['where'];
  const read = ENTITY_ASK.safeParse(where === undefined ? asked : { ...asked, where: toWhere(where) });
  return read.success ? ok(read.data) : failed(errorsOf(read.error));
}

const INSIGHTS_ASK = z.strictObject({
  insights: z.string(),
  subject: z.string().min(1).max(256).optional(),
  closed: z.boolean().default(false),
  limit: z.int().min(1).max(1_000).default(100),
});

/** Findings of an insight, as a view asks for them. */
export type InsightsAsk = z.output<typeof INSIGHTS_ASK>;

export function toInsightsAsk(filled: Json): Result<InsightsAsk, readonly QuestionError[]> {
  const read = INSIGHTS_ASK.safeParse(withoutNulls(membersOf(filled)));
  return read.success ? ok(read.data) : failed(errorsOf(read.error));
}

/** A value stands for `eq`, a list for `in`; a condition whose value is null is none. */
function toWhere(where: Json): Json {
  const conditions: Record<string, Json> = {};
  for (const [name, condition] of Object.entries(withoutNulls(membersOf(where)))) {
    const written = toCondition(condition);
    if (Object.keys(written).length > 0) conditions[name] = written;
  }
  return conditions;
}

function toCondition(condition: Json): Members {
  if (Array.isArray(condition)) return { in: condition };
  return typeof condition === 'object' ? withoutNulls(membersOf(condition)) : { eq: condition };
}

function membersOf(value: Json): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

function withoutNulls(members: Members): Members {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}
