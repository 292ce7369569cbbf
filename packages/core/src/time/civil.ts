/**
 * The proleptic Gregorian calendar in integers: a local time is a number of milliseconds as if its wall clock were UTC.
 * Formulas: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (public domain).
 */
export const DAY_MS = 86_400_000;

/** Days since 1970-01-01 of a date; month 1..12. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

export interface CivilDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** The date of a number of days since 1970-01-01. */
export function civilFromDays(days: number): CivilDate {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1 };
}

/** Birthdays from one day to another; who was born on February 29 has them on March 1 where there is no such day. Negative: before birth. */
export function wholeYears(bornDay: number, day: number): number {
  const [born, now] = [civilFromDays(bornDay), civilFromDays(day)];
  const isBefore = now.month < born.month || (now.month === born.month && now.day < born.day);
  return now.year - born.year - (isBefore ? 1 : 0);
}

/** Days of the month; 30 or 31, in February 28 or 29. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Calendar units that do not have the same length each. */
export type CalendarGrain = 'day' | 'week' | 'month' | 'quarter' | 'year';

/** First day of the unit that holds the day; weeks begin on Monday (ISO 8601). */
export function unitStart(days: number, grain: CalendarGrain): number {
  if (grain === 'day') return days;
  // 1970-01-01 was a Thursday, three days after its Monday.
  if (grain === 'week') return days - ((((days + 3) % 7) + 7) % 7);
  const { year, month } = civilFromDays(days);
  if (grain === 'year') return daysFromCivil(year, 1, 1);
  return daysFromCivil(year, grain === 'month' ? month : month - ((month - 1) % 3), 1);
}

/** First day of the unit `count` units after the one that begins at `start`; `count` may be negative. */
export function unitAfter(start: number, grain: CalendarGrain, count = 1): number {
  if (grain === 'day') return start + count;
  if (grain === 'week') return start + 7 * count;
  const { year, month } = civilFromDays(start);
  const months = year * 12 + (month - 1) + count * { month: 1, quarter: 3, year: 12 }[grain];
  return daysFromCivil(Math.floor(months / 12), (((months % 12) + 12) % 12) + 1, 1);
}
