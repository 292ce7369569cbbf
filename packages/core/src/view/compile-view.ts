/** From the text of a view to what is served; whatever is wrong is told with its place in the pack. */
import { createCompile } from '../expression/expression.ts';
import { failed, ok } from '../fault/fault.ts';
import type { Fault, Result } from '../fault/fault.ts';
import type { CacheClass, CompiledLet, CompiledParam, CompiledQuery, CompiledView } from './compiled-view.ts';
import { findZone } from '../query/plan.ts';
import { compileQueries, compileTree, inOrder, joined } from './compile-queries.ts';
import type { Report } from './compile-queries.ts';
import { RESERVED_PARAMS } from './params.ts';
import { parseRoute } from './route-template.ts';
import type { RouteTemplate } from './route-template.ts';
import { compileSealed, INCLUDE_PARAM } from './sealed-members.ts';
import type { CacheSource, ParamSource, QuerySource, ViewSource } from './view-schema.ts';
import { windowParams } from './window.ts';

/** What every expression of a view may name, beside its queries. */
export const VIEW_NAMES = ['params', 'pseudonyms', 'window', 'now', 'caller', 'meta'] as const;

export const DEFAULT_SCOPE = 'query:read';
const TEXT_LENGTH_MAX = 256;
const CURSOR_LENGTH_MAX = 4_096;

export interface ViewToCompile {
  readonly pack: string;
  readonly name: string;
  readonly view: ViewSource;
  readonly cache?: CacheSource | undefined;
  /** Default: a view of the section `views`. */
  readonly as?: CompiledAs;
}

/** What is compiled as a view is: where it stands in the pack, what its expressions may name, and by which methods it is had. */
export interface CompiledAs {
  readonly section: string;
  readonly names: readonly string[];
  readonly methods: readonly string[];
}

const A_VIEW: CompiledAs = { section: 'views', names: VIEW_NAMES, methods: ['GET'] };

export function compileView({ pack, name, view, cache, as = A_VIEW }: ViewToCompile): Result<CompiledView, readonly Fault[]> {
  const faults: Fault[] = [];
  const report: Report = (path, message) => faults.push({ code: 'pack_invalid', path: `${as.section}.${name}.${path}`, message });
  const route = compileRoute(view, as, report);
  const params = Object.entries(view.params).map(([param, source]) => compileParam(param, source, route));
  lintParams(view, route, report);
  const names = view.withholds === undefined ? as.names : [...as.names, view.withholds.as];
  const known = [...names, ...Object.keys(view.queries)];
  const queries = compileQueries(view, { compile: createCompile(known), names: as.names, report });
  const made = compileMade(view, known, report);
  const cacheClass = compileCache(view, cache, report);
  const cacheKey = compileCacheKey(view, report);
  if (made === null || faults.length > 0) return failed(faults);
  return ok({
    pack,
    view: name,
    title: view.title ?? name,
    route,
    scope: view.scope ?? DEFAULT_SCOPE,
    cache: cacheClass,
    isBackground: view.background === true,
    cacheKey,
    namesCaller: namesCaller(queries, made),
    asksLast: Object.values(view.queries).some(looksBack),
    params,
    window: view.window ?? null,
    queries,
    sealed: compileSealed(view),
    refusesOthers: view.others === 'refused',
    withholds: view.withholds ?? null,
    ...made,
  });
}

/** Whether a question that is not asked about an instant looks back from now. */
function looksBack(query: QuerySource): boolean {
  return !Object.hasOwn(query, 'as_of') && ['last', 'days'].some((member) => Object.hasOwn(query, member));
}

type Made = Pick<CompiledView, 'exists' | 'lets' | 'answer'>;

function namesCaller(queries: readonly CompiledQuery[], { exists, lets, answer }: Made): boolean {
  const parts = [...queries.flatMap(({ when, body }) => [when, body]), exists, ...lets.map(({ value }) => value), answer];
  return parts.some((part) => part?.uses.has('caller') === true);
}

/** What is made of the rows. */
function compileMade(view: ViewSource, known: readonly string[], report: Report): Made | null {
  const exists = view.exists === undefined ? ok(null) : createCompile(known)(view.exists);
  if (!exists.ok) report('exists', exists.fault);
  const lets = compileLets(view, known, report);
  const compile = createCompile([...known, ...Object.keys(view.let ?? {})]);
  const answer = compileTree(view.answer, compile, (path, message) => report(joined('answer', path), message));
  if (Object.hasOwn(view.answer, 'meta')) report('answer.meta', 'is made by the engine');
  return answer === null || !exists.ok ? null : { exists: exists.value, lets, answer };
}

/** Those that others need come first: a pack is kept with its members in any order. */
function compileLets(view: ViewSource, names: readonly string[], report: Report): readonly CompiledLet[] {
  const own = Object.keys(view.let ?? {});
  const compile = createCompile([...names, ...own]);
  const compiled = Object.entries(view.let ?? {}).flatMap(([name, tree]) => {
    if (names.includes(name)) report(`let.${name}`, 'is the name of something else');
    const value = compileTree(tree, compile, (path, message) => report(joined(`let.${name}`, path), message));
    return value === null ? [] : [{ name, value, needs: own.filter((other) => value.uses.has(other)) }];
  });
  const ordered = inOrder(compiled);
  if (ordered === null) report('let', 'need each other in a circle');
  return ordered ?? [];
}

function compileRoute({ route }: ViewSource, { methods }: CompiledAs, report: Report): RouteTemplate | null {
  if (route === undefined) return null;
  const parsed = parseRoute(route);
  if (!parsed.ok) {
    report('route', parsed.fault);
    return null;
  }
  if (!methods.includes(parsed.value.method)) report('route', methods.includes('GET') ? 'a view is read with GET' : 'GET writes nothing');
  return parsed.value;
}

export function compileParam(name: string, source: ParamSource, route: RouteTemplate | null): CompiledParam {
  const isInPath = route?.params.includes(name) === true;
  const lengthMax = source.max_length ?? (source.type === 'cursor' || source.type === 'list' ? CURSOR_LENGTH_MAX : TEXT_LENGTH_MAX);
  return {
    name,
    type: source.type,
    isOptional: source.optional === true && !isInPath,
    lengthMax,
    ...given({
      title: source.title,
      default: source.default,
      from: source.default_from,
      values: source.enum,
      min: source.min,
      max: source.max,
      everybody: source.everybody,
    }),
  };
}

/** Without what is undefined: an absent member and one of that value are not the same to a type. */
function given<T extends object>(members: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}

function lintParams(view: ViewSource, route: RouteTemplate | null, report: Report): void {
  const ofEngine = new Set([...RESERVED_PARAMS, ...engineParams(view)]);
  for (const name of route?.params ?? []) {
    if (!Object.hasOwn(view.params, name)) report('route', `names {${name}}, which is no parameter of the view`);
  }
  for (const [name, source] of Object.entries(view.params)) {
    const at: Report = (path, message) => report(`params.${name}${path}`, message);
    if (ofEngine.has(name)) at('', 'is a parameter that the engine declares');
    lintParam(source, route?.params.includes(name) === true, at);
    lintDefaultFrom(source, view.params, at);
    if (source.everybody !== undefined && view.background === true) at('.everybody', 'does not go with background: a job is of one person');
  }
  lintZone(view, report);
}

function lintZone({ window, params }: Pick<ViewSource, 'window' | 'params'>, report: Report): void {
  const tz = window?.tz;
  if (tz === undefined) return;
  const at: Report = (path, message) => report(`window.tz${path}`, message);
  lintParam({ type: 'zone', ...tz }, false, at);
  lintDefaultFrom({ type: 'zone', ...tz }, params, at);
}

const FROM_ROWS: ReadonlySet<string> = new Set(['string', 'integer', 'number', 'boolean', 'date', 'zone']);
const NAMING_ROWS: ReadonlySet<string> = new Set(['subject', 'string', 'integer', 'id']);

/** What needs no entity to be known; `lintRowDefaults` says the rest. */
function lintDefaultFrom(
  { type, optional, default: value, default_from: from }: ParamSource,
  params: ViewSource['params'],
  report: Report,
): void {
  if (from === undefined) return;
  const of = Object.hasOwn(params, from.of) ? params[from.of] : undefined;
  if (!FROM_ROWS.has(type)) report('.default_from', `is not for a parameter of type ${type}`);
  if (value === undefined && optional !== true) report('.default_from', 'needs a default for where there is no such row');
  if (of === undefined || !NAMING_ROWS.has(of.type) || of.default_from !== undefined)
    report('.default_from.of', 'names a parameter of the view, of type subject, string, integer or id, that is not read from a row itself');
}

function engineParams({ window, sealed }: ViewSource): readonly string[] {
  return [...windowParams(window), ...(sealed === undefined ? [] : [INCLUDE_PARAM])].map(({ name }) => name);
}

const BOUNDED: ReadonlySet<string> = new Set(['integer', 'number', 'list']);
const LISTED: ReadonlySet<string> = new Set(['string', 'list']);

export function lintParam(source: ParamSource, isInPath: boolean, report: Report): void {
  lintPlace(source, isInPath, report);
  lintBounds(source, report);
  const { type } = source;
  if (source.enum !== undefined && !LISTED.has(type)) report('.enum', 'belongs to a string or a list');
  if (source.everybody !== undefined && type !== 'subject') report('.everybody', 'belongs to a subject');
  if (source.default !== undefined) lintDefault(source, report);
  if (type === 'zone' && !findZone(String(source.default ?? 'UTC')).ok) report('.default', 'is not the name of an IANA time zone');
}

function lintBounds({ type, min = -Infinity, max = Infinity }: ParamSource, report: Report): void {
  const isBounded = min > -Infinity || max < Infinity;
  if (isBounded && !BOUNDED.has(type)) report('.min', 'bounds belong to numbers and lists');
  if (min > max) report('.min', 'is greater than max');
}

function lintPlace(source: ParamSource, isInPath: boolean, report: Report): void {
  if (isInPath && source.in === 'query') report('.in', 'the route names it, so it is in the path');
  if (!isInPath && source.in === 'path') report('.in', 'the route does not name it');
  if (isInPath && (source.optional === true || source.default !== undefined)) report('', 'what is in the path is always given');
}

const DEFAULT_TYPES: Readonly<Partial<Record<ParamSource['type'], 'number' | 'boolean'>>> = {
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
};

function lintDefault({ type, default: value, enum: values }: ParamSource, report: Report): void {
  if (typeof value !== (DEFAULT_TYPES[type] ?? 'string')) report('.default', `must be of type ${DEFAULT_TYPES[type] ?? 'string'}`);
  if (type === 'subject' && value !== 'caller') report('.default', 'of a subject is caller: the person who asks');
  if (type === 'cursor') report('.default', 'a cursor has none');
  const parts = type === 'list' ? String(value).split(',') : [value];
  if (values !== undefined && parts.some((part) => !values.includes(String(part)))) report('.default', 'is none of the enum');
}

function compileCache({ cache: name }: ViewSource, classes: CacheSource | undefined, report: Report): CacheClass | null {
  if (name === undefined) return null;
  const found = classes?.[name];
  if (found === undefined) {
    report('cache', 'is no class of the section cache');
    return null;
  }
  return {
    name,
    ttlMs: found.ttl_s * 1_000,
    maxStalenessMs: found.max_staleness_s * 1_000,
    env: found.env ?? null,
    hitAimPct: found.hit_aim_pct ?? null,
  };
}

function compileCacheKey({ cache_key: text, params, window }: ViewSource, report: Report): readonly string[] | null {
  if (text === undefined) return null;
  const parts = text.split(/\{(\w+)\}/);
  const known = new Set([...Object.keys(params), ...windowParams(window).map(({ name }) => name)]);
  const unknown = parts.find((part, at) => at % 2 === 1 && !known.has(part));
  if (unknown !== undefined) report('cache_key', `names {${unknown}}, which is no parameter of the view`);
  return parts;
}
