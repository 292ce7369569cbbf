import { randomUUID } from 'node:crypto';
import type { Caller } from '@tidegate/http';
import { createHttpServer, signCaller } from '@tidegate/http';
import type {
  AuditReader,
  AuditStore,
  BudgetStore,
  EntityReader,
  EventStore,
  InsightStore,
  JobReader,
  TallyReader,
} from '@tidegate/postgres';
import { createMemoryEntityReader, createMemoryJobs } from '@tidegate/postgres/memory';
import { systemClock as clock, createAuditChain, createRepeatableSealer, createSealer, pause } from '@tidegate/runtime';
import { createMetrics, createTracing, silentLogger as log } from '@tidegate/telemetry';
import { WebSocket } from 'ws';
import { createEtag } from '../src/answer-body.ts';
import type { Answer, Ask, AnswerMeta } from '../src/ask.ts';
import type { CacheAdminDeps } from '../src/cache-admin.ts';
import { createBackground } from '../src/background/background.ts';
import type { Background } from '../src/background/background.ts';
import { createFreshness } from '../src/freshness.ts';
import type { GapsDeps } from '../src/gaps.ts';
import type { Exporting } from '../src/export/export-routes.ts';
import type { Warehousing } from '../src/warehouse/warehouse-routes.ts';
import { createHandlers } from '../src/handlers.ts';
import { createDelivery } from '../src/small-answers.ts';
import type { HandlerDeps } from '../src/handlers.ts';
import type { Receipts } from '../src/receipts.ts';
import type { RejectedDeps } from '../src/rejected.ts';
import { createLifetimes } from '../src/lifetimes.ts';
import { createKeptBodies } from '../src/kept-bodies.ts';
import { createLiveHub } from '../src/live/live-hub.ts';
import type { ReadRecent } from '../src/recent/recent-events.ts';
import { createRegistry } from '../src/registry.ts';
import type { Registry } from '../src/registry.ts';
import type { RestatementsDeps } from '../src/restatements.ts';
import { NAMES } from './fixtures.ts';
import type { SendEvents } from '../src/writes/event-sender.ts';
import { createWriteIds } from '../src/writes/write-ids.ts';

export interface ServedAsk {
  call(path: string, init?: RequestInit & Partial<Caller>): Promise<Response>;
  /** The same over a WebSocket. */
  socket(path: string, caller: Partial<Caller>): WebSocket;
  /** As the service drains. */
  endLive(): void;
  close(): Promise<void>;
}

const NO_ROWS: RejectedDeps['rejected'] = { list: async () => [], listBeyond: async () => [], find: async () => null };
const NO_BUDGETS: BudgetStore = { list: async () => [] };
const NO_GAPS: GapsDeps['gaps'] = { readGaps: async () => [], acknowledge: async () => undefined };
const NO_AUDIT: AuditStore = {
  readRecounts: async () => [],
  readRequests: async () => new Map(),
  listDrifts: async () => [],
  request: async () => 1,
};
const NO_FIGURES: Omit<CacheAdminDeps, 'registry' | 'pseudonymOf' | 'nowMs' | 'names'> & Pick<HandlerDeps, 'names'> = {
  keptFigures: {
    ...{ classes: async () => [], hours: async () => [], top: async () => [], kept: async () => [], bytesOf: async () => [] },
    one: async (_tenant, name) => ({ name, hits: 0, misses: 0, errors: 0, writes: 0, changed: 0, evicted: 0 }),
    reset: async () => undefined,
  },
  store: { dropMarks: async () => undefined },
  names: NAMES,
  lifetimeOf: createLifetimes({ isOn: true, byVariable: new Map(), byClass: new Map() }),
};
const NO_FINDINGS: InsightStore = { list: async () => [], change: async () => 0 };
const NOTHING_TAKEN: SendEvents = async () => ({ ok: false, problem: { code: 'log_unavailable' } });
const NO_ACCESSES: AuditReader = {
  list: async () => [],
  readLinks: async () => [],
  readChain: async () => ({ ends: null, record: null }),
  readTotal: async () => ({ records: 0, signature: new Uint8Array(0), found: 0 }),
};
const callerKey = new Uint8Array(32).fill(5);
const ETAG_OF = createEtag(new Uint8Array(32).fill(6));

/** What stands in place of tables; absent: an empty one. */
export interface ServedStores {
  readonly rejected?: RejectedDeps['rejected'];
  readonly budgets?: Pick<BudgetStore, 'list'>;
  readonly jobs?: JobReader;
  readonly gaps?: GapsDeps['gaps'];
  readonly restated?: RestatementsDeps['restated'];
  readonly registry?: Registry;
  readonly entities?: EntityReader;
  readonly audit?: AuditStore;
  readonly accesses?: AuditReader;
  readonly events?: EventStore;
  readonly tallies?: TallyReader;
  readonly readRecent?: ReadRecent;
  readonly background?: Background;
  readonly receipts?: Partial<Receipts>;
  readonly cache?: Partial<typeof NO_FIGURES>;
  readonly keepViews?: HandlerDeps['keepViews'];
  readonly sendEvents?: SendEvents;
  readonly openFields?: HandlerDeps['openFields'];
  readonly readAges?: HandlerDeps['readAges'];
  readonly insights?: InsightStore;
  readonly exporting?: Exporting;
  readonly warehousing?: Warehousing;
  readonly onGenerated?: (pack: string, count: number) => void;
  readonly onTold?: HandlerDeps['onTold'];
  readonly finding?: HandlerDeps['finding'];
}

const sealer = createSealer(new Uint8Array(32).fill(3));
const NO_WAREHOUSE: Warehousing = {
  warehouse: { find: async () => null, files: async () => [] },
  warehouseObjects: null,
  warehouseQueue: { submit: async () => Promise.reject(new Error('no job is asked for')) },
};
/** Nobody is known, so nothing is held. */
const NO_EXPORTS: Exporting = {
  exports: {
    ...{ ask: async () => undefined, begin: async () => false, putPart: async () => undefined, end: async () => false },
    ...{ find: async () => null, readPart: async () => null, deleteExpired: async () => undefined },
    ...{ forgetExports: async () => undefined, spansOf: async () => [] },
  },
  makeExport: async () => ({ ok: false, fault: 'unread' }),
  exportQueue: { submit: async () => Promise.reject(new Error('no job was expected')) },
  exportSealers: { params: sealer, link: sealer, part: sealer },
  ...{ exportWithinMs: 2_000, exportBytesMax: 10_000_000 },
};

function emptyStores() {
  return {
    rejected: NO_ROWS,
    budgets: NO_BUDGETS,
    jobs: createMemoryJobs(),
    gaps: NO_GAPS,
    restated: { list: async () => [] },
    registry: createRegistry(() => undefined),
    audit: NO_AUDIT,
    accesses: NO_ACCESSES,
    events: { findCounted: async () => [], findRejected: async () => null },
    background: createBackground({
      ...{ queue: null, jobs: createMemoryJobs(), sealer: createRepeatableSealer(new Uint8Array(32).fill(4)) },
      ...{ nowMs: () => clock.nowMs(), withinMs: 300, onError: () => undefined },
    }),
    readRecent: async () => ({ events: [], held: [], floorMs: null, cache: 'bypass' as const }),
    tallies: { sums: async () => [], rejectedSince: async () => 0, lags: async () => [] },
    entities: createMemoryEntityReader({ entities: new Map() }),
    sendEvents: NOTHING_TAKEN,
    openFields: async () => null,
    readAges: async () => null,
    insights: NO_FINDINGS,
    exporting: NO_EXPORTS,
    warehousing: NO_WAREHOUSE,
    onGenerated: () => undefined,
    onTold: () => undefined,
    finding: { findBy: () => undefined },
  };
}

function receiptsThatAreCounted(ask: Ask): Receipts {
  return {
    open: () => ({ tenant: 'acme', logGeneration: 1, entries: [] }),
    waitFor: async () => ask({}, { tenant: 'acme', rows: null, signal: AbortSignal.abort() }).then(() => ({ countedIn: null, held: [] })),
    stateOf: async () => ({ isCounted: true, pendingEvents: 0, isLogChanged: false, covered: [] }),
    rejectedEvents: async () => 0,
  };
}

function liveOf(ask: Ask) {
  const quiet = { onFailed: () => undefined, onTopics: () => undefined };
  const { monotonicMs } = clock;
  return { hub: createLiveHub({ ask, monotonicMs, paceMs: 5, idleMs: 20, topicsMax: 10, ...quiet }), monotonicMs, pause, lifeMs: 60_000 };
}

/** The service's routes over HTTP, with a given outcome of its questions and receipts. */
export async function serveAsk(ask: Ask, stores: ServedStores = {}): Promise<ServedAsk> {
  const live = liveOf(ask);
  const handlers = createHandlers({
    ask,
    etagOf: ETAG_OF,
    keptBodyOf: createKeptBodies(ETAG_OF),
    ...emptyStores(),
    ...stores,
    receipts: { ...receiptsThatAreCounted(ask), ...stores.receipts },
    auditChain: createAuditChain(new Uint8Array(32).fill(9)),
    erasures: { isErased: async () => false },
    identityKey: new Uint8Array(16).fill(8),
    primary: { readTasks: async () => [], readRecentEvents: async () => [] },
    cursorSealer: createRepeatableSealer(new Uint8Array(32).fill(7)),
    pseudonymOf: (tenant, id) => `${tenant}/${id}`,
    freshness: createFreshness(() => clock.nowMs()),
    ...NO_FIGURES,
    ...stores.cache,
    keepViews: stores.keepViews ?? ((runView) => runView),
    status: async () => ({}),
    nowMs: () => clock.nowMs(),
    ...live,
    questionBytesMax: 2_048,
    writeIdOf: createWriteIds(new Uint8Array(16).fill(9)),
    writeWaitMs: 100,
    newFindingId: randomUUID,
    step: (_name, action) => action(),
  });
  const metrics = createMetrics('query');
  const delivery = createDelivery({ etagOf: ETAG_OF, step: (_name, action) => action() });
  const server = createHttpServer({ handlers, callerKey, delivery, clock, log, metrics, tracing: createTracing({ service: 'query' }) });
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    call(path, { tenant = 'acme', keyId = 'k', scopes = [], subject, rows, headers, ...init } = {}) {
      const confined = { ...(subject === undefined ? {} : { subject }), ...(rows === undefined ? {} : { rows }) };
      const caller = signCaller(callerKey, { tenant, keyId, scopes, ...confined }, clock.nowMs());
      const all = new Headers(headers);
      all.set('x-tidegate-caller', caller);
      if (init.body !== undefined && !all.has('content-type')) all.set('content-type', 'application/json');
      return fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers: all });
    },
    socket(path, { tenant = 'acme', keyId = 'k', scopes = [] }) {
      const headers = { 'x-tidegate-caller': signCaller(callerKey, { tenant, keyId, scopes }, clock.nowMs()) };
      return new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
    },
    endLive: live.hub.end,
    async close() {
      live.hub.end();
      await server.close(0);
    },
  };
}

/** An answer of two columns. */
export function answerWith(rows: Answer['rows'], meta: Partial<AnswerMeta> = {}, more: Partial<Answer> = {}): Answer {
  return {
    columns: [
      { name: 'page', type: 'string' },
      { name: 'edits', type: 'integer' },
    ],
    rows,
    next_cursor: null,
    meta: {
      complete_through: '2026-11-01T00:00:00.000Z',
      lag_ms: 0,
      status: 'current',
      metric_version: 1,
      revision: 0,
      grain: null,
      zone: 'UTC',
      generated_at: '2026-11-01T00:00:01.000Z',
      backfill_pending: 0,
      cache: { state: 'miss', age_ms: 0 },
      approximate: {},
      source: 'rollup',
      suppressed_groups: 0,
      ...meta,
    },
    ...more,
  };
}
