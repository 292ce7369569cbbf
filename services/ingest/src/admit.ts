import type { CanonicalAdditions, Envelope, EventLane, EventTypes, Fault, FaultCode } from '@tidegate/core';
import { createIdentify, decodeJsonText, EventJudge, FAULTS, GrowingBuffer, partitionOf, writeCanonical } from '@tidegate/core';
import type { Clock, PersonKey } from '@tidegate/runtime';
import { sealField } from '@tidegate/runtime';
import type { Appender, AppendLane, PendingBatch } from './append.ts';
import type { EventSink, MessageSink, Original } from './decode.ts';
import type { EventHeaders } from './event-headers.ts';
import { createEventHeaders } from './event-headers.ts';
import type { HeldEvent, HoldBudget } from './hold.ts';
import { Hold } from './hold.ts';
import type { LaneChoice } from './lane.ts';
import type { Ledger } from './ledger.ts';
import type { OriginalFormat } from './original-format.ts';
import type { PackTally } from './pack-tally.ts';
import type { PersonKeys } from './person-keys.ts';
import type { Refused } from './reject.ts';
import type { MakeId } from './request-ids.ts';
import type { TenantShield } from './shield.ts';
import type { SubjectIds } from './subject-ids.ts';

export interface AdmitDeps {
  readonly clock: Clock;
  readonly appender: Appender;
  /** Of the lanes. */
  readonly topics: Readonly<Record<EventLane, string>>;
  readonly laneChoiceOf: (tenant: string) => LaneChoice;
  /** Whether the lane's oldest uncounted event is older than half of the retention. */
  readonly isTooFarBehind: (lane: EventLane) => boolean;
  readonly partitions: () => number;
  /** The log gets more partitions: what was not appended before is to be sent again. */
  readonly isGrowing: () => boolean;
  readonly shieldOf: (tenant: string) => TenantShield;
  readonly personKeys: PersonKeys;
  readonly isErased: (tenant: string, pseudonym: string) => boolean;
  /** Told of each event of a declared type what was said of it. */
  readonly tally: PackTally;
  readonly subjectIds: Pick<SubjectIds, 'note'>;
  /** Of events that wait for a person's key. */
  readonly holdBytesMax: number;
  readonly reject: (refused: Refused) => PendingBatch;
  /** 16 bytes each, derived from PSEUDONYM_SECRET. */
  readonly identityKey: Uint8Array;
  readonly topicKey: Uint8Array;
  readonly eventsMax: number;
  /** How far ahead of now an event may occur. */
  readonly aheadMaxMs: number;
}

/** What the events of one request share. */
export interface AdmitRequest {
  readonly tenant: string;
  readonly types: EventTypes;
  readonly envelope: Envelope;
  /** `backfill`: asked for by the request; else each event's own age and its tenant's share decide. */
  readonly lane: EventLane;
  /** Default: an event without id is refused. */
  readonly makeId?: MakeId;
  /** The one person whom the caller may send events about; absent: any. */
  readonly ownSubject?: string;
  readonly ledger: Ledger;
  /** W3C trace context of the request. */
  readonly traceparent: string;
}

/** Takes the events of one request. */
export interface Admission extends EventSink, MessageSink {
  /** False once the request holds more events than it may: nothing more is taken. */
  isOpen(): boolean;
}

/**
 * Takes each event from bytes to its batch in one go: judge → shield → canonical record → append, or the sealed original →
 * rejected.v1. Nothing waits and no object is made per event; judge and buffers are shared by all requests, which is safe
 * because nothing here yields. The exception is an event with a sealed value whose person's key is not in memory: it is held, as a
 * copy of its bytes, until Postgres has the key, and then takes the same way again.
 */
export function createAdmit(deps: AdmitDeps): (request: AdmitRequest) => Admission {
  const shared: Shared = {
    judge: new EventJudge(deps.aheadMaxMs),
    record: new GrowingBuffer(4_096),
    identify: createIdentify({ identity: deps.identityKey, topicKey: deps.topicKey }),
    headers: createEventHeaders(),
    budget: { bytesMax: deps.holdBytesMax, bytes: 0 },
  };
  return (request) => new RequestAdmission(deps, shared, request);
}

interface Shared {
  readonly judge: EventJudge;
  readonly record: GrowingBuffer;
  readonly identify: ReturnType<typeof createIdentify>;
  readonly headers: EventHeaders;
  readonly budget: HoldBudget;
}

class RequestAdmission implements Admission {
  private readonly deps: AdmitDeps;
  private readonly shared: Shared;
  private readonly request: AdmitRequest;
  private readonly shield: TenantShield;
  private readonly hold: Hold;
  private readonly lanes: Readonly<Record<EventLane, AppendLane[]>> = { live: [], backfill: [] };
  private readonly choice: LaneChoice;
  private readonly isRefused: (lane: EventLane) => boolean;
  private readonly tracedHeaders: Uint8Array;
  private readonly context: { types: EventTypes; envelope: Envelope; nowMs: number; makeId?: MakeId; ownSubject: string };
  private readonly additions: Additions;
  /** Of what is not a message of another format. */
  private readonly format: OriginalFormat;
  private partition = 0;

  constructor(deps: AdmitDeps, shared: Shared, request: AdmitRequest) {
    this.deps = deps;
    this.shared = shared;
    this.request = request;
    const { tenant, types, envelope, makeId, ownSubject = '', traceparent } = request;
    this.shield = deps.shieldOf(tenant);
    this.hold = new Hold(shared.budget);
    this.choice = deps.laneChoiceOf(tenant);
    this.isRefused = createRefusal(deps);
    this.tracedHeaders = shared.headers.traced(traceparent);
    this.context = { types, envelope, ...(makeId === undefined ? {} : { makeId }), nowMs: 0, ownSubject };
    this.additions = createAdditions(tenant, this.shield);
    this.format = { kind: 'event', envelope };
  }

  isOpen(): boolean {
    return this.request.ledger.count <= this.deps.eventsMax;
  }

  event(bytes: Uint8Array, start: number, end: number): void {
    if (!this.hasRoom()) return;
    const fault = this.judge(bytes, start, end);
    if (fault === null) this.take(bytes, start, end);
    else this.refuse(fault, { bytes: bytes.subarray(start, end), format: this.format });
  }

  mapped(event: Uint8Array, message: Original): void {
    if (!this.hasRoom()) return;
    const fault = this.judge(event, 0, event.length);
    if (fault === null) this.take(event, 0, event.length);
    else this.refuse(fault, message);
  }

  broken(code: FaultCode, bytes: Uint8Array, lengthBytes: number): void {
    if (this.hasRoom()) this.refuseUnread(code, { bytes, format: this.format }, lengthBytes);
  }

  unmapped(code: FaultCode, message: Original): void {
    if (this.hasRoom()) this.refuseUnread(code, message, message.bytes.length);
  }

  private judge(bytes: Uint8Array, start: number, end: number): Fault | null {
    const { judge } = this.shared;
    this.context.nowMs = this.deps.clock.nowMs();
    const fault = judge.judge(bytes, { start, end }, this.context);
    if (judge.idEnd > judge.idStart) this.request.ledger.noteId(judge.idBytes, judge.idStart + 1, judge.idEnd - 1);
    if (judge.type !== null) this.deps.tally.count(judge.type.pack, fault === null);
    return fault !== null && this.isErased(judge.subject) ? toFault('erased') : fault;
  }

  /** Nothing of an event about somebody who is erased may be kept, whatever else is wrong with it. */
  private isErased(subject: string): boolean {
    return subject !== '' && this.deps.isErased(this.request.tenant, this.shield.pseudonym(subject));
  }

  private refuseUnread(code: FaultCode, { bytes: original, format }: Original, lengthBytes: number): void {
    const { tenant, lane, ledger } = this.request;
    const fault = toFault(code);
    if (this.deps.appender.isFull(lane)) ledger.retry();
    else ledger.reject(fault, this.deps.reject({ tenant, index: ledger.count, id: '', fault, original, lengthBytes, format }));
  }

  /** False, with an entry in the ledger, where no further event can be taken. */
  private hasRoom(): boolean {
    const { ledger } = this.request;
    const { eventsMax } = this.deps;
    if (ledger.count < eventsMax) return true;
    if (ledger.count === eventsMax) ledger.rejectRest(restFault(eventsMax));
    return false;
  }

  private refuse(fault: Fault, { bytes, format }: Original): void {
    const { tenant, lane, ledger } = this.request;
    const { judge } = this.shared;
    if (this.deps.appender.isFull(lane)) return ledger.retry();
    const original = fault.code === 'erased' ? new Uint8Array(0) : bytes;
    const id = judge.idEnd > judge.idStart ? ledger.pendingId() : '';
    ledger.reject(fault, this.deps.reject({ tenant, index: ledger.count, id, fault, original, lengthBytes: original.length, format }));
  }

  /** The event that the judge accepted goes to its batch, or is held until its person's key is there. */
  private take(bytes: Uint8Array, start: number, end: number): void {
    const { judge } = this.shared;
    const { ledger, tenant } = this.request;
    const lane = this.request.lane === 'backfill' ? this.choice.asked() : this.choice.of(judge.timeMs, this.context.nowMs);
    if (this.isRefused(lane)) return ledger.retry();
    const pseudonym = this.shield.pseudonym(judge.subject);
    if (this.deps.isErased(tenant, pseudonym)) return this.refuse(toFault('erased'), { bytes, format: this.format });
    this.noteId(pseudonym);
    const needsKey = judge.holdsSealed();
    const key = needsKey ? this.deps.personKeys.known(tenant, pseudonym) : null;
    if ((needsKey && key === null) || this.hold.has(pseudonym)) {
      const madeId = judge.idBytes === judge.bytes ? null : decodeJsonText(judge.idBytes, judge.idStart + 1, judge.idEnd - 1);
      this.wait(pseudonym, { bytes: bytes.subarray(start, end), madeId, needsKey, lane });
      return;
    }
    ledger.accept(this.append(pseudonym, key, lane), lane, this.partition);
  }

  private noteId(pseudonym: string): void {
    const { type, subject } = this.shared.judge;
    if (pseudonym !== '' && type?.keepsId === true) this.deps.subjectIds.note(this.request.tenant, pseudonym, subject);
  }

  private wait(pseudonym: string, event: Omit<HeldEvent, 'index'>): void {
    const { ledger, tenant } = this.request;
    if (!this.hold.hasRoom(event.bytes.length)) return ledger.retry();
    const isFirst = this.hold.add(pseudonym, { ...event, bytes: event.bytes.slice(), index: ledger.hold() });
    if (isFirst) void this.deps.personKeys.fetch(tenant, pseudonym).then((key) => this.resume(pseudonym, key));
  }

  /** The held events of a person take the way of any other, now that it is known whether there is a key. */
  private resume(pseudonym: string, key: PersonKey | null): void {
    const { judge } = this.shared;
    const { ledger } = this.request;
    for (const { index, bytes, madeId, needsKey, lane } of this.hold.take(pseudonym)) {
      const nowMs = this.deps.clock.nowMs();
      const context = { ...this.context, nowMs, ...(madeId === null ? {} : { makeId: () => madeId }) };
      const canGo = (key !== null || !needsKey) && !this.isRefused(lane);
      // The same types accepted it before, and time runs forwards: it is accepted again.
      const isTaken = canGo && judge.judge(bytes, { start: 0, end: bytes.length }, context) === null;
      ledger.release(index, isTaken ? { batch: this.append(pseudonym, key, lane), lane, partition: this.partition } : null);
    }
  }

  /** Returns the batch that holds the event, as its last record; `partition` is then where it goes. */
  private append(pseudonym: string, key: PersonKey | null, lane: EventLane): PendingBatch {
    const { judge, record, identify, headers } = this.shared;
    const { additions, deps } = this;
    const identity = identify(judge, this.request.tenant, pseudonym);
    additions.subject = pseudonym;
    additions.key = key;
    record.reset();
    writeCanonical(judge, additions, record);
    const partition = partitionOf(identity.topicKey, deps.partitions());
    this.partition = partition;
    const lanes = this.lanes[lane];
    const known = lanes[partition];
    const into = known ?? (lanes[partition] = deps.appender.lane(deps.topics[lane], partition));
    const list = known === undefined ? this.tracedHeaders : headers.plain;
    list.set(identity.identity, headers.identityAt);
    return into.add(identity.topicKey, record.written(), list);
  }
}

/** What an event's record is written with; subject and key are those of the event at hand. */
interface Additions extends CanonicalAdditions {
  subject: string;
  key: PersonKey | null;
}

function createAdditions(tenant: string, { treat }: TenantShield): Additions {
  const additions: Additions = {
    ...{ tenant, subject: '', key: null, treat },
    seal({ type, field }, json) {
      const { subject, key } = additions;
      if (key === null) throw new Error('a value is sealed before its person has a key');
      return sealField(key, { tenant, subject, type, field }, json);
    },
  };
  return additions;
}

/** Whether an event of a lane has to be sent again later. How far the backfill lane is behind, by hours or not, is asked once a request. */
function createRefusal({ appender, isGrowing, isTooFarBehind }: AdmitDeps): (lane: EventLane) => boolean {
  let isBehind: boolean | null = null;
  return (lane) => appender.isFull(lane) || isGrowing() || (lane === 'backfill' && (isBehind ??= isTooFarBehind(lane)));
}

function toFault(code: FaultCode): Fault {
  return { code, message: FAULTS[code].meaning };
}

function restFault(eventsMax: number): Fault {
  return { code: 'body_too_large', message: `a request may hold ${String(eventsMax)} events: from here on nothing was taken` };
}
