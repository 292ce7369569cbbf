/** Dates (`2026-11-01`) and instants (RFC 3339) of expressions. A date has no zone; an instant becomes one only in a zone. */
import { streaksOf } from '../analysis/streaks.ts';
import type { Streaks } from '../analysis/streaks.ts';
import { civilFromDays, DAY_MS, daysFromCivil, unitAfter, unitStart, wholeYears } from '../time/civil.ts';
import type { CalendarGrain } from '../time/civil.ts';
import { toIsoIn, toIsoUtc } from '../time/iso.ts';
import { parseMoment } from '../time/moment.ts';
import { findZone } from '../query/plan.ts';
import type { Zone } from '../time/zone.ts';
import { listOf, numberOf, WrongValue } from './number-functions.ts';
import { spend } from './work.ts';

const DATE = /^\d{4}-\d{2}-\d{2}$/;

function zoneOf(id: unknown): Zone {
  const zone = findZone(typeof id === 'string' ? id : '');
  if (!zone.ok) throw new WrongValue('a time zone is needed');
  return zone.value;
}

const UTC = 'UTC';

function instantOf(value: unknown, zone: Zone): number {
  const ms = typeof value === 'string' ? parseMoment(value, zone) : null;
  if (ms === null) throw new WrongValue('an instant is needed');
  return ms;
}

function daysOf(date: unknown): number {
  const ms = typeof date === 'string' && DATE.test(date) ? parseMoment(date, zoneOf(UTC)) : null;
  if (ms === null) throw new WrongValue('a date is needed');
  return ms / DAY_MS;
}

function toDate(days: number): string {
  return toIsoUtc(days * DAY_MS).slice(0, 10);
}

/** The date on the wall of the zone; null of null. */
export function localDate(instant: unknown, zone: unknown): string | null {
  if (instant === null) return null;
  const where = zoneOf(zone);
  return toIsoIn(where, instantOf(instant, where)).slice(0, 10);
}

/** 0 to 23 on the clock of the zone. */
export function localHour(instant: unknown, zone: unknown): number | null {
  if (instant === null) return null;
  const where = zoneOf(zone);
  return Number(toIsoIn(where, instantOf(instant, where)).slice(11, 13));
}

/** The instant with the offset of the zone. */
export function inZone(instant: unknown, zone: unknown): string | null {
  if (instant === null) return null;
  const where = zoneOf(zone);
  return toIsoIn(where, instantOf(instant, where));
}

/** The first instant of a date in the zone, in UTC. */
export function startOfDay(date: unknown, zone: unknown): string {
  return toIsoUtc(zoneOf(zone).firstInstant(daysOf(date) * DAY_MS));
}

export function dateAdd(date: unknown, days: unknown): string | null {
  return date === null ? null : toDate(daysOf(date) + Math.trunc(numberOf(days) ?? 0));
}

export function instantAdd(instant: unknown, seconds: unknown): string | null {
  return instant === null ? null : toIsoUtc(instantOf(instant, zoneOf(UTC)) + (numberOf(seconds) ?? 0) * 1_000);
}

/** From the first date to the second; negative where the second is earlier. */
export function daysBetween(from: unknown, to: unknown): number | null {
  return from === null || to === null ? null : daysOf(to) - daysOf(from);
}

export function secondsBetween(from: unknown, to: unknown): number | null {
  if (from === null || to === null) return null;
  return (instantOf(to, zoneOf(UTC)) - instantOf(from, zoneOf(UTC))) / 1_000;
}

/** Whole years from a date to another: an age. */
export function yearsBetween(from: unknown, to: unknown): number | null {
  if (from === null || to === null) return null;
  return wholeYears(daysOf(from), daysOf(to));
}

/** 1 is Monday, 7 Sunday. */
export function weekday(date: unknown): number | null {
  return date === null ? null : ((((daysOf(date) + 3) % 7) + 7) % 7) + 1;
}

export function yearOf(date: unknown): number | null {
  return date === null ? null : civilFromDays(daysOf(String(date).slice(0, 10))).year;
}

const UNITS: ReadonlySet<unknown> = new Set<CalendarGrain>(['day', 'week', 'month', 'quarter', 'year']);

/** First date of the week (Monday), month, quarter or year that holds a date. */
export function startOf(date: unknown, unit: unknown): string | null {
  return date === null ? null : toDate(unitStart(daysOf(date), unitOf(unit)));
}

/** First date of the unit so many units after the one that holds the date. */
export function unitsAfter(date: unknown, unit: unknown, count: unknown): string | null {
  if (date === null) return null;
  const grain = unitOf(unit);
  return toDate(unitAfter(unitStart(daysOf(date), grain), grain, Math.trunc(numberOf(count) ?? 0)));
}

function unitOf(unit: unknown): CalendarGrain {
  if (!UNITS.has(unit)) throw new WrongValue('one of day, week, month, quarter and year is needed');
  return unit as CalendarGrain;
}

/** Every date from the first to before the second. */
export function dates(from: unknown, to: unknown): readonly string[] {
  const [start, end] = [daysOf(from), daysOf(to)];
  const length = Math.max(0, end - start);
  spend(length);
  return Array.from({ length }, (_, at) => toDate(start + at));
}

/** Runs of consecutive dates up to `today` (D-12); the dates may come in any order and several times. */
export function streaks(list: unknown, today: unknown): Streaks {
  return streaksOf(listOf(list).map(daysOf), daysOf(today));
}

export function dateOf(year: unknown, month: unknown, day: unknown): string {
  return toDate(daysFromCivil(numberOf(year) ?? 1970, numberOf(month) ?? 1, numberOf(day) ?? 1));
}
