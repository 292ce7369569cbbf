/** Packs of the caller's tenant: check, compare, put in place, take back. */
import type { Fault, Result } from '@tidegate/core';
import { diffPacks } from '@tidegate/core';
import type { Exchange, Handler, ProblemFault } from '@tidegate/http';
import { readBytes, sendJson, sendProblem } from '@tidegate/http';
import type { PackPlan, PackPlanning } from '@tidegate/postgres';
import type { AdminDependencies } from './admin-dependencies.ts';
import { readPackBody } from './pack-body.ts';

type PackRoute = 'applyPack' | 'validatePack' | 'diffPack' | 'rollbackPack';

const PACK_BYTES_MAX = 1_048_576;

export function createAdminPacks(dependencies: AdminDependencies): Readonly<Record<PackRoute, Handler>> {
  const { store } = dependencies;
  return {
    applyPack: (exchange) =>
      withPack(exchange, async (source) => sendChanged(exchange, dependencies, await store.applyPack(exchange.caller.tenant, source))),
    validatePack: (exchange) =>
      withPack(exchange, async (source) => sendPlan(exchange, await store.planPack(exchange.caller.tenant, source), packView)),
    diffPack: (exchange) =>
      withPack(exchange, async (source) => sendPlan(exchange, await store.planPack(exchange.caller.tenant, source), diffView)),
    rollbackPack: async (exchange) =>
      sendChanged(exchange, dependencies, await store.rollbackPack(exchange.caller.tenant, exchange.params['pack'] ?? '')),
  };
}

async function withPack(exchange: Exchange, act: (source: unknown) => Promise<void>): Promise<void> {
  const { request, response, context } = exchange;
  const bytes = await readBytes(request, PACK_BYTES_MAX);
  if (bytes === null) return sendProblem(response, { code: 'body_too_large' }, context);
  const body = readPackBody(request.headers['content-type'], bytes);
  if (!body.ok) return sendProblem(response, body.fault, context);
  await act(body.value);
}

function sendChanged(exchange: Exchange, dependencies: AdminDependencies, planned: PackPlanning): void {
  if (planned.ok) noteChange(dependencies, planned.value);
  sendPlan(exchange, planned, packView);
}

/** Tells the other services, and counts. */
export function noteChange({ wake, metrics }: AdminDependencies, { isChange, raisedMetrics }: PackPlan): void {
  if (!isChange) return;
  wake();
  metrics.counter('metrics_created_total').inc(raisedMetrics.length);
}

function sendPlan(exchange: Exchange, planned: Result<PackPlan, readonly Fault[]>, view: (plan: PackPlan) => unknown): void {
  if (!planned.ok) return sendProblem(exchange.response, packProblem(planned.fault), exchange.context);
  sendJson(exchange, view(planned.value));
}

export function packView({ record, isChange }: PackPlan) {
  const { pack, version, metrics, making } = record;
  return { pack, version, changed: isChange, metrics: onlyNamed(metrics, Object.keys(record.source.metrics)), making };
}

function diffView(plan: PackPlan) {
  const { pack, version } = plan.record;
  return { pack, version, changed: plan.isChange, ...diffPacks(plan.previous, plan.record) };
}

/** Versions of metrics that the pack no longer has stay in the record, but are nobody's answer. */
function onlyNamed(versions: Readonly<Record<string, number>>, names: readonly string[]): Readonly<Record<string, number | undefined>> {
  return Object.fromEntries(names.map((name) => [name, versions[name]]));
}

function packProblem(faults: readonly Fault[]): ProblemFault {
  const known = faults.find(({ code }) => code === 'not_found' || code === 'pack_has_no_version_before');
  if (known !== undefined) return { code: known.code };
  return { code: 'pack_invalid', errors: faults.map(({ code, path = '', message }) => ({ code, path, message })) };
}
