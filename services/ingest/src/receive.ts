import type { FaultCode } from '@tidegate/core';
import type { Exchange, Handler } from '@tidegate/http';
import { sendProblem } from '@tidegate/http';
import type { Clock } from '@tidegate/runtime';
import type { Metrics } from '@tidegate/telemetry';
import type { AdmitRequest, Admission } from './admit.ts';
import type { Appender } from './append.ts';
import type { Backlog } from './backlog.ts';
import type { BodyEnd, ContentEncoding } from './body.ts';
import { ACCEPTED_ENCODINGS, encodingOf, readBody } from './body.ts';
import { createDecoder } from './decode.ts';
import type { BodyFormat } from './formats.ts';
import { attributesOf, formatOf } from './formats.ts';
import type { LedgerSummary } from './ledger.ts';
import { Ledger } from './ledger.ts';
import type { Registry } from './registry.ts';
import { createRequestIds, idempotencyKeyOf } from './request-ids.ts';
import type { Answer } from './respond.ts';

export interface ReceiveDeps {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly registry: Registry;
  readonly backlog: Backlog;
  readonly appender: Appender;
  readonly admit: (request: AdmitRequest) => Admission;
  readonly respond: (exchange: Exchange, answer: Answer) => void;
  readonly eventBytesMax: number;
  readonly bodyBytesMax: number;
  /** 16 bytes: of the hashes in ids that are made from `Idempotency-Key`. */
  readonly identityKey: Uint8Array;
}

/** `POST /v1/events`: decode → judge → shield → append, then one answer with a verdict for each event. */
export function createReceive(deps: ReceiveDeps): Handler {
  const count = createCount(deps.metrics);
  return async function receive(exchange) {
    const accepted = inspect(deps, exchange);
    if (typeof accepted === 'string') {
      exchange.request.resume();
      const headers = accepted === 'unsupported_encoding' ? { 'accept-encoding': ACCEPTED_ENCODINGS } : {};
      sendProblem(exchange.response, { code: accepted, headers }, exchange.context);
      return;
    }
    const receivedAtMs = deps.clock.nowMs();
    const ledger = new Ledger();
    const end = await readEvents(deps, exchange, { ...accepted, ledger });
    await ledger.close();
    const summary = ledger.summary();
    count(summary);
    // An aborted request gets no answer; its whole events are in the log and resending them is safe.
    if (end !== 'aborted') deps.respond(exchange, { ledger, summary, receivedAtMs });
  };
}

interface Accepted {
  readonly format: BodyFormat;
  readonly encoding: ContentEncoding;
  /** Null: events have to bring their ids. */
  readonly idempotencyKey: string | null;
}

/** What can be refused before a byte of the body is read. */
function inspect(deps: ReceiveDeps, { request }: Exchange): Accepted | FaultCode {
  const format = formatOf(request.headers);
  if (format === null) return 'unsupported_format';
  const encoding = encodingOf(request.headers['content-encoding']);
  if (encoding === null) return 'unsupported_encoding';
  const idempotencyHeader = request.headers['idempotency-key'];
  const idempotencyKey = idempotencyHeader === undefined ? null : idempotencyKeyOf(String(idempotencyHeader));
  if (idempotencyHeader !== undefined && idempotencyKey === null) return 'idempotency_key_invalid';
  if (Number(request.headers['content-length'] ?? 0) > deps.bodyBytesMax) return 'body_too_large';
  if (deps.backlog.isTooFarBehind(deps.clock.nowMs())) return 'log_behind';
  return deps.appender.isFull() ? 'overloaded' : { format, encoding, idempotencyKey };
}

async function readEvents(deps: ReceiveDeps, exchange: Exchange, request: Accepted & { readonly ledger: Ledger }): Promise<BodyEnd> {
  const { tenant } = exchange.caller;
  const { ledger, format, idempotencyKey } = request;
  const admission = deps.admit({
    tenant,
    types: deps.registry.typesOf(tenant),
    envelope: format.envelope,
    ...(idempotencyKey === null ? {} : { makeId: createRequestIds(idempotencyKey, deps.identityKey) }),
    ledger,
    traceparent: exchange.context.traceparent,
  });
  const attributes = format.layout === 'attributed' ? attributesOf(exchange.request.headers) : null;
  const decoder = createDecoder({ layout: format.layout, eventBytesMax: deps.eventBytesMax, attributes }, admission);
  const end = await readBody(exchange.request, {
    encoding: request.encoding,
    bytesMax: deps.bodyBytesMax,
    onChunk: (chunk) => {
      decoder.push(chunk);
      return admission.isOpen();
    },
  });
  if (end === 'complete') decoder.end();
  else if (end === 'broken_encoding') decoder.cut('bad_encoding');
  else if (end === 'too_large') decoder.cut('body_too_large');
  return end;
}

function createCount(metrics: Metrics): (summary: LedgerSummary) => void {
  const accepted = metrics.counter('events_accepted_total');
  const retried = metrics.counter('events_retry_total');
  return function countVerdicts(summary) {
    accepted.inc(summary.accepted);
    retried.inc(summary.retry.length);
    for (const { fault } of summary.rejected) metrics.counter('events_rejected_total', { code: fault?.code ?? 'unknown' }).inc();
  };
}
