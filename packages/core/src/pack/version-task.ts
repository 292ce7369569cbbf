/** How far a partition is in making a metric version of its raw events: the row of `partition_task`, as JSON holds it. */
import { z } from 'zod';
import type { EventLane } from '../event/receipt.ts';
import type { MetricVersion } from './metric-versions.ts';

const LANES = ['live', 'backfill'] as const;
const PLACE = { log_generation: z.int(), offset: z.int() };

/** From the cut on events were folded into the version as they came; below it the task folds raw rows. */
const SPEC = z.object({
  tenant: z.string(),
  metric: z.string(),
  version: z.int(),
  /** Of the live lane; of a row from before there was another one nothing lies below the other cut. */
  cut: z.object({ ...PLACE, backfill: z.object(PLACE).default({ log_generation: 0, offset: 0 }) }),
});

/** Raw rows before this place are folded. `share` is for people. */
const CURSOR = z.object({
  arrival_day: z.int(),
  lane: z.enum(LANES).default('live'),
  ...PLACE,
  share: z.number(),
  /** Of a task that is done: from when on the version is whole; null: from the first event. */
  history_from_s: z.int().nullable(),
});

interface LogPlace {
  readonly logGeneration: number;
  readonly offset: number;
}

export interface VersionTask {
  readonly version: MetricVersion;
  readonly cut: Readonly<Record<EventLane, LogPlace>>;
  /** Null: nothing is folded yet. */
  readonly at: (LogPlace & { readonly arrivalDay: number; readonly lane: EventLane }) | null;
  readonly share: number;
  readonly historyFromS: number | null;
  readonly isDone: boolean;
}

export interface VersionTaskJson {
  readonly spec: unknown;
  readonly cursor: unknown;
  readonly state: 'open' | 'done';
}

export function toVersionTaskJson({ version, cut, at, share, historyFromS, isDone }: VersionTask): VersionTaskJson {
  const { tenant, metric } = version;
  const spec: z.infer<typeof SPEC> = {
    ...{ tenant, metric, version: version.version },
    cut: { ...toPlace(cut.live), backfill: toPlace(cut.backfill) },
  };
  const place = at ?? { arrivalDay: 0, lane: 'live', logGeneration: 0, offset: 0 };
  const cursor: z.infer<typeof CURSOR> = {
    ...{ arrival_day: place.arrivalDay, lane: place.lane, ...toPlace(place) },
    ...{ share, history_from_s: historyFromS },
  };
  return { spec, cursor: at === null && !isDone ? null : cursor, state: isDone ? 'done' : 'open' };
}

/** Null where it is no such row. */
export function fromVersionTaskJson({ spec, cursor, state }: VersionTaskJson): VersionTask | null {
  const read = SPEC.safeParse(spec);
  const at = CURSOR.nullable().safeParse(cursor);
  if (!read.success || !at.success) return null;
  const { tenant, metric, version, cut } = read.data;
  const place = at.data;
  return {
    version: { tenant, metric, version },
    cut: { live: fromPlace(cut), backfill: fromPlace(cut.backfill) },
    at: place === null ? null : { arrivalDay: place.arrival_day, lane: place.lane, ...fromPlace(place) },
    share: place?.share ?? 0,
    historyFromS: place?.history_from_s ?? null,
    isDone: state === 'done',
  };
}

function toPlace({ logGeneration, offset }: LogPlace): { log_generation: number; offset: number } {
  return { log_generation: logGeneration, offset };
}

function fromPlace(place: { readonly log_generation: number; readonly offset: number }): LogPlace {
  return { logGeneration: place.log_generation, offset: place.offset };
}
