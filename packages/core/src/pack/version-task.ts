/** How far a partition is in making a metric version of its raw events: the row of `partition_task`, as JSON holds it. */
import { z } from 'zod';
import type { MetricVersion } from './metric-versions.ts';

/** From the cut on events were folded into the version as they came; below it the task folds raw rows. */
const SPEC = z.object({
  tenant: z.string(),
  metric: z.string(),
  version: z.int(),
  cut: z.object({ log_generation: z.int(), offset: z.int() }),
});

/** Raw rows before this place are folded. `share` is for people. */
const CURSOR = z.object({
  arrival_day: z.int(),
  log_generation: z.int(),
  offset: z.int(),
  share: z.number(),
  /** Of a task that is done: from when on the version is whole; null: from the first event. */
  history_from_s: z.int().nullable(),
});

export interface VersionTask {
  readonly version: MetricVersion;
  readonly cut: { readonly logGeneration: number; readonly offset: number };
  /** Null: nothing is folded yet. */
  readonly at: { readonly arrivalDay: number; readonly logGeneration: number; readonly offset: number } | null;
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
    cut: { log_generation: cut.logGeneration, offset: cut.offset },
  };
  const place = at ?? { arrivalDay: 0, logGeneration: 0, offset: 0 };
  const cursor: z.infer<typeof CURSOR> = {
    ...{ arrival_day: place.arrivalDay, log_generation: place.logGeneration, offset: place.offset },
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
    cut: { logGeneration: cut.log_generation, offset: cut.offset },
    at: place === null ? null : { arrivalDay: place.arrival_day, logGeneration: place.log_generation, offset: place.offset },
    share: place?.share ?? 0,
    historyFromS: place?.history_from_s ?? null,
    isDone: state === 'done',
  };
}
