/** Schemas of the routes of views. */
import { z } from 'zod';
import { INSTANT_SCHEMA } from './route-schemas.ts';

const name = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/);

export const VIEW_PARAMS = z.object({ pack: name, view: name });

export const VIEW_QUERY = z.looseObject({
  after: z.string().optional().meta({ description: 'A receipt: wait until its events are counted.' }),
  wait_ms: z.int().min(0).max(10_000).optional(),
});

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
