import type { Fault, Result } from '@tidegate/core';
import { ok } from '@tidegate/core';
import type { Exchange, Handler, ProblemFault, RouteNameOf } from '@tidegate/http';
import { decodeJson, KEY_REQUEST_SCHEMA, readBytes, readJsonBody, ROTATE_REQUEST_SCHEMA, sendJson, sendProblem } from '@tidegate/http';
import type { ControlStore, CreatedKey, KeyInfo, PackPlan, PackPlanning } from '@tidegate/postgres';
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

type AdminRoute = Extract<RouteNameOf<'gateway'>, 'applyPack' | 'validatePack' | 'createKey' | 'listKeys' | 'rotateKey' | 'revokeKey'>;

const KEY_BYTES_MAX = 16_384;
const PACK_BYTES_MAX = 1_048_576;

/** Administration of one tenant: the caller's own. What is changed here is in force in every service within 2 seconds. */
export function createAdmin(dependencies: AdminDependencies): Readonly<Record<AdminRoute, Handler>> {
  const { store, clock } = dependencies;
  return {
    applyPack: (exchange) => answerPack(exchange, dependencies, (source) => store.applyPack(exchange.caller.tenant, source)),
    validatePack: (exchange) => answerPack(exchange, null, (source) => store.planPack(exchange.caller.tenant, source)),
    createKey: (exchange) => createKey(exchange, dependencies),
    listKeys: async (exchange) =>
      sendJson(exchange, { keys: (await store.listKeys(exchange.caller.tenant)).map((key) => toWire(key, clock.nowMs())) }, NO_STORE),
    rotateKey: (exchange) => rotateKey(exchange, dependencies),
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

async function createKey(exchange: Exchange, { store, wake, clock }: AdminDependencies): Promise<void> {
  const { request, response, context, caller } = exchange;
  const body = await readJsonBody(request, KEY_BYTES_MAX);
  if (!body.ok) return sendProblem(response, body.fault, context);
  const asked = KEY_REQUEST_SCHEMA.safeParse(body.value);
  if (!asked.success) return sendProblem(response, invalid(asked.error), context);
  const beyond = scopesBeyond(asked.data.scopes, caller.scopes);
  if (beyond !== null) return sendProblem(response, beyond, context);
  const { name, kind, scopes, expires_at: expiresAt } = asked.data;
  const expiresAtMs = expiresAt === undefined ? null : Date.parse(expiresAt);
  const created = await store.createKey({ tenant: caller.tenant, name, kind, scopes, expiresAtMs });
  if (created === null) return sendProblem(response, { code: 'not_found' }, context);
  wake();
  sendCreated(exchange, { ...created, nowMs: clock.nowMs() }, 201);
}

/** Rights over others' data or over the installation can only be passed on by who has them. */
export function scopesBeyond(scopes: readonly string[], held: readonly string[]): ProblemFault | null {
  const beyond = scopes.filter((scope) => scope.endsWith(':admin') && !held.includes(scope));
  return beyond.length === 0 ? null : { code: 'scope_missing', detail: `Only who has ${beyond.join(', ')} may give it.` };
}

async function rotateKey(exchange: Exchange, { store, wake, clock }: AdminDependencies): Promise<void> {
  const { request, params, response, context, caller } = exchange;
  const bytes = await readBytes(request, KEY_BYTES_MAX);
  if (bytes === null) return sendProblem(response, { code: 'body_too_large' }, context);
  const body: Result<unknown, ProblemFault> = bytes.length === 0 ? ok({}) : decodeJson(bytes);
  if (!body.ok) return sendProblem(response, body.fault, context);
  const asked = ROTATE_REQUEST_SCHEMA.safeParse(body.value);
  if (!asked.success) return sendProblem(response, invalid(asked.error), context);
  const { tenant } = caller;
  const keyId = params['key'] ?? '';
  const key = await store.findKey(tenant, keyId);
  // A new secret is the key: who may not give its scopes may not have it either. Scopes of a key never change.
  const beyond = key === null ? null : scopesBeyond(key.scopes, caller.scopes);
  if (beyond !== null) return sendProblem(response, beyond, context);
  const nowMs = clock.nowMs();
  const rotated = await store.rotateKey({ tenant, keyId, nowMs, overlapMs: asked.data.overlap_s * 1_000 });
  if (!rotated.ok) return sendProblem(response, { code: rotated.fault }, context);
  wake();
  sendCreated(exchange, { ...rotated.value, nowMs }, 200);
}

/** The one answer that holds a secret. */
function sendCreated(exchange: Exchange, { key, secret, nowMs }: CreatedKey & { readonly nowMs: number }, status: number): void {
  sendJson(exchange, { ...toWire(key, nowMs), key: secret }, { ...NO_STORE, status });
}

async function revokeKey(exchange: Exchange, { store, wake, clock }: AdminDependencies): Promise<void> {
  const { params, response, context, caller } = exchange;
  const nowMs = clock.nowMs();
  const revoked = await store.revokeKey({ tenant: caller.tenant, keyId: params['key'] ?? '', nowMs });
  if (revoked === null) return sendProblem(response, { code: 'not_found' }, context);
  wake();
  sendJson(exchange, toWire(revoked, nowMs));
}

function toWire(key: KeyInfo, nowMs: number): Readonly<Record<string, unknown>> {
  const hasExpired = key.expiresAtMs !== null && key.expiresAtMs <= nowMs;
  const isOverlapping = key.state === 'active' && !hasExpired && (key.earlierEndsAtMs ?? 0) > nowMs;
  return {
    id: key.keyId,
    tenant: key.tenant,
    prefix: `tg_${key.kind}_`,
    name: key.name,
    kind: key.kind,
    scopes: key.scopes,
    last4: key.last4,
    state: key.state === 'active' && hasExpired ? 'expired' : key.state,
    created_at: toInstant(key.createdAtMs),
    expires_at: toInstant(key.expiresAtMs),
    revoked_at: toInstant(key.revokedAtMs),
    rotated_at: toInstant(key.rotatedAtMs),
    earlier_until: isOverlapping ? toInstant(key.earlierEndsAtMs) : null,
  };
}

function toInstant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** Paths name members of our own schema; a member that the caller made up is not repeated. */
export function invalid({ issues }: z.ZodError): ProblemFault {
  return {
    code: 'request_invalid',
    errors: issues.map((issue) => ({
      path: issue.path.map(String).join('.'),
      code: issue.code,
      message: issue.code === 'unrecognized_keys' ? 'holds a member that is not known here' : issue.message,
    })),
  };
}
