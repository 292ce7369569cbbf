import { z } from 'zod';
import { INSTANT_SCHEMA as instant } from './route-schemas.ts';

export const EVENT_STATE_PARAMS = z.object({ id: z.string().min(1).max(128) });

export const EVENT_STATE_QUERY = z.object({
  source: z.string().max(1_000).optional().meta({ description: 'Of one source alone; absent: any.' }),
  subject: z.string().min(1).max(1_000).optional().meta({ description: 'About one person alone; absent: anybody or nobody.' }),
  receipt: z.string().max(100_000).optional().meta({ description: 'Of the request that sent it: then it is told whether it is pending.' }),
});

export const EVENT_STATE_SCHEMA = z
  .object({
    state: z.enum(['counted', 'pending', 'rejected', 'unknown', 'erased']).meta({
      description:
        '`pending` only with a receipt that is not counted yet; else what is not found is `unknown`: on days that are not closed the last 100,000 events of each lane of a partition are looked at, and those of the receipt.',
    }),
    copies: z.int().meta({ description: 'Counted events of this id: more than one where source or subject tell them apart.' }),
    received_at: instant.nullable(),
    partition: z.int().nullable(),
    offset: z.int().nullable(),
    reason: z.string().optional().meta({ description: 'Why it was rejected: a code.' }),
    complete_through: instant.nullable(),
  })
  .meta({ id: 'EventState' });
