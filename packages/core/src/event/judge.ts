import type { FaultCode } from '../fault/codes.ts';
import type { Fault } from '../fault/fault.ts';
import type { EventTypes, JudgedType } from './event-types.ts';
import { memberNumber, textLength } from './field-check.ts';
import { isInstant, parseInstant } from './instant.ts';
import { JsonScanner } from './json-scan.ts';
import type { JsonFault } from './json-string.ts';
import { decodeJsonText } from './json-text.ts';
import { KnownNames } from './known-names.ts';
import type { MemberList } from './member-list.ts';
import { endOf, KIND, startOf } from './member-list.ts';
import { NameTable } from './name-table.ts';
import { TextCache } from './text-cache.ts';

const ID_LENGTH_MAX = 128;
const SOURCE_LENGTH_MAX = 256;
const SUBJECT_LENGTH_MAX = 256;
const AHEAD_MAX_MS = 300_000;
/** What the canonical record says where the sender named no source; callers may not use it. */
export const NO_SOURCE = 'urn:tidegate:no-source';

const MEMBERS = ['id', 'type', 'subject', 'source', 'occurred_at', 'schema_version', 'data'] as const;
const ID = 0;
const TYPE = 1;
const SUBJECT = 2;
const SOURCE = 3;
const OCCURRED_AT = 4;
const SCHEMA_VERSION = 5;
const DATA = 6;
const memberNames = new NameTable(MEMBERS);

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
}

/**
 * Judges native events against the packs of their tenant. One judge is reused for event after event; the parts of the
 * last accepted event stay readable until the next call, so that nothing is copied before it is written.
 */
export class EventJudge {
  private readonly scanner = new JsonScanner();
  private readonly texts = new TextCache();
  private readonly envelopeNames = new KnownNames();
  private readonly fieldNames = new KnownNames();
  /** Index of each envelope member in the scanner's list, or -1. */
  private readonly at = new Int32Array(MEMBERS.length);
  private fieldOf = new Int16Array(64);
  private memberOf = new Int16Array(64);
  bytes: Uint8Array = new Uint8Array(0);
  type: JudgedType | null = null;
  timeMs = 0;
  /** "" where absent. */
  source = '';
  /** "" where absent. */
  subject = '';
  /** Whether `data` must be written anew because members are dropped or replaced. */
  isDataChanged = false;

  /** Null: accepted, and the parts hold the event. Checks in a fixed order and tells the first fault. */
  judge(bytes: Uint8Array, range: { readonly start: number; readonly end: number }, context: JudgeContext): Fault | null {
    this.bytes = bytes;
    this.at.fill(-1);
    const broken = this.scanner.scan(bytes, range.start, range.end);
    if (broken !== null) return this.fault(broken, this.scanner.faultPath(), JSON_MESSAGES[broken]);
    const unknown = this.findMembers();
    const fault = this.judgeType(context.types);
    if (fault !== null) return fault;
    if (unknown !== null && this.type?.compiled.unknownMembers === 'refuse') return unknown;
    return this.judgeEnvelope(context.nowMs) ?? this.judgeData();
  }

  private judgeEnvelope(nowMs: number): Fault | null {
    return this.judgeId() ?? this.judgeSource() ?? this.judgeSubject() ?? this.judgeTime(nowMs) ?? this.judgeSchemaVersion();
  }

  /** Whether the event, accepted or not, has a text as id; then `idMember` says where it is. */
  get hasTextId(): boolean {
    return this.idMember >= 0 && this.members.kind[this.idMember] === KIND.string;
  }

  get members(): MemberList {
    return this.scanner.members;
  }

  get data(): MemberList {
    return this.scanner.data;
  }

  /** Index of the id in `members`. */
  get idMember(): number {
    return this.at[ID] ?? -1;
  }

  get sourceMember(): number {
    return this.at[SOURCE] ?? -1;
  }

  get schemaVersionMember(): number {
    return this.at[SCHEMA_VERSION] ?? -1;
  }

  get dataMember(): number {
    return this.at[DATA] ?? -1;
  }

  /** The declared field of member i of `data`, or -1 for a member that is dropped. */
  fieldAt(i: number): number {
    return this.fieldOf[i] ?? -1;
  }

  /** Index in `data` of the entity id that the event type's `key:` names, or -1. */
  get entityMember(): number {
    const field = this.type?.keyField ?? -1;
    return field < 0 ? -1 : (this.memberOf[field] ?? -1);
  }

  private text(list: MemberList, index: number): string {
    return this.texts.text(this.bytes, startOf(list, index) + 1, endOf(list, index) - 1);
  }

  private fault(code: FaultCode, path: readonly string[], message: string): Fault {
    const shown = path.map(publicName).join('.');
    return shown === '' ? { code, message } : { code, path: shown, message };
  }

  /** Positions of the envelope's members; the fault of the first one that the envelope does not have. */
  private findMembers(): Fault | null {
    const list = this.members;
    let unknown: Fault | null = null;
    for (let i = 0; i < list.count; i += 1) {
      const which = this.envelopeNames.find(memberNames, this.bytes, { list, i });
      if (which >= 0) {
        if (list.kind[i] !== KIND.null) this.at[which] = i;
      } else unknown ??= this.fault('field_unknown', [nameAt(this.bytes, list, i)], 'is no member of an event');
    }
    return unknown;
  }

  private judgeType(types: EventTypes): Fault | null {
    this.type = null;
    const index = this.at[TYPE] ?? -1;
    if (index < 0) return this.fault('field_missing', ['type'], 'is missing');
    if (this.members.kind[index] === KIND.string) {
      this.type = types.find(this.bytes, startOf(this.members, index) + 1, endOf(this.members, index) - 1) ?? null;
    }
    return this.type === null ? this.fault('type_unknown', ['type'], 'is declared by no pack') : null;
  }

  private judgeId(): Fault | null {
    const index = this.idMember;
    if (index < 0) return this.fault('id_missing', ['id'], 'is missing');
    return this.isText(index, ID_LENGTH_MAX) ? null : this.fault('id_invalid', ['id'], 'must be a text of 1 to 128 characters');
  }

  private judgeSource(): Fault | null {
    const index = this.sourceMember;
    this.source = '';
    if (index < 0) return null;
    const isEmpty = this.members.kind[index] === KIND.string && this.insideLength(index) === 0;
    if (isEmpty) return null;
    if (!this.isText(index, SOURCE_LENGTH_MAX)) return this.fault('source_invalid', ['source'], 'must be a text of at most 256 characters');
    this.source = this.text(this.members, index);
    return this.source === NO_SOURCE ? this.fault('source_invalid', ['source'], 'is reserved') : null;
  }

  private judgeSubject(): Fault | null {
    const index = this.at[SUBJECT] ?? -1;
    const rule = this.type?.compiled.subject ?? 'optional';
    this.subject = '';
    if (index < 0) return rule === 'required' ? this.fault('subject_missing', ['subject'], 'is required by the event type') : null;
    if (rule === 'none') return this.fault('subject_refused', ['subject'], 'is not taken by the event type');
    if (!this.isText(index, SUBJECT_LENGTH_MAX)) {
      return this.fault('subject_invalid', ['subject'], 'must be a text of 1 to 256 characters');
    }
    this.subject = this.text(this.members, index);
    return null;
  }

  private judgeTime(nowMs: number): Fault | null {
    const index = this.at[OCCURRED_AT] ?? -1;
    if (index < 0) return this.fault('field_missing', ['occurred_at'], 'is missing');
    this.timeMs = this.readTime(index);
    if (!isInstant(this.timeMs)) {
      return this.fault('occurred_at_invalid', ['occurred_at'], 'must be an RFC 3339 instant or epoch milliseconds');
    }
    const isAhead = this.timeMs > nowMs + AHEAD_MAX_MS;
    return isAhead ? this.fault('occurred_at_in_future', ['occurred_at'], 'is more than 5 minutes ahead') : null;
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
    return isVersion ? null : this.fault('field_invalid', ['schema_version'], 'must be a positive integer');
  }

  private judgeData(): Fault | null {
    const { type } = this;
    const index = this.dataMember;
    if (type === null) return null;
    if (index >= 0 && this.members.kind[index] !== KIND.object) return this.fault('field_invalid', ['data'], 'must be an object');
    this.isDataChanged = type.hasTreatment;
    this.prepareMaps(type.checks.length);
    for (let i = 0; i < this.data.count; i += 1) {
      const fault = this.judgeField(type, i);
      if (fault !== null) return fault;
    }
    for (const field of type.required) {
      if ((this.memberOf[field] ?? -1) < 0) return this.fault('field_missing', ['data', fieldName(type, field)], 'is missing');
    }
    return type.dependentBounds.length === 0 ? null : this.judgeDependentBounds(type);
  }

  private prepareMaps(fields: number): void {
    if (this.fieldOf.length < this.data.count) this.fieldOf = new Int16Array(this.data.count * 2);
    if (this.memberOf.length < fields) this.memberOf = new Int16Array(fields * 2);
    this.memberOf.fill(-1, 0, fields);
  }

  private judgeField(type: JudgedType, i: number): Fault | null {
    const list = this.data;
    const field = this.fieldNames.find(type.names, this.bytes, { list, i });
    this.fieldOf[i] = field;
    if (field < 0) {
      if (type.compiled.unknownMembers === 'refuse') {
        return this.fault('field_unknown', ['data', nameAt(this.bytes, list, i)], 'is not declared by the event type');
      }
      this.isDataChanged = true;
      return null;
    }
    if (list.kind[i] === KIND.null) return null;
    this.memberOf[field] = i;
    const refusal = type.checks[field]?.(this.bytes, list, i) ?? null;
    return refusal === null ? null : this.fault(refusal.code, ['data', fieldName(type, field)], refusal.message);
  }

  private judgeDependentBounds(type: JudgedType): Fault | null {
    for (const bounds of type.dependentBounds) {
      const by = this.memberOf[bounds.by] ?? -1;
      const member = this.memberOf[bounds.field] ?? -1;
      if (by < 0 || member < 0) continue;
      const value = memberNumber(this.bytes, this.data, member);
      const refusal = value === null ? null : (bounds.of.get(this.text(this.data, by))?.(value) ?? null);
      if (refusal !== null) return this.fault(refusal.code, ['data', fieldName(type, bounds.field)], refusal.message);
    }
    return null;
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

function fieldName(type: JudgedType, field: number): string {
  return type.compiled.fields[field]?.name ?? '';
}

function nameAt(bytes: Uint8Array, list: MemberList, i: number): string {
  return decodeJsonText(bytes, list.keyStart[i] ?? 0, list.keyEnd[i] ?? 0);
}

/** Names that look like identifiers are told back; whatever else a sender used as a name might be a person's. */
function publicName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name) ? name : '*';
}
