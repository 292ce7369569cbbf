/** Requests to erase a person: taken, shown, certified (docs/design/erasure.md). */
import { hashParts, partitionOf } from '@tidegate/core';
import type { Exchange, Handler, ProblemFault } from '@tidegate/http';
import { ERASURE_ASK_SCHEMA, invalidRequest, OWN_ERASURE_ASK_SCHEMA, readJsonBody, refuseUnread, sendJson } from '@tidegate/http';
import type { ErasureInfo, ErasureStore } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';
import { v7 as uuidv7 } from 'uuid';
import type { Registry } from './registry.ts';
import type { SubjectSealer } from './sealed-subject.ts';
import type { TenantShield } from './shield.ts';
import { whilePostgresAnswers } from './replay.ts';

export interface PrivacyDeps {
  /** Null: this process was not told where Postgres is. */
  readonly erasures: ErasureStore | null;
  readonly registry: Pick<Registry, 'partitions'>;
  readonly shieldOf: (tenant: string) => TenantShield;
  readonly topicKey: Uint8Array;
  readonly subjects: Pick<SubjectSealer, 'seal'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** How long the log keeps records that nothing can be taken out of. */
  readonly logKeepsMs: number;
}

export type PrivacyHandlers = Readonly<
  Record<'createErasure' | 'readErasure' | 'readCertificate' | 'deleteAccount' | 'deleteAccountByPost' | 'readOwnErasure', Handler>
>;

const BODY_BYTES_MAX = 16_384;
const RETRY_AFTER_S = 2;
const DEADLINE_MS = 86_400_000;

export function createPrivacy(deps: PrivacyDeps): PrivacyHandlers {
  const deleteOwn = whilePostgresAnswers(async (exchange) => {
    const own = ownSubject(exchange);
    const asked = await readAsk(exchange, OWN_ERASURE_ASK_SCHEMA);
    if ('code' in asked) return refuseUnread(exchange, asked);
    if (own === null) return refuseUnread(exchange, { code: 'row_refused' });
    const info = await request(deps, exchange, own);
    if ('code' in info) return refuseUnread(exchange, info);
    sendJson(exchange, ownView(deps, info), { status: 202, headers: { location: `/v1/gdpr/requests/${info.requestId}` } });
  });
  return {
    createErasure: whilePostgresAnswers(async (exchange) => {
      const asked = await readAsk(exchange, ERASURE_ASK_SCHEMA);
      if ('code' in asked) return refuseUnread(exchange, asked);
      const info = await request(deps, exchange, asked.value.subject);
      if ('code' in info) return refuseUnread(exchange, info);
      sendJson(exchange, view(deps, info), { status: 202, headers: { location: `/v1/privacy/erasures/${info.requestId}` } });
    }),
    readErasure: whilePostgresAnswers(async (exchange) => {
      const info = await find(deps, exchange);
      if ('code' in info) return refuseUnread(exchange, info);
      sendJson(exchange, view(deps, info));
    }),
    readCertificate: whilePostgresAnswers(async (exchange) => {
      const info = await find(deps, exchange);
      if ('code' in info) return refuseUnread(exchange, info);
      const certificate = certificateOf(deps, info);
      if (certificate === null) return refuseUnread(exchange, { code: 'erasure_unfinished' });
      sendJson(exchange, certificate);
    }),
    deleteAccount: deleteOwn,
    deleteAccountByPost: deleteOwn,
    readOwnErasure: whilePostgresAnswers(async (exchange) => {
      const info = await find(deps, exchange);
      if ('code' in info) return refuseUnread(exchange, info);
      const own = ownSubject(exchange);
      const isOwn = own !== null && deps.shieldOf(exchange.caller.tenant).pseudonym(own) === info.subject;
      if (!isOwn && !exchange.caller.scopes.includes('privacy:admin')) return refuseUnread(exchange, { code: 'not_found' });
      sendJson(exchange, ownView(deps, info));
    }),
  };
}

/** The person whom the credential stands for; a token that was made to show some rows stands for nobody. */
function ownSubject({ caller }: Exchange): string | null {
  return caller.rows === undefined ? (caller.subject ?? null) : null;
}

interface Asks<T> {
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly { path: PropertyKey[]; code: string; message: string }[] } };
}

async function readAsk<T>({ request: body }: Exchange, schema: Asks<T>): Promise<{ readonly value: T } | ProblemFault> {
  const read = await readJsonBody(body, BODY_BYTES_MAX);
  if (!read.ok) return read.fault;
  const asked = schema.safeParse(read.value);
  if (asked.success) return { value: asked.data };
  return invalidRequest(asked.error);
}

async function request(deps: PrivacyDeps, { caller }: Exchange, plain: string): Promise<ErasureInfo | ProblemFault> {
  const { tenant, keyId: requestedBy } = caller;
  if (deps.erasures === null) return { code: 'unavailable', retryAfterS: RETRY_AFTER_S };
  const subject = deps.shieldOf(tenant).pseudonym(plain);
  const partition = partitionOfPerson(deps, tenant, subject);
  return deps.erasures.request({
    ...{ requestId: uuidv7(), tenant, subject, partition, requestedBy },
    sealedSubject: deps.subjects.seal(tenant, plain),
  });
}

/** All events of a person have one topic key (docs/design/road.md, section 2). */
function partitionOfPerson({ topicKey, registry }: PrivacyDeps, tenant: string, subject: string): number {
  return partitionOf(hashParts(topicKey, [tenant, 's', subject]), registry.partitions());
}

async function find({ erasures }: PrivacyDeps, { caller, params }: Exchange): Promise<ErasureInfo | ProblemFault> {
  if (erasures === null) return { code: 'unavailable', retryAfterS: RETRY_AFTER_S };
  return (await erasures.find(caller.tenant, { requestId: params['id'] ?? '' })) ?? { code: 'not_found' };
}

/** When nothing could be asked any more; null: not yet. */
function erasedMs({ placesMs: { events, originals, cache } }: ErasureInfo): number | null {
  return events === null || originals === null || cache === null ? null : Math.max(events, originals, cache);
}

/** When neither archive nor log hold anything either; null: the archive is yet to be done. */
function finalMs({ logKeepsMs }: PrivacyDeps, info: ErasureInfo): number | null {
  const erased = erasedMs(info);
  if (erased === null || info.waitsForArchive) return null;
  return Math.max(erased + logKeepsMs, info.placesMs.archive ?? 0);
}

function stateOf(deps: PrivacyDeps, info: ErasureInfo): 'requested' | 'erasing' | 'erased' | 'final' {
  if (info.begunMs === null) return 'requested';
  if (erasedMs(info) === null) return 'erasing';
  const final = finalMs(deps, info);
  return final !== null && final <= deps.clock.nowMs() ? 'final' : 'erased';
}

function view(deps: PrivacyDeps, info: ErasureInfo): Readonly<Record<string, unknown>> {
  return {
    request_id: info.requestId,
    state: stateOf(deps, info),
    requested_at: iso(info.requestedMs),
    deadline: iso(info.requestedMs + DEADLINE_MS),
    erased_at: iso(erasedMs(info)),
    places: placesView(info),
  };
}

function ownView(deps: PrivacyDeps, info: ErasureInfo): Readonly<Record<string, unknown>> {
  const { requestId, requestedMs } = info;
  return {
    request_id: requestId,
    status: stateOf(deps, info),
    requested_at: iso(requestedMs),
    completes_by: iso(requestedMs + DEADLINE_MS),
  };
}

function placesView({ placesMs: { events, originals, cache, archive } }: ErasureInfo): Readonly<Record<string, unknown>> {
  return { events: iso(events), originals: iso(originals), cache: iso(cache), archive: iso(archive) };
}

const KEPT = [
  'the pseudonym, so that later events of the person can be refused; the tenant can make it of the id again, nobody else can',
  'hashes of events that were counted, so that a copy that comes late is not counted; they are forgotten with the dedup window',
  'that events were refused, when and why, without the events',
  'audit records, which hold the pseudonym alone',
  'figures of many persons, without what this one had added to them, but for `figures_before`',
];

/** Null before there is nothing left that can be asked for. */
function certificateOf(deps: PrivacyDeps, info: ErasureInfo): Readonly<Record<string, unknown>> | null {
  const erased = erasedMs(info);
  if (erased === null) return null;
  return {
    request_id: info.requestId,
    subject: info.subject,
    requested_at: iso(info.requestedMs),
    erased_at: iso(erased),
    final_at: iso(finalMs(deps, info)),
    places: placesView(info),
    removed: info.removed,
    kept: KEPT,
    figures_before: iso(info.figuresBeforeMs),
  };
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
