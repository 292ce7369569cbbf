/** What a filled query of a view asks, as `POST /v1/query` takes it. */
import { z } from 'zod';
import type { Json } from '../expression/to-json.ts';
import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import { errorsOf } from '../query/question.ts';
import type { QuestionError } from '../query/question.ts';
import { isJourney } from '../query/journeys/journey-question.ts';
import type { CompiledView } from './compiled-view.ts';
import { membersOf, toWhere, withoutNulls } from './filled.ts';
import type { Members } from './filled.ts';
import type { ViewValues } from './params.ts';

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

const instant = z.iso
  .datetime({ offset: true, error: 'an instant such as 2026-11-01T09:00:00.000Z' })
  .transform((text) => Date.parse(text));

const STREAM_ASK = z
  .strictObject({ stream: z.literal('lag'), from: instant, to: instant })
  .refine(({ from, to }) => from < to, { path: ['to'], message: 'to must lie after from' });

/** How long live events waited that were counted in a range. */
export interface StreamAsk {
  readonly fromMs: number;
  readonly toMs: number;
}

export function toStreamAsk(filled: Json): Result<StreamAsk, readonly QuestionError[]> {
  const read = STREAM_ASK.safeParse(withoutNulls(membersOf(filled)));
  return read.success ? ok({ fromMs: read.data.from, toMs: read.data.to }) : failed(errorsOf(read.error));
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
