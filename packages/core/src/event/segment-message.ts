import type { FaultCode } from '../fault/codes.ts';
import type { SegmentCall, SegmentField, SegmentMapping } from '../pack/segment.ts';
import { SEGMENT_CALLS, segmentKey } from '../pack/segment.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import { writeInstant, isInstant, parseInstant } from './instant.ts';
import { JsonScanner } from './json-scan.ts';
import { decodeJsonText } from './json-text.ts';
import { nameAt } from './fault-place.ts';
import type { MemberList } from './member-list.ts';
import { endOf, KIND, startOf } from './member-list.ts';

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

/** Below this a difference of clocks is taken for the time that the message was on its way. */
const SKEW_MIN_MS = 60_000;
const encoder = new TextEncoder();

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
  /** The native event, until the next message. */
  readonly event = new GrowingBuffer(1_024);
  private bytes: Uint8Array = new Uint8Array(0);

  /** Null: `event` holds the event. */
  read(bytes: Uint8Array, range: { readonly start: number; readonly end: number }, context: SegmentContext): FaultCode | null {
    this.bytes = bytes;
    const broken = this.message.scan(bytes, range.start, range.end);
    if (broken !== null) return broken;
    const call = context.call ?? callOf(this.text('type'));
    const mapping = call === null ? undefined : context.mappings.get(segmentKey(call, this.text('event')));
    if (call === null || mapping === undefined) return 'segment_unmapped';
    const list = this.contentOf(call);
    if (list === null) return 'not_an_event';
    this.write(mapping, list, context);
    return null;
  }

  private write(mapping: SegmentMapping, content: MemberList, context: SegmentContext): void {
    const { event } = this;
    event.reset();
    event.copy(encoder.encode(`{"type":${JSON.stringify(mapping.type)}`));
    this.copyMember('id', this.find('messageId'));
    if (mapping.hasSubject) this.copyMember('subject', this.subjectMember());
    this.writeTime(context);
    event.copy(encoder.encode(',"data":{'));
    let isFirst = true;
    for (const { field, from } of mapping.fields) {
      const isWritten = this.copyField({ field, from }, content, isFirst);
      isFirst &&= !isWritten;
    }
    event.copy(encoder.encode('}}'));
  }

  private copyField({ field, from }: SegmentField, content: MemberList, isFirst: boolean): boolean {
    const ownName = from.startsWith('$') ? MESSAGE_MEMBERS[from.slice(1)] : undefined;
    const list = ownName === undefined ? content : this.message.members;
    const index = find(this.bytes, list, ownName ?? from);
    if (index < 0) return false;
    this.event.copy(encoder.encode(`${isFirst ? '' : ','}${JSON.stringify(field)}:`));
    this.event.copy(this.bytes, startOf(list, index), endOf(list, index));
    return true;
  }

  private copyMember(name: string, index: number): void {
    if (index < 0) return;
    this.event.copy(encoder.encode(`,"${name}":`));
    this.event.copy(this.bytes, startOf(this.message.members, index), endOf(this.message.members, index));
  }

  private writeTime({ receivedAtMs, sentAtMs }: SegmentContext): void {
    const original = this.find('originalTimestamp');
    const index = original < 0 ? this.find('timestamp') : original;
    const ownSentAtMs = this.instant(this.find('sentAt'));
    const skewMs = receivedAtMs - (Number.isNaN(ownSentAtMs) ? sentAtMs : ownSentAtMs);
    const saidMs = index < 0 ? receivedAtMs : this.instant(index);
    const isOff = index >= 0 && Math.abs(skewMs) >= SKEW_MIN_MS;
    const timeMs = isOff ? saidMs + skewMs : saidMs;
    // What is no instant goes on as it was written, to be judged like that of any event.
    if (index >= 0 && (!isOff || !isInstant(timeMs))) return this.copyMember('occurred_at', index);
    const text = new Uint8Array(24);
    writeInstant(timeMs, text, 0);
    this.event.copy(encoder.encode(',"occurred_at":"'));
    this.event.copy(text);
    this.event.copy(encoder.encode('"'));
  }

  private subjectMember(): number {
    const user = this.find('userId');
    return user < 0 ? this.find('anonymousId') : user;
  }

  /** Members that fields take: properties, or traits of the calls that have these. Null: they are no object. */
  private contentOf(call: SegmentCall): MemberList | null {
    const index = this.find(call === 'identify' || call === 'group' ? 'traits' : 'properties');
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
  private text(name: string): string {
    const { members } = this.message;
    const index = this.find(name);
    if (index < 0 || members.kind[index] !== KIND.string) return '';
    return decodeJsonText(this.bytes, startOf(members, index) + 1, endOf(members, index) - 1);
  }

  /** Index of a member that is there and not null, or -1. */
  private find(name: string): number {
    return find(this.bytes, this.message.members, name);
  }
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
  const batch = find(bytes, members, 'batch');
  if (batch < 0 || members.kind[batch] !== KIND.array) return 'not_an_event';
  const sentAt = find(bytes, members, 'sentAt');
  const isText = sentAt >= 0 && members.kind[sentAt] === KIND.string;
  const sentAtMs = isText ? parseInstant(bytes, startOf(members, sentAt) + 1, endOf(members, sentAt) - 1) : Number.NaN;
  return { start: startOf(members, batch), end: endOf(members, batch), sentAtMs };
}

function callOf(type: string): SegmentCall | null {
  return SEGMENT_CALLS.find((call) => call === type) ?? null;
}

function find(bytes: Uint8Array, list: MemberList, name: string): number {
  for (let i = 0; i < list.count; i += 1) if (list.kind[i] !== KIND.null && nameAt(bytes, list, i) === name) return i;
  return -1;
}
