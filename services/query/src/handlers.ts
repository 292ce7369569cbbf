/** The routes of the service: from HTTP to the steps and back. */
import { freshnessOf, QUESTION_GRAINS, seesMetric, toIsoUtc, usualNames } from '@tidegate/core';
import type { CompiledMetric } from '@tidegate/core';
import type { Caller, Exchange, Handler, RouteNameOf } from '@tidegate/http';
import { invalidMember, RECEIPT_QUERY, refuse, sendJson, visibleRows } from '@tidegate/http';
import { askBatch, askFunnel, askKept, askQuestion } from './answer-routes.ts';
import type { AnswerRoutesDeps } from './answer-routes.ts';
import { createMakeAnew } from './background/make-anew.ts';
import { createCacheHandlers } from './cache-admin.ts';
import type { CacheAdminDeps } from './cache-admin.ts';
import { createAuditHandlers } from './audit/audit-routes.ts';
import type { AuditRoutesDeps } from './audit/audit-routes.ts';
import { createListBudgets } from './budgets.ts';
import type { BudgetsDeps } from './budgets.ts';
import { createExportHandlers } from './export/export-routes.ts';
import type { Exporting } from './export/export-routes.ts';
import { createListEventTypes } from './event-types.ts';
import { createReadEventStats } from './event-stats.ts';
import type { EventStatsDeps } from './event-stats.ts';
import { createReadEvent } from './event-state.ts';
import type { EventStateDeps } from './event-state.ts';
import { createExperimentHandlers } from './experiments.ts';
import type { Freshness } from './freshness.ts';
import { createGapHandlers } from './gaps.ts';
import type { GapsDeps } from './gaps.ts';
import { holdRecent, holdView } from './hold-to-person.ts';
import { createJobHandlers, findJob } from './jobs.ts';
import type { JobsDeps } from './jobs.ts';
import { readMaking } from './making.ts';
import type { MakingDeps } from './making.ts';
import { previewPack } from './preview.ts';
import type { PreviewDeps } from './preview.ts';
import type { Receipts } from './receipts.ts';
import { createReadRecentEvents } from './recent/recent-route.ts';
import type { RecentRouteDeps } from './recent/recent-route.ts';
import { createRecountHandlers } from './recounts.ts';
import type { RecountsDeps } from './recounts.ts';
import { createRejectedHandlers } from './rejected.ts';
import type { RejectedDeps } from './rejected.ts';
import type { RegisteredPack, Registry } from './registry.ts';
import { createFindInsights } from './insights/find-insights.ts';
import type { FindInsightsDeps } from './insights/find-insights.ts';
import type { FindJob } from './insights/find-job.ts';
import { createTellFindings } from './insights/tell-findings.ts';
import type { TellFindingsDeps } from './insights/tell-findings.ts';
import { createReadInsights, listInsights } from './insights/read-insights.ts';
import { createListRestatements } from './restatements.ts';
import type { RestatementsDeps } from './restatements.ts';
import { createWatch } from './live/live-route.ts';
import type { LiveRouteDeps } from './live/live-route.ts';
import type { Status } from './status.ts';
import { storeFaultOf } from './store-fault.ts';
import { createBareView } from './views/open-members.ts';
import type { OpenMembersDeps } from './views/open-members.ts';
import { readView } from './views/read-view.ts';
import type { ReadViewDeps } from './views/read-view.ts';
import { createReadEntity } from './views/read-entity.ts';
import type { ReadEntityDeps } from './views/read-entity.ts';
import { createReadStream } from './views/read-stream.ts';
import { createRunView } from './views/run-view.ts';
import type { RunView } from './views/run-view.ts';
import { viewOfView } from './views/view-list.ts';
import { runWrite } from './writes/run-write.ts';
import type { RunWriteDeps } from './writes/run-write.ts';
import { createWarehouseHandlers } from './warehouse/warehouse-routes.ts';
import type { Warehousing } from './warehouse/warehouse-routes.ts';
import { viewOfWrite } from './writes/write-list.ts';

export interface HandlerDeps
  extends
    AnswerRoutesDeps,
    Pick<ReadViewDeps, 'etagOf'>,
    Omit<LiveRouteDeps, 'findJob' | 'runView' | 'names'>,
    RejectedDeps,
    Pick<AuditRoutesDeps, 'accesses' | 'auditChain'>,
    BudgetsDeps,
    Omit<JobsDeps, 'background'>,
    RestatementsDeps,
    Pick<GapsDeps, 'gaps'>,
    Pick<RecountsDeps, 'audit'>,
    Omit<CacheAdminDeps, 'names'>,
    EventStateDeps,
    Pick<EventStatsDeps, 'tallies'>,
    Pick<RecentRouteDeps, 'readRecent'>,
    Pick<FindInsightsDeps, 'insights' | 'newFindingId' | 'onGenerated'>,
    Pick<TellFindingsDeps, 'onTold'>,
    Pick<OpenMembersDeps, 'openFields'>,
    Pick<RunWriteDeps, 'sendEvents' | 'writeIdOf' | 'writeWaitMs'> {
  readonly entities: ReadEntityDeps['entities'];
  readonly readAges: ReadEntityDeps['readAges'];
  readonly exporting: Exporting;
  readonly warehousing: Warehousing;
  /** Who looks for findings unasked. */
  readonly finding: Pick<FindJob, 'findBy'>;
  readonly primary: MakingDeps['primary'] & PreviewDeps['primary'];
  readonly receipts: Receipts;
  /** Views whose answers are kept. */
  readonly keepViews: (runView: RunView) => RunView;
  readonly names: CacheAdminDeps['names'] & LiveRouteDeps['names'];
  readonly registry: Registry;
  readonly freshness: Freshness;
  readonly status: Status;
  readonly pseudonymOf: (tenant: string, id: string) => string;
  readonly nowMs: () => number;
}

export type QueryHandlers = Readonly<Record<RouteNameOf<'query'>, Handler>>;

export function createHandlers(deps: HandlerDeps): QueryHandlers {
  const { registry } = deps;
  const { listRejected, readRejected } = createRejectedHandlers(deps);
  const { listGaps, acknowledgeGap } = createGapHandlers(deps);
  const { listJobs, readJob, readJobResult, cancelJob } = createJobHandlers(deps);
  const { readCacheStats, resetCacheStats, readCache, listKeptNames, adviseCache, dropKept } = createCacheHandlers(deps);
  const experiments = createExperimentHandlers(deps);
  return {
    // A receipt asks for little: where even that takes too long the server is ill, not the request.
    askQuestion: whileStoreAnswers('question_too_slow', async (exchange) => askQuestion(deps, exchange)),
    askFunnel: whileStoreAnswers('question_too_slow', async (exchange) => askFunnel(deps, exchange)),
    askKept: whileStoreAnswers('question_too_slow', async (exchange) => askKept(deps, exchange)),
    ...experiments,
    readExperiment: whileStoreAnswers('question_too_slow', async (exchange) => experiments.readExperiment(exchange)),
    askBatch: async (exchange) => askBatch(deps, exchange),
    ...createPackHandlers(deps),
    readReceipt: whileStoreAnswers('unavailable', async (exchange) => readReceipt(deps, exchange)),
    readEvent: whileStoreAnswers('unavailable', createReadEvent(deps)),
    readEventStats: whileStoreAnswers('unavailable', createReadEventStats(deps)),
    readRecentEvents: whileStoreAnswers('unavailable', createReadRecentEvents(deps)),
    listRejected: whileStoreAnswers('unavailable', listRejected),
    readRejected: whileStoreAnswers('unavailable', readRejected),
    listBudgets: whileStoreAnswers('unavailable', createListBudgets(deps)),
    readCacheStats: whileStoreAnswers('unavailable', readCacheStats),
    resetCacheStats: whileStoreAnswers('unavailable', resetCacheStats),
    readCache: whileStoreAnswers('unavailable', readCache),
    listKeptNames: whileStoreAnswers('unavailable', listKeptNames),
    adviseCache: whileStoreAnswers('unavailable', adviseCache),
    dropKept: whileStoreAnswers('unavailable', dropKept),
    listGaps: whileStoreAnswers('unavailable', listGaps),
    acknowledgeGap: whileStoreAnswers('unavailable', acknowledgeGap),
    ...createStoredHandlers(deps),
    listJobs: whileStoreAnswers('unavailable', listJobs),
    readJob: whileStoreAnswers('unavailable', readJob),
    readJobResult: whileStoreAnswers('unavailable', readJobResult),
    cancelJob: whileStoreAnswers('unavailable', cancelJob),
    listRestatements: whileStoreAnswers('unavailable', createListRestatements(deps)),
    listMetrics(exchange) {
      const { caller } = exchange;
      const metrics = registry.metrics(caller.tenant).filter(({ metric }) => sees(caller, metric));
      sendJson(exchange, { metrics: metrics.map(metricView) });
    },
    readMetric(exchange) {
      const metric = registry.metric(exchange.caller.tenant, exchange.params['metric'] ?? '');
      if (metric === null || !sees(exchange.caller, metric.metric)) return refuse(exchange, { code: 'not_found' });
      return sendJson(exchange, { ...metricView(metric), freshness: freshnessView(deps) });
    },
    listEventTypes: createListEventTypes(deps),
    listPacks: (exchange) => sendJson(exchange, { packs: registry.packs(exchange.caller.tenant).map(packView) }),
    readPack(exchange) {
      const pack = registry.pack(exchange.caller.tenant, exchange.params['pack'] ?? '');
      if (pack === null) return refuse(exchange, { code: 'not_found' });
      return sendJson(exchange, wholePackView(pack));
    },
    readStatus: async (exchange) => sendJson(exchange, await readStatus(deps, exchange.caller)),
    previewPack: whileStoreAnswers('unavailable', async (exchange) => previewPack(deps, exchange)),
  };
}

/** What is shown of tables, and kept in them. */
function createStoredHandlers(deps: HandlerDeps) {
  return allWhileStoreAnswers({
    ...createAuditHandlers(deps),
    ...createRecountHandlers(deps),
    ...createExportHandlers({ ...deps, ...deps.exporting }),
    ...createWarehouseHandlers({ ...deps, ...deps.warehousing, findJob: async (exchange, id) => findJob(deps, exchange, id) }),
  });
}

/** What packs declare: views, findings of rules, and routes that write. */
function createPackHandlers(deps: HandlerDeps): Pick<QueryHandlers, 'readView' | 'listInsights' | 'runWrite' | 'watch'> {
  const reading = { ...deps, readEntity: createReadEntity(deps), readStream: createReadStream(deps) };
  const runPlain = createRunView({ ...reading, readInsights: null });
  const findInsights = createFindInsights({ ...deps, runView: runPlain, tellFindings: createTellFindings(deps) });
  deps.finding.findBy(findInsights);
  const runNow = holdView(createRunView({ ...reading, readInsights: createReadInsights(findInsights) }), deps.pseudonymOf);
  const runSealed = deps.keepViews(runNow);
  const watching = {
    ...deps,
    readRecent: holdRecent(deps.readRecent),
    runView: createBareView(runNow),
    findJob: async (exchange: Exchange, id: string) => findJob(deps, exchange, id),
  };
  const runView = createBareView(runSealed);
  deps.background.makeBy(createMakeAnew({ ...deps, runView }));
  return {
    watch: whileStoreAnswers('question_too_slow', createWatch(watching)),
    readView: whileStoreAnswers('question_too_slow', async (exchange) => readView({ ...deps, runView: runSealed }, exchange)),
    listInsights: whileStoreAnswers('question_too_slow', async (exchange) => listInsights({ ...deps, findInsights }, exchange)),
    runWrite: whileStoreAnswers('unavailable', async (exchange) => runWrite({ ...deps, runView }, exchange)),
  };
}

function sees(caller: Caller, metric: string): boolean {
  const rows = visibleRows(caller);
  return rows === null || seesMetric(rows, metric);
}

async function readStatus(deps: HandlerDeps, { tenant }: Caller): Promise<Readonly<Record<string, unknown>>> {
  const [status, making] = await Promise.all([deps.status(), readMaking(deps, tenant)]);
  return { ...status, making };
}

function allWhileStoreAnswers<N extends string>(
  handlers: Readonly<Record<N, (exchange: Exchange) => Promise<void>>>,
): Readonly<Record<N, Handler>> {
  const wrapped = Object.entries<(exchange: Exchange) => Promise<void>>(handlers).map(([name, handle]) => [
    name,
    whileStoreAnswers('unavailable', handle),
  ]);
  return Object.fromEntries(wrapped) as Record<N, Handler>;
}

function whileStoreAnswers(overTime: 'question_too_slow' | 'unavailable', handle: (exchange: Exchange) => Promise<void>): Handler {
  return async function handleOrRefuse(exchange) {
    try {
      await handle(exchange);
    } catch (error) {
      const fault = storeFaultOf(error, overTime);
      if (fault === null) throw error;
      refuse(exchange, fault);
    }
  };
}

async function readReceipt(deps: HandlerDeps, exchange: Exchange): Promise<void> {
  const receipt = deps.receipts.open(exchange.params['receipt'] ?? '', exchange.caller.tenant);
  if (receipt === null) return refuse(exchange, { code: 'not_found' });
  const asked = RECEIPT_QUERY.safeParse({ wait_ms: Number(exchange.query.get('wait_ms') ?? '0') });
  if (!asked.success) {
    const message = 'a whole number from 0 to 10000';
    return refuse(exchange, invalidMember('wait_ms', message));
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
    grains: QUESTION_GRAINS.filter((grain) => grain !== 'minute' || metric.grains.includes('minute')),
  };
}

function wholePackView(pack: RegisteredPack): Readonly<Record<string, unknown>> {
  const views = [...pack.views.values()].map(viewOfView);
  const writes = [...pack.writes.values()].map(viewOfWrite);
  return { ...packView(pack), views, writes, source: pack.source };
}

function packView({ compiled, views }: RegisteredPack): Readonly<Record<string, unknown>> {
  const { pack, version, title, eventTypes, metrics } = compiled;
  return { pack, version, title, events: [...eventTypes.keys()], metrics: [...metrics.keys()], views: [...views.keys()] };
}

function freshnessView({ freshness, nowMs }: HandlerDeps): Readonly<Record<string, unknown>> {
  const { completeThroughMs, lagMs, status } = freshnessOf(freshness.of([...freshness.tracked().values()]), nowMs());
  return { complete_through: completeThroughMs === null ? null : toIsoUtc(completeThroughMs), lag_ms: Math.round(lagMs), status };
}
