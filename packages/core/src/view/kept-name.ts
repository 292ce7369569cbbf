/** By what a kept answer of a view is found, and what it is called where figures are shown. */
import { localDate } from '../expression/time-functions.ts';
import { toIsoUtc } from '../time/iso.ts';
import type { CompiledView } from './compiled-view.ts';
import type { ParamValue } from './param-values.ts';
import type { ViewValues } from './params.ts';

const QUARTER_MS = 900_000;
const NAME_LENGTH_MAX = 200;
const PSEUDONYM = /^[0-9a-f]{64}$/;
const NAMING: ReadonlySet<string> = new Set(['subject', 'id']);

type Values = Pick<ViewValues, 'params' | 'ofNow' | 'ofRows'>;

/**
 * Two requests with the same identity have the same answer from the same data: parameters, the date that each named clock shows
 * (and UTC's), and of a view that reaches back from now the quarter of an hour. Instants that nobody gave are left out. Where a row
 * says what a parameter is, its name, and the quarter too: days of every zone begin with one, and the zone may be what the row says.
 */
export function keptIdentity(view: CompiledView, { params, ofNow, ofRows }: Values, nowMs: number): readonly unknown[] {
  const given = Object.entries(params).filter(([name]) => !ofNow.includes(name));
  const clocks = [...view.params.filter(({ type }) => type === 'zone').map(({ name }) => name), ...(view.window === null ? [] : ['tz'])];
  const dates = ['UTC', ...clocks.flatMap((name) => params[name] ?? [])].map((zone) => localDate(toIsoUtc(nowMs), zone));
  const quarter = view.asksLast || ofRows !== undefined ? Math.floor(nowMs / QUARTER_MS) : null;
  return [view.pack, view.view, given.sort(([a], [b]) => (a < b ? -1 : 1)), dates, quarter, ofRows?.names ?? []];
}

/** `class:…`, by the view's pattern, else the view and its parameters. Persons show as their pseudonyms. */
export function keptName(view: CompiledView, { params, ofNow, ofRows }: Values, pseudonymOf: (id: string) => string): string {
  const shown = (name: string): string => {
    const value = ofNow.includes(name) || ofRows?.names.includes(name) === true ? null : (params[name] ?? null);
    return typeof value === 'string' && typeOf(view, name) === 'subject' ? pseudonymOf(value) : textOf(value);
  };
  const parts =
    view.cacheKey === null
      ? [view.view, ...view.params.flatMap(({ name }) => (shown(name) === '' ? [] : [`:${name}:`, shown(name)]))]
      : view.cacheKey.map((part, at) => (at % 2 === 1 ? shown(part) : part));
  return `${view.cache?.name ?? ''}:${parts.join('')}`.slice(0, NAME_LENGTH_MAX);
}

function typeOf({ params }: CompiledView, name: string): string | undefined {
  return params.find((param) => param.name === name)?.type;
}

function textOf(value: ParamValue): string {
  return value === null ? '' : typeof value === 'object' ? value.join(',') : String(value);
}

/** The name with pseudonyms in place of plain ids, where it is one of the view's; null: it is another's. */
export function plainToKeptName(view: CompiledView, name: string, pseudonymOf: (id: string) => string): string | null {
  if (view.cacheKey === null || view.cache === null) return null;
  const parts = [`${view.cache.name}:${view.cacheKey[0] ?? ''}`, ...view.cacheKey.slice(1)];
  const pattern = parts.map((part, at) => (at % 2 === 1 ? '([^:]*)' : part.replace(/[^\w]/g, String.raw`\$&`))).join('');
  const found = new RegExp(`^${pattern}$`).exec(name);
  if (found === null) return null;
  const shown = (part: string, value: string): string =>
    NAMING.has(typeOf(view, part) ?? '') && !PSEUDONYM.test(value) ? pseudonymOf(value) : value;
  return parts.map((part, at) => (at % 2 === 1 ? shown(part, found[(at + 1) / 2] ?? '') : part)).join('');
}
