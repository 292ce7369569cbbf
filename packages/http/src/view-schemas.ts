/** Schemas of the routes of views. */
import { z } from 'zod';
import { INSTANT_SCHEMA } from './route-schemas.ts';

const name = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/);

export const VIEW_PARAMS = z.object({ pack: name, view: name });

export const VIEW_QUERY = z.looseObject({
  after: z.string().optional().meta({ description: 'A receipt: wait until its events are counted.' }),
  wait_ms: z.int().min(0).max(10_000).optional(),
});

export const WRITE_PARAMS = z.object({ pack: name, write: name });

export const WRITE_HEADERS = z.object({
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(64)
    .optional()
    .meta({ description: 'Of it and of the body the id is made: the same request sent again is the same event.' }),
});

export const WRITE_BODY_SCHEMA = z
  .looseObject({})
  .meta({ id: 'WriteBody', description: 'Members are those that the write declares; `GET /v1/packs/{pack}` lists them.' });

export const WRITE_ANSWER_SCHEMA = z
  .looseObject({})
  .meta({ id: 'WriteAnswer', description: 'Members are those that the write declares, of the row as it is committed.' });

export const WRITE_ACCEPTED_SCHEMA = z
  .looseObject({ accepted: z.literal(true), id: z.string(), receipt: z.string() })
  .meta({ id: 'WriteAccepted', description: 'In the log, on all in-sync replicas, and not counted yet; the receipt tells when it is.' });

export const VIEW_ANSWER_SCHEMA = z
  .looseObject({
    meta: z.looseObject({
      complete_through: INSTANT_SCHEMA.nullable().optional(),
      lag_ms: z.number().optional(),
      status: z.enum(['current', 'catching_up', 'stalled', 'incomplete']).optional(),
      generated_at: INSTANT_SCHEMA,
      ages: z.record(z.string(), z.literal('year_of_birth')).optional().meta({
        description: 'Ages that are not those of the day, for dates of birth could not be opened: by the year they may be one too high.',
      }),
    }),
  })
  .meta({ id: 'ViewAnswer', description: 'Members are those that the view declares; `meta` is what they claim together.' });

export const INSIGHTS_PARAMS = z.object({ pack: name });

export const INSIGHTS_QUERY = z.strictObject({
  subject: z.string().min(1).max(256).optional().meta({ description: 'Plain id of the person; a person who asks is that person.' }),
  insight: name.optional(),
  state: z.enum(['open', 'all']).default('open').meta({ description: 'Those that hold, or those that held too.' }),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  after: z.string().optional().meta({ description: 'A receipt: wait until its events are counted.' }),
  wait_ms: z.coerce.number().int().min(0).max(10_000).optional(),
});

const FINDING_SCHEMA = z
  .object({
    insight: z.string(),
    id: z.string(),
    rule: z.string(),
    about: z.string(),
    rank: z.int().nullable(),
    priority: z.number().nullable(),
    level: z.string().nullable(),
    category: z.string().nullable(),
    title: z.string(),
    message: z.string(),
    evidence: z.unknown(),
    state: z.enum(['open', 'superseded', 'expired']),
    superseded: z.boolean(),
    created_at: INSTANT_SCHEMA,
    seen_at: INSTANT_SCHEMA,
    closed_at: INSTANT_SCHEMA.nullable(),
    meta: z.looseObject({}),
  })
  .meta({ id: 'Finding', description: 'What a rule found, since when, and whether it holds still; `meta` is what its figures claim.' });

export const INSIGHTS_SCHEMA = z.object({ insights: z.array(FINDING_SCHEMA) }).meta({ id: 'Insights' });
