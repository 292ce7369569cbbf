/** The routes of the service: from HTTP to the steps and back. */
import { freshnessOf, toIsoUtc, usualNames } from '@tidegate/core';
import type { CompiledMetric } from '@tidegate/core';
import type { Exchange, Handler, ProblemFault, RouteNameOf } from '@tidegate/http';
import { readJsonBody, RECEIPT_QUERY, sendJson, sendProblem } from '@tidegate/http';
import { isOverTime, isUnavailable } from '@tidegate/postgres';
import type { Answer, Ask } from './ask.ts';
import type { Freshness } from './freshness.ts';
import { NDJSON_TYPE, toNdjson, wantsNdjson } from './ndjson.ts';
import type { Receipts } from './receipts.ts';
import type { RegisteredPack, Registry } from './registry.ts';
import type { Status } from './status.ts';

export interface HandlerDeps {
  readonly ask: Ask;
  readonly receipts: Receipts;
  readonly registry: Registry;
  readonly freshness: Freshness;
  readonly status: Status;
  readonly nowMs: () => number;
  readonly questionBytesMax: number;
}

/** Longer than a connection that breaks, shorter than a failover: clients come back a few times. */
const STORE_RETRY_S = 2;
/** What took too long costs much: it is not asked again at once. */
const OVER_TIME_RETRY_S = 30;

export type QueryHandlers = Readonly<Record<RouteNameOf<'query'>, Handler>>;

export function createHandlers(deps: HandlerDeps): QueryHandlers {
  const { registry } = deps;
  return {
    // A receipt asks for little: where even that takes too long the server is ill, not the request.
    askQuestion: whileStoreAnswers('question_too_slow', async (exchange) => askQuestion(deps, exchange)),
    readReceipt: whileStoreAnswers('unavailable', async (exchange) => readReceipt(deps, exchange)),
    listMetrics: (exchange) => sendJson(exchange, { metrics: registry.metrics(exchange.caller.tenant).map(metricView) }),
    readMetric(exchange) {
      const metric = registry.metric(exchange.caller.tenant, exchange.params['metric'] ?? '');
      if (metric === null) return refuse(exchange, { code: 'not_found' });
      return sendJson(exchange, { ...metricView(metric), freshness: freshnessView(deps) });
    },
    listPacks: (exchange) => sendJson(exchange, { packs: registry.packs(exchange.caller.tenant).map(packView) }),
    readPack(exchange) {
      const pack = registry.pack(exchange.caller.tenant, exchange.params['pack'] ?? '');
      if (pack === null) return refuse(exchange, { code: 'not_found' });
      return sendJson(exchange, { ...packView(pack), source: pack.source });
    },
    readStatus: async (exchange) => sendJson(exchange, await deps.status()),
  };
}

function refuse({ response, context }: Exchange, fault: ProblemFault): void {
  sendProblem(response, fault, context);
}

/** What only Postgres can answer is refused while it is away, or takes longer than it may, and is worth another try. */
function whileStoreAnswers(overTime: 'question_too_slow' | 'unavailable', handle: (exchange: Exchange) => Promise<void>): Handler {
  return async function handleOrRefuse(exchange) {
    try {
      await handle(exchange);
    } catch (error) {
      if (isUnavailable(error)) return refuse(exchange, { code: 'unavailable', retryAfterS: STORE_RETRY_S });
      if (!isOverTime(error)) throw error;
      refuse(exchange, { code: overTime, retryAfterS: OVER_TIME_RETRY_S });
    }
  };
}

async function askQuestion({ ask, questionBytesMax }: HandlerDeps, exchange: Exchange): Promise<void> {
  const body = await readJsonBody(exchange.request, questionBytesMax);
  if (!body.ok) return refuse(exchange, { code: body.fault.code });
  const outcome = await ask(body.value, { tenant: exchange.caller.tenant, signal: exchange.signal });
  if (!outcome.ok) return refuse(exchange, outcome.problem);
  sendAnswer(exchange, outcome.answer);
}

const X_CACHE = { hit: 'HIT', miss: 'MISS', fill: 'MISS', bypass: 'BYPASS' } as const;

function sendAnswer(exchange: Exchange, answer: Answer): void {
  const headers = { 'x-cache': X_CACHE[answer.meta.cache.state], 'cache-control': 'no-store', vary: 'accept' };
  if (!wantsNdjson(exchange.request.headers.accept)) return sendJson(exchange, answer, { headers });
  const body = Buffer.from(toNdjson(answer));
  exchange.response.writeHead(200, {
    'content-type': NDJSON_TYPE,
    'content-length': body.length,
    'x-request-id': exchange.context.requestId,
    ...headers,
  });
  exchange.response.end(body);
}

async function readReceipt(deps: HandlerDeps, exchange: Exchange): Promise<void> {
  const receipt = deps.receipts.open(exchange.params['receipt'] ?? '', exchange.caller.tenant);
  if (receipt === null) return refuse(exchange, { code: 'not_found' });
  const asked = RECEIPT_QUERY.safeParse({ wait_ms: Number(exchange.query.get('wait_ms') ?? '0') });
  if (!asked.success) {
    const message = 'a whole number from 0 to 10000';
    return refuse(exchange, { code: 'request_invalid', errors: [{ path: 'wait_ms', code: 'invalid_value', message }] });
  }
  const { held } = await deps.receipts.waitFor(receipt, asked.data.wait_ms, exchange.signal);
  const state = await deps.receipts.stateOf(receipt, held);
  const { completeThroughMs } = freshnessOf(deps.freshness.of(held), deps.nowMs());
  sendJson(exchange, {
    counted: state.isCounted,
    pending_events: state.pendingEvents,
    rejected_events: await deps.receipts.rejectedEvents(receipt, state),
    complete_through: completeThroughMs === null ? null : toIsoUtc(completeThroughMs),
    ...(state.isLogChanged ? { log_changed: true } : {}),
  });
}

function metricView(metric: CompiledMetric): Readonly<Record<string, unknown>> & { readonly metric: string } {
  const { pack, version, title, eventTypes, dimensions, sets, measures } = metric;
  return {
    metric: metric.metric,
    pack,
    version,
    ...(title === undefined ? {} : { title }),
    events: eventTypes,
    dimensions,
    sets: sets.map((set) => (set.bySubject ? [...set.dimensions, 'subject'] : set.dimensions)),
    measures: measures.map(({ name, kind, field, unit }) => ({ name, measure: kind, field: field ?? null, unit: unit ?? null })),
    asked_as: usualNames(metric),
    grains: ['quarter_hour', 'hour', 'day', 'week', 'month', 'quarter', 'year'],
  };
}

function packView({ compiled }: RegisteredPack): Readonly<Record<string, unknown>> {
  const { pack, version, title, eventTypes, metrics } = compiled;
  return { pack, version, title, events: [...eventTypes.keys()], metrics: [...metrics.keys()] };
}

function freshnessView({ freshness, nowMs }: HandlerDeps): Readonly<Record<string, unknown>> {
  const { completeThroughMs, lagMs, status } = freshnessOf(freshness.of([...freshness.tracked().values()]), nowMs());
  return { complete_through: completeThroughMs === null ? null : toIsoUtc(completeThroughMs), lag_ms: Math.round(lagMs), status };
}
