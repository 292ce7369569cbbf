import type { Fault, Result } from '@tidegate/core';
import type { Exchange, Handler, ProblemFault, RouteNameOf } from '@tidegate/http';
import { KEY_REQUEST_SCHEMA, readBytes, readJsonBody, sendJson, sendProblem } from '@tidegate/http';
import type { ControlStore, KeyInfo, PackPlan, PackPlanning } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';
import type { Metrics } from '@tidegate/telemetry';
import type { z } from 'zod';
import { readPackBody } from './pack-body.ts';

export interface AdminDependencies {
  readonly store: ControlStore;
  /** Tells the publisher that there is something to publish. */
  readonly wake: () => void;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

type AdminRoute = Extract<RouteNameOf<'gateway'>, 'applyPack' | 'validatePack' | 'createKey' | 'listKeys' | 'revokeKey'>;
type KeyRequest = z.output<typeof KEY_REQUEST_SCHEMA>;

const KEY_BYTES_MAX = 16_384;
const PACK_BYTES_MAX = 1_048_576;

/** Administration of one tenant: the caller's own. What is changed here is in force in every service within 2 seconds. */
export function createAdmin(dependencies: AdminDependencies): Readonly<Record<AdminRoute, Handler>> {
  const { store } = dependencies;
  return {
    applyPack: (exchange) => answerPack(exchange, dependencies, (source) => store.applyPack(exchange.caller.tenant, source)),
    validatePack: (exchange) => answerPack(exchange, null, (source) => store.planPack(exchange.caller.tenant, source)),
    createKey: (exchange) => createKey(exchange, dependencies),
    listKeys: async (exchange) => sendJson(exchange, { keys: (await store.listKeys(exchange.caller.tenant)).map(toWire) }, NO_STORE),
    revokeKey: (exchange) => revokeKey(exchange, dependencies),
  };
}

const NO_STORE = { headers: { 'cache-control': 'no-store' } } as const;

async function answerPack(
  exchange: Exchange,
  applied: Pick<AdminDependencies, 'wake' | 'metrics'> | null,
  act: (source: unknown) => Promise<PackPlanning>,
): Promise<void> {
  const { request, response, context } = exchange;
  const bytes = await readBytes(request, PACK_BYTES_MAX);
  if (bytes === null) return sendProblem(response, { code: 'body_too_large' }, context);
  const body = readPackBody(request.headers['content-type'], bytes);
  if (!body.ok) return sendProblem(response, body.fault, context);
  const planned: Result<PackPlan, readonly Fault[]> = await act(body.value);
  if (!planned.ok) return sendProblem(response, packProblem(planned.fault), context);
  const { record, isChange, raisedMetrics } = planned.value;
  if (applied !== null && isChange) {
    applied.wake();
    applied.metrics.counter('metrics_created_total').inc(raisedMetrics.length);
  }
  const { pack, version, metrics } = record;
  sendJson(exchange, { pack, version, changed: isChange, metrics: onlyNamed(metrics, Object.keys(record.source.metrics)) });
}

/** Versions of metrics that the pack no longer has stay in the record, but are nobody's answer. */
function onlyNamed(versions: Readonly<Record<string, number>>, names: readonly string[]): Readonly<Record<string, number | undefined>> {
  return Object.fromEntries(names.map((name) => [name, versions[name]]));
}

function packProblem(faults: readonly Fault[]): ProblemFault {
  if (faults.some(({ code }) => code === 'not_found')) return { code: 'not_found' };
  return { code: 'pack_invalid', errors: faults.map(({ code, path = '', message }) => ({ code, path, message })) };
}

async function createKey(exchange: Exchange, { store, wake }: AdminDependencies): Promise<void> {
  const { request, response, context, caller } = exchange;
  const body = await readJsonBody(request, KEY_BYTES_MAX);
  if (!body.ok) return sendProblem(response, body.fault, context);
  const asked = KEY_REQUEST_SCHEMA.safeParse(body.value);
  if (!asked.success) return sendProblem(response, invalid(asked.error), context);
  const beyond = scopesBeyond(asked.data, caller.scopes);
  if (beyond.length > 0)
    return sendProblem(response, { code: 'scope_missing', detail: `Only who has ${beyond.join(', ')} may give it.` }, context);
  const { name, kind, scopes, expires_at: expiresAt } = asked.data;
  const expiresAtMs = expiresAt === undefined ? null : Date.parse(expiresAt);
  const created = await store.createKey({ tenant: caller.tenant, name, kind, scopes, expiresAtMs });
  if (created === null) return sendProblem(response, { code: 'not_found' }, context);
  wake();
  sendJson(exchange, { ...toWire(created.key), key: created.secret }, { ...NO_STORE, status: 201 });
}

/** Rights over others' data or over the installation can only be passed on by who has them. */
function scopesBeyond({ scopes }: KeyRequest, held: readonly string[]): readonly string[] {
  return scopes.filter((scope) => scope.endsWith(':admin') && !held.includes(scope));
}

async function revokeKey(exchange: Exchange, { store, wake, clock }: AdminDependencies): Promise<void> {
  const { params, response, context, caller } = exchange;
  const revoked = await store.revokeKey({ tenant: caller.tenant, keyId: params['key'] ?? '', nowMs: clock.nowMs() });
  if (revoked === null) return sendProblem(response, { code: 'not_found' }, context);
  wake();
  sendJson(exchange, toWire(revoked));
}

function toWire(key: KeyInfo): Readonly<Record<string, unknown>> {
  return {
    id: key.keyId,
    name: key.name,
    kind: key.kind,
    scopes: key.scopes,
    last4: key.last4,
    state: key.state,
    created_at: toInstant(key.createdAtMs),
    expires_at: toInstant(key.expiresAtMs),
    revoked_at: toInstant(key.revokedAtMs),
  };
}

function toInstant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** Paths name members of our own schema; a member that the caller made up is not repeated. */
function invalid({ issues }: z.ZodError): ProblemFault {
  return {
    code: 'request_invalid',
    errors: issues.map((issue) => ({
      path: issue.path.map(String).join('.'),
      code: issue.code,
      message: issue.code === 'unrecognized_keys' ? 'holds a member that is not known here' : issue.message,
    })),
  };
}
