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
    }),
  })
  .meta({ id: 'ViewAnswer', description: 'Members are those that the view declares; `meta` is what they claim together.' });
