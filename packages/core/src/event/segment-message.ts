import type { FaultCode } from '../fault/codes.ts';
import type { SegmentCall, SegmentMapping } from '../pack/segment.ts';
import { SEGMENT_CALLS, segmentKey } from '../pack/segment.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import { writeInstant, isInstant, parseInstant } from './instant.ts';
import { JsonScanner } from './json-scan.ts';
import type { MemberList } from './member-list.ts';
import { endOf, KIND, startOf } from './member-list.ts';
import { MemberPlaces } from './member-places.ts';
import { NameTable } from './name-table.ts';
import { TextCache } from './text-cache.ts';

/** Members of a message that a mapping may name with a leading `$`, by the name that follows. */
const MESSAGE_MEMBERS: Readonly<Record<string, string>> = {
  name: 'name',
  category: 'category',
  event: 'event',
  user_id: 'userId',
  anonymous_id: 'anonymousId',
  group_id: 'groupId',
  previous_id: 'previousId',
};
/** All members that are looked at; what else a message holds is left out. */
const NAMES = [
  ...Object.values(MESSAGE_MEMBERS),
  ...['type', 'messageId', 'timestamp', 'originalTimestamp', 'sentAt', 'properties', 'traits', 'batch'],
];
const TABLE = new NameTable(NAMES);
const AT = {
  ...{ type: NAMES.indexOf('type'), event: NAMES.indexOf('event'), messageId: NAMES.indexOf('messageId') },
  ...{ userId: NAMES.indexOf('userId'), anonymousId: NAMES.indexOf('anonymousId') },
  ...{ timestamp: NAMES.indexOf('timestamp'), originalTimestamp: NAMES.indexOf('originalTimestamp'), sentAt: NAMES.indexOf('sentAt') },
  ...{ properties: NAMES.indexOf('properties'), traits: NAMES.indexOf('traits'), batch: NAMES.indexOf('batch') },
} as const;

/** Below this a difference of clocks is taken for the time that the message was on its way. */
const SKEW_MIN_MS = 60_000;
const encoder = new TextEncoder();
const ID = encoder.encode(',"id":');
const SUBJECT = encoder.encode(',"subject":');
const OCCURRED_AT = encoder.encode(',"occurred_at":');
const DATA = encoder.encode(',"data":{');
const END = encoder.encode('}}');

export interface SegmentContext {
  readonly mappings: ReadonlyMap<string, SegmentMapping>;
  /** What the route says; null in a batch, whose messages say it themselves. */
  readonly call: SegmentCall | null;
  readonly receivedAtMs: number;
  /** The sender's clock when it sent the request; NaN where a batch does not say. */
  readonly sentAtMs: number;
}

/**
 * Turns messages of Segment's HTTP API into native events, by the mappings of packs. Ids, names and values keep the sender's bytes;
 * `context`, `integrations` and properties that no field takes are left out. The event's time is `originalTimestamp` or `timestamp`,
 * moved by receivedAt - sentAt where the sender's clock is a minute or more off (https://segment.com/docs/connections/spec/common/).
 */
export class SegmentReader {
  private readonly message = new JsonScanner();
  private readonly content = new JsonScanner();
  private readonly places = new MemberPlaces();
  private readonly contentPlaces = new MemberPlaces();
  private readonly texts = new TextCache();
  private readonly mappings = new WeakMap<SegmentMapping, WrittenMapping>();
  /** The native event, until the next message. */
  readonly event = new GrowingBuffer(1_024);
  private bytes: Uint8Array = new Uint8Array(0);

  /** Null: `event` holds the event. */
  read(bytes: Uint8Array, range: { readonly start: number; readonly end: number }, context: SegmentContext): FaultCode | null {
    this.bytes = bytes;
    const broken = this.message.scan(bytes, range.start, range.end);
    if (broken !== null) return broken;
    this.places.take(TABLE, bytes, this.message.members);
    const call = context.call ?? callOf(this.text(AT.type));
    const mapping = call === null ? undefined : context.mappings.get(segmentKey(call, this.text(AT.event)));
    if (call === null || mapping === undefined) return 'segment_unmapped';
    const list = this.contentOf(call);
    if (list === null) return 'not_an_event';
    this.write(this.writtenMapping(mapping), list, context);
    return null;
  }

  private writtenMapping(mapping: SegmentMapping): WrittenMapping {
    const written = this.mappings.get(mapping) ?? compileMapping(mapping);
    this.mappings.set(mapping, written);
    return written;
  }

  private write(mapping: WrittenMapping, content: MemberList, context: SegmentContext): void {
    const { event } = this;
    event.reset();
    event.copy(mapping.head);
    this.copyMember(ID, this.places.of(AT.messageId));
    if (mapping.hasSubject) this.copyMember(SUBJECT, this.subjectMember());
    this.writeTime(context);
    event.copy(DATA);
    this.contentPlaces.take(mapping.table, this.bytes, content);
    const start = event.length;
    for (const { name, own, property } of mapping.fields) {
      const list = own < 0 ? content : this.message.members;
      const index = own < 0 ? this.contentPlaces.of(property) : this.places.of(own);
      if (index < 0) continue;
      if (event.length > start) event.byte(0x2c);
      event.copy(name);
      event.copy(this.bytes, startOf(list, index), endOf(list, index));
    }
    event.copy(END);
  }

  private copyMember(name: Uint8Array, index: number): void {
    if (index < 0) return;
    this.event.copy(name);
    this.event.copy(this.bytes, startOf(this.message.members, index), endOf(this.message.members, index));
  }

  private writeTime({ receivedAtMs, sentAtMs }: SegmentContext): void {
    const original = this.places.of(AT.originalTimestamp);
    const index = original < 0 ? this.places.of(AT.timestamp) : original;
    const ownSentAtMs = this.instant(this.places.of(AT.sentAt));
    const skewMs = receivedAtMs - (Number.isNaN(ownSentAtMs) ? sentAtMs : ownSentAtMs);
    const saidMs = index < 0 ? receivedAtMs : this.instant(index);
    const isOff = index >= 0 && Math.abs(skewMs) >= SKEW_MIN_MS;
    const timeMs = isOff ? saidMs + skewMs : saidMs;
    // What is no instant goes on as it was written, to be judged like that of any event.
    if (index >= 0 && (!isOff || !isInstant(timeMs))) return this.copyMember(OCCURRED_AT, index);
    const { event } = this;
    event.copy(OCCURRED_AT);
    event.byte(0x22);
    event.reserve(24);
    writeInstant(timeMs, event.bytes, event.length);
    event.length += 24;
    event.byte(0x22);
  }

  private subjectMember(): number {
    const user = this.places.of(AT.userId);
    return user < 0 ? this.places.of(AT.anonymousId) : user;
  }

  /** Members that fields take: properties, or traits of the calls that have these. Null: they are no object. */
  private contentOf(call: SegmentCall): MemberList | null {
    const index = this.places.of(call === 'identify' || call === 'group' ? AT.traits : AT.properties);
    this.content.members.count = 0;
    if (index < 0) return this.content.members;
    const { members } = this.message;
    if (members.kind[index] !== KIND.object) return null;
    return this.content.scan(this.bytes, startOf(members, index), endOf(members, index)) === null ? this.content.members : null;
  }

  /** NaN where the member is absent or no RFC 3339 instant. */
  private instant(index: number): number {
    const { members } = this.message;
    if (index < 0 || members.kind[index] !== KIND.string) return Number.NaN;
    return parseInstant(this.bytes, startOf(members, index) + 1, endOf(members, index) - 1);
  }

  /** "" where the member is absent or no text. */
  private text(which: number): string {
    const { members } = this.message;
    const index = this.places.of(which);
    if (index < 0 || members.kind[index] !== KIND.string) return '';
    return this.texts.text(this.bytes, startOf(members, index) + 1, endOf(members, index) - 1);
  }
}

/** A mapping as it is written: what can be made once of it is. */
interface WrittenMapping {
  /** The event up to its type. */
  readonly head: Uint8Array;
  readonly hasSubject: boolean;
  /** Names of the properties or traits that fields take. */
  readonly table: NameTable;
  readonly fields: readonly WrittenField[];
}

interface WrittenField {
  /** With quotes and colon. */
  readonly name: Uint8Array;
  /** Position among the members of a message, or -1: it takes a property. */
  readonly own: number;
  /** Position in the mapping's table. */
  readonly property: number;
}

function compileMapping({ type, hasSubject, fields }: SegmentMapping): WrittenMapping {
  const ownOf = (from: string): number => (from.startsWith('$') ? NAMES.indexOf(MESSAGE_MEMBERS[from.slice(1)] ?? '') : -1);
  const properties = [...new Set(fields.flatMap(({ from }) => (ownOf(from) < 0 ? [from] : [])))];
  return {
    head: encoder.encode(`{"type":${JSON.stringify(type)}`),
    hasSubject,
    table: new NameTable(properties),
    fields: fields.map(({ field, from }) => ({
      name: encoder.encode(`${JSON.stringify(field)}:`),
      own: ownOf(from),
      property: properties.indexOf(from),
    })),
  };
}

/** Where the messages of a batch lie, and when it was sent. */
export interface SegmentBatch {
  /** Range of the array. */
  readonly start: number;
  readonly end: number;
  /** Epoch ms, NaN where the batch does not say. */
  readonly sentAtMs: number;
}

/** Reads `{"batch": [...], "sentAt": …}`; a code where it is none. */
export function readSegmentBatch(bytes: Uint8Array): SegmentBatch | FaultCode {
  const scanner = new JsonScanner();
  const broken = scanner.scan(bytes, 0, bytes.length);
  if (broken !== null) return broken;
  const { members } = scanner;
  const places = new MemberPlaces();
  places.take(TABLE, bytes, members);
  const batch = places.of(AT.batch);
  if (batch < 0 || members.kind[batch] !== KIND.array) return 'not_an_event';
  const sentAt = places.of(AT.sentAt);
  const isText = sentAt >= 0 && members.kind[sentAt] === KIND.string;
  const sentAtMs = isText ? parseInstant(bytes, startOf(members, sentAt) + 1, endOf(members, sentAt) - 1) : Number.NaN;
  return { start: startOf(members, batch), end: endOf(members, batch), sentAtMs };
}

function callOf(type: string): SegmentCall | null {
  return SEGMENT_CALLS.find((call) => call === type) ?? null;
}
