/** Times as people write them: dates and local times in a zone, instants, and "the last 30 days". */
import { bucketEndIn, bucketStartIn } from './buckets.ts';
import type { BucketGrain } from './buckets.ts';
import { DAY_MS, daysFromCivil, daysInMonth, unitAfter, unitStart } from './civil.ts';
import type { CalendarGrain } from './civil.ts';
import { localDay } from './zone.ts';
import type { Zone } from './zone.ts';

const MOMENT = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** Epoch milliseconds of a date (its first instant in the zone), a local time or an instant; null where there is no such time. */
export function parseMoment(text: string, zone: Zone): number | null {
  const match = MOMENT.exec(text);
  const days = match === null ? null : dayOf(match);
  const timeMs = match === null ? null : timeOf(match);
  if (match === null || days === null || timeMs === null) return null;
  const localMs = days * DAY_MS + timeMs;
  const offset = match[8];
  if (offset !== undefined) return offset === 'Z' ? localMs : localMs - offsetMs(offset);
  return match[4] === undefined ? zone.firstInstant(localMs) : zone.instantOf(localMs);
}

function dayOf(match: RegExpExecArray): number | null {
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const exists = month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
  return exists ? daysFromCivil(year, month, day) : null;
}

function timeOf(match: RegExpExecArray): number | null {
  const [hour, minute, second] = [Number(match[4] ?? '0'), Number(match[5] ?? '0'), Number(match[6] ?? '0')];
  if (hour > 23 || minute > 59 || second > 59) return null;
  return ((hour * 60 + minute) * 60 + second) * 1_000 + Number((match[7] ?? '').padEnd(3, '0'));
}

function offsetMs(text: string): number {
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(4));
  return (text.startsWith('-') ? -minutes : minutes) * 60_000;
}

const UNITS: Readonly<Record<string, 'hour' | CalendarGrain>> = { h: 'hour', d: 'day', w: 'week', mo: 'month', q: 'quarter', y: 'year' };

export interface LastAsk {
  /** A number and a unit, such as `30d`. */
  readonly last: string;
  readonly zone: Zone;
  readonly nowMs: number;
  /** Buckets of the answer, if it has any: the range ends with the one that holds now. */
  readonly grain: BucketGrain | null;
}

/** `30d` is today and the 29 days before it in the zone; null where the text is no such range. */
export function lastRange({ last, zone, nowMs, grain }: LastAsk): { fromMs: number; toMs: number } | null {
  const match = /^(\d{1,5})([a-z]{1,2})$/.exec(last);
  const unit = UNITS[match?.[2] ?? ''];
  if (match === null || unit === undefined) return null;
  const back = Number(match[1]) - 1;
  const unitEnd = bucketEndIn(zone, unit, nowMs);
  const toMs = grain === null ? unitEnd : Math.min(unitEnd, bucketEndIn(zone, grain, nowMs));
  if (unit === 'hour') return { fromMs: bucketStartIn(zone, 'hour', bucketStartIn(zone, 'hour', nowMs) - back * 3_600_000), toMs };
  const today = localDay(zone, nowMs);
  return { fromMs: zone.firstInstant(unitAfter(unitStart(today, unit), unit, -back) * DAY_MS), toMs };
}
