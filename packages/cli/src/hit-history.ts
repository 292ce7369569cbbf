/** Hit rates of cache classes over days and weeks, from what is kept of each hour. */

export interface ClassHours {
  readonly class: string;
  readonly hour: string;
  readonly hits: number;
  readonly misses: number;
}

/** Null: nothing was looked up. */
type Rate = number | null;

export interface ClassHistory {
  readonly class: string;
  /** Percent of each UTC day, the oldest first, the last one today. */
  readonly days: readonly Rate[];
  /** Of the last seven of them, and of the seven before. */
  readonly week: Rate;
  readonly weekBefore: Rate;
  readonly lookUps: number;
}

const DAY_MS = 86_400_000;
const WEEK_DAYS = 7;

export function hitHistory(
  hours: readonly ClassHours[],
  { days, nowMs }: { readonly days: number; readonly nowMs: number },
): readonly ClassHistory[] {
  const today = Math.floor(nowMs / DAY_MS);
  return [...Map.groupBy(hours, (hour) => hour.class)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([of, own]) => {
      const byDay = Map.groupBy(own, ({ hour }) => Math.floor(Date.parse(hour) / DAY_MS));
      const daysBack = (from: number, to: number): readonly ClassHours[] =>
        Array.from({ length: from - to }, (_, at) => byDay.get(today - from + 1 + at) ?? []).flat();
      return {
        class: of,
        days: Array.from({ length: days }, (_, at) => rateOf(byDay.get(today - days + 1 + at) ?? [])),
        week: rateOf(daysBack(WEEK_DAYS, 0)),
        weekBefore: rateOf(daysBack(2 * WEEK_DAYS, WEEK_DAYS)),
        lookUps: daysBack(WEEK_DAYS, 0).reduce((sum, { hits, misses }) => sum + hits + misses, 0),
      };
    });
}

function rateOf(hours: readonly ClassHours[]): Rate {
  const sum = (what: 'hits' | 'misses'): number => hours.reduce((all, hour) => all + hour[what], 0);
  const total = sum('hits') + sum('misses');
  return total === 0 ? null : (100 * sum('hits')) / total;
}

const EIGHTHS = '▁▂▃▄▅▆▇█';

/** A character for each day, from 0 to 100 %; a dot where nothing was looked up. Days beyond the width are drawn together. */
export function sparkline(rates: readonly Rate[], width: number): string {
  const each = Math.max(1, Math.ceil(rates.length / width));
  return Array.from({ length: Math.ceil(rates.length / each) }, (_, at) => {
    const known = rates.slice(at * each, (at + 1) * each).filter((rate) => rate !== null);
    if (known.length === 0) return '·';
    const mean = known.reduce((sum, rate) => sum + rate, 0) / known.length;
    return EIGHTHS[Math.min(7, Math.floor((mean * 8) / 100))] ?? '';
  }).join('');
}
