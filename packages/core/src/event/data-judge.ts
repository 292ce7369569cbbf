import type { Fault } from '../fault/fault.ts';
import type { JudgedType } from './event-types.ts';
import { faultAt, nameAt } from './fault-place.ts';
import { KnownNames } from './known-names.ts';
import type { MemberList } from './member-list.ts';
import { endOf, KIND, startOf } from './member-list.ts';
import type { TextCache } from './text-cache.ts';

/** Judges the members of `data` by the fields that an event type declares; reused for event after event. */
export class DataJudge {
  private readonly texts: TextCache;
  private readonly names = new KnownNames();
  private bytes: Uint8Array = new Uint8Array(0);
  private fieldOf = new Int16Array(64);
  private memberOf = new Int16Array(64);
  /** Whether `data` must be written anew because members are dropped or replaced. */
  isChanged = false;

  constructor(texts: TextCache) {
    this.texts = texts;
  }

  /** Null: the members are what the type declares. */
  judge(bytes: Uint8Array, list: MemberList, type: JudgedType): Fault | null {
    this.bytes = bytes;
    this.isChanged = type.hasTreatment;
    this.prepareMaps(list.count, type.checks.length);
    for (let i = 0; i < list.count; i += 1) {
      const fault = this.judgeField(type, list, i);
      if (fault !== null) return fault;
    }
    for (const field of type.required) {
      if ((this.memberOf[field] ?? -1) < 0) return faultAt('field_missing', ['data', fieldName(type, field)], 'is missing');
    }
    return type.dependentChecks.length === 0 ? null : this.judgeByOthers(type, list);
  }

  /** The declared field of member i, or -1 for a member that is dropped. */
  fieldAt(i: number): number {
    return this.fieldOf[i] ?? -1;
  }

  /** Index of the member that holds the field, or -1. */
  memberAt(field: number): number {
    return field < 0 ? -1 : (this.memberOf[field] ?? -1);
  }

  private prepareMaps(members: number, fields: number): void {
    if (this.fieldOf.length < members) this.fieldOf = new Int16Array(members * 2);
    if (this.memberOf.length < fields) this.memberOf = new Int16Array(fields * 2);
    this.memberOf.fill(-1, 0, fields);
  }

  private judgeField(type: JudgedType, list: MemberList, i: number): Fault | null {
    const field = this.names.find(type.names, this.bytes, { list, i });
    this.fieldOf[i] = field;
    if (field < 0) {
      if (type.compiled.unknownMembers === 'refuse') {
        return faultAt('field_unknown', ['data', nameAt(this.bytes, list, i)], 'is not declared by the event type');
      }
      this.isChanged = true;
      return null;
    }
    if (list.kind[i] === KIND.null) return null;
    this.memberOf[field] = i;
    const refusal = type.checks[field]?.(this.bytes, list, i) ?? null;
    return refusal === null ? null : faultAt(refusal.code, ['data', fieldName(type, field)], refusal.message);
  }

  private judgeByOthers(type: JudgedType, list: MemberList): Fault | null {
    for (const { field, by, of } of type.dependentChecks) {
      const other = this.memberOf[by] ?? -1;
      const member = this.memberOf[field] ?? -1;
      if (other < 0 || member < 0) continue;
      const key = this.texts.text(this.bytes, startOf(list, other) + 1, endOf(list, other) - 1);
      const refusal = of.get(key)?.(this.bytes, list, member) ?? null;
      if (refusal !== null) return faultAt(refusal.code, ['data', fieldName(type, field)], refusal.message);
    }
    return null;
  }
}

function fieldName(type: JudgedType, field: number): string {
  return type.compiled.fields[field]?.name ?? '';
}
