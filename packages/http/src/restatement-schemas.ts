import { z } from 'zod';
import { INSTANT_SCHEMA as instant } from './route-schemas.ts';

export const RESTATEMENTS_QUERY = z.object({
  metric: z.string().max(200).optional(),
  from: z.iso.datetime({ offset: true }).optional().meta({ description: 'Buckets that begin at or after.' }),
  to: z.iso.datetime({ offset: true }).optional().meta({ description: 'Buckets that begin before.' }),
  since: z.iso.datetime({ offset: true }).optional().meta({ description: 'Changed at or after.' }),
  cursor: z.string().max(2_000).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

export const RESTATEMENTS_SCHEMA = z
  .object({
    restatements: z.array(
      z.object({
        metric: z.string(),
        version: z.int(),
        grain: z.literal('quarter_hour'),
        bucket: instant.meta({ description: 'Its start.' }),
        cause: z.enum(['late_event', 'erasure', 'repair', 'retention']),
        revision: z.int().meta({ description: 'Commits that changed it since it closed.' }),
        first_at: instant,
        restated_at: instant,
      }),
    ),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'Restatements' });
