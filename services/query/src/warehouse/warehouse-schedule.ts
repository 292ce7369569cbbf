/** When exports begin by themselves, and which days each holds (docs/design/warehouse-exports.md). */
import { failed, ok } from '@tidegate/core';
import type { Result } from '@tidegate/core';
import { decodeExactly, WAREHOUSE_SCHEDULES_SCHEMA } from '@tidegate/http';
import { z } from 'zod';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface WarehouseSchedule extends Omit<z.output<typeof WAREHOUSE_SCHEDULES_SCHEMA>[number], 'every' | 'at' | 'last'> {
  /** Due times are so far apart, counted from the beginning of 1970 in UTC, */
  readonly everyMs: number;
  /** and so much later. */
  readonly atMs: number;
  /** Days before the due time that an export holds. */
  readonly days: number;
}

/** The text of the setting. */
export const WAREHOUSE_SCHEDULES: z.ZodType<readonly WarehouseSchedule[]> = z.string().transform((text, context) => {
  const read = readSchedules(text);
  if (read.ok) return read.value;
  context.addIssue({ code: 'custom', message: read.fault });
  return z.NEVER;
});

function readSchedules(text: string): Result<readonly WarehouseSchedule[], string> {
  const read = WAREHOUSE_SCHEDULES_SCHEMA.safeParse(decoded(text));
  if (!read.success) return failed(`is no list of schedules: ${z.prettifyError(read.error).replaceAll('\n', ' ')}`);
  return ok(
    read.data.map(({ every, at, last, ...rest }) => {
      const [hours = 0, minutes = 0] = at.split(':').map(Number);
      const everyMs = Number(every.slice(0, -1)) * (every.endsWith('d') ? DAY_MS : HOUR_MS);
      return { ...rest, everyMs, atMs: hours * HOUR_MS + minutes * 60_000, days: Number(last.slice(0, -1)) };
    }),
  );
}

function decoded(text: string): unknown {
  try {
    return decodeExactly(text);
  } catch {
    return undefined;
  }
}

type Times = Pick<WarehouseSchedule, 'everyMs' | 'atMs'>;

/** The newest due time that has come. */
export function dueMsOf({ everyMs, atMs }: Times, nowMs: number): number {
  return Math.floor((nowMs - atMs) / everyMs) * everyMs + atMs;
}

/** How long the oldest due time waits whose export is not whole; 0: none does. */
export function overdueMs(times: Times, doneMs: number, nowMs: number): number {
  return Math.max(0, nowMs - nextMs(times, doneMs));
}

/** The days of all due times behind the one that was done last, so that one that was missed leaves no day out. */
export function dueDays(schedule: WarehouseSchedule, dueMs: number, doneMs: number): { readonly fromDay: number; readonly toDay: number } {
  const firstMs = Math.min(dueMs, nextMs(schedule, doneMs));
  return { fromDay: Math.floor(firstMs / DAY_MS) - schedule.days, toDay: Math.floor(dueMs / DAY_MS) };
}

/** The first behind an instant, which is of another rhythm where the setting has changed. */
function nextMs(times: Times, ms: number): number {
  return dueMsOf(times, ms) + times.everyMs;
}
