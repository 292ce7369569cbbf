import { z } from 'zod';
import { INSTANT_SCHEMA as instant } from './route-schemas.ts';

export const EXPORT_PARAMS = z.object({ id: z.uuid() });
export const EXPORT_LINK_PARAMS = z.object({ link: z.string().min(1).max(1_000) });

export const EXPORT_ASK_SCHEMA = z.strictObject({
  subject: z.string().min(1).max(256).meta({ description: 'The id of the person, as events have it.' }),
});

/** It is asked about oneself: nothing is to be said. */
export const OWN_EXPORT_ASK_SCHEMA = z.strictObject({});

const rows = z.array(z.looseObject({}));

export const PERSON_EXPORT_SCHEMA = z
  .object({
    export_id: z.uuid(),
    subject: z.string().meta({ description: 'The id, as the caller named it.' }),
    generated_at: instant,
    other: z.object({ events: rows, rejected: rows, audit_access: rows }).meta({
      description: 'What belongs to no pack: events of types that are given up, refused events, accesses by routes of the engine.',
    }),
    packs: z
      .record(
        z.string(),
        z.object({
          profile: z.looseObject({}).nullable(),
          entities: z.record(z.string(), rows).optional(),
          events: rows.meta({ description: 'By type and time; sealed fields are opened.' }),
          rollups: rows.meta({ description: 'Figures of series of the person’s own, by day in UTC.' }),
          insights: rows,
          audit_access: rows.meta({ description: 'Who had to do with it, newest first.' }),
        }),
      )
      .optional(),
    sealed_values_left: z.int().optional().meta({ description: 'Values whose key is not there any more; absent: none.' }),
  })
  .meta({ id: 'PersonExport', description: 'All that is held about a person.' });

export const EXPORT_STATE_SCHEMA = z
  .object({
    export_id: z.uuid(),
    status: z.enum(['queued', 'processing', 'completed', 'failed', 'cancelled']),
    requested_at: instant,
    error_code: z.string().nullable(),
    poll_url: z.string(),
    bytes: z.int().nullable(),
    url: z
      .string()
      .nullable()
      .meta({ description: 'Whoever has it fetches the export, without a key, until `expires_at`; null: it is being made.' }),
    expires_at: instant.nullable(),
  })
  .meta({ id: 'ExportState' });
