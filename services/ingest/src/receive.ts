import type { EventLane, EventTypes } from '@tidegate/core';
import type { Exchange, Handler, ProblemFault } from '@tidegate/http';
import { idempotencyKeyOf, sendProblem, writableSubject } from '@tidegate/http';
import type { Clock } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';
import { v7 as uuidv7 } from 'uuid';
import type { AdmitRequest, Admission } from './admit.ts';
import type { BodyEnd, ContentEncoding } from './body.ts';
import { ACCEPTED_ENCODINGS, encodingOf, readBody } from './body.ts';
import type { BodyDecoder } from './decode.ts';
import { createDecoder } from './decode.ts';
import type { BodyFormat } from './formats.ts';
import { attributesOf, formatOf, segmentFormatOf } from './formats.ts';
import { LANE_HEADER } from './lane.ts';
import type { LedgerSummary } from './ledger.ts';
import { Ledger } from './ledger.ts';
import type { Pressure } from './pressure.ts';
import type { Registry } from './registry.ts';
import type { MakeId } from './request-ids.ts';
import { createRequestIds } from './request-ids.ts';
import type { Answer } from './respond.ts';
import type { SegmentRoute } from './segment-body.ts';
import { SegmentBody } from './segment-body.ts';

export interface ReceiveDeps {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly registry: Registry;
  readonly pressure: Pressure;
  readonly admit: (request: AdmitRequest) => Admission;
  readonly respond: (exchange: Exchange, answer: Answer) => void;
  readonly eventBytesMax: number;
  readonly bodyBytesMax: number;
  /** 16 bytes: of the hashes in ids that are made from `Idempotency-Key`. */
  readonly identityKey: Uint8Array;
}

/**
 * `POST /v1/events`, or a route of Segment's: decode → judge → shield → append, then one answer with a verdict for each event.
 */
export function createReceive(deps: ReceiveDeps, route: SegmentRoute | null = null): Handler {
  const count = createCount(deps.metrics);
  return async function receive(exchange) {
    const accepted = inspect(deps, exchange, route);
    if ('code' in accepted) {
      exchange.request.resume();
      sendProblem(exchange.response, accepted, exchange.context);
      return;
    }
    const receivedAtMs = deps.clock.nowMs();
    const ledger = new Ledger();
    const ids = createIds(deps, accepted.idempotencyKey, route);
    const end = await readEvents(deps, exchange, { ...accepted, ...{ route, receivedAtMs, ledger, makeId: ids.make } });
    await ledger.close();
    const summary = ledger.summary();
    count(summary);
    if (summary.rejected.length > 0) tellRejected(deps.log, summary.rejected);
    // An aborted request gets no answer; its whole events are in the log and resending them is safe.
    if (end !== 'aborted') deps.respond(exchange, { ledger, summary, receivedAtMs, listsAll: ids.areServerMade() });
  };
}

/** By their codes: what was refused is in no line. */
function tellRejected(log: Logger, rejected: LedgerSummary['rejected']): void {
  const codes = [...new Set(rejected.map(({ fault }) => fault?.code ?? ''))].join(' ');
  log.debug('events_rejected', { detail: { events: rejected.length, codes } });
}

/** A route of each of Segment's calls. */
export function createSegmentHandlers(deps: ReceiveDeps) {
  return {
    segmentTrack: createReceive(deps, 'track'),
    segmentIdentify: createReceive(deps, 'identify'),
    segmentPage: createReceive(deps, 'page'),
    segmentScreen: createReceive(deps, 'screen'),
    segmentGroup: createReceive(deps, 'group'),
    segmentAlias: createReceive(deps, 'alias'),
    segmentBatch: createReceive(deps, 'batch'),
  };
}

interface Accepted {
  readonly format: BodyFormat;
  readonly encoding: ContentEncoding;
  /** `live`: of each event its own age, and what its tenant sends, decide. */
  readonly lane: EventLane;
  /** Null: events have to bring their ids. */
  readonly idempotencyKey: string | null;
}

/** What can be refused before a byte of the body is read. */
function inspect(deps: ReceiveDeps, { request }: Exchange, route: SegmentRoute | null): Accepted | ProblemFault {
  const format = route === null ? formatOf(request.headers) : segmentFormatOf(request.headers);
  if (format === null) return { code: 'unsupported_format' };
  const encoding = encodingOf(request.headers['content-encoding']);
  if (encoding === null) return { code: 'unsupported_encoding', headers: { 'accept-encoding': ACCEPTED_ENCODINGS } };
  const lane = laneOf(request.headers[LANE_HEADER]);
  if (lane === null) return { code: 'lane_unknown' };
  const idempotencyKey = idempotencyOf(request.headers['idempotency-key']);
  if (idempotencyKey === undefined) return { code: 'idempotency_key_invalid' };
  if (Number(request.headers['content-length'] ?? 0) > deps.bodyBytesMax) return { code: 'body_too_large' };
  return deps.pressure(lane) ?? { format, encoding, lane, idempotencyKey };
}

/** Null where there is no header, undefined where it holds no key. */
function idempotencyOf(header: string | string[] | undefined): string | null | undefined {
  return header === undefined ? null : (idempotencyKeyOf(String(header)) ?? undefined);
}

/** Null where the header names another lane than the one that can be asked for. */
function laneOf(header: string | string[] | undefined): EventLane | null {
  if (header === undefined) return 'live';
  return header === 'backfill' ? header : null;
}

interface Ids {
  readonly make: MakeId | null;
  /** Whether an event got an id that its sender cannot know. */
  areServerMade(): boolean;
}

/** Where the ids of events come from that bring none; on Segment's routes, which know no such fault, the server makes them. */
function createIds({ identityKey }: ReceiveDeps, idempotencyKey: string | null, route: SegmentRoute | null): Ids {
  if (idempotencyKey !== null) return { make: createRequestIds(idempotencyKey, identityKey), areServerMade: () => false };
  if (route === null) return { make: null, areServerMade: () => false };
  let areMade = false;
  const make = (): string => {
    areMade = true;
    return uuidv7();
  };
  return { make, areServerMade: () => areMade };
}

interface Reading extends Accepted {
  readonly route: SegmentRoute | null;
  readonly receivedAtMs: number;
  readonly ledger: Ledger;
  readonly makeId: MakeId | null;
}

async function readEvents(deps: ReceiveDeps, exchange: Exchange, request: Reading): Promise<BodyEnd> {
  const { tenant } = exchange.caller;
  const ownSubject = writableSubject(exchange.caller);
  const { ledger, format, lane, makeId } = request;
  const types = deps.registry.typesOf(tenant);
  const admission = deps.admit({
    ...{ tenant, types, envelope: format.envelope, lane, ledger, traceparent: exchange.context.traceparent },
    ...(makeId === null ? {} : { makeId }),
    ...(ownSubject === null ? {} : { ownSubject }),
  });
  const decoder = decoderOf(deps, exchange, { ...request, types, admission });
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

interface Decoding extends Reading {
  readonly types: EventTypes;
  readonly admission: Admission;
}

function decoderOf({ eventBytesMax }: ReceiveDeps, { request }: Exchange, reading: Decoding): BodyDecoder {
  const { format, route, types, receivedAtMs, admission } = reading;
  if (route !== null) return new SegmentBody({ route, types, receivedAtMs, eventBytesMax }, admission);
  const attributes = format.layout === 'attributed' ? attributesOf(request.headers) : null;
  return createDecoder({ layout: format.layout, eventBytesMax, attributes }, admission);
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
