/** `GET /v1/events/recent`: the newest events between two instants, of the tenant or of the person who asks. */
import { failed, ok, toIsoUtc } from '@tidegate/core';
import type { Result } from '@tidegate/core';
import type { Exchange, ProblemFault } from '@tidegate/http';
import { RECENT_QUERY, sendJson, sendProblem, visibleRows } from '@tidegate/http';
import type { StoredEvent } from '@tidegate/postgres';
import { ofPerson } from '../answer-routes.ts';
import { freshClaims } from '../fresh-claims.ts';
import type { ClaimingDeps } from '../fresh-claims.ts';
import type { Registry } from '../registry.ts';
import { shownData } from './event-data.ts';
import type { ReadRecent, RecentAsk } from './recent-events.ts';
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
    const asked = askOf(deps, exchange);
    if (!asked.ok) return sendProblem(exchange.response, asked.fault, exchange.context);
    const { own, ask } = asked.value;
    const { events, held, floorMs, cache } = await deps.readRecent(ask);
    const person = ask.subject ?? (events.some(({ subject }) => subject !== null) ? '*' : undefined);
    const meta = {
      ...freshClaims(deps, held, null),
      ...{ source: 'raw', from: toIsoUtc(ask.fromMs), cache: { state: cache } },
      ...(floorMs === null ? {} : { complete_from: toIsoUtc(floorMs) }),
    };
    const headers = { 'cache-control': 'no-store', 'x-cache': CACHE_WORDS[cache], ...ofPerson(person) };
    sendJson(exchange, { events: events.map((event) => eventView(event, own)), meta }, { headers });
  };
}

interface Asked {
  /** Id of the person whose events alone are asked for; null: everybody's. */
  readonly own: string | null;
  readonly ask: RecentAsk;
}

function askOf(deps: RecentRouteDeps, exchange: Exchange): Result<Asked, ProblemFault> {
  const { tenant } = exchange.caller;
  const asked = RECENT_QUERY.safeParse(Object.fromEntries(exchange.query));
  if (!asked.success) return invalid(asked.error.issues.map(({ path, message }) => [path.join('.'), message]));
  const allTypes = deps.registry.packs(tenant).flatMap(({ source }) => Object.keys(source.events));
  const { type, from, to, limit } = asked.data;
  if (type !== undefined && !allTypes.includes(type)) return invalid([['type', 'no event type of this tenant']]);
  if (from !== undefined && to !== undefined && Date.parse(to) <= Date.parse(from)) return invalid([['to', 'later than from']]);
  const whom = whomOf(exchange);
  if (!whom.ok) return whom;
  const own = whom.value;
  const subject = own === null ? null : deps.pseudonymOf(tenant, own);
  const types = type === undefined ? allTypes : [type];
  return ok({ own, ask: { tenant, types, allTypes, ...rangeOf(asked.data, deps.nowMs()), subject, rowsMax: limit } });
}

/** Whose events the caller may see; null: everybody's. */
function whomOf({ caller }: Exchange): Result<string | null, ProblemFault> {
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

function eventView({ eventId, source, type, subject, occurredAtMs, receivedAtMs, data: text }: StoredEvent, own: string | null) {
  const { data, sealed } = shownData(text);
  return {
    ...{ id: eventId, event_type: type, source, subject: own ?? subject },
    ...{ occurred_at: toIsoUtc(occurredAtMs), received_at: toIsoUtc(receivedAtMs), data },
    ...(sealed.length > 0 ? { sealed } : {}),
  };
}

function invalid(errors: readonly (readonly [path: string, message: string])[]): Result<never, ProblemFault> {
  return failed({ code: 'request_invalid', errors: errors.map(([path, message]) => ({ path, code: 'invalid_value', message })) });
}
