/** Whether the views of a pack can be served: each is compiled, and each of its questions put to the planner with sample values. */
import { WORK_MAX } from '../expression/work.ts';
import type { Fault } from '../fault/fault.ts';
import type { CompiledMetric } from '../pack/compiled.ts';
import { isAnalysis, parseAnalysis } from '../query/analyses/analysis-question.ts';
import { planAnalysis } from '../query/analyses/plan-analysis.ts';
import { planQuestion } from '../query/plan.ts';
import { parseQuestion } from '../query/question.ts';
import { compileView } from './compile-view.ts';
import type { CompiledParam, CompiledQuery, CompiledView } from './compiled-view.ts';
import type { ParamValue, ParamValues } from './params.ts';
import { routeShape } from './route-template.ts';
import { toQuestion } from './view-query.ts';
import type { CacheSource, ViewSource } from './view-schema.ts';
import { windowOf } from './window.ts';

export interface ViewsToLint {
  readonly pack: string;
  readonly views: Readonly<Record<string, ViewSource>>;
  readonly cache: CacheSource | undefined;
  readonly metrics: ReadonlyMap<string, CompiledMetric>;
}

/** Any day will do, as long as every question of every pack is linted on the same one. */
const SAMPLE_NOW = '2026-06-15T12:00:00.000Z';
const SAMPLE_NOW_MS = 1_781_524_800_000;
const BUCKETS_MAX = 100_000;

export function lintViews({ pack, views, cache, metrics }: ViewsToLint): readonly Fault[] {
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
    for (const query of compiled.value.queries) {
      if (query.source === 'question') lintQuestion(compiled.value, query, { metrics, report });
      else report(`queries.${query.name}.entity`, 'rows of entities cannot be read by views yet');
    }
  }
  return faults;
}

interface LintingQuestion {
  readonly metrics: ReadonlyMap<string, CompiledMetric>;
  readonly report: (path: string, message: string) => void;
}

/** Twice: with every parameter that can be left out left out, and with a value for each. */
function lintQuestion(view: CompiledView, query: CompiledQuery, { metrics, report }: LintingQuestion): void {
  const told = new Set<string>();
  for (const isFull of [false, true]) {
    const fault = faultOf(view, query, { isFull, metrics });
    const line = fault === null ? '' : `${fault.path} ${fault.message}`;
    if (fault === null || told.has(line)) continue;
    told.add(line);
    report(fault.path === '' ? `queries.${query.name}` : `queries.${query.name}.${fault.path}`, fault.message);
  }
}

type Place = { readonly path: string; readonly message: string } | null;

function faultOf(
  view: CompiledView,
  query: CompiledQuery,
  { isFull, metrics }: { readonly isFull: boolean; readonly metrics: LintingQuestion['metrics'] },
): Place {
  const values = sampleOf(view, isFull);
  const filled = query.body.fill(values, { left: WORK_MAX });
  // What is made of rows cannot be known without any.
  if (!filled.ok) return query.needs.length > 0 ? null : filled.fault;
  const asked = toQuestion(filled.value, view, { wait: {} });
  return isAnalysis(asked) ? analysisFault(asked, metrics) : questionFault(asked, metrics);
}

function questionFault(asked: unknown, metrics: LintingQuestion['metrics']): Place {
  const parsed = parseQuestion(asked);
  if (!parsed.ok) return parsed.errors[0] ?? null;
  const { question } = parsed;
  const metric = metrics.get(question.metric) ?? null;
  if (metric === null) return NO_METRIC;
  const subject = question.subject ?? null;
  const planned = planQuestion({ question, metric, subject, cursor: null, nowMs: SAMPLE_NOW_MS, bucketsMax: BUCKETS_MAX });
  return planned.ok ? null : { path: planned.fault.path ?? '', message: planned.fault.message };
}

const NO_METRIC = { path: 'metric', message: 'is no metric of this pack' };

function analysisFault(asked: unknown, metrics: LintingQuestion['metrics']): Place {
  const parsed = parseAnalysis(asked);
  if (!parsed.ok) return parsed.errors[0] ?? null;
  const metric = metrics.get(parsed.question.metric) ?? null;
  if (metric === null) return NO_METRIC;
  const planned = planAnalysis(parsed.question, { metric, nowMs: SAMPLE_NOW_MS });
  if (!planned.ok) return { path: planned.fault.path ?? '', message: planned.fault.message };
  for (const [at, question] of planned.value.questions.entries()) {
    const fault = questionFault(question, metrics);
    if (fault !== null) return { path: planned.value.pathOf(at, fault.path), message: fault.message };
  }
  return null;
}

function sampleOf(view: CompiledView, isFull: boolean): Readonly<Record<string, unknown>> {
  const params: Record<string, ParamValue> = Object.fromEntries(view.params.map((param) => [param.name, sampleParam(param, isFull)]));
  const ofWindow = { days: null, start: null, end: null, as_of: SAMPLE_NOW, tz: 'UTC' };
  const window = view.window === null ? null : windowOf(view.window, ofWindow, () => undefined);
  const given: ParamValues = window === null ? params : { ...params, ...ofWindow, ...window.params };
  const rows = Object.fromEntries(view.queries.map(({ name }) => [name, []]));
  const meta = Object.fromEntries(view.queries.map(({ name }) => [name, { next_cursor: null, analysis: {} }]));
  return { params: given, window, now: SAMPLE_NOW, caller: { subject: 'sample' }, meta, ...rows };
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

function sampleParam(param: CompiledParam, isFull: boolean): ParamValue {
  const { type, default: value, isOptional } = param;
  if (type === 'instant') return SAMPLE_NOW;
  if (value !== undefined && type !== 'subject') return type === 'list' ? String(value).split(',') : value;
  return isOptional && !isFull ? null : givenSample(param);
}

function givenSample({ type, values, min }: CompiledParam): ParamValue {
  if (values !== undefined) return type === 'list' ? values.slice(0, Math.max(1, min ?? 1)) : (values[0] ?? null);
  return type === 'integer' || type === 'number' ? (min ?? SAMPLES[type]) : SAMPLES[type];
}
