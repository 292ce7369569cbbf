import { z } from 'zod';
import { INSTANT_SCHEMA as instant } from './route-schemas.ts';

const names = z.union([z.literal('all'), z.array(z.string().min(1).max(200)).min(1).max(500)]);

const lastDays = z.string().regex(/^[1-9]\d{0,3}d$/);

const content = {
  format: z.enum(['parquet', 'csv', 'ndjson']).default('parquet'),
  events: names.optional().meta({ description: 'Event types whose counted events are exported; needs the scope events:read.' }),
  rollups: names.optional().meta({ description: 'Metrics whose figures are exported, by all dimensions that they are kept by.' }),
  grain: z.enum(['hour', 'day']).default('day').meta({ description: 'Of the figures.' }),
};

export const WAREHOUSE_ASK_SCHEMA = z
  .strictObject({
    from: z.iso.date().optional().meta({ description: 'First day, in UTC.' }),
    to: z.iso.date().optional().meta({ description: 'The day behind the last one; default: today, so that all days are over.' }),
    last: lastDays.optional().meta({ description: 'Instead of both: so many days before today, as in `1d`.' }),
    ...content,
  })
  .meta({ id: 'WarehouseAsk', description: 'At least one of `events` and `rollups`.' });

/** Exports that begin by themselves, as the setting `WAREHOUSE_SCHEDULES` of the query service lists them. */
export const WAREHOUSE_SCHEDULES_SCHEMA = z
  .array(
    z.strictObject({
      name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/),
      tenant: z.string().min(1),
      every: z.string().regex(/^[1-9]\d{0,2}[hd]$/),
      at: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
      last: lastDays,
      ...content,
    }),
  )
  .max(100)
  .refine((schedules) => new Set(schedules.map(({ name }) => name)).size === schedules.length, 'two have the same name');

export const WAREHOUSE_STATE_SCHEMA = z
  .object({
    export_id: z.uuid(),
    status: z.enum(['queued', 'processing', 'completed', 'failed', 'cancelled']),
    progress_pct: z.int().min(0).max(100).nullable(),
    requested_at: instant,
    error_code: z.string().nullable(),
    poll_url: z.string(),
    job_url: z.string().meta({ description: 'DELETE cancels it.' }),
    location: z.string().meta({ description: 'Where its files and its manifest lie, within the store.' }),
    files: z.int(),
    rows: z.int(),
    bytes: z.int(),
    manifest_url: z.string().nullable().meta({ description: 'Null: it is not whole.' }),
    expires_at: instant.nullable().meta({ description: 'When its files are deleted.' }),
  })
  .meta({ id: 'WarehouseExport' });

const table = z.object({
  name: z.string().meta({ description: 'Path of its folder; below it one folder for each date.' }),
  kind: z.enum(['events', 'rollups']),
  type: z.string().optional(),
  metric: z.string().optional(),
  metric_version: z.int().optional(),
  group_by: z.array(z.string()).optional(),
  grain: z.string().optional(),
  rows: z.int(),
  complete_through: instant.nullable(),
});

export const WAREHOUSE_MANIFEST_SCHEMA = z
  .object({
    v: z.literal(1),
    export_id: z.uuid(),
    tenant: z.string(),
    format: z.string(),
    from: z.iso.date(),
    to: z.iso.date(),
    zone: z.literal('UTC'),
    generated_at: instant,
    rows: z.int(),
    tables: z.array(table),
    files: z.array(
      z.object({
        path: z.string().meta({ description: 'Below the folder of the manifest.' }),
        table: z.string(),
        date: z.iso.date(),
        rows: z.int(),
        bytes: z.int(),
        sha256: z.string(),
      }),
    ),
  })
  .meta({ id: 'WarehouseManifest', description: 'Written last: where it is, all files that it names are.' });

export const WAREHOUSE_FILE_PARAMS = z.object({ id: z.uuid(), no: z.string().regex(/^\d{1,6}$/) });

export const WAREHOUSE_FILE_SCHEMA = z.string().meta({ description: 'Its bytes.' });
