import type { Result } from '@tidegate/core';
import { ok } from '@tidegate/core';
import type { Exchange, Handler, ProblemFault, RouteNameOf } from '@tidegate/http';
import {
  decodeJson,
  invalidMember,
  invalidRequest,
  KEY_REQUEST_SCHEMA,
  readBytes,
  readJsonBody,
  ROTATE_REQUEST_SCHEMA,
  sendJson,
  sendProblem,
  unknownScopes,
} from '@tidegate/http';
import type { CreatedKey, KeyInfo } from '@tidegate/postgres';
import type { AdminDependencies } from './admin-dependencies.ts';
import { createAdminEventTypes } from './admin-event-types.ts';
import { createAdminPacks } from './admin-packs.ts';
import { routesBeyond, routesUnknown } from './given-routes.ts';

type AdminRoute = Extract<
  RouteNameOf<'gateway'>,
  | 'applyPack'
  | 'validatePack'
  | 'diffPack'
  | 'rollbackPack'
  | 'defineEventType'
  | 'changeEventType'
  | 'createKey'
  | 'listKeys'
  | 'rotateKey'
  | 'revokeKey'
>;

const KEY_BYTES_MAX = 16_384;

/** Administration of one tenant: the caller's own. What is changed here is in force in every service within 2 seconds. */
export function createAdmin(dependencies: AdminDependencies): Readonly<Record<AdminRoute, Handler>> {
  const { store, clock } = dependencies;
  return {
    ...createAdminPacks(dependencies),
    ...createAdminEventTypes(dependencies),
    createKey: (exchange) => createKey(exchange, dependencies),
    listKeys: async (exchange) =>
      sendJson(exchange, { keys: (await store.listKeys(exchange.caller.tenant)).map((key) => toWire(key, clock.nowMs())) }, NO_STORE),
    rotateKey: (exchange) => rotateKey(exchange, dependencies),
    revokeKey: (exchange) => revokeKey(exchange, dependencies),
  };
}

const NO_STORE = { headers: { 'cache-control': 'no-store' } } as const;

async function createKey(exchange: Exchange, { store, wake, clock, packRoutes }: AdminDependencies): Promise<void> {
  const { request, response, context, caller } = exchange;
  const body = await readJsonBody(request, KEY_BYTES_MAX);
  if (!body.ok) return sendProblem(response, body.fault, context);
  const asked = KEY_REQUEST_SCHEMA.safeParse(body.value);
  if (!asked.success) return sendProblem(response, invalidRequest(asked.error), context);
  const { name, kind, scopes, routes, k, expires_at: expiresAt } = asked.data;
  const { tenant } = caller;
  const unknown =
    scopesUnknown(scopes, packRoutes.scopes(tenant)) ?? routesUnknown(routes, { tenant, packRoutes, kinds: ['view', 'write'] });
  const refused = unknown ?? scopesBeyond(scopes, caller.scopes) ?? routesBeyond(routes, caller);
  if (refused !== null) return sendProblem(response, refused, context);
  const expiresAtMs = expiresAt === undefined ? null : Date.parse(expiresAt);
  const created = await store.createKey({ tenant, name, kind, scopes, routes, k, expiresAtMs });
  if (created === null) return sendProblem(response, { code: 'not_found' }, context);
  wake();
  sendCreated(exchange, { ...created, nowMs: clock.nowMs() }, 201);
}

export function scopesUnknown(scopes: readonly string[], declared: ReadonlySet<string>): ProblemFault | null {
  if (unknownScopes(scopes, declared).length === 0) return null;
  const message = 'holds a scope that neither the engine nor a pack in place has';
  return invalidMember('scopes', message);
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
  if (!asked.success) return sendProblem(response, invalidRequest(asked.error), context);
  const { tenant } = caller;
  const keyId = params['key'] ?? '';
  const key = await store.findKey(tenant, keyId);
  // A new secret is the key: who may not give its scopes and routes may not have it either. Those of a key never change.
  const beyond = key === null ? null : (scopesBeyond(key.scopes, caller.scopes) ?? routesBeyond(key.routes, caller));
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
    routes: key.routes,
    k: key.k,
    last4: key.last4,
    state: key.state === 'active' && hasExpired ? 'expired' : key.state,
    created_at: toInstant(key.createdAtMs),
    expires_at: toInstant(key.expiresAtMs),
    revoked_at: toInstant(key.revokedAtMs),
    rotated_at: toInstant(key.rotatedAtMs),
    earlier_until: isOverlapping ? toInstant(key.earlierEndsAtMs) : null,
    last_used_at: toInstant(key.lastUsedAtMs),
  };
}

function toInstant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
