import { readFileSync } from 'node:fs';
import { parseMapping, sendFile } from '@tidegate/cli';
import {
  ageOn,
  compileInsights,
  compilePack,
  compileViews,
  compileWrites,
  createAnswer,
  createCanonicalReader,
  createFolder,
  createRowFold,
  createStateAlgebra,
  decodeState,
  defaultsRows,
  encodeState,
  eventOf,
  eventOfFinding,
  EventJudge,
  EventTypes,
  fillAnswer,
  foldPlansOf,
  GrowingBuffer,
  isAnalysis,
  leastPersons,
  ok,
  parseAnalysis,
  planAnalysis,
  parsePack,
  parseParams,
  parseQuestion,
  planQuestion,
  projectRows,
  readBodyValues,
  toEntityAsk,
  toEntityQuery,
  toQuestion,
  toStreamAsk,
  withDefaults,
  withoutSealed,
  WORK_MAX,
  writeCanonical,
} from '@tidegate/core';
import type {
  AnswerRow,
  AnswerValue,
  CompiledMetric,
  CompiledPack,
  CompiledView,
  CompiledWrite,
  EntityAsk,
  Fault,
  Finding,
  FoldedBatch,
  Json,
  MadeEvent,
  PackSource,
  Plan,
  QuestionInput,
  Result,
  RollupState,
  RowAge,
  StreamAsk,
  ViewValues,
} from '@tidegate/core';
import type { EntityReader } from '@tidegate/postgres';
import type { Client } from '@tidegate/sdk';
import { parse } from 'yaml';
import { createRows, type Logged } from './rows-of-events.ts';

const TENANT = 'acme';
const NOW_MS = Date.UTC(2026, 10, 21);
const BUCKETS_MAX = 100_000;
const utf8 = new TextEncoder();
const decoder = new TextDecoder();

export function packFile(pack: string, file: string): URL {
  return new URL(`../../packs/${pack}/${file}`, import.meta.url);
}

function sourceOf(name: string): PackSource {
  const parsed = parsePack(parse(readFileSync(packFile(name, 'pack.yaml'), 'utf8')));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  return parsed.value;
}

/** The way of an event through a shipped pack without the servers between the steps; a pseudonym is the text itself. */
export interface PackInProcess {
  /** Rows of a file, by a mapping of the pack; the faults of those that were refused. */
  sendFile(mapping: string, file: string): Promise<{ readonly accepted: number; readonly faults: readonly Fault[] }>;
  /** JSON texts of events; the fault of each, or null. */
  send(events: readonly string[]): readonly (Fault | null)[];
  ask(question: QuestionInput): readonly AnswerRow[];
  /** The same rows as objects by the names of their columns. */
  askObjects(question: QuestionInput): readonly Readonly<Record<string, AnswerValue>>[];
  /** The answer of a view to parameters as an address has them, undefined where there is no such thing; throws where it is refused. */
  view(name: string, params?: Readonly<Record<string, string>>): Promise<Json | undefined>;
  /** What the rules of an insight find now, of a person or of nobody in particular. */
  insight(name: string, subject?: string): Promise<readonly Finding[]>;
  /** The events that these findings are told as. */
  eventsOf(name: string, findings: readonly Finding[]): readonly MadeEvent[];
  /** The answer of a write, or what is told of the members that were sent; undefined where there is no such thing. */
  write(name: string, request: WriteRequest): Promise<Json | undefined>;
}

export interface WriteRequest {
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** The person whose token it is. */
  readonly by?: string | null;
}

/** Row → mapping → judge → canonical record → fold → stored bytes → plan → merged rows. `reader`: of rows elsewhere than of what is sent. */
export function runPack(name: string, reader?: EntityReader): PackInProcess {
  const source = sourceOf(name);
  const pack = compilePack({ tenant: TENANT, version: 1, metricVersions: {}, pack: source });
  const views = compileViews(source);
  const writes = compileWrites(source);
  const insights = compileInsights(source);
  let madeIds = 0;
  const types = new EventTypes([pack]);
  const plans = foldPlansOf(pack.metrics.values());
  const folder = createFolder((_tenant, type) => plans.get(type) ?? null);
  const batches: ReturnType<typeof folder.take>[] = [];
  const judge = new EventJudge();
  const canonical = createCanonicalReader();
  const rows = createRows(pack);
  /** Cells over the rows as they are now, by metric; made when they are asked for. */
  const foldedRows = new Map<CompiledMetric, FoldedBatch | null>();

  function sendOne(event: string): Fault | null {
    const bytes = utf8.encode(event);
    const fault = judge.judge(bytes, { start: 0, end: bytes.length }, { types, nowMs: NOW_MS });
    if (fault !== null) return fault;
    const record = new GrowingBuffer(512);
    const treat = (_action: unknown, _field: string, text: string): string => text;
    writeCanonical(judge, { tenant: TENANT, subject: judge.subject, treat, seal: (_place, json) => sealedText(json) }, record);
    if (!canonical.read(record.bytes, 0, record.length)) throw new Error('no record of the log');
    folder.fold(canonical, NOW_MS);
    rows.add(JSON.parse(decoder.decode(record.written())) as Logged);
    foldedRows.clear();
    return null;
  }

  /** Dates open in this process, as they do in ingest; texts stay shut. */
  const dates = new Map<string, string>();

  function sealedText(json: Uint8Array): string {
    const date = /^"(\d{4}-\d\d-\d\d)"/.exec(decoder.decode(json))?.[1];
    if (date === undefined) return 'sealed';
    const token = `sealed ${dates.size}`;
    dates.set(token, date);
    return token;
  }

  function agesOf(row: Readonly<Record<string, unknown>>, ages: readonly RowAge[]): Readonly<Record<string, number | null>> {
    return Object.fromEntries(ages.map(({ name: age, field, on }) => [age, ageOn(dates.get(String(row[field])) ?? '', on) ?? null]));
  }

  const sources: Sources = {
    ask: (question) => (isAnalysis(question) ? analysed(question) : objectsOf(planned(question, pack))),
    // No event waits in one process: what is told instead says what was asked.
    waited: ({ fromMs, toMs }) => ({ events: 1, p50: fromMs + 0.25, p95: toMs, p99: toMs, max: toMs - fromMs }),
    async read(asked) {
      const query = mustBe(toEntityQuery(asked, pack.entities));
      const entities = reader ?? rows.reader;
      if (query.kind === 'rows') {
        const page = mustBe(await entities.read(query.question));
        return { ...page, rows: page.rows.map((row) => ({ ...row, ...agesOf(row, query.ages) })) };
      }
      return { rows: mustBe(await entities.figures(query.question)), cursor: null };
    },
  };

  return {
    async sendFile(mappingFile, file) {
      const mapping = parseMapping(readFileSync(packFile(name, mappingFile), 'utf8'));
      const faults: Fault[] = [];
      const client: Pick<Client, 'send'> = {
        async send(events) {
          let accepted = 0;
          for await (const event of events) {
            const fault = sendOne(typeof event === 'string' ? event : JSON.stringify(event));
            if (fault === null) accepted += 1;
            else faults.push(fault);
          }
          return { accepted, rejected: [], receipts: [] };
        },
      };
      const { accepted } = await sendFile({ client, gateway: '', file, stdin: process.stdin, mapping, stateFolder: null });
      batches.push(folder.take());
      return { accepted, faults };
    },
    send(events) {
      const faults = events.map(sendOne);
      batches.push(folder.take());
      return faults;
    },
    ask: (input) => rowsOf(planned({ limit: 10_000, ...input }, pack)),
    askObjects: (input) => objectsOf(planned({ limit: 10_000, ...input }, pack)),
    async view(viewName, params = {}) {
      const view = views.get(viewName);
      if (view === undefined) throw new Error(`no view ${viewName}`);
      const given = new Map(Object.entries(params).map(([param, value]) => [param, [value]]));
      const values = parseParams(view, { given, nowMs: NOW_MS, callerSubject: null, pseudonymOf: (id) => id, mayNameAll: () => true });
      if (!values.ok) throw new Error(JSON.stringify(values.fault));
      const read = defaultsRows(view, values.value, pack.entities).map(async ({ params: of, ask }) => {
        const page = ask === null ? null : await sources.read(ask);
        return { params: of, row: page?.rows[0] as Readonly<Record<string, unknown>> | undefined };
      });
      const answer = await answerOf(view, withDefaults(view, values.value, await Promise.all(read)).values, { sources });
      // What is opened stays as it was sealed; what is sensitive nobody asks for.
      const sensitive = view.sealed.filter(({ isSensitive }) => isSensitive);
      return answer === undefined ? answer : withoutSealed(answer as Readonly<Record<string, Json>>, { sealed: sensitive });
    },
    async insight(insightName, subject) {
      const insight = insights.get(insightName);
      if (insight === undefined) throw new Error(`no insight ${insightName}`);
      const work = { left: WORK_MAX };
      const names = { subject: subject ?? null, now: new Date(NOW_MS).toISOString() };
      const asked = mustBe(insight.view.params.fill(names, work));
      return mustBe(insight.find({ ...names, view: await this.view(insight.view.name, textsOf(asked)) }, work));
    },
    eventsOf(insightName, findings) {
      const event = insights.get(insightName)?.event ?? null;
      if (event === null) throw new Error(`no events of ${insightName}`);
      const now = new Date(NOW_MS).toISOString();
      return findings.map((finding, at) => mustBe(eventOfFinding(event, { finding, id: `told-${at}`, now }, { left: WORK_MAX })));
    },
    async write(writeName, request) {
      const write = writes.get(writeName);
      if (write === undefined) throw new Error(`no write ${writeName}`);
      const read = readRequest(write, request);
      if (!read.ok) return pathsOf(read.fault);
      const { values, ...named } = read.value;
      madeIds += 1;
      const names = { ...named, params: values.params, id: `made-${madeIds}` };
      const checked = await answerOf(write.checks, values, { sources, more: names });
      if (checked === undefined) return undefined;
      const made = eventOf(write, checked);
      if (!made.ok) return pathsOf(made.fault.code === 'row_conflict' ? [] : made.fault.errors);
      const fault = this.send([JSON.stringify(made.value)])[0] ?? null;
      if (fault !== null) return pathsOf([{ path: write.memberOf(fault.path ?? '') }]);
      const accepted = { ...names, id: made.value.id, receipt: 'tgr1.x', received_at: new Date(NOW_MS).toISOString() };
      const view = await viewOf(write, accepted, this.view);
      return answerOf(write.reply, values, { sources, more: { ...accepted, view } });
    },
  };

  /** Cells of a metric over an entity are those of its rows as they are now. */
  function rowsOf(plan: Plan): readonly AnswerRow[] {
    const { over } = plan.metric;
    if (over === undefined) return answerRows(plan, batches);
    const known = foldedRows.get(plan.metric);
    const folded = known === undefined ? projectRows(rows.of(over.entity), () => undefined, createRowFold([plan.metric])).folded : known;
    foldedRows.set(plan.metric, folded);
    return answerRows(plan, folded === null ? [] : [folded]);
  }

  /** As the query service does it: its questions are asked, and what follows from their answers. */
  function analysed(asked: unknown): readonly object[] {
    const parsed = parseAnalysis(asked);
    const metric = parsed.ok ? pack.metrics.get(parsed.question.metric) : undefined;
    if (!parsed.ok || metric === undefined) throw new Error(JSON.stringify(parsed));
    const analysis = mustBe(planAnalysis(parsed.question, { metric, nowMs: NOW_MS }));
    const answers = analysis.questions.map((question) => {
      const plan = planned(question, pack);
      return { columns: plan.columns, rows: rowsOf(plan) };
    });
    const { columns, rows } = analysis.conclude(answers);
    return rows.map((row) => Object.fromEntries(columns.map(({ name: column }, at) => [column, row[at] ?? null])));
  }

  function objectsOf(plan: Plan): readonly Readonly<Record<string, AnswerValue>>[] {
    return rowsOf(plan).map((row) => Object.fromEntries(plan.columns.map(({ name: column }, at) => [column, row[at] ?? null])));
  }
}

function readRequest(write: CompiledWrite, { params = {}, body = {}, by = null }: WriteRequest) {
  const given = new Map(Object.entries(params).map(([param, value]) => [param, [value]]));
  const values = parseParams(write.checks, { given, nowMs: NOW_MS, callerSubject: by, pseudonymOf: (id) => id });
  const members = readBodyValues(write.body, body, { nowMs: NOW_MS, callerSubject: by });
  if (!values.ok) return values;
  return members.ok ? ok({ values: values.value, body: members.value, given: params, caller: { subject: by } }) : members;
}

/** The answer of the view that a write names. */
async function viewOf({ view }: CompiledWrite, names: Readonly<Record<string, unknown>>, read: PackInProcess['view']): Promise<Json> {
  if (view === null) return {};
  return (await read(view.name, textsOf(mustBe(view.params.fill(names, { left: WORK_MAX }))))) ?? {};
}

function pathsOf(faults: readonly { readonly path: string }[]): Json {
  return { errors: faults.map(({ path }) => path) };
}

function textsOf(filled: Json): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(filled ?? {}).map(([name, value]) => [name, String(value)]));
}

function planned(asked: unknown, pack: CompiledPack): Plan {
  const parsed = parseQuestion(asked);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const { question } = parsed;
  const metric = pack.metrics.get(question.metric) ?? null;
  const subject = question.subject ?? null;
  const plan = planQuestion({ question, metric, subject, cursor: null, nowMs: NOW_MS, bucketsMax: BUCKETS_MAX });
  if (!plan.ok) throw new Error(JSON.stringify(plan.fault));
  return plan.value;
}

interface Sources {
  ask(question: unknown): readonly object[];
  waited(asked: StreamAsk): object;
  read(asked: EntityAsk): Promise<{ readonly rows: readonly object[]; readonly cursor: string | null }>;
}

/** As the query service does it, one query after the other. */
async function answerOf(
  view: CompiledView,
  { params, pseudonyms, window, wait }: ViewValues,
  { sources, more = {} }: { readonly sources: Sources; readonly more?: object },
): Promise<Json | undefined> {
  const work = { left: WORK_MAX };
  const meta: Record<string, unknown> = {};
  const values: Record<string, unknown> = {
    params,
    pseudonyms,
    window,
    now: new Date(NOW_MS).toISOString(),
    caller: { subject: null },
    ...leastPersons(view, params, null),
    meta,
    ...more,
  };
  for (const query of view.queries) {
    meta[query.name] = { next_cursor: null };
    values[query.name] = [];
    const wanted = query.when?.evaluate(values, work);
    if (wanted !== undefined && !(wanted.ok && wanted.value === true)) continue;
    const filled = mustBe(query.body.fill(values, work));
    if (query.source === 'question') values[query.name] = sources.ask(toQuestion(filled, view, { wait }));
    else if (query.source === 'stream') values[query.name] = [sources.waited(mustBe(toStreamAsk(filled)))];
    else {
      const page = await sources.read(mustBe(toEntityAsk(filled)));
      values[query.name] = page.rows;
      meta[query.name] = { next_cursor: page.cursor };
    }
  }
  return mustBe(fillAnswer(view, values, work));
}

function mustBe<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.fault));
  return result.value;
}

function answerRows(plan: Plan, batches: readonly ReturnType<ReturnType<typeof createFolder>['take']>[]): readonly AnswerRow[] {
  const answer = createAnswer<RollupState>(plan, createStateAlgebra(plan.merged), plan.range.subject);
  for (const { series, deltas } of batches) {
    const isAsked = series.map(({ metric, setNo }) => metric === plan.metric.metric && setNo === plan.range.setNo);
    const sinks = series.map((entry, at) => (isAsked[at] === true ? answer.series(entry) : null));
    for (const { series: at, bucketS, state } of deltas) {
      const sink = sinks[at];
      if (sink === null || sink === undefined) continue;
      const stored = decodeState(encodeState(state), plan.metric.measures);
      if (stored === null) throw new Error('what was encoded is a state');
      sink(bucketS, stored, 0);
    }
  }
  return answer.finish().rows;
}
