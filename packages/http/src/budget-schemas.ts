/** Budgets of dimensions, as `GET /v1/budgets` takes and tells them. */
import { z } from 'zod';
import { INSTANT_SCHEMA } from './route-schemas.ts';

export const BUDGETS_QUERY = z.object({
  metric: z
    .string()
    .regex(/^[a-z][a-z0-9_.]{0,127}$/)
    .optional(),
  days: z.coerce.number().int().min(1).max(366).default(7).meta({ description: 'Event days, today (UTC) included.' }),
  spent: z.enum(['true']).optional().meta({ description: 'Only budgets that are spent.' }),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

export const BUDGETS_SCHEMA = z.object({
  budgets: z.array(
    z.object({
      metric: z.string(),
      dimension: z.string(),
      day: z.string().meta({ format: 'date', description: 'UTC day on which the events occurred.' }),
      values: z.int().meta({ description: 'Values that have series of their own.' }),
      values_max: z.int(),
      spent_at: INSTANT_SCHEMA.nullable().meta({ description: 'Since when further values of the day are counted as `_other`.' }),
    }),
  ),
});
