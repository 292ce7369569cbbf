import { z } from 'zod';
import { INSTANT_SCHEMA as instant } from './route-schemas.ts';

const metric = z.string().min(1).max(200);

export const RECOUNTS_QUERY = z.object({
  metric: metric.optional(),
  limit: z.coerce.number().int().min(0).max(1_000).default(100).meta({ description: 'Cells that were wrong, at most.' }),
});

export const RECOUNT_ASK_SCHEMA = z.strictObject({ metric: metric.optional().meta({ description: 'One metric; absent: all of them.' }) });

export const RECOUNT_ASKED_SCHEMA = z.object({
  request_no: z.int().meta({ description: 'A recount answers it once its own `request_no` is as great.' }),
});

const RECOUNT = z
  .object({
    metric: z.string(),
    version: z.int(),
    state: z.enum(['never', 'waiting', 'running', 'clean', 'drift']).meta({
      description:
        '`clean` and `drift`: what the latest recount found. `waiting` and `running`: one was asked for and is not done. `never`: none is done yet.',
    }),
    partitions: z.int(),
    partitions_done: z.int(),
    share: z.number().meta({ description: 'Of the recount, 0 to 1.' }),
    days: z.int().meta({ description: 'Event days that were compared, of each partition.' }),
    days_unkept: z.int().meta({ description: 'Event days whose raw events are not all kept: nothing can be said of them.' }),
    buckets: z.int().meta({ description: 'Of the finest grain; closed ones.' }),
    cells: z.int(),
    cells_moved: z.int().meta({ description: 'Passed over because an event came for them meanwhile.' }),
    drift: z.int().meta({ description: 'Cells that were not what the raw events give.' }),
    repaired: z.int(),
    started_at: instant.nullable(),
    finished_at: instant.nullable(),
    request_no: z.int().meta({ description: 'The last request that every partition has answered; 0: none.' }),
  })
  .meta({ id: 'Recount' });

const DRIFT = z
  .object({
    metric: z.string(),
    version: z.int(),
    partition: z.int(),
    grain: z.enum(['minute', 'quarter_hour', 'hour', 'day']),
    bucket: instant.meta({ description: 'Its start.' }),
    subject: z.string().nullable().meta({ description: 'Its pseudonym.' }),
    dimensions: z.record(z.string(), z.string().nullable()),
    kind: z.enum(['differs', 'missing', 'stray', 'unreadable']),
    expected: z.unknown().meta({ description: 'Values by measure; null: there should be no cell.' }),
    found: z.unknown().meta({ description: 'The same; null: there was none that could be read.' }),
    found_at: instant,
    repaired_at: instant.nullable().meta({ description: 'Null: the cell had changed meanwhile; a later recount finds it again.' }),
  })
  .meta({ id: 'Drift' });

export const RECOUNTS_SCHEMA = z.object({
  recounts: z.array(RECOUNT),
  drift: z.array(DRIFT).meta({ description: 'The newest first.' }),
});
