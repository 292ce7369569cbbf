/** Times as people write them: dates and local times in a zone, instants, and "the last 30 days". */
import { bucketEndIn, bucketStartIn } from './buckets.ts';
import type { BucketGrain } from './buckets.ts';
import { DAY_MS, daysFromCivil, daysInMonth, unitAfter, unitStart } from './civil.ts';
import type { CalendarGrain } from './civil.ts';
import type { Zone } from './zone.ts';

const MOMENT = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** Epoch milliseconds of a date (its first instant in the zone), a local time or an instant; null where there is no such time. */
export function parseMoment(text: string, zone: Zone): number | null {
  const match = MOMENT.exec(text);
  if (match === null) return null;
  const part = (index: number): number => Number(match[index] ?? '0');
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month) || hour > 23 || minute > 59 || second > 59) return null;
  const timeMs = ((hour * 60 + minute) * 60 + second) * 1_000 + Number((match[7] ?? '').padEnd(3, '0'));
  const localMs = daysFromCivil(year, month, day) * DAY_MS + timeMs;
  const offset = match[8];
  if (offset !== undefined) return offset === 'Z' ? localMs : localMs - offsetMs(offset);
  return match[4] === undefined ? zone.firstInstant(localMs) : zone.instantOf(localMs);
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
  const today = Math.floor((nowMs + zone.stretchAt(nowMs).offsetMs) / DAY_MS);
  return { fromMs: zone.firstInstant(unitAfter(unitStart(today, unit), unit, -back) * DAY_MS), toMs };
}
