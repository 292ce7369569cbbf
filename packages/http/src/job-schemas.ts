import { z } from 'zod';

/** Schemas of background jobs: how they are shown, and what those kinds take that are asked for by a route. */

const instant = z.string().meta({ format: 'date-time', description: 'RFC 3339, UTC, milliseconds.' });

const JOB_STATES = ['queued', 'processing', 'completed', 'failed', 'cancelled'] as const;

export const JOB_PARAMS = z.object({ job: z.uuid() });

export const JOBS_QUERY = z.object({
  status: z.enum(JOB_STATES).optional(),
  kind: z
    .string()
    .regex(/^[a-z][a-z0-9_.]{0,63}$/)
    .optional(),
  cursor: z.string().max(2_000).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

export const JOB_SCHEMA = z
  .object({
    job_id: z.uuid(),
    kind: z.string(),
    status: z.enum(JOB_STATES),
    progress_pct: z.int().min(0).max(100).nullable().meta({ description: 'Null while it is not known of how much.' }),
    progress: z.record(z.string(), z.number()).meta({ description: '`done` of `total`, and what became of them.' }),
    attempts: z.int().meta({ description: 'Begun so far; after three that failed the job fails.' }),
    error_code: z.string().nullable().meta({ description: 'Of a failed job.' }),
    submitted_at: instant,
    started_at: instant.nullable(),
    finished_at: instant.nullable(),
    expires_at: instant.nullable().meta({ description: 'When the job and its result are gone.' }),
    poll_url: z.string(),
    result_url: z.string().nullable().meta({ description: 'Where the result is; null: there is none yet.' }),
  })
  .meta({ id: 'Job', description: 'Seen by the key that asked for it and by keys with tenant:admin.' });

export const JOBS_SCHEMA = z.object({ jobs: z.array(JOB_SCHEMA), next_cursor: z.string().nullable() });

export const PROCESSING_SCHEMA = z
  .object({
    status: z.literal('processing'),
    job_id: z.uuid(),
    poll_url: z.string(),
    retry_after_s: z.int(),
    submitted_at: instant,
  })
  .meta({ id: 'Processing' });

export const JOB_RESULT_SCHEMA = z.looseObject({}).meta({
  id: 'JobResult',
  description:
    'As the kind of the job says; of `query.answer` the `answer` as its route gives it, and `about`: pseudonyms of those whose rows it holds.',
});

const code = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/);

export const BULK_REPLAY_SCHEMA = z
  .strictObject({
    code: code.optional().meta({ description: 'Only rows refused for this reason, by their newest attempt.' }),
    type: z.string().min(1).max(200).optional().meta({ description: 'Only events of this type.' }),
    pack: z.string().min(1).max(200).optional().meta({ description: 'Only events whose type belongs to this pack.' }),
    since: z.iso.datetime({ offset: true }).optional().meta({ description: 'Received at or after.' }),
    until: z.iso.datetime({ offset: true }).optional().meta({ description: 'Received before; default: before the job was asked for.' }),
    correction: z
      .record(z.string(), z.unknown())
      .refine((patch) => !('id' in patch || 'messageId' in patch), 'an event keeps its id')
      .optional()
      .meta({
        description:
          'A JSON Merge Patch (RFC 7396) on each event as it came, for example `{"data": {"unit": "count", "note": null}}`. It cannot change the id.',
      }),
  })
  .meta({
    id: 'BulkReplay',
    description: 'Open rows that all of it is true of. Rows with three attempts are left out: replay them one by one.',
  });
