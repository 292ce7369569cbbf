/** Whether the views of a pack can be served: each is compiled, and each of its questions put to the planner with sample values. */
import type { Json } from '../expression/to-json.ts';
import { WORK_MAX } from '../expression/work.ts';
import type { Fault } from '../fault/fault.ts';
import { compileView } from './compile-view.ts';
import type { CompiledParam, CompiledQuery, CompiledView } from './compiled-view.ts';
import { faultOfIndex } from './lint-indexes.ts';
import { faultOfEntity, faultOfInsights, faultOfQuestion, faultOfStream, SAMPLE_NOW } from './lint-query.ts';
import type { AskedAbout, QueryFault } from './lint-query.ts';
import type { ParamValue, ParamValues } from './param-values.ts';
import { routeShape } from './route-template.ts';
import { toQuestion } from './view-query.ts';
import type { CacheSource, ViewSource } from './view-schema.ts';
import { lintSealed } from './sealed-members.ts';
import { lintRowDefaults } from './row-defaults.ts';
import { windowOf } from './window.ts';
import { leastPersons, lintWithholds } from './withholding.ts';

export interface ViewsToLint {
  readonly pack: string;
  readonly views: Readonly<Record<string, ViewSource>>;
  readonly cache: CacheSource | undefined;
  readonly about: AskedAbout;
}

export function lintViews({ pack, views, cache, about }: ViewsToLint): readonly Fault[] {
  const faults: Fault[] = [];
  const shapes = new Set<string>();
  for (const [name, view] of Object.entries(views)) {
    const compiled = compileView({ pack, name, view, cache });
    if (!compiled.ok) {
      faults.push(...compiled.fault);
      continue;
    }
    const { route } = compiled.value;
    const report = (path: string, message: string): void =>
      void faults.push({ code: 'pack_invalid', path: `views.${name}.${path}`, message });
    if (route !== null && shapes.has(routeShape(route))) report('route', 'another view of the pack has this route');
    if (route !== null) shapes.add(routeShape(route));
    for (const query of compiled.value.queries) lintQuery(compiled.value, query, { about, report });
    lintSealed({ view: compiled.value, answer: view.answer, entities: about.entities }, report);
    lintWithholds({ view: compiled.value, source: view }, report);
    lintWhole(compiled.value, report);
    lintRowDefaults(compiled.value, about.entities, report);
  }
  return faults;
}

function lintWhole(view: CompiledView, report: (path: string, message: string) => void): void {
  if (view.refusesOthers && view.exists === null) report('others', 'needs `exists`: what is not there is nobody’s');
  // What changes findings is not noted by a kept answer; they are worked out anew at each reading anyway.
  if (view.cache !== null && view.queries.some(({ source }) => source === 'insights'))
    report('cache', 'is not for a view that asks for insights');
}

export interface LintingQuery {
  readonly about: AskedAbout;
  readonly report: (path: string, message: string) => void;
  /** What expressions may name beside what every view's do. */
  readonly more?: (isFull: boolean) => Readonly<Record<string, unknown>>;
}

/**
 * With every parameter that can be left out left out, with a value for each, and with each one and each two of them alone: a list
 * that goes by an index for those does so for more.
 */
export function lintQuery(view: CompiledView, query: CompiledQuery, { about, report, more = () => ({}) }: LintingQuery): void {
  const reported = new Set<string>();
  for (const given of samplesOf(view)) {
    const fault = faultOf(view, query, { values: { ...sampleOf(view, given), ...more(given === ALL) }, about });
    const line = fault === null ? '' : `${fault.path} ${fault.message}`;
    if (fault === null || reported.has(line)) continue;
    reported.add(line);
    report(fault.path === '' ? `queries.${query.name}` : `queries.${query.name}.${fault.path}`, fault.message);
  }
}

/** Which of the parameters that may be left out have a value. */
type Given = (name: string) => boolean;
const ALL: Given = () => true;
const NONE: Given = () => false;

function samplesOf({ params }: CompiledView): readonly Given[] {
  const names = params.filter(({ isOptional, default: value }) => isOptional && value === undefined).map(({ name }) => name);
  // Of one with itself too: each alone.
  const pairs = names.flatMap((one, at) =>
    names.slice(at).map(
      (other): Given =>
        (name) =>
          name === one || name === other,
    ),
  );
  return [NONE, ALL, ...pairs];
}

function faultOf(
  view: CompiledView,
  query: CompiledQuery,
  { values, about }: { readonly values: Readonly<Record<string, unknown>>; readonly about: AskedAbout },
): QueryFault {
  const filled = query.body.fill(values, { left: WORK_MAX });
  // What is made of rows cannot be known without any.
  if (!filled.ok) return query.needs.length > 0 ? null : filled.fault;
  const fault = faultOfFilled(filled.value, view, { query, about });
  return fault !== null && isListOfRows(query, fault.path) ? null : fault;
}

function faultOfFilled(
  filled: Json,
  view: CompiledView,
  { query, about }: { readonly query: CompiledQuery; readonly about: AskedAbout },
): QueryFault {
  switch (query.source) {
    case 'entity':
      return faultOfEntity(filled, about) ?? (view.route === null ? null : faultOfIndex(filled, about));
    case 'insights':
      return faultOfInsights(filled, about);
    case 'stream':
      return faultOfStream(filled);
    case 'question':
      return faultOfQuestion(toQuestion(filled, view, { wait: {} }), about);
  }
}

/** A list that is made of rows has nothing in it without any. */
function isListOfRows({ needs }: CompiledQuery, path: string): boolean {
  return needs.length > 0 && /^(?:(?:beside\.\w+\.)?where\..+\.(?:in|not_in)|subjects)$/.test(path);
}

function sampleOf(view: CompiledView, given: Given): Readonly<Record<string, unknown>> {
  const params: Record<string, ParamValue> = Object.fromEntries(
    view.params.map((param) => [param.name, sampleParam(param, given(param.name))]),
  );
  const ofWindow = { days: null, start: null, end: null, as_of: SAMPLE_NOW, tz: 'UTC' };
  const window = view.window === null ? null : windowOf(view.window, ofWindow, () => undefined);
  const told: ParamValues = window === null ? params : { ...params, ...ofWindow, ...window.params };
  const rows = Object.fromEntries(view.queries.map(({ name }) => [name, []]));
  const meta = Object.fromEntries(view.queries.map(({ name }) => [name, { next_cursor: null, analysis: {} }]));
  const pseudonyms = Object.fromEntries(view.params.flatMap(({ name, type }) => (type === 'subject' ? [[name, 'sample']] : [])));
  const least = leastPersons(view, told, null);
  return { params: told, pseudonyms, window, now: SAMPLE_NOW, caller: { subject: 'sample' }, ...least, meta, ...rows };
}

const SAMPLES: Readonly<Record<CompiledParam['type'], ParamValue>> = {
  string: 'sample',
  subject: 'sample',
  id: 'sample',
  list: ['sample'],
  integer: 1,
  number: 1,
  boolean: true,
  date: SAMPLE_NOW.slice(0, 10),
  instant: SAMPLE_NOW,
  zone: 'UTC',
  cursor: null,
};

export function sampleParam(param: CompiledParam, isFull: boolean): ParamValue {
  const { type, default: value, isOptional } = param;
  if (type === 'instant') return SAMPLE_NOW;
  if (value !== undefined && type !== 'subject') return type === 'list' ? String(value).split(',') : value;
  return isOptional && !isFull ? null : givenSample(param);
}

function givenSample({ type, values, min }: CompiledParam): ParamValue {
  if (values !== undefined) return type === 'list' ? values.slice(0, Math.max(1, min ?? 1)) : (values[0] ?? null);
  return type === 'integer' || type === 'number' ? (min ?? SAMPLES[type]) : SAMPLES[type];
}
