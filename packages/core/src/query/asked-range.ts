/** The range of a question: two moments, "the last 30 days", or a window of local dates (D-01). */
import { z } from 'zod';
import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import type { BucketGrain } from '../time/buckets.ts';
import { DAY_MS } from '../time/civil.ts';
import { lastRange, parseMoment } from '../time/moment.ts';
import { localDay } from '../time/zone.ts';
import type { Zone } from '../time/zone.ts';

const LAST = /^[1-9]\d{0,4}(h|d|w|mo|q|y)$/;
const LOCAL_OR_INSTANT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DAYS_MAX = 3_660;

export const MOMENT_SCHEMA = z
  .string()
  .regex(LOCAL_OR_INSTANT, 'a date (2026-11-01), a local time in the zone (2026-11-01T09:00) or an instant (2026-11-01T09:00:00.000Z)')
  .meta({ description: 'Date or time in `zone`, or an instant.' });

const date = z.string().regex(DATE, 'a date such as 2026-11-01').optional();

/** Ways to name a range that every question takes. */
export const RANGE_FIELDS = {
  from: MOMENT_SCHEMA.optional().meta({ description: 'First moment that counts.' }),
  to: MOMENT_SCHEMA.optional().meta({ description: 'First moment that no longer counts.' }),
  last: z
    .string()
    .regex(LAST, 'a number and one of h, d, w, mo, q, y, such as 30d')
    .optional()
    .meta({ description: 'Instead of from and to: so many whole units of the zone, the current one included.' }),
  days: z.int().min(1).max(DAYS_MAX).optional().meta({
    description: 'Instead of from and to: so many dates of the zone, up to the end of the one that holds `as_of`.',
  }),
  as_of: MOMENT_SCHEMA.optional().meta({ description: 'What last and days look back from; now when absent.' }),
};

/** Dates of the zone that both count. */
export const DATE_FIELDS = {
  start: date.meta({ description: 'Instead of from and to: the first date of the zone that counts.' }),
  end: date.meta({ description: 'The last date that counts, whole.' }),
};

export type RangeMembers = { readonly [M in 'from' | 'to' | 'last' | 'as_of' | 'start' | 'end']?: string | undefined } & {
  readonly days?: number | undefined;
};

/** Each way to name a range: all of its members, and no other way's. */
const WAYS = [['last'], ['days'], ['start', 'end'], ['from', 'to']] as const;

export function checkRange(question: RangeMembers, say: (path: string, message: string) => void): void {
  const isGiven = (name: keyof RangeMembers): boolean => question[name] !== undefined;
  const [way = WAYS[3], ...others] = WAYS.filter((names) => names.some(isGiven));
  if (others.length > 0) say(way.find(isGiven) ?? way[0], `give either ${way.join(' and ')} or another range`);
  else for (const name of way) if (!isGiven(name)) say(name, `give ${way.join(' and ')}, or another range`);
  if (isGiven('as_of') && !isGiven('last') && !isGiven('days')) say('as_of', 'only last and days look back');
}

/** Whether the same question names another range later. */
export function followsClock({ last, days, as_of: asOf }: RangeMembers): boolean {
  return asOf === undefined && (last !== undefined || days !== undefined);
}

/** What a question asks its range by. */
export interface RangeAsk {
  readonly question: RangeMembers;
  readonly nowMs: number;
}

export interface ResolvedRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The asked range in epoch milliseconds. */
export function resolveRange({ question, nowMs }: RangeAsk, zone: Zone, grain: BucketGrain | null): Result<ResolvedRange> {
  const { from = '', to = '', last, days, as_of: asOf, start, end } = question;
  const atMs = asOf === undefined ? nowMs : parseMoment(asOf, zone);
  if (atMs === null) return noSuchTime('as_of');
  if (last !== undefined) {
    const range = lastRange({ last, zone, nowMs: atMs, grain });
    return range === null ? failed({ code: 'time_invalid', path: 'last', message: 'not a length of time' }) : ok(range);
  }
  if (days !== undefined) return ok(lastDates(days, atMs, zone));
  return start === undefined || end === undefined ? between(from, to, zone) : datesBetween(start, end, zone);
}

function between(from: string, to: string, zone: Zone): Result<ResolvedRange> {
  const fromMs = parseMoment(from, zone);
  const toMs = parseMoment(to, zone);
  if (fromMs === null) return noSuchTime('from');
  if (toMs === null) return noSuchTime('to');
  // Equal instants from different texts are a day that the zone skipped: a range without cells, no mistake.
  if (toMs < fromMs || from === to) return failed({ code: 'time_invalid', path: 'to', message: 'to must lie after from' });
  return ok({ fromMs, toMs });
}

function lastDates(days: number, atMs: number, zone: Zone): ResolvedRange {
  const dayAfter = localDay(zone, atMs) + 1;
  return { fromMs: zone.firstInstant((dayAfter - days) * DAY_MS), toMs: zone.firstInstant(dayAfter * DAY_MS) };
}

function datesBetween(start: string, end: string, zone: Zone): Result<ResolvedRange> {
  const fromMs = parseMoment(start, zone);
  const day = Date.parse(end) / DAY_MS;
  if (fromMs === null) return noSuchTime('start');
  if (parseMoment(end, zone) === null) return noSuchTime('end');
  if (end < start) return failed({ code: 'time_invalid', path: 'end', message: 'end must not lie before start' });
  return ok({ fromMs, toMs: zone.firstInstant((day + 1) * DAY_MS) });
}

function noSuchTime(path: string): Result<never> {
  return failed({ code: 'time_invalid', path, message: 'there is no such date or time' });
}
