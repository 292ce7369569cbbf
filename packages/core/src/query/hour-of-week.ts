import { DAY_MS } from '../time/civil.ts';
import type { Zone } from '../time/zone.ts';

const HOUR_MS = 3_600_000;
const HOURS = 24;
/** 1 January 1970 was a Thursday, three days after a Monday. */
const FIRST_WEEKDAY = 3;

/** Rows of a heatmap: seven days of 24 hours. */
export const HOURS_OF_WEEK = 7 * HOURS;

/** Hours since the beginning of Monday on the clock of the zone, 0 to 167. An hour that a clock shows twice is in one row. */
export function hourOfWeek(zone: Zone, instantMs: number): number {
  const localMs = instantMs + zone.stretchAt(instantMs).offsetMs;
  const day = Math.floor(localMs / DAY_MS);
  const weekday = (((day + FIRST_WEEKDAY) % 7) + 7) % 7;
  return weekday * HOURS + Math.floor((localMs - day * DAY_MS) / HOUR_MS);
}

/** Number of the weekday (ISO 8601: Monday is 1) and hour, 0 to 23. */
export function weekdayAndHour(hour: number): readonly [number, number] {
  return [Math.floor(hour / HOURS) + 1, hour % HOURS];
}
