/** `GET /v1/events/recent`: the newest events between two instants, of the tenant or of the person who asks. */
import { failed, ok, toIsoUtc } from '@tidegate/core';
import type { Result } from '@tidegate/core';
import type { Caller, Exchange, ProblemFault } from '@tidegate/http';
import { invalidMember, invalidRequest, RECENT_QUERY, refuse, sendJson, visibleRows } from '@tidegate/http';
import type { StoredEvent } from '@tidegate/postgres';
import type { z } from 'zod';
import { ofPerson } from '../answer-routes.ts';
import { freshClaims } from '../fresh-claims.ts';
import type { ClaimingDeps, FreshClaims } from '../fresh-claims.ts';
import type { Registry } from '../registry.ts';
import { shownData } from './event-data.ts';
import type { ReadRecent, RecentAsk, RecentEvents } from './recent-events.ts';
import { RECENT_MS } from './recent-events.ts';

export interface RecentRouteDeps extends ClaimingDeps {
  readonly readRecent: ReadRecent;
  readonly registry: Pick<Registry, 'packs'>;
  readonly pseudonymOf: (tenant: string, id: string) => string;
}

const AHEAD_MS = 300_000;
const CACHE_WORDS = { hit: 'HIT', miss: 'MISS', bypass: 'BYPASS' } as const;

export function createReadRecentEvents(deps: RecentRouteDeps): (exchange: Exchange) => Promise<void> {
  return async function readRecentEvents(exchange) {
    const query = RECENT_QUERY.safeParse(Object.fromEntries(exchange.query));
    if (!query.success) return refuse(exchange, invalidRequest(query.error));
    const asked = recentAskOf(deps, exchange.caller, query.data);
    if (!asked.ok) return refuse(exchange, asked.fault);
    const { own, ask } = asked.value;
    const found = await deps.readRecent(ask);
    const { events, cache } = found;
    const person = ask.subject ?? (events.some(({ subject }) => subject !== null) ? '*' : undefined);
    const headers = { 'cache-control': 'no-store', 'x-cache': CACHE_WORDS[cache], ...ofPerson(person) };
    sendJson(exchange, { events: events.map((event) => eventView(event, own)), meta: recentMeta(deps, ask, found) }, { headers });
  };
}

export interface RecentMeta extends FreshClaims {
  readonly source: 'raw';
  readonly from: string;
  readonly cache: { readonly state: RecentEvents['cache'] };
  readonly complete_from?: string;
}

export function recentMeta(deps: ClaimingDeps, { fromMs }: RecentAsk, { held, floorMs, cache }: RecentEvents): RecentMeta {
  return {
    ...freshClaims(deps, held, null),
    ...{ source: 'raw', from: toIsoUtc(fromMs), cache: { state: cache } },
    ...(floorMs === null ? {} : { complete_from: toIsoUtc(floorMs) }),
  };
}

export interface AskedRecent {
  /** Id of the person whose events alone are asked for; null: everybody's. */
  readonly own: string | null;
  readonly ask: RecentAsk;
}

/** What the caller may see of what is asked for, now. */
export function recentAskOf(
  deps: Omit<RecentRouteDeps, 'readRecent'>,
  caller: Caller,
  { type, from, to, limit }: z.output<typeof RECENT_QUERY>,
): Result<AskedRecent, ProblemFault> {
  const { tenant } = caller;
  const allTypes = deps.registry.packs(tenant).flatMap(({ source }) => Object.keys(source.events));
  if (type !== undefined && !allTypes.includes(type)) return failed(invalidMember('type', 'no event type of this tenant'));
  if (from !== undefined && to !== undefined && Date.parse(to) <= Date.parse(from)) return failed(invalidMember('to', 'later than from'));
  const whom = whomOf(caller);
  if (!whom.ok) return whom;
  const own = whom.value;
  const subject = own === null ? null : deps.pseudonymOf(tenant, own);
  const types = type === undefined ? allTypes : [type];
  return ok({ own, ask: { tenant, types, allTypes, ...rangeOf({ from, to }, deps.nowMs()), subject, rowsMax: limit } });
}

/** Whose events the caller may see; null: everybody's. */
function whomOf(caller: Caller): Result<string | null, ProblemFault> {
  const rows = visibleRows(caller);
  if (rows === null) {
    if (caller.scopes.includes('events:read')) return ok(null);
    return failed({ code: 'scope_missing', detail: 'Use a key that has the scope events:read.' });
  }
  const seesAll = rows.metrics === null && Object.keys(rows.where).length === 0;
  return seesAll && rows.subject !== null ? ok(rows.subject) : failed({ code: 'row_refused' });
}

/** The last seven days are the most that is shown. */
function rangeOf({ from, to }: { readonly from?: string | undefined; readonly to?: string | undefined }, nowMs: number) {
  const fromMs = Math.max(nowMs - RECENT_MS, from === undefined ? -Infinity : Date.parse(from));
  const toMs = Math.min(nowMs + AHEAD_MS, to === undefined ? Infinity : Date.parse(to));
  return { fromMs, toMs: Math.max(fromMs, toMs) };
}

export function eventView({ eventId, source, type, subject, occurredAtMs, receivedAtMs, data: text }: StoredEvent, own: string | null) {
  const { data, sealed } = shownData(text);
  return {
    ...{ id: eventId, event_type: type, source, subject: own ?? subject },
    ...{ occurred_at: toIsoUtc(occurredAtMs), received_at: toIsoUtc(receivedAtMs), data },
    ...(sealed.length > 0 ? { sealed } : {}),
  };
}
