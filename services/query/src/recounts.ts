/** `/v1/audit/reconcile`: the latest recount of each metric, and asking for one. */
import { failed, fromRecountJson, GRAINS, NO_TALLY, ok, toIsoUtc } from '@tidegate/core';
import type { MetricVersion, RecountRound, RecountTally, RecountTask } from '@tidegate/core';
import { decodeJson, invalidRequest, readBytes, RECOUNT_ASK_SCHEMA, RECOUNTS_QUERY, sendJson, sendProblem } from '@tidegate/http';
import type { Exchange } from '@tidegate/http';
import type { AuditStore, DriftInfo } from '@tidegate/postgres';
import type { z } from 'zod';
import type { Freshness } from './freshness.ts';
import type { Registry } from './registry.ts';

export interface RecountsDeps {
  readonly audit: AuditStore;
  readonly registry: Pick<Registry, 'metric' | 'metrics'>;
  readonly freshness: Pick<Freshness, 'tracked'>;
}

const BODY_BYTES_MAX = 16_384;

type Answering = (exchange: Exchange) => Promise<void>;

export function createRecountHandlers(deps: RecountsDeps): { readonly readRecounts: Answering; readonly askRecount: Answering } {
  const { audit, registry } = deps;
  return {
    async readRecounts(exchange) {
      const asked = parse(exchange, RECOUNTS_QUERY, Object.fromEntries(exchange.query));
      if (asked === null) return;
      const { tenant } = exchange.caller;
      const { metric = null, limit } = asked;
      if (metric !== null && registry.metric(tenant, metric) === null) return refuse(exchange);
      const [rows, requests, drifts] = await Promise.all([
        audit.readRecounts(tenant),
        audit.readRequests(tenant),
        limit === 0 ? [] : audit.listDrifts({ tenant, metric, rowsMax: limit }),
      ]);
      const tasks = rows.flatMap((row) => fromRecountJson(row) ?? []);
      const versions = versionsOf(deps, tenant, tasks).filter((version) => metric === null || version.metric === metric);
      const partitions = deps.freshness.tracked().size;
      const askedOf = (version: MetricVersion): number => Math.max(requests.get(null) ?? 0, requests.get(version.metric) ?? 0);
      sendJson(exchange, {
        recounts: versions.map((version) =>
          recountView(version, { partitions, asked: askedOf(version), tasks: tasks.filter((task) => isSame(task.version, version)) }),
        ),
        drift: drifts.map(driftView),
      });
    },
    async askRecount(exchange) {
      const body = await readBody(exchange);
      if (!body.ok) return sendProblem(exchange.response, body.fault, exchange.context);
      const asked = parse(exchange, RECOUNT_ASK_SCHEMA, body.value);
      if (asked === null) return;
      const { tenant, keyId } = exchange.caller;
      const { metric = null } = asked;
      if (metric !== null && registry.metric(tenant, metric) === null) return refuse(exchange);
      sendJson(exchange, { request_no: await audit.request({ tenant, metric, askedBy: keyId }) }, { status: 202 });
    },
  };
}

function refuse({ response, context }: Exchange): void {
  sendProblem(response, { code: 'not_found' }, context);
}

/** No body at all is an empty object. */
async function readBody({ request }: Exchange): Promise<ReturnType<typeof decodeJson>> {
  const bytes = await readBytes(request, BODY_BYTES_MAX);
  if (bytes === null) return failed({ code: 'body_too_large' });
  return bytes.length === 0 ? ok({}) : decodeJson(bytes);
}

/** Null: it is answered already. */
function parse<T>({ response, context }: Exchange, schema: z.ZodType<T>, value: unknown): T | null {
  const asked = schema.safeParse(value);
  if (asked.success) return asked.data;
  sendProblem(response, invalidRequest(asked.error), context);
  return null;
}

/** Those that are answered, and those that owners recount beside them. */
function versionsOf({ registry }: RecountsDeps, tenant: string, tasks: readonly RecountTask[]): readonly MetricVersion[] {
  const answered = registry.metrics(tenant).map(({ metric, version }) => ({ tenant, metric, version }));
  const all = [...answered, ...tasks.map(({ version }) => version)];
  return all.filter((one, at) => all.findIndex((other) => isSame(one, other)) === at).toSorted(byName);
}

function isSame(one: MetricVersion, other: MetricVersion): boolean {
  return one.metric === other.metric && one.version === other.version;
}

function byName(one: MetricVersion, other: MetricVersion): number {
  return one.metric.localeCompare(other.metric) || one.version - other.version;
}

interface Recounted {
  readonly partitions: number;
  /** The newest request that concerns it. */
  readonly asked: number;
  readonly tasks: readonly RecountTask[];
}

function recountView({ metric, version }: MetricVersion, recounted: Recounted): Readonly<Record<string, unknown>> {
  const { partitions, asked, tasks } = recounted;
  const ended = tasks.flatMap(({ last }) => last ?? []);
  const done = ended.filter(({ requestNo }) => requestNo >= asked);
  const isDone = done.length >= partitions && done.length > 0;
  const share = tasks.reduce((sum, task) => sum + shareOf(task, asked), 0) / Math.max(1, partitions);
  const tally = ended.reduce(addUp, NO_TALLY);
  return {
    ...{ metric, version, state: stateOf(recounted, { isDone, tally }), partitions, partitions_done: done.length },
    share: isDone ? 1 : Math.min(1, share),
    ...{ days: tally.days, days_unkept: tally.daysUnkept, buckets: tally.buckets, cells: tally.cells },
    ...{ cells_moved: tally.cellsMoved, drift: tally.drift, repaired: tally.repaired },
    started_at: instantOf(
      ended.map(({ startedMs }) => startedMs),
      Math.min,
    ),
    finished_at: isDone
      ? instantOf(
          ended.flatMap(({ finishedMs }) => finishedMs ?? []),
          Math.max,
        )
      : null,
    request_no: isDone ? Math.min(...done.map(({ requestNo }) => requestNo)) : 0,
  };
}

function stateOf(
  { asked, tasks }: Recounted,
  { isDone, tally }: { readonly isDone: boolean; readonly tally: RecountTally },
): 'never' | 'waiting' | 'running' | 'clean' | 'drift' {
  if (isDone) return tally.drift > 0 ? 'drift' : 'clean';
  if (tasks.some(({ round, last }) => (round ?? last)?.requestNo === asked && asked > 0)) return 'running';
  return asked > 0 ? 'waiting' : 'never';
}

function shareOf({ round, last }: RecountTask, asked: number): number {
  if ((last?.requestNo ?? -1) >= asked) return 1;
  return round !== null && round.requestNo >= asked ? round.share : 0;
}

function addUp(sum: RecountTally, one: RecountRound): RecountTally {
  return {
    days: sum.days + one.days,
    daysUnkept: sum.daysUnkept + one.daysUnkept,
    buckets: sum.buckets + one.buckets,
    cells: sum.cells + one.cells,
    cellsMoved: sum.cellsMoved + one.cellsMoved,
    drift: sum.drift + one.drift,
    repaired: sum.repaired + one.repaired,
  };
}

function instantOf(all: readonly number[], pick: (...all: number[]) => number): string | null {
  return all.length === 0 ? null : toIsoUtc(pick(...all));
}

function driftView(drift: DriftInfo): Readonly<Record<string, unknown>> {
  const { metric, version, partition, bucketS, subject, dims: dimensions, kind, expected, found, foundAtMs, repairedAtMs } = drift;
  const [grain] = Object.entries(GRAINS).find(([, { code }]) => code === drift.grain) ?? ['quarter_hour'];
  return {
    ...{ metric, version, partition, grain, bucket: toIsoUtc(bucketS * 1_000), subject: subject === '' ? null : subject, dimensions },
    ...{ kind, expected, found, found_at: toIsoUtc(foundAtMs), repaired_at: repairedAtMs === null ? null : toIsoUtc(repairedAtMs) },
  };
}
