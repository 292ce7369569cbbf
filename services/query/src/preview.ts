/** What a pack would answer: the newest raw events folded by the definition in place and by the new one, without a cell written. */
import {
  compilePack,
  createAnswer,
  createRawFold,
  createRowFold,
  createStateAlgebra,
  parsePack,
  parseQuestion,
  planPackVersion,
  planQuestion,
  projectRows,
} from '@tidegate/core';
import type { AnswerColumn, AnswerRow, CompiledMetric, FoldedBatch, PackSource, Plan, RawEvent, RollupState } from '@tidegate/core';
import type { Exchange, ProblemFault } from '@tidegate/http';
import { PACK_PREVIEW_REQUEST_SCHEMA, readJsonBody, sendJson, sendProblem } from '@tidegate/http';
import type { ReadStore } from '@tidegate/postgres';
import type { Freshness } from './freshness.ts';
import type { Registry } from './registry.ts';

export interface PreviewDeps {
  readonly registry: Pick<Registry, 'metric' | 'pack'>;
  readonly primary: Pick<ReadStore, 'readRecentEvents'>;
  readonly freshness: Pick<Freshness, 'tracked'>;
}

interface PreviewedAnswer {
  /** Null: it has none yet. */
  readonly version: number | null;
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly AnswerRow[];
}

const BODY_BYTES_MAX = 1_048_576;
const HOUR_MS = 3_600_000;
const QUARTER_HOUR_MS = 900_000;
const BUCKETS_MAX = 10_000;
/** Some offsets are copies, other tenants' or of other types. */
const OFFSETS_PER_ROW = 4;

export async function previewPack(deps: PreviewDeps, exchange: Exchange): Promise<void> {
  const { request, response, context, caller } = exchange;
  const refuse = (fault: ProblemFault): void => sendProblem(response, fault, context);
  const body = await readJsonBody(request, BODY_BYTES_MAX);
  if (!body.ok) return refuse(body.fault);
  const asked = PACK_PREVIEW_REQUEST_SCHEMA.safeParse(body.value);
  if (!asked.success) return refuse({ code: 'request_invalid' });
  const { pack: input, metric, events: rowsMax } = asked.data;
  const parsed = parsePack(input);
  if (!parsed.ok) {
    return refuse({ code: 'pack_invalid', errors: parsed.fault.map(({ code, path = '', message }) => ({ code, path, message })) });
  }
  const pack = parsed.value;
  if (metric !== undefined && pack.metrics[metric] === undefined) return refuse({ code: 'metric_unknown' });
  const names = metric === undefined ? changedMetrics(deps, caller.tenant, pack) : [metric];
  const compiled = compilePack({ tenant: caller.tenant, version: 1, metricVersions: {}, pack });
  const metrics = [];
  for (const name of names) {
    const then = compiled.metrics.get(name);
    if (then !== undefined) metrics.push(await previewMetric(deps, then, rowsMax));
  }
  sendJson(exchange, { pack: pack.pack, metrics });
}

/** Those whose definition is not the one in place. */
function changedMetrics({ registry }: PreviewDeps, tenant: string, pack: PackSource): readonly string[] {
  const inPlace = registry.pack(tenant, pack.pack);
  const metrics = Object.fromEntries(Object.keys(inPlace?.source.metrics ?? {}).map((name) => [name, 1]));
  const previous =
    inPlace === null ? null : { pack: pack.pack, version: 1, source: inPlace.source, metrics, making: [], earlier: [], history: {} };
  const planned = planPackVersion({ previous, source: pack, highest: {}, declared: new Set() });
  return Object.keys(pack.metrics).filter((name) => planned.metrics[name] !== metrics[name]);
}

async function previewMetric({ registry, primary, freshness }: PreviewDeps, then: CompiledMetric, rowsMax: number) {
  const { tenant, metric } = then;
  const now = registry.metric(tenant, metric);
  const types = [...new Set([...then.eventTypes, ...(now?.eventTypes ?? [])])];
  const offsets = Math.ceil((rowsMax * OFFSETS_PER_ROW) / Math.max(1, freshness.tracked().size));
  const events = await primary.readRecentEvents({ tenant, types, offsets, rowsMax });
  const range = rangeOf(events);
  const answer = (by: CompiledMetric | null): PreviewedAnswer | null =>
    by === null || range === null ? null : answerBy(by, events, range);
  const [before, after] = [answer(now), answer(then)];
  return {
    metric,
    events: events.length,
    grain: range?.grain ?? null,
    old: before,
    // Which number it will get is not known before it is applied.
    new: after === null ? null : { ...after, version: null },
  };
}

interface PreviewRange {
  readonly grain: 'quarter_hour' | 'hour' | 'day';
  readonly from: string;
  readonly to: string;
}

/** From the first event to the last, in buckets of which a terminal can show all; null: there is none. */
function rangeOf(events: readonly RawEvent[]): PreviewRange | null {
  const times = events.map(({ occurredAtMs }) => occurredAtMs);
  if (times.length === 0) return null;
  const from = times.reduce((least, time) => Math.min(least, time));
  const to = times.reduce((most, time) => Math.max(most, time));
  const spanMs = to - from;
  const grain = spanMs <= 12 * HOUR_MS ? 'quarter_hour' : spanMs <= 72 * HOUR_MS ? 'hour' : 'day';
  const widthMs = grain === 'quarter_hour' ? QUARTER_HOUR_MS : grain === 'hour' ? HOUR_MS : 24 * HOUR_MS;
  const edge = (count: number): string => new Date(count * widthMs).toISOString();
  return { grain, from: edge(Math.floor(from / widthMs)), to: edge(Math.floor(to / widthMs) + 1) };
}

/** As a series of the whole metric, by the planner and the merging of every answer. */
function answerBy(metric: CompiledMetric, events: readonly RawEvent[], { grain, from, to }: PreviewRange): PreviewedAnswer | null {
  const parsed = parseQuestion({ metric: metric.metric, kind: 'series', from, to, grain, zone: 'UTC', limit: 1_000 });
  if (!parsed.ok) return null;
  const plan = planQuestion({
    question: parsed.question,
    metric,
    subject: null,
    cursor: null,
    nowMs: Date.parse(to),
    bucketsMax: BUCKETS_MAX,
  });
  return plan.ok ? { version: metric.version, columns: plan.value.columns, rows: rowsOf(plan.value, events) } : null;
}

/** Of a metric over an entity those of the rows that the events alone make. */
function cellsOf(metric: CompiledMetric, folded: FoldedBatch): Pick<FoldedBatch, 'series' | 'deltas'> {
  if (metric.over === undefined) return folded;
  const changes = folded.entities.flatMap(({ rows }) => rows);
  return projectRows(changes, () => undefined, createRowFold([metric])).folded ?? { series: [], deltas: [] };
}

function rowsOf(plan: Plan, events: readonly RawEvent[]): readonly AnswerRow[] {
  const fold = createRawFold([plan.metric]);
  for (const event of events) fold.fold(event);
  const { series, deltas } = cellsOf(plan.metric, fold.take());
  const answer = createAnswer<RollupState>(plan, createStateAlgebra(plan.merged), null);
  const sinks = series.map((entry) => (entry.setNo === plan.range.setNo ? answer.series(entry) : null));
  for (const delta of deltas) sinks[delta.series]?.(delta.bucketS, delta.state, 0);
  return answer.finish().rows;
}
