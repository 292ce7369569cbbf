/** `POST /v1/exports`, and what became of one (docs/design/warehouse-exports.md). */
import type { ObjectStore } from '@tidegate/archive';
import { failed, ok, toIsoUtc } from '@tidegate/core';
import type { Result } from '@tidegate/core';
import type { Caller, Exchange, ProblemFault } from '@tidegate/http';
import {
  decodeExactly,
  invalidMember,
  invalidRequest,
  jobView,
  readJsonBody,
  refuseUnread,
  sendJson,
  SUBJECT_HEADER,
  WAREHOUSE_ASK_SCHEMA,
} from '@tidegate/http';
import type { JobInfo, JobQueue, WarehouseExport, WarehouseStore } from '@tidegate/postgres';
import type { z } from 'zod';
import type { RegisteredPack } from '../registry.ts';
import { FILE_TYPES } from './warehouse-file.ts';
import { WAREHOUSE_JOB, wishText } from './warehouse-job.ts';
import { folderOf, manifestKeyOf } from './warehouse-manifest.ts';
import { readPlan } from './warehouse-plan.ts';
import type { WarehouseWish } from './warehouse-plan.ts';
import { wishOf } from './warehouse-wish.ts';

/** What exports to a warehouse alone need. */
export interface Warehousing {
  readonly warehouse: Pick<WarehouseStore, 'find' | 'files'>;
  /** Null: nobody said where files are to lie. */
  readonly warehouseObjects: ObjectStore | null;
  readonly warehouseQueue: Pick<JobQueue, 'submit'>;
}

export interface WarehouseRoutesDeps extends Warehousing {
  readonly registry: { packs(tenant: string): readonly RegisteredPack[] };
  /** Null: not there, or not for this caller. */
  readonly findJob: (exchange: Exchange, id: string) => Promise<JobInfo | null>;
  readonly nowMs: () => number;
}

type Answering = (exchange: Exchange) => Promise<void>;
export type WarehouseHandlers = Readonly<
  Record<'createWarehouseExport' | 'readWarehouseExport' | 'readWarehouseManifest' | 'readWarehouseFile', Answering>
>;

const BODY_BYTES_MAX = 262_144;
const DAY_MS = 86_400_000;
const UNSET: ProblemFault = { code: 'export_store_unset' };
const NOT_FOUND: ProblemFault = { code: 'not_found' };

export function createWarehouseHandlers(deps: WarehouseRoutesDeps): WarehouseHandlers {
  return {
    createWarehouseExport: (exchange) => create(deps, exchange),
    async readWarehouseExport(exchange) {
      const job = await findOne(deps, exchange);
      if (job === null) return refuseUnread(exchange, NOT_FOUND);
      sendJson(exchange, stateView(job, await deps.warehouse.find(job.tenant, job.id)), { headers: NO_STORE });
    },
    async readWarehouseManifest(exchange) {
      const found = await findWhole(deps, exchange);
      if (!found.ok) return refuseUnread(exchange, found.fault);
      const { objects, job, plan } = found.value;
      const bytes = await objects.get(manifestKeyOf(job.tenant, job.id));
      return bytes === null ? refuseUnread(exchange, NOT_FOUND) : sendBytes(exchange, bytes, { type: 'application/json', plan });
    },
    async readWarehouseFile(exchange) {
      const found = await findWhole(deps, exchange);
      if (!found.ok) return refuseUnread(exchange, found.fault);
      const { objects, job, plan } = found.value;
      const file = (await deps.warehouse.files(job.id, null))[Number(exchange.params['no'])];
      const bytes = file === undefined ? null : await objects.get(file.key);
      return bytes === null ? refuseUnread(exchange, NOT_FOUND) : sendBytes(exchange, bytes, { type: FILE_TYPES[plan.format], plan });
    },
  };
}

async function create(deps: WarehouseRoutesDeps, exchange: Exchange): Promise<void> {
  const read = await readJsonBody(exchange.request, BODY_BYTES_MAX);
  if (!read.ok) return refuseUnread(exchange, read.fault);
  if (deps.warehouseObjects === null) return refuseUnread(exchange, UNSET);
  const wish = wishBy(deps, exchange.caller, read.value);
  if (!wish.ok) return refuseUnread(exchange, wish.fault);
  const { tenant, keyId: owner } = exchange.caller;
  const { job } = await deps.warehouseQueue.submit({ tenant, owner, kind: WAREHOUSE_JOB, params: wishText(wish.value) });
  const location = pollUrlOf(job);
  sendJson(exchange, stateView(job, null), { status: 202, headers: { location, ...NO_STORE } });
}

type Asked = z.output<typeof WAREHOUSE_ASK_SCHEMA>;

function wishBy({ registry, nowMs }: WarehouseRoutesDeps, { tenant, scopes }: Caller, value: unknown): Result<WarehouseWish, ProblemFault> {
  const read = WAREHOUSE_ASK_SCHEMA.safeParse(value);
  if (!read.success) return failed(invalidRequest(read.error));
  if (read.data.events !== undefined && !scopes.includes('events:read')) {
    return failed({ code: 'scope_missing', detail: 'Events need a key that has the scope events:read too.' });
  }
  const days = daysOf(read.data, nowMs());
  return days.ok ? wishOf(read.data, { tenant, days: days.value, packs: registry.packs(tenant) }) : days;
}

function daysOf({ from, to, last }: Asked, nowMs: number): Result<Pick<WarehouseWish, 'fromDay' | 'toDay'>, ProblemFault> {
  const today = Math.floor(nowMs / DAY_MS);
  if (last !== undefined) {
    if (from !== undefined || to !== undefined) return invalid('last', 'in place of from and to, not beside them');
    return ok({ fromDay: today - Number(last.slice(0, -1)), toDay: today });
  }
  if (from === undefined) return invalid('from', 'give from, or last');
  const toDay = to === undefined ? today : dayOf(to);
  return toDay <= dayOf(from) ? invalid('to', 'later than from') : ok({ fromDay: dayOf(from), toDay });
}

function dayOf(date: string): number {
  return Date.parse(date) / DAY_MS;
}

async function findOne({ findJob }: WarehouseRoutesDeps, exchange: Exchange): Promise<JobInfo | null> {
  const job = await findJob(exchange, exchange.params['id'] ?? '');
  return job?.kind === WAREHOUSE_JOB ? job : null;
}

interface Whole {
  readonly objects: ObjectStore;
  readonly job: JobInfo;
  readonly plan: ReturnType<typeof readPlan>;
}

async function findWhole(deps: WarehouseRoutesDeps, exchange: Exchange): Promise<Result<Whole, ProblemFault>> {
  const { warehouseObjects: objects, warehouse } = deps;
  const job = await findOne(deps, exchange);
  const found = job === null ? null : await warehouse.find(job.tenant, job.id);
  if (job === null || found === null || found.complete === null) return failed(NOT_FOUND);
  const plan = readPlan(decodeExactly(found.plan));
  // Whoever asked for it may have lost the scope since, and an administrator of the tenant need not have it.
  const hasEvents = plan.tables.some(({ kind }) => kind === 'events');
  if (hasEvents && !exchange.caller.scopes.includes('events:read')) return failed({ code: 'scope_missing' });
  return objects === null ? failed(UNSET) : ok({ objects, job, plan });
}

const NO_STORE = { 'cache-control': 'no-store' } as const;

function pollUrlOf({ id }: JobInfo): string {
  return `/v1/exports/${id}`;
}

/** Of one that is not begun, or whose files are gone. */
const NO_FILES = { complete: null, expiresMs: null, files: 0, rows: 0, bytes: 0 };

function stateView(job: JobInfo, found: Omit<WarehouseExport, 'plan'> | null): Readonly<Record<string, unknown>> {
  const { progress_pct, submitted_at, error_code, poll_url: jobUrl } = jobView(job);
  const { complete, expiresMs, files, rows, bytes } = found ?? NO_FILES;
  const isWhole = job.state === 'completed' && complete !== null;
  return {
    ...{ export_id: job.id, status: job.state, progress_pct, requested_at: submitted_at, error_code },
    ...{ poll_url: pollUrlOf(job), job_url: jobUrl, location: folderOf(job.tenant, job.id), files, rows, bytes },
    manifest_url: isWhole ? `${pollUrlOf(job)}/manifest` : null,
    expires_at: isWhole && expiresMs !== null ? toIsoUtc(expiresMs) : null,
  };
}

interface Bytes {
  readonly type: string;
  readonly plan: Whole['plan'];
}

/** Events are rows of persons, which the audit has to be told. */
function sendBytes({ response, context }: Exchange, bytes: Uint8Array, { type, plan }: Bytes): void {
  const about = plan.tables.some(({ kind }) => kind === 'events') ? { [SUBJECT_HEADER]: '*' } : {};
  response.writeHead(200, {
    ...{ 'content-type': type, 'content-length': bytes.length, 'x-request-id': context.requestId },
    ...NO_STORE,
    ...about,
  });
  response.end(bytes);
}

function invalid(path: string, message: string): Result<never, ProblemFault> {
  return failed(invalidMember(path, message));
}
