/** Members of an event that is judged, by the names of their fields. */
import type { FieldAccess } from '../pack/where.ts';
import { compareExact } from './exact-number.ts';
import type { ExactNumber } from './exact-number.ts';
import { memberNumber, memberText } from './field-check.ts';
import { KIND } from './member-list.ts';
import type { MemberList } from './member-list.ts';

/** Where a field stands among the members; -1: the event does not hold it. */
export interface FieldPlaces {
  memberAt(field: number): number;
}

export interface JudgedMembers {
  readonly bytes: Uint8Array;
  readonly list: MemberList;
  readonly fields: FieldPlaces;
}

/** One for an event type, turned from event to event. */
export class MemberAccess implements FieldAccess {
  of: JudgedMembers | null = null;
  private readonly places: ReadonlyMap<string, number>;

  constructor(names: readonly string[]) {
    this.places = new Map(names.map((name, place) => [name, place]));
  }

  kind(name: string): ReturnType<FieldAccess['kind']> {
    const index = this.indexOf(name);
    return index < 0 ? 'absent' : (KINDS.get(this.of?.list.kind[index] ?? 0) ?? 'other');
  }

  text(name: string): string {
    const index = this.indexOf(name);
    return this.of === null || index < 0 ? '' : memberText(this.of.bytes, this.of.list, index);
  }

  boolean(name: string): boolean {
    const index = this.indexOf(name);
    return index >= 0 && this.of?.list.kind[index] === KIND.true;
  }

  exact(name: string): ExactNumber | null {
    const index = this.indexOf(name);
    if (this.of === null || index < 0 || this.of.list.kind[index] !== KIND.number) return null;
    const value = memberNumber(this.of.bytes, this.of.list, index);
    return typeof value === 'number' ? { unscaled: value, scale: 0 } : value;
  }

  /** False where one of the two is no number. */
  isAtLeast(one: string, other: string): boolean {
    const [a, b] = [this.exact(one), this.exact(other)];
    return a !== null && b !== null && compareExact(a, b) >= 0;
  }

  private indexOf(name: string): number {
    return this.of?.fields.memberAt(this.places.get(name) ?? -1) ?? -1;
  }
}

const KINDS: ReadonlyMap<number, ReturnType<FieldAccess['kind']>> = new Map([
  [KIND.string, 'string'],
  [KIND.number, 'number'],
  [KIND.true, 'boolean'],
  [KIND.false, 'boolean'],
  [KIND.null, 'null'],
]);
