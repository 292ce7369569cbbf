/** Statistics of the stream of events, as `GET /v1/events/stats` takes and tells them. */
import { z } from 'zod';
import { INSTANT_SCHEMA as instant } from './route-schemas.ts';

export const STREAM_QUERY = z.object({ minutes: z.coerce.number().int().min(1).max(1_440).default(60) });

const ms = z.number().nullable();

export const STREAM_SCHEMA = z
  .object({
    types: z.array(
      z.object({
        event_type: z.string(),
        total: z.int().meta({ description: 'Counted in the minutes asked for.' }),
        last_hour: z.int(),
        last_at: instant.nullable().meta({ description: 'When the last one arrived; null: none in the last day.' }),
      }),
    ),
    events_per_second: z.number(),
    rejected: z.int(),
    duplicates: z.int().meta({ description: 'Copies of events that were counted before.' }),
    lag_ms: z
      .object({ p50: ms, p95: ms, p99: ms })
      .meta({ description: 'From the arrival in the log to the commit, of live events, within 5 %. Null: there were none.' }),
    minutes: z.int().meta({ description: 'Whole minutes up to now, the one that goes on included.' }),
    generated_at: instant,
  })
  .meta({
    id: 'StreamStatistics',
    description:
      'Figures of operation: some seconds behind what is counted, and an owner that dies takes its last seconds along. Answers of questions are exact.',
  });

export const RECENT_QUERY = z.object({
  type: z.string().min(1).max(200).optional().meta({ description: 'Event type; absent: any.' }),
  from: z.iso
    .datetime({ offset: true })
    .optional()
    .meta({ description: 'Occurred at or after; at most seven days ago, which is the default.' }),
  to: z.iso.datetime({ offset: true }).optional().meta({ description: 'Occurred before.' }),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

export const RECENT_SCHEMA = z
  .object({
    events: z.array(
      z.object({
        id: z.string(),
        event_type: z.string(),
        source: z.string(),
        subject: z.string().nullable().meta({ description: 'Pseudonym; of a person’s own events the id of the credential.' }),
        occurred_at: instant,
        received_at: instant,
        data: z.looseObject({}).meta({ description: 'As it is stored, less sealed fields.' }),
        sealed: z.array(z.string()).optional().meta({ description: 'Fields that only their person’s key opens.' }),
      }),
    ),
    meta: z.looseObject({
      complete_through: instant.nullable(),
      from: instant,
      complete_from: instant.optional().meta({
        description:
          'Of days that are not closed what arrived before it is not looked at: the last 100,000 events of each lane of a partition are.',
      }),
      source: z.literal('raw'),
      cache: z.object({ state: z.enum(['hit', 'miss', 'bypass']) }),
    }),
  })
  .meta({ id: 'RecentEvents', description: 'Counted events, the newest first.' });
