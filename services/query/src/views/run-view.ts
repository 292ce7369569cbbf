/** From a view and its values to its answer: its questions are asked, at once where none needs another, and its tree is filled. */
import type { CompiledQuery, CompiledView, Json, Result, RowScope, TemplateFault, ViewValues } from '@tidegate/core';
import {
  fillAnswer,
  leastPersons,
  suppressedIn,
  toEntityAsk,
  toEntityQuery,
  toInsightsAsk,
  toIsoUtc,
  toQuestion,
  toStreamAsk,
  WORK_MAX,
} from '@tidegate/core';
import type { ProblemFault } from '@tidegate/http';
import { asEverybody } from '@tidegate/postgres';
import type { Ask, Asker } from '../ask.ts';
import type { Registry } from '../registry.ts';
import type { ViewMeta } from './view-meta.ts';
import { joinViewMeta } from './view-meta.ts';
import type { QueryAnswer } from './query-answer.ts';
import { answerOfQuestion, NOT_ASKED } from './query-answer.ts';
import type { ReadEntity } from './read-entity.ts';
import { createReadDefaults } from './row-defaults.ts';
import type { ReadStream } from './read-stream.ts';
import type { InsightsQuery } from './insights-query.ts';

/** Findings as one query of a view. */
export type ReadInsights = (query: InsightsQuery) => Promise<Result<QueryAnswer, ProblemFault>>;

export interface RunViewDeps {
  readonly ask: Ask;
  readonly registry: Pick<Registry, 'pack'>;
  readonly readEntity: ReadEntity;
  readonly readStream: ReadStream;
  /** Null: of the view that an insight is made of, which asks for none itself. */
  readonly readInsights: ReadInsights | null;
  readonly nowMs: () => number;
}

export interface ViewAsk {
  readonly view: CompiledView;
  readonly values: ViewValues;
  readonly asker: Asker;
  readonly callerSubject: string | null;
  /** What expressions may name beside what every view's do. */
  readonly more?: Readonly<Record<string, unknown>>;
}

export interface ViewAnswer {
  readonly body: Readonly<Record<string, Json>>;
  readonly meta: ViewMeta;
  readonly mayAgeMs: number;
  /** Pseudonyms of those whose rows were read for it. */
  readonly persons: readonly string[];
}

export type ViewOutcome = { readonly ok: true; readonly answer: ViewAnswer } | { readonly ok: false; readonly problem: ProblemFault };

export type RunView = (asked: ViewAsk) => Promise<ViewOutcome>;

type Answered = { readonly ok: true; readonly value: QueryAnswer } | { readonly ok: false; readonly problem: ProblemFault };

export function createRunView(deps: RunViewDeps): RunView {
  const readDefaults = createReadDefaults(deps);
  return async function runView(wanted) {
    const read = await readDefaults(wanted);
    if (!read.ok) return { ok: false, problem: read.fault };
    const { values, told, answers: rowsRead } = read.value;
    const asked = { ...wanted, values };
    const { view, callerSubject, more } = asked;
    const now = toIsoUtc(deps.nowMs());
    const running: Running = {
      ...{ deps, asked },
      work: { left: WORK_MAX },
      base: {
        params: values.params,
        pseudonyms: values.pseudonyms,
        window: values.window,
        now,
        caller: { subject: callerSubject },
        ...leastPersons(view, values.params, asked.asker.rows),
        ...more,
      },
      answers: new Map(),
    };
    // In this order each finds what it needs begun already.
    for (const query of view.queries) running.answers.set(query.name, answerQuery(query, running));
    const found = await gather(running.answers);
    if (!found.ok) return found;
    const filled = fillAnswer(view, withRows(running.base, found.answers), running.work);
    if (!filled.ok) return { ok: false, problem: problemOf(filled.fault.member, filled.fault) };
    if (filled.value === undefined)
      return { ok: false, problem: { code: (await isOfOther(wanted, runView)) ? 'row_refused' : 'not_found' } };
    const answers = [...rowsRead, ...found.answers.values()];
    const meta = withSuppressed(
      view,
      { ...joinViewMeta(answers, now), ...(values === wanted.values ? {} : { defaults: told }) },
      filled.value,
    );
    const mayAgeMs = Math.min(...answers.map((one) => one.mayAgeMs), view.cache?.maxStalenessMs ?? 0);
    return { ok: true, answer: { body: filled.value as ViewAnswer['body'], meta, mayAgeMs, persons: personsOf(answers) } };
  };
}

/** What a view withholds by itself says so where it stands. */
function withSuppressed({ withholds }: CompiledView, meta: ViewMeta, answer: Json): ViewMeta {
  return withholds === null ? meta : { ...meta, suppressed_groups: (meta.suppressed_groups ?? 0) + suppressedIn(answer) };
}

/** Whether it is there for who may see everybody's. */
async function isOfOther(asked: ViewAsk, runView: RunView): Promise<boolean> {
  const { view, asker } = asked;
  if (!view.refusesOthers || (asker.rows?.subject ?? null) === null) return false;
  return (await asEverybody(async () => runView({ ...asked, asker: { ...asker, rows: null } }))).ok;
}

function personsOf(answers: readonly QueryAnswer[]): readonly string[] {
  return [...new Set(answers.flatMap(({ person }) => person ?? []))];
}

interface Running {
  readonly deps: RunViewDeps;
  readonly asked: ViewAsk;
  readonly work: { left: number };
  readonly base: Readonly<Record<string, unknown>>;
  readonly answers: Map<string, Promise<Answered>>;
}

async function answerQuery(query: CompiledQuery, running: Running): Promise<Answered> {
  const { work, base, answers } = running;
  const needed = await gather(new Map([...answers].filter(([name]) => query.needs.includes(name))));
  if (!needed.ok) return needed;
  const values = withRows(base, needed.answers);
  const place = `queries.${query.name}`;
  const wanted = query.when?.evaluate(values, work);
  if (wanted?.ok === false) return { ok: false, problem: problemOf(place, { ...wanted.fault, path: 'when' }) };
  if (wanted !== undefined && wanted.value !== true) return { ok: true, value: NOT_ASKED };
  const filled = query.body.fill(values, work);
  if (!filled.ok) return { ok: false, problem: problemOf(place, filled.fault) };
  const answered = await ANSWERS[query.source](filled.value, mayAge(running, query));
  return answered.ok ? answered : { ok: false, problem: underPath(place, answered.problem) };
}

function mayAge(running: Running, { mayAgeMs }: CompiledQuery): Running {
  const { asked } = running;
  const reads = asked.asker.reads;
  if (mayAgeMs === 0 || reads === undefined) return running;
  return { ...running, asked: { ...asked, asker: { ...asked.asker, reads: reads.mayAge(mayAgeMs) } } };
}

async function questionAnswer(filled: Json, { deps, asked: { view, values, asker } }: Running): Promise<Answered> {
  const outcome = await deps.ask(toQuestion(filled, view, values), asker);
  return outcome.ok ? { ok: true, value: answerOfQuestion(outcome) } : outcome;
}

async function entityAnswer(filled: Json, { deps, asked: { view, values, asker } }: Running): Promise<Answered> {
  const ask = toEntityAsk(filled);
  if (!ask.ok) return { ok: false, problem: { code: 'question_invalid', errors: ask.fault } };
  const query = toEntityQuery(ask.value, deps.registry.pack(asker.tenant, view.pack)?.compiled.entities ?? new Map());
  // The pack was changed between two looks at it.
  if (!query.ok) return { ok: false, problem: { code: 'not_found' } };
  const read = await deps.readEntity({ query: query.value, wait: values.wait, asker: view.withholds === null ? asker : ofRows(asker) });
  return read.ok ? { ok: true, value: read.value } : { ok: false, problem: read.fault };
}

/** Of a view that withholds by itself, whose rows are read for it and shown to nobody. */
function ofRows(asker: Asker): Asker {
  if (asker.rows?.k === undefined) return asker;
  const { k: _withheld, ...rows } = asker.rows;
  return { ...asker, rows };
}

async function insightsAnswer(filled: Json, { deps, asked: { view, values, asker } }: Running): Promise<Answered> {
  const ask = toInsightsAsk(filled);
  if (!ask.ok) return { ok: false, problem: { code: 'question_invalid', errors: ask.fault } };
  const insight = deps.registry.pack(asker.tenant, view.pack)?.insights.get(ask.value.insights);
  if (insight === undefined || deps.readInsights === null) return { ok: false, problem: { code: 'not_found' } };
  // Findings are kept with when they were seen and closed, which nothing announces.
  asker.reads?.untold();
  const read = await deps.readInsights({ insight, ask: ask.value, wait: values.wait, asker });
  return read.ok ? { ok: true, value: read.value } : { ok: false, problem: read.fault };
}

async function streamAnswer(filled: Json, { deps, asked: { asker } }: Running): Promise<Answered> {
  const ask = toStreamAsk(filled);
  if (!ask.ok) return { ok: false, problem: { code: 'question_invalid', errors: ask.fault } };
  const read = await deps.readStream(ask.value, asker);
  return read.ok ? { ok: true, value: read.value } : { ok: false, problem: read.fault };
}

const ANSWERS = { question: questionAnswer, entity: entityAnswer, insights: insightsAnswer, stream: streamAnswer };

type Gathered =
  { readonly ok: true; readonly answers: ReadonlyMap<string, QueryAnswer> } | { readonly ok: false; readonly problem: ProblemFault };

/** All are waited for: none may fail unseen while another is refused. */
async function gather(asked: ReadonlyMap<string, Promise<Answered>>): Promise<Gathered> {
  const settled = await Promise.all([...asked].map(async ([name, answered]) => [name, await answered] as const));
  const answers = new Map<string, QueryAnswer>();
  for (const [name, answered] of settled) {
    if (!answered.ok) return answered;
    answers.set(name, answered.value);
  }
  return { ok: true, answers };
}

function withRows(base: Running['base'], answers: ReadonlyMap<string, QueryAnswer>): Readonly<Record<string, unknown>> {
  const rows = Object.fromEntries([...answers].map(([name, { rows: found }]) => [name, found]));
  const meta = Object.fromEntries([...answers].map(([name, { about }]) => [name, about]));
  return { ...base, ...rows, meta };
}

/** Of an expression that cannot be worked out: where it stands in the pack, and no value. */
function problemOf(place: string, { kind, path, message }: TemplateFault): ProblemFault {
  const code = kind === 'spent' ? 'view_too_large' : 'view_failed';
  return { code, errors: [{ path: path.startsWith('[') ? `${place}${path}` : `${place}.${path}`, code, message }] };
}

function underPath(place: string, problem: ProblemFault): ProblemFault {
  const { errors } = problem;
  if (errors === undefined) return problem;
  return { ...problem, errors: errors.map((error) => ({ ...error, path: error.path === '' ? place : `${place}.${error.path}` })) };
}

/** Whether the person whom the view is asked about may be seen: who sees one person alone may name no other. */
export function mayName(rows: RowScope | null, { view, values }: Pick<ViewAsk, 'view' | 'values'>): boolean {
  const only = rows?.subject ?? null;
  if (only === null) return true;
  return view.params.every(({ type, name }) => type !== 'subject' || values.params[name] === null || values.params[name] === only);
}
