import { z } from 'zod';

const instant = z.string().meta({ format: 'date-time', description: 'RFC 3339, UTC, milliseconds.' });

export const GAP_PARAMS = z.object({ gap: z.string().regex(/^(?:live|backfill)-\d{1,9}-\d{1,9}-\d{1,15}$/) });

export const GAP_SCHEMA = z
  .object({
    gap: z.string().meta({ description: 'Its name: lane, partition, generation of the log, first offset that is gone.' }),
    lane: z.enum(['live', 'backfill']),
    partition: z.int(),
    log_generation: z.int(),
    from_offset: z.string(),
    to_offset: z.string().meta({ description: 'The first offset that is there again.' }),
    found_at: instant,
    acknowledged: z
      .object({ at: instant, by: z.string().meta({ description: 'Id of the key.' }), reason: z.string() })
      .nullable()
      .meta({ description: 'Who has read of it; from then on answers are not `incomplete` for it.' }),
  })
  .meta({ id: 'Gap', description: 'Accepted events that were gone from the log before they were counted.' });

export const GAPS_SCHEMA = z.object({ gaps: z.array(GAP_SCHEMA) });

export const GAP_WORD_SCHEMA = z.strictObject({
  reason: z.string().min(1).max(1_000).meta({ description: 'Why nothing more is to be done; kept with the gap.' }),
});
