import type { Envelope, EventTypes, Fault, FaultCode } from '@tidegate/core';
import { createIdentify, EventJudge, FAULTS, GrowingBuffer, IDENTITY_BYTES, partitionOf, writeCanonical } from '@tidegate/core';
import type { RecordHeader } from '@tidegate/kafka';
import { encodeHeaders } from '@tidegate/kafka';
import type { Clock } from '@tidegate/runtime';
import type { Appender, AppendLane, PendingBatch } from './append.ts';
import type { EventSink } from './decode.ts';
import type { Ledger } from './ledger.ts';
import type { Refused } from './reject.ts';
import type { MakeId } from './request-ids.ts';
import type { TenantShield } from './shield.ts';

export interface AdmitDeps {
  readonly clock: Clock;
  readonly appender: Appender;
  readonly eventsTopic: string;
  readonly partitions: () => number;
  readonly shieldOf: (tenant: string) => TenantShield;
  readonly reject: (refused: Refused) => PendingBatch;
  /** 16 bytes each, derived from PSEUDONYM_SECRET. */
  readonly identityKey: Uint8Array;
  readonly topicKey: Uint8Array;
  readonly eventsMax: number;
}

/** What the events of one request share. */
export interface AdmitRequest {
  readonly tenant: string;
  readonly types: EventTypes;
  readonly envelope: Envelope;
  /** Default: an event without id is refused. */
  readonly makeId?: MakeId;
  readonly ledger: Ledger;
  /** W3C trace context of the request. */
  readonly traceparent: string;
}

/** Takes the events of one request. */
export interface Admission extends EventSink {
  /** False once the request holds more events than it may: nothing more is taken. */
  isOpen(): boolean;
}

const encoder = new TextEncoder();

/**
 * Takes each event from bytes to its batch in one go: judge → shield → canonical record → append, or the sealed original →
 * rejected.v1. Nothing waits and no object is made per event; judge and buffers are shared by all requests, which is safe
 * because nothing here yields.
 */
export function createAdmit(deps: AdmitDeps): (request: AdmitRequest) => Admission {
  const judge = new EventJudge();
  const record = new GrowingBuffer(4_096);
  const identify = createIdentify({ identity: deps.identityKey, topicKey: deps.topicKey });
  const headers = createEventHeaders();
  return function admit(request) {
    const { tenant, types, envelope, makeId, ledger } = request;
    const shield = deps.shieldOf(tenant);
    const context = { types, envelope, ...(makeId === undefined ? {} : { makeId }), nowMs: 0 };
    const lanes: AppendLane[] = [];
    const tracedHeaders = headers.traced(request.traceparent);

    function append(): void {
      const pseudonym = shield.pseudonym(judge.subject);
      const identity = identify(judge, tenant, pseudonym);
      record.reset();
      writeCanonical(judge, { tenant, subject: pseudonym, treat: shield.treat }, record);
      const partition = partitionOf(identity.topicKey, deps.partitions());
      const known = lanes[partition];
      const lane = known ?? (lanes[partition] = deps.appender.lane(deps.eventsTopic, partition));
      const list = known === undefined ? tracedHeaders : headers.plain;
      list.set(identity.identity, headers.identityAt);
      ledger.accept(lane.add(identity.topicKey, record.written(), list), partition);
    }

    function refuse(fault: Fault, original: Uint8Array, lengthBytes: number): void {
      const id = judge.idEnd > judge.idStart ? ledger.pendingId() : '';
      ledger.reject(fault, deps.reject({ tenant, index: ledger.count, id, fault, original, lengthBytes }));
    }

    /** False, with an entry in the ledger, where no further event can be taken. */
    function hasRoom(): boolean {
      if (ledger.count < deps.eventsMax) return true;
      if (ledger.count === deps.eventsMax) ledger.rejectRest(restFault(deps.eventsMax));
      return false;
    }

    return {
      isOpen: () => ledger.count <= deps.eventsMax,
      event(bytes, start, end) {
        if (!hasRoom()) return;
        context.nowMs = deps.clock.nowMs();
        const fault = judge.judge(bytes, { start, end }, context);
        if (judge.idEnd > judge.idStart) ledger.noteId(judge.idBytes, judge.idStart + 1, judge.idEnd - 1);
        if (deps.appender.isFull()) ledger.retry();
        else if (fault === null) append();
        else refuse(fault, bytes.subarray(start, end), end - start);
      },
      broken(code, original, lengthBytes) {
        if (!hasRoom()) return;
        if (deps.appender.isFull()) ledger.retry();
        else
          ledger.reject(toFault(code), deps.reject({ tenant, index: ledger.count, id: '', fault: toFault(code), original, lengthBytes }));
      },
    };
  };
}

function toFault(code: FaultCode): Fault {
  return { code, message: FAULTS[code].meaning };
}

function restFault(eventsMax: number): Fault {
  return { code: 'body_too_large', message: `a request may hold ${String(eventsMax)} events: from here on nothing was taken` };
}

interface EventHeaders {
  /** Of every record but a request's first in a partition. */
  readonly plain: Uint8Array;
  /** Where in any of the lists the identity stands. */
  readonly identityAt: number;
  traced(traceparent: string): Uint8Array;
}

/** Headers of records of events.v1: a list is encoded once, and each record's identity written into its place before it is copied. */
function createEventHeaders(): EventHeaders {
  const list = (extra: readonly RecordHeader[]): Uint8Array =>
    encodeHeaders([
      { name: 'kind', value: encoder.encode('event') },
      { name: 'v', value: encoder.encode('1') },
      { name: 'identity', value: new Uint8Array(IDENTITY_BYTES) },
      ...extra,
    ]);
  const plain = list([]);
  return {
    plain,
    identityAt: plain.length - IDENTITY_BYTES,
    traced: (traceparent) => list([{ name: 'traceparent', value: encoder.encode(traceparent) }]),
  };
}
