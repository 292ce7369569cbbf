/** `GET /v1/events/{id}`: what became of one event. */
import { freshnessOf, hashParts, toIsoUtc } from '@tidegate/core';
import type { Receipt } from '@tidegate/core';
import { EVENT_STATE_QUERY, invalidRequest, sendJson, sendProblem, visibleRows } from '@tidegate/http';
import type { Exchange } from '@tidegate/http';
import type { ErasureStore, EventStore, FoundEvent, LogSpan } from '@tidegate/postgres';
import type { Freshness } from './freshness.ts';
import type { Receipts } from './receipts.ts';

export interface EventStateDeps {
  readonly events: EventStore;
  readonly erasures: Pick<ErasureStore, 'isErased'>;
  readonly receipts: Receipts;
  readonly freshness: Pick<Freshness, 'of' | 'tracked'>;
  readonly pseudonymOf: (tenant: string, subject: string) => string;
  /** By which ingest hashes the ids of events that it refuses. */
  readonly identityKey: Uint8Array;
  readonly nowMs: () => number;
}

/** Days that are not closed have no index of ids: of each lane of a partition so many of the last events are looked at. */
const LAST_OFFSETS = 100_000;

interface Whom {
  /** Null: anybody, or nobody. */
  readonly subject: string | null;
  /** Rejected rows name nobody: who may see one person's events alone is shown none. */
  readonly seesRejected: boolean;
}

export function createReadEvent(deps: EventStateDeps): (exchange: Exchange) => Promise<void> {
  return async function readEvent(exchange) {
    const { caller, response, context } = exchange;
    const asked = EVENT_STATE_QUERY.safeParse(Object.fromEntries(exchange.query));
    if (!asked.success) return sendProblem(response, invalidRequest(asked.error), context);
    const { source = null, subject = null, receipt: text } = asked.data;
    const receipt = text === undefined ? null : deps.receipts.open(text, caller.tenant);
    if (text !== undefined && receipt === null) {
      const errors = [{ path: 'receipt', code: 'invalid_value', message: 'no receipt of this tenant' }];
      return sendProblem(response, { code: 'request_invalid', errors }, context);
    }
    const whom = whomOf(deps, exchange, subject);
    const ask = { tenant: caller.tenant, eventId: exchange.params['id'] ?? '', source, receipt };
    sendJson(exchange, whom === null ? unknownState(deps) : await stateOf(deps, ask, whom));
  };
}

/** Null: nobody's events are the caller's to see, or not this person's. */
function whomOf({ pseudonymOf }: EventStateDeps, { caller }: Exchange, asked: string | null): Whom | null {
  const rows = visibleRows(caller);
  if (rows === null) return { subject: asked === null ? null : pseudonymOf(caller.tenant, asked), seesRejected: true };
  const { subject: own } = rows;
  const seesEverything = rows.metrics === null && Object.keys(rows.where).length === 0;
  if (!seesEverything || own === null || (asked ?? own) !== own) return null;
  return { subject: pseudonymOf(caller.tenant, own), seesRejected: false };
}

interface EventAsked {
  readonly tenant: string;
  readonly eventId: string;
  readonly source: string | null;
  readonly receipt: Receipt | null;
}

async function stateOf(
  deps: EventStateDeps,
  asked: EventAsked,
  { subject, seesRejected }: Whom,
): Promise<Readonly<Record<string, unknown>>> {
  const { tenant, eventId, source, receipt } = asked;
  const waiting = receipt === null ? NO_RECEIPT : await readReceipt(deps, receipt);
  const rows = await deps.events.findCounted({ tenant, eventId, source, subject, spans: waiting.spans, lastOffsets: LAST_OFFSETS });
  const [first] = rows;
  if (first !== undefined) return { state: 'counted', copies: rows.length, ...placeOf(first), ...claimOf(deps) };
  // Whether there ever was such an event is nobody's to know any more.
  if (subject !== null && (await deps.erasures.isErased({ tenant, subject }))) return { ...unknownState(deps), state: 'erased' };
  const rejected = seesRejected ? await deps.events.findRejected(tenant, hashParts(deps.identityKey, [tenant, eventId])) : null;
  if (rejected !== null) return { state: 'rejected', copies: 0, ...placeOf(rejected), reason: rejected.code, ...claimOf(deps) };
  return waiting.isPending ? { ...unknownState(deps), state: 'pending' } : unknownState(deps);
}

const NO_RECEIPT: { readonly spans: readonly LogSpan[]; readonly isPending: boolean } = { spans: [], isPending: false };

async function readReceipt({ receipts }: EventStateDeps, receipt: Receipt): Promise<typeof NO_RECEIPT> {
  const { held } = await receipts.waitFor(receipt, 0, new AbortController().signal);
  const { covered, isCounted } = await receipts.stateOf(receipt, held);
  return { spans: covered, isPending: !isCounted };
}

function unknownState(deps: EventStateDeps): Readonly<Record<string, unknown>> {
  return { state: 'unknown', copies: 0, received_at: null, partition: null, offset: null, ...claimOf(deps) };
}

function placeOf({ partition, logOffset, receivedAtMs }: FoundEvent): Readonly<Record<string, unknown>> {
  return { received_at: toIsoUtc(receivedAtMs), partition, offset: logOffset };
}

function claimOf({ freshness, nowMs }: EventStateDeps): { readonly complete_through: string | null } {
  const { completeThroughMs } = freshnessOf(freshness.of([...freshness.tracked().values()]), nowMs());
  return { complete_through: completeThroughMs === null ? null : toIsoUtc(completeThroughMs) };
}
