/** How far a partition is in recounting a metric version: the row of `partition_task`, as JSON holds it (docs/design/reconciliation.md). */
import { z } from 'zod';
import type { MetricVersion } from './metric-versions.ts';

const COUNTS = {
  /** Event days that were compared, and those whose raw rows are not all kept. */
  days: z.int(),
  days_unkept: z.int(),
  /** Of the finest grain that is kept. */
  buckets: z.int(),
  cells: z.int(),
  /** Passed over because a later commit wrote them. */
  cells_moved: z.int(),
  drift: z.int(),
  repaired: z.int(),
};

const ROUND = z.object({
  ...COUNTS,
  started_ms: z.int(),
  finished_ms: z.int().nullable(),
  /** The request that it answers, and all before it; 0: nobody asked. */
  request_no: z.int(),
  /** The first event day that is not compared yet, as days since 1970-01-01; null: from the first. */
  next_day: z.int().nullable(),
  /** For people: of the days listed so many are passed. */
  share: z.number(),
});

const SPEC = z.object({ tenant: z.string(), metric: z.string(), version: z.int() });
const CURSOR = z.object({ round: ROUND.nullable(), last: ROUND.nullable() });

export interface RecountTally {
  readonly days: number;
  readonly daysUnkept: number;
  readonly buckets: number;
  readonly cells: number;
  readonly cellsMoved: number;
  readonly drift: number;
  readonly repaired: number;
}

export interface RecountRound extends RecountTally {
  readonly startedMs: number;
  readonly finishedMs: number | null;
  readonly requestNo: number;
  readonly nextDay: number | null;
  readonly share: number;
}

export interface RecountTask {
  readonly version: MetricVersion;
  /** Under way. */
  readonly round: RecountRound | null;
  /** The one that ended last. */
  readonly last: RecountRound | null;
}

export interface RecountJson {
  readonly spec: unknown;
  readonly cursor: unknown;
}

export const NO_TALLY: RecountTally = { days: 0, daysUnkept: 0, buckets: 0, cells: 0, cellsMoved: 0, drift: 0, repaired: 0 };

export function toRecountJson({ version: { tenant, metric, version }, round, last }: RecountTask): RecountJson {
  const cursor: z.infer<typeof CURSOR> = { round: toRoundJson(round), last: toRoundJson(last) };
  return { spec: { tenant, metric, version }, cursor };
}

/** Null where it is no such row. */
export function fromRecountJson({ spec, cursor }: RecountJson): RecountTask | null {
  const version = SPEC.safeParse(spec);
  const at = CURSOR.safeParse(cursor);
  if (!version.success || !at.success) return null;
  return { version: version.data, round: fromRoundJson(at.data.round), last: fromRoundJson(at.data.last) };
}

function toRoundJson(round: RecountRound | null): z.infer<typeof ROUND> | null {
  if (round === null) return null;
  const { days, daysUnkept, buckets, cells, cellsMoved, drift, repaired, startedMs, finishedMs, requestNo, nextDay, share } = round;
  return {
    ...{ days, days_unkept: daysUnkept, buckets, cells, cells_moved: cellsMoved, drift, repaired },
    ...{ started_ms: startedMs, finished_ms: finishedMs, request_no: requestNo, next_day: nextDay, share },
  };
}

function fromRoundJson(json: z.infer<typeof ROUND> | null): RecountRound | null {
  if (json === null) return null;
  const { days, buckets, cells, drift, repaired, share } = json;
  return {
    ...{ days, daysUnkept: json.days_unkept, buckets, cells, cellsMoved: json.cells_moved, drift, repaired },
    ...{ startedMs: json.started_ms, finishedMs: json.finished_ms, requestNo: json.request_no, nextDay: json.next_day, share },
  };
}
