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
