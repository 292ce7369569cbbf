import { civilFromDays, DAY_MS } from './civil.ts';
import type { Zone } from './zone.ts';

/** RFC 3339 with milliseconds and the zone's offset at the instant (`2026-11-01T00:00:00.000+01:00`). */
export function toIsoIn(zone: Zone, instantMs: number): string {
  const { offsetMs } = zone.stretchAt(instantMs);
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  const sign = offsetMs < 0 ? '-' : '+';
  return `${localText(instantMs + offsetMs)}${sign}${pad(Math.floor(minutes / 60), 2)}:${pad(minutes % 60, 2)}`;
}

/** RFC 3339 in UTC with milliseconds. */
export function toIsoUtc(instantMs: number): string {
  return `${localText(instantMs)}Z`;
}

/** `2026-11-01`, from days since 1970-01-01. */
export function toIsoDate(day: number): string {
  const { year, month, day: ofMonth } = civilFromDays(day);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(ofMonth, 2)}`;
}

function localText(instantMs: number): string {
  // Rounded down: instants of Postgres may have parts of a millisecond.
  const localMs = Math.floor(instantMs);
  const days = Math.floor(localMs / DAY_MS);
  const ms = localMs - days * DAY_MS;
  const clock = `${pad(Math.floor(ms / 3_600_000), 2)}:${pad(Math.floor(ms / 60_000) % 60, 2)}:${pad(Math.floor(ms / 1_000) % 60, 2)}`;
  return `${toIsoDate(days)}T${clock}.${pad(ms % 1_000, 3)}`;
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
