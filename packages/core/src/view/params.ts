/** Parameters of a view: from the texts of an address to the values of expressions. Everything is checked before any work. */
import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import { findZone } from '../query/plan.ts';
import type { QuestionError } from '../query/question.ts';
import { toIsoUtc } from '../time/iso.ts';
import { parseMoment } from '../time/moment.ts';
import type { CompiledParam, CompiledView } from './compiled-view.ts';
import type { ParamValue, ParamValues } from './param-values.ts';
import { INCLUDE_PARAM, takesInclude } from './sealed-members.ts';
import type { Window } from './window.ts';
import { windowOf, windowParams } from './window.ts';

export interface GivenParams {
  /** Every value of every name. */
  readonly given: ReadonlyMap<string, readonly string[]>;
  readonly nowMs: number;
  /** Plain id of the person who asks; null: a program does. */
  readonly callerSubject: string | null;
  /** As ingest makes pseudonyms of the tenant's ids. */
  readonly pseudonymOf: (id: string) => string;
  /** Whether a parameter with this scope may name everybody; absent: none may. */
  readonly mayNameAll?: (scope: string) => boolean;
}

export interface ViewValues {
  readonly params: ParamValues;
  /** Of each parameter that names a person, that person's pseudonym. */
  readonly pseudonyms: Readonly<Record<string, string | null>>;
  readonly window: Window | null;
  /** Instants that nobody gave: they are those of the request. */
  readonly ofNow: readonly string[];
  /** The receipt to wait for and how long, as a question takes them. */
  readonly wait: { readonly after?: string; readonly wait_ms?: number };
  /** Sensitive members are asked for. */
  readonly includesSensitive: boolean;
  /** Absent: no row says what a parameter is. */
  readonly ofRows?: ValuesOfRows;
}

/** Until the rows are read these parameters have their defaults, and the window is that of these. */
export interface ValuesOfRows {
  readonly names: readonly string[];
  /** All parameters, before the window filled in what was not given. */
  readonly asked: ParamValues;
}

/** Every view takes them. */
export const RESERVED_PARAMS: ReadonlySet<string> = new Set(['after', 'wait_ms']);

export type Say = (path: string, message: string) => void;

/** Those of the view, and those that its window declares. */
export function declaredParams({ params, window }: Pick<CompiledView, 'params' | 'window'>): readonly CompiledParam[] {
  return [...params, ...windowParams(window)];
}

export function parseParams(view: CompiledView, asked: GivenParams): Result<ViewValues, readonly QuestionError[]> {
  const errors: QuestionError[] = [];
  const say: Say = (path, message) => errors.push({ path, code: 'invalid_value', message });
  const params: Record<string, ParamValue> = {};
  const declared = declaredParams(view);
  for (const param of declared) params[param.name] = readParam(param, asked, say);
  const engineOnly = takesInclude(view) ? [INCLUDE_PARAM] : [];
  const isIncluded = engineOnly.some((param) => readParam(param, asked, say) !== null);
  const known = new Set([...[...declared, ...engineOnly].map(({ name }) => name), ...RESERVED_PARAMS]);
  // A name that a caller made up is a value that it sent: it is not repeated.
  if ([...asked.given.keys()].some((name) => !known.has(name))) say('', 'holds a parameter that the view does not have');
  const wait = readWait(asked, say);
  const window = view.window === null || errors.length > 0 ? null : windowOf(view.window, params, say);
  const ofNow = declared.filter((param) => isOfNow(param, asked)).map(({ name }) => name);
  if (errors.length > 0) return failed(errors);
  const pseudonyms = pseudonymsOf(view, params, asked);
  const names = declared.filter(({ name, from }) => from !== undefined && !asked.given.has(name)).map(({ name }) => name);
  const ofRows = names.length === 0 ? {} : { ofRows: { names, asked: params } };
  return ok({ params: { ...params, ...window?.params }, pseudonyms, window, ofNow, wait, includesSensitive: isIncluded, ...ofRows });
}

function pseudonymsOf({ params: declared }: CompiledView, params: ParamValues, { pseudonymOf }: GivenParams): ViewValues['pseudonyms'] {
  const persons = declared.filter(({ type }) => type === 'subject');
  return Object.fromEntries(
    persons.map(({ name }) => {
      const value = params[name];
      return [name, typeof value === 'string' ? pseudonymOf(value) : null];
    }),
  );
}

function readParam(param: CompiledParam, asked: GivenParams, say: Say): ParamValue {
  const texts = asked.given.get(param.name) ?? [];
  if (texts.length > 1) {
    say(param.name, 'is given twice');
    return null;
  }
  const [text] = texts;
  if (text === undefined) return absentValue(param, asked, say);
  if (isEverybody(param, text, asked)) return null;
  const value = readText(param, text);
  if (value.ok) return param.type === 'id' && !PSEUDONYM.test(text) ? asked.pseudonymOf(text) : value.value;
  say(param.name, value.fault);
  return null;
}

function isEverybody(param: CompiledParam, text: string, { mayNameAll = () => false }: GivenParams): boolean {
  return namesAll(param, text) && mayNameAll(param.everybody ?? '');
}

/** Whether the text of a parameter stands for everybody. */
export function namesAll({ everybody }: CompiledParam, text: string | null): boolean {
  return everybody !== undefined && text === '*';
}

function isOfNow({ type, name, default: value }: CompiledParam, { given }: GivenParams): boolean {
  return type === 'instant' && value === 'now' && !given.has(name);
}

export function absentValue(
  param: CompiledParam,
  { nowMs, callerSubject }: Pick<GivenParams, 'nowMs' | 'callerSubject'>,
  say: Say,
): ParamValue {
  if (param.type === 'instant' && param.default === 'now') return toIsoUtc(nowMs);
  if (param.type === 'subject' && param.default === 'caller' && callerSubject !== null) return callerSubject;
  if (param.default !== undefined && param.type !== 'subject') {
    return param.type === 'list' ? String(param.default).split(',') : param.default;
  }
  if (!param.isOptional) say(param.name, 'is needed');
  return null;
}

export function readText(param: CompiledParam, text: string): Result<ParamValue, string> {
  if (text === '' || text.length > param.lengthMax) return failed(`a text of 1 to ${param.lengthMax} characters`);
  switch (param.type) {
    case 'string':
    case 'subject':
    case 'id':
    case 'cursor':
      return readString(param, text);
    case 'list':
      return readList(param, text);
    case 'integer':
    case 'number':
      return readNumber(param, text);
    case 'boolean':
      return text === 'true' || text === 'false' ? ok(text === 'true') : failed('true or false');
    case 'date':
      return isDate(text) ? ok(text) : failed('a date such as 2026-11-01');
    case 'instant':
      return readInstant(text);
    case 'zone':
      return findZone(text).ok ? ok(text) : failed('the name of an IANA time zone');
  }
}

function readString({ values }: CompiledParam, text: string): Result<ParamValue, string> {
  return values === undefined || values.includes(text) ? ok(text) : failed(`one of ${values.join(', ')}`);
}

function readList({ values, min = 1, max = 100 }: CompiledParam, text: string): Result<ParamValue, string> {
  const parts = text.split(',');
  if (parts.length < min || parts.length > max || parts.includes('')) return failed(`${min} to ${max} values with commas between them`);
  if (new Set(parts).size < parts.length) return failed('each value once');
  return values === undefined || parts.every((part) => values.includes(part)) ? ok(parts) : failed(`some of ${values.join(', ')}`);
}

const NUMBER = /^-?\d{1,15}(\.\d{1,15})?$/;
const WHOLE = /^-?\d{1,15}$/;

function readNumber({ type, min = -Infinity, max = Infinity }: CompiledParam, text: string): Result<ParamValue, string> {
  const isWhole = type === 'integer';
  const number = (isWhole ? WHOLE : NUMBER).test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return ok(number);
  const bounds = [...(min > -Infinity ? [`at least ${min}`] : []), ...(max < Infinity ? [`at most ${max}`] : [])];
  return failed([isWhole ? 'a whole number' : 'a number', ...bounds].join(', '));
}

export const PSEUDONYM = /^[0-9a-f]{64}$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /T.*(?:Z|[+-]\d{2}:\d{2})$/;

export function isDate(text: string): boolean {
  const utc = findZone('UTC');
  return DATE.test(text) && utc.ok && parseMoment(text, utc.value) !== null;
}

function readInstant(text: string): Result<ParamValue, string> {
  const utc = findZone('UTC');
  const ms = utc.ok && INSTANT.test(text) ? parseMoment(text, utc.value) : null;
  return ms === null ? failed('an instant such as 2026-11-01T09:00:00Z') : ok(toIsoUtc(ms));
}

function readWait({ given }: GivenParams, say: Say): ViewValues['wait'] {
  const after = given.get('after')?.[0];
  const text = given.get('wait_ms')?.[0];
  if (text === undefined) return after === undefined ? {} : { after };
  const waitMs = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(waitMs <= 10_000)) say('wait_ms', 'a whole number from 0 to 10000');
  return { ...(after === undefined ? {} : { after }), wait_ms: waitMs };
}
