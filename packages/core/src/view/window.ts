/** The stretch of days that a view is asked about (D-01): the last so many, or from one date through another. */
import { dateAdd, daysBetween, localDate } from '../expression/time-functions.ts';
import type { CompiledParam } from './compiled-view.ts';
import type { ParamValues } from './param-values.ts';
import type { WindowSource } from './view-schema.ts';

/** In expressions `window`. Dates of the zone; `from` to before `to`, which is from `start` through `end`. */
export interface Window {
  readonly from: string;
  readonly to: string;
  readonly start: string;
  readonly end: string;
  readonly days: number;
  readonly zone: string;
  /** What parameters come to that were not given. */
  readonly params: ParamValues;
}

const ANY_LENGTH = 100;

const WINDOW_PARAMS: readonly CompiledParam[] = [
  { name: 'days', type: 'integer', isOptional: true, min: 1, max: 3_660, lengthMax: ANY_LENGTH },
  { name: 'start', type: 'date', isOptional: true, lengthMax: ANY_LENGTH },
  { name: 'end', type: 'date', isOptional: true, lengthMax: ANY_LENGTH },
  { name: 'as_of', type: 'instant', isOptional: false, default: 'now', lengthMax: ANY_LENGTH },
];

/** What a window declares; null: there is none. */
export function windowParams(window: Pick<WindowSource, 'tz'> | null | undefined): readonly CompiledParam[] {
  if (window === null || window === undefined) return [];
  const { default: zone, default_from: from } = window.tz ?? { default: 'UTC' };
  const tz = { name: 'tz', type: 'zone', isOptional: false, default: zone, lengthMax: ANY_LENGTH } as const;
  return [...WINDOW_PARAMS, from === undefined ? tz : { ...tz, from }];
}

type Say = (path: string, message: string) => void;

/** Null where the request names no window that there is, which is told. */
export function windowOf(declared: WindowSource, params: ParamValues, say: Say): Window | null {
  const { start, end } = params;
  const zone = String(params['tz']);
  if (start === null && end === null) return lastDays(declared, params, say);
  const faults = faultsOfDates(params);
  for (const [path, message] of faults) say(path, message);
  if (faults.length > 0 || typeof start !== 'string' || typeof end !== 'string') return null;
  return fitting(declared, { start, end, days: (daysBetween(start, end) ?? 0) + 1, zone }, say);
}

function lastDays(declared: WindowSource, params: ParamValues, say: Say): Window | null {
  const zone = String(params['tz']);
  const end = localDate(params['as_of'], zone) ?? '';
  const days = Number(params['days'] ?? declared.days);
  return fitting(declared, { start: dateAdd(end, 1 - days) ?? '', end, days, zone }, say);
}

function faultsOfDates({ start, end, days }: ParamValues): readonly (readonly [path: string, message: string])[] {
  if (days !== null) return [['days', 'give either days or start and end']];
  if (typeof start !== 'string') return [['start', 'give start and end']];
  if (typeof end !== 'string') return [['end', 'give start and end']];
  return end < start ? [['end', 'must not lie before start']] : [];
}

function fitting(
  { min_days: least, max_days: most }: WindowSource,
  { start, end, days, zone }: Pick<Window, 'start' | 'end' | 'days' | 'zone'>,
  say: Say,
): Window | null {
  if (days < least || days > most) {
    say('days', `${least} to ${most} days`);
    return null;
  }
  return { from: start, to: dateAdd(end, 1) ?? '', start, end, days, zone, params: { days, start, end } };
}
