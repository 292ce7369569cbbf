import type { FaultCode } from '../fault/codes.ts';
import type { Fault } from '../fault/fault.ts';
import { DataJudge } from './data-judge.ts';
import { faultAt, nameAt } from './fault-place.ts';
import type { Envelope } from './envelope.ts';
import { ENVELOPE_NAMES_MAX, MEMBER, NATIVE } from './envelope.ts';
import type { EventTypes, JudgedType } from './event-types.ts';
import { memberNumber, textLength } from './field-check.ts';
import { isInstant, parseInstant } from './instant.ts';
import { JsonScanner } from './json-scan.ts';
import type { JsonFault } from './json-string.ts';
import { KnownNames } from './known-names.ts';
import type { MemberList } from './member-list.ts';
import { endOf, FLAG, KIND, startOf } from './member-list.ts';
import { judgePersonal } from './personal-guard.ts';
import { TextCache } from './text-cache.ts';

const ID_LENGTH_MAX = 128;
const SOURCE_LENGTH_MAX = 256;
const SUBJECT_LENGTH_MAX = 256;
/** The most that may be set: what is shown and recounted of a day reckons with events that come so early. */
export const AHEAD_MAX_MS = 300_000;
/** What the canonical record says where the sender named no source; callers may not use it. */
export const NO_SOURCE = 'urn:tidegate:no-source';

const encoder = new TextEncoder();

const JSON_MESSAGES: Readonly<Record<JsonFault, string>> = {
  bad_json: 'is not JSON',
  bad_utf8: 'is not well-formed UTF-8',
  bad_character: 'holds U+0000, or half of a surrogate pair',
  duplicate_key: 'holds a member name twice',
  number_out_of_range: 'is beyond the range of numbers',
};

export interface JudgeContext {
  readonly types: EventTypes;
  readonly nowMs: number;
  /** Default: the native one. */
  readonly envelope?: Envelope;
  /** Makes the id of an event that brings none, 1 to 128 printable ASCII characters other than `"` and `\\`. Default: it is refused. */
  readonly makeId?: (bytes: Uint8Array, start: number, end: number) => string;
  /** The one person whom events may be about, who is meant where an event names nobody; absent or "": any. */
  readonly ownSubject?: string;
}

/**
 * Judges events against the packs of their tenant. One judge is reused for event after event; the parts of the
 * last accepted event stay readable until the next call, so that nothing is copied before it is written.
 */
export class EventJudge {
  private readonly scanner = new JsonScanner();
  private readonly texts = new TextCache();
  private readonly envelopeNames = new KnownNames();
  /** Index of each envelope member in the scanner's list, or -1. */
  private readonly at = new Int32Array(ENVELOPE_NAMES_MAX);
  private envelope: Envelope = NATIVE;
  private ownSubject = '';
  bytes: Uint8Array = new Uint8Array(0);
  /** The id with its quotes stands here: among the event's own bytes, or made where it brought none. */
  idBytes: Uint8Array = this.bytes;
  idStart = 0;
  /** Equals the start where there is no text as id. */
  idEnd = 0;
  isIdEscaped = false;
  /** Members of the envelope that are kept as attributes: indices in `members`. */
  readonly attributes: number[] = [];
  type: JudgedType | null = null;
  timeMs = 0;
  /** "" where absent. */
  source = '';
  /** "" where absent. */
  subject = '';
  /** What became of the members of `data`. */
  readonly fields = new DataJudge(this.texts);
  private readonly aheadMaxMs: number;

  /** `aheadMaxMs`: how far after now an event may occur. */
  constructor(aheadMaxMs: number = AHEAD_MAX_MS) {
    this.aheadMaxMs = aheadMaxMs;
  }

  /** Null: accepted, and the parts hold the event. Checks in a fixed order and tells the first fault. */
  judge(bytes: Uint8Array, range: { readonly start: number; readonly end: number }, context: JudgeContext): Fault | null {
    this.bytes = bytes;
    this.envelope = context.envelope ?? NATIVE;
    this.ownSubject = context.ownSubject ?? '';
    this.at.fill(-1);
    this.idEnd = this.idStart;
    this.subject = '';
    const broken = this.scanner.scan(bytes, range.start, range.end);
    if (broken !== null) return faultAt(broken, this.scanner.faultPath(), JSON_MESSAGES[broken]);
    const unknown = this.findMembers();
    this.findId(range, context.makeId);
    const fault = this.judgeType(context.types);
    if (fault !== null) return fault;
    if (unknown !== null && this.type?.compiled.unknownMembers === 'refuse') return unknown;
    return this.judgeEnvelope(context.nowMs) ?? this.judgeData() ?? this.judgeGuard();
  }

  private judgeEnvelope(nowMs: number): Fault | null {
    return (
      this.judgeOwn() ?? this.judgeId() ?? this.judgeSource() ?? this.judgeSubject() ?? this.judgeTime(nowMs) ?? this.judgeSchemaVersion()
    );
  }

  get members(): MemberList {
    return this.scanner.members;
  }

  get data(): MemberList {
    return this.scanner.data;
  }

  get sourceMember(): number {
    return this.at[MEMBER.source] ?? -1;
  }

  get schemaVersionMember(): number {
    return this.at[MEMBER.schemaVersion] ?? -1;
  }

  get dataMember(): number {
    return this.at[MEMBER.data] ?? -1;
  }

  /** Whether the event holds a value that is to be sealed. */
  holdsSealed(): boolean {
    const sealed = this.type?.sealed ?? [];
    for (const field of sealed) if (this.fields.memberAt(field) >= 0) return true;
    return false;
  }

  /** Index in `data` of the entity id that the event type's `key:` names, or -1. */
  get entityMember(): number {
    return this.fields.memberAt(this.type?.keyField ?? -1);
  }

  private text(list: MemberList, index: number): string {
    return this.texts.text(this.bytes, startOf(list, index) + 1, endOf(list, index) - 1);
  }

  /** Positions of the envelope's members; the fault of the first one that the envelope neither has nor keeps. */
  private findMembers(): Fault | null {
    const list = this.members;
    const { table, refuse } = this.envelope;
    this.attributes.length = 0;
    let unknown: Fault | null = null;
    for (let i = 0; i < list.count; i += 1) {
      const which = this.envelopeNames.find(table, this.bytes, { list, i });
      if (which < 0 && refuse === null) unknown ??= faultAt('field_unknown', [nameAt(this.bytes, list, i)], 'is no member of an event');
      else if (list.kind[i] === KIND.null) continue;
      else if (which < 0) this.attributes.push(i);
      else this.at[which] = i;
    }
    return unknown;
  }

  private findId({ start, end }: { readonly start: number; readonly end: number }, makeId: JudgeContext['makeId']): void {
    const index = this.at[MEMBER.id] ?? -1;
    if (index < 0 && makeId !== undefined) {
      this.idBytes = encoder.encode(`"${makeId(this.bytes, start, end)}"`);
      this.idStart = 0;
      this.idEnd = this.idBytes.length;
      this.isIdEscaped = false;
      return;
    }
    this.idBytes = this.bytes;
    this.idStart = index < 0 ? 0 : startOf(this.members, index);
    this.idEnd = index < 0 || this.members.kind[index] !== KIND.string ? this.idStart : endOf(this.members, index);
    this.isIdEscaped = index >= 0 && ((this.members.flags[index] ?? 0) & FLAG.escaped) !== 0;
  }

  private judgeOwn(): Fault | null {
    const { bytes, members, at, attributes } = this;
    const refusal = this.envelope.refuse?.({ bytes, list: members, at, others: attributes }) ?? null;
    // An event about nobody says nothing beside what its type declares: an attribute could name whom it was about, in the clear.
    if (this.type?.compiled.subject === 'none') attributes.length = 0;
    return refusal === null ? null : faultAt(refusal.code, [refusal.name], refusal.message);
  }

  /** The fault of a member of the envelope, under the name that the format gives it. */
  private memberFault(code: FaultCode, member: number, message: string): Fault {
    return faultAt(code, [this.envelope.names[member] ?? ''], message);
  }

  private judgeType(types: EventTypes): Fault | null {
    this.type = null;
    const index = this.at[MEMBER.type] ?? -1;
    if (index < 0) return faultAt('field_missing', ['type'], 'is missing');
    if (this.members.kind[index] === KIND.string) {
      this.type = types.find(this.bytes, startOf(this.members, index) + 1, endOf(this.members, index) - 1) ?? null;
    }
    return this.type === null ? faultAt('type_unknown', ['type'], 'is declared by no pack') : null;
  }

  private judgeId(): Fault | null {
    const index = this.at[MEMBER.id] ?? -1;
    if (index < 0) return this.idEnd > this.idStart ? null : faultAt('id_missing', ['id'], 'is missing');
    return this.isText(index, ID_LENGTH_MAX) ? null : faultAt('id_invalid', ['id'], 'must be a text of 1 to 128 characters');
  }

  private judgeSource(): Fault | null {
    const index = this.sourceMember;
    this.source = '';
    if (index < 0) return null;
    const isEmpty = this.members.kind[index] === KIND.string && this.insideLength(index) === 0;
    if (isEmpty) return null;
    if (!this.isText(index, SOURCE_LENGTH_MAX)) return faultAt('source_invalid', ['source'], 'must be a text of at most 256 characters');
    this.source = this.text(this.members, index);
    return this.source === NO_SOURCE ? faultAt('source_invalid', ['source'], 'is reserved') : null;
  }

  private judgeSubject(): Fault | null {
    const index = this.at[MEMBER.subject] ?? -1;
    const rule = this.type?.compiled.subject ?? 'optional';
    this.subject = '';
    if (index < 0) return this.judgeNoSubject(rule);
    if (rule === 'none') return faultAt('subject_refused', ['subject'], 'is not taken by the event type');
    if (!this.isText(index, SUBJECT_LENGTH_MAX)) {
      return faultAt('subject_invalid', ['subject'], 'must be a text of 1 to 256 characters');
    }
    this.subject = this.text(this.members, index);
    const isOpen = this.ownSubject === '' || this.subject === this.ownSubject;
    return isOpen ? null : faultAt('subject_not_own', ['subject'], 'must be the person whom the token stands for');
  }

  private judgeNoSubject(rule: string): Fault | null {
    if (this.ownSubject !== '' && rule !== 'none') {
      this.subject = this.ownSubject;
      return null;
    }
    return rule === 'required' ? faultAt('subject_missing', ['subject'], 'is required by the event type') : null;
  }

  private judgeTime(nowMs: number): Fault | null {
    const index = this.at[MEMBER.occurredAt] ?? -1;
    if (index < 0) return this.memberFault('field_missing', MEMBER.occurredAt, 'is missing');
    this.timeMs = this.readTime(index);
    if (!isInstant(this.timeMs)) {
      return this.memberFault('occurred_at_invalid', MEMBER.occurredAt, 'must be an RFC 3339 instant or epoch milliseconds');
    }
    const isAhead = this.timeMs > nowMs + this.aheadMaxMs;
    return isAhead ? this.memberFault('occurred_at_in_future', MEMBER.occurredAt, `is more than ${this.aheadMaxMs / 1_000} s ahead`) : null;
  }

  private readTime(index: number): number {
    const list = this.members;
    if (list.kind[index] === KIND.string) {
      return parseInstant(this.bytes, startOf(list, index) + 1, endOf(list, index) - 1);
    }
    const value = list.kind[index] === KIND.number ? memberNumber(this.bytes, list, index) : null;
    return typeof value === 'number' ? value : Number.NaN;
  }

  private judgeSchemaVersion(): Fault | null {
    const index = this.schemaVersionMember;
    if (index < 0) return null;
    const value = this.members.kind[index] === KIND.number ? memberNumber(this.bytes, this.members, index) : null;
    const isVersion = typeof value === 'number' && value >= 1 && value <= 1_000_000;
    return isVersion ? null : this.memberFault('field_invalid', MEMBER.schemaVersion, 'must be a positive integer');
  }

  private judgeData(): Fault | null {
    const index = this.dataMember;
    if (this.type === null) return null;
    if (index >= 0 && this.members.kind[index] !== KIND.object) return faultAt('field_invalid', ['data'], 'must be an object');
    return this.fields.judge(this.bytes, this.data, this.type);
  }

  private judgeGuard(): Fault | null {
    const guard = this.type?.guard ?? null;
    if (guard === null) return null;
    const kept = [this.at[MEMBER.id] ?? -1, this.sourceMember, ...this.attributes];
    return judgePersonal(guard, { bytes: this.bytes, members: this.members, kept, data: this.data, fields: this.fields });
  }

  private insideLength(index: number): number {
    return endOf(this.members, index) - startOf(this.members, index) - 2;
  }

  private isText(index: number, lengthMax: number): boolean {
    const inside = this.insideLength(index);
    if (this.members.kind[index] !== KIND.string || inside === 0) return false;
    return inside <= lengthMax || textLength(this.bytes, this.members, index) <= lengthMax;
  }
}
