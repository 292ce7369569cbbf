/**
 * `POST /v1/rejected/{ref}/replay`: an event in place of a rejected row, through judge → shield → append like any other.
 *
 * | step                     | the process ends after it                                                                    |
 * |--------------------------|----------------------------------------------------------------------------------------------|
 * | 1 judge                  | nothing happened                                                                             |
 * | 2 bind identity to row   | the row is open; the same event can be sent again, another one cannot                        |
 * | 3 append                 | the row is open and the event counts; a replay again is the same event, and the window drops |
 * |                          | it as a copy                                                                                 |
 * | 4 close row with receipt | the replay again is answered from the row                                                    |
 *
 * Without step 2 a corrected event with another id, source or subject could follow one whose answer was lost, and both
 * would count.
 */
import type { OpenOriginal } from '@tidegate/runtime';
import type { EventTypes, Fault } from '@tidegate/core';
import type { Exchange, Handler, ProblemFault } from '@tidegate/http';
import { refuseUnread, sendJson } from '@tidegate/http';
import type { RejectedStore } from '@tidegate/postgres';
import { isOverTime, isUnavailable, parseRejectedRef } from '@tidegate/postgres';
import type { Logger } from '@tidegate/telemetry';
import { encodingOf, readBody } from './body.ts';
import { Ledger } from './ledger.ts';
import type { ReceiveDeps } from './receive.ts';
import type { ReplayBytes, ReplayEvents, ReplayJudgement, ReplayRow } from './replay-event.ts';
import { keepsId } from './replay-event.ts';

export interface ReplayDeps extends ReceiveDeps {
  /** Null: this process was not told where Postgres is. */
  readonly rejected: RejectedStore | null;
  readonly openOriginal: OpenOriginal;
  readonly events: ReplayEvents;
  readonly sealReceipt: (tenant: string, ledger: Ledger) => string;
  readonly log: Logger;
}

export interface ReplayHandlers {
  readonly replayRejected: Handler;
  readonly readRejectedOriginal: Handler;
}

interface Row extends ReplayRow {
  readonly store: RejectedStore;
}

const RETRY_AFTER_S = 2;

export function createReplay(deps: ReplayDeps): ReplayHandlers {
  return {
    replayRejected: whilePostgresAnswers(async (exchange) => replay(deps, exchange)),
    readRejectedOriginal: whilePostgresAnswers(async (exchange) => {
      const row = await readRow(deps, exchange);
      if ('code' in row) return refuseUnread(exchange, row);
      const { sealed } = row.detail;
      const original = sealed === null ? null : deps.openOriginal(exchange.caller.tenant, sealed);
      if (original === null) return refuseUnread(exchange, { code: 'not_found' });
      const headers = { 'content-type': 'application/octet-stream', 'content-length': original.length, 'cache-control': 'no-store' };
      exchange.response.writeHead(200, { ...headers, 'x-request-id': exchange.context.requestId });
      exchange.response.end(original);
    }),
  };
}

async function replay(deps: ReplayDeps, exchange: Exchange): Promise<void> {
  const body = await readWhole(deps, exchange);
  if (body === 'aborted') return;
  if ('code' in body) return refuseUnread(exchange, body);
  const row = await readRow(deps, exchange);
  if ('code' in row) return refuseUnread(exchange, row);
  // Nothing is judged again: packs may have changed since.
  if (row.detail.isReplayed && body.length === 0) return answerClosed(deps, exchange, row.detail.receipt);
  const given = bytesOf(row, body);
  if ('code' in given) return refuseUnread(exchange, given);
  await send(deps, exchange, { ...row, ...given });
}

type Sending = Row & Pick<ReplayBytes, 'bytes' | 'as'>;

async function send(deps: ReplayDeps, exchange: Exchange, row: Sending): Promise<void> {
  const { tenant } = exchange.caller;
  const { bytes, as } = row;
  const types = deps.registry.typesOf(tenant);
  const { fault, identity, event, reading } = deps.events.judge(tenant, { bytes, as, types, row });
  if (fault !== null) return refuseAgain(deps, exchange, { ...row, fault });
  if (isDone(row, identity)) return answerClosed(deps, exchange, row.detail.receipt);
  if (identity === null || !(await row.store.bind(tenant, row.place, identity))) return refuseUnread(exchange, { code: 'replay_differs' });
  await append(deps, exchange, { ...row, types, event, reading });
}

/** What is to be sent in place of the row. */
function bytesOf(row: Row, body: Uint8Array): Pick<ReplayBytes, 'bytes' | 'as'> | ProblemFault {
  const bytes = body.length > 0 ? body : row.original;
  if (bytes === null) return { code: 'replay_needs_event' };
  const as = body.length > 0 ? 'body' : 'row';
  return keepsId({ bytes, as, row }) ? { bytes, as } : { code: 'replay_differs' };
}

/** Whether just this event was sent in place of the row. */
function isDone({ detail }: Row, identity: Uint8Array | null): boolean {
  return identity !== null && detail.isReplayed && detail.replayIdentity !== null && Buffer.compare(detail.replayIdentity, identity) === 0;
}

type Sent = Row & Pick<ReplayJudgement, 'event' | 'reading'> & { readonly types: EventTypes };

/** Appends what was judged a moment ago, by the same types: it cannot be refused now. */
async function append(deps: ReplayDeps, exchange: Exchange, row: Sent) {
  const { tenant } = exchange.caller;
  const ledger = new Ledger();
  const receivedAtMs = deps.clock.nowMs();
  const { traceparent } = exchange.context;
  const admission = deps.admit({ tenant, types: row.types, ...row.reading, lane: 'live', ledger, traceparent });
  admission.event(row.event, 0, row.event.length);
  await ledger.close();
  const summary = ledger.summary();
  if (summary.accepted === 0) return deps.respond(exchange, { ledger, summary, receivedAtMs, listsAll: false });
  const receipt = deps.sealReceipt(tenant, ledger);
  try {
    await row.store.close(tenant, row.place, receipt);
  } catch (error) {
    // The event is in the log, which is what the answer says. The row stays open, and bound to this event.
    deps.log.warn('rejected_row_not_closed', { error });
  }
  sendAccepted(exchange, receipt, receivedAtMs);
}

async function readRow(deps: ReplayDeps, exchange: Exchange): Promise<Row | ProblemFault> {
  const place = parseRejectedRef(exchange.params['ref'] ?? '');
  if (place === null) return { code: 'not_found' };
  const { rejected: store } = deps;
  if (store === null) return { code: 'unavailable', retryAfterS: RETRY_AFTER_S };
  const { tenant } = exchange.caller;
  const detail = await store.find(tenant, place);
  if (detail === null) return { code: 'not_found' };
  return { store, ...deps.events.rowOf(tenant, place, detail) };
}

async function refuseAgain(deps: ReplayDeps, exchange: Exchange, row: Row & { readonly fault: Fault }): Promise<void> {
  const { store, place, fault } = row;
  await store.raise(exchange.caller.tenant, place, { code: fault.code, path: fault.path ?? '' });
  deps.metrics.counter('events_rejected_total', { code: fault.code }).inc();
  const ledger = new Ledger();
  ledger.rejectRest(fault);
  deps.respond(exchange, { ledger, summary: ledger.summary(), receivedAtMs: deps.clock.nowMs(), listsAll: false });
}

function answerClosed(deps: ReplayDeps, exchange: Exchange, receipt: string | null): void {
  sendAccepted(exchange, receipt ?? '', deps.clock.nowMs());
}

function sendAccepted(exchange: Exchange, receipt: string, receivedAtMs: number): void {
  const body = { accepted: 1, rejected: [], retry: [], receipt, received_at: new Date(receivedAtMs).toISOString() };
  sendJson(exchange, body, { status: 202, headers: { 'tidegate-receipt': receipt } });
}

async function readWhole(deps: ReplayDeps, { request }: Exchange): Promise<Uint8Array | ProblemFault | 'aborted'> {
  const encoding = encodingOf(request.headers['content-encoding']);
  if (encoding === null) return { code: 'unsupported_encoding' };
  const pressure = deps.pressure('live');
  if (pressure !== null) return pressure;
  const pieces: Uint8Array[] = [];
  const end = await readBody(request, {
    encoding,
    bytesMax: deps.eventBytesMax,
    onChunk: (piece) => pieces.push(piece.slice()) > 0,
  });
  if (end === 'aborted') return end;
  if (end === 'complete') return new Uint8Array(Buffer.concat(pieces));
  return { code: end === 'too_large' ? 'body_too_large' : 'bad_encoding' };
}

/** A route that Postgres has a part in; where it does not answer in time the request is worth another try. */
export function whilePostgresAnswers(handle: (exchange: Exchange) => Promise<void>): Handler {
  return async function handleOrRefuse(exchange) {
    try {
      await handle(exchange);
    } catch (error) {
      if (!isUnavailable(error) && !isOverTime(error)) throw error;
      refuseUnread(exchange, { code: 'unavailable', retryAfterS: RETRY_AFTER_S });
    }
  };
}
