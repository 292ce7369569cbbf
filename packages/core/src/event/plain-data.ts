import { byteAt } from './byte-at.ts';
import { scanNumber } from './json-number.ts';
import type { ScanCursor } from './json-string.ts';
import { scanString } from './json-string.ts';
import type { MemberList } from './member-list.ts';
import { addMember, createMemberList, FLAG, KIND } from './member-list.ts';

const TRUE = bytesOf('true');
const FALSE = bytesOf('false');
const NULL = bytesOf('null');

/**
 * Finds the members of an object that is written as nearly all `data` is: no white space between members, no nesting, no
 * escapes in names. Names are expected where they stood in the object before, because events of one sender have one layout:
 * comparing a name costs a quarter of scanning it. What it takes is well-formed; what it does not take may still be.
 */
export class PlainData {
  readonly members: MemberList = createMemberList();
  private readonly cursor: ScanCursor = { at: 0, flags: 0, fault: null };
  /** Per place the name that stood there last, with its quotes and the colon. */
  private readonly names: Uint8Array[] = [];

  /** Position after the closing brace of the object at `start`; -1 where it is not of this form or not whole before `end`. */
  scan(bytes: Uint8Array, start: number, end: number): number {
    const list = this.members;
    list.count = 0;
    if (byteAt(bytes, start) !== 0x7b) return -1;
    let at = start + 1;
    if (byteAt(bytes, at) === 0x7d) return at < end ? at + 1 : -1;
    for (;;) {
      const index = addMember(list);
      at = this.scanName(bytes, at, end);
      if (at < 0) return -1;
      list.valueStart[index] = at;
      list.kind[index] = this.scanValue(bytes, at, end);
      if (list.kind[index] === 0) return -1;
      list.flags[index] = this.cursor.flags;
      at = this.cursor.at;
      list.valueEnd[index] = at;
      const next = at < end ? byteAt(bytes, at) : 0;
      at += 1;
      if (next === 0x7d) return at;
      if (next !== 0x2c) return -1;
    }
  }

  /** Position after the colon, or -1. */
  private scanName(bytes: Uint8Array, at: number, end: number): number {
    const list = this.members;
    const index = list.count - 1;
    const expected = this.names[index];
    const after = expected !== undefined && standsAt(expected, bytes, at) ? at + expected.length : this.learnName(bytes, at, end);
    list.keyStart[index] = at + 1;
    list.keyEnd[index] = after - 2;
    return after;
  }

  private learnName(bytes: Uint8Array, at: number, end: number): number {
    const { cursor } = this;
    cursor.at = at;
    if (byteAt(bytes, at) !== 0x22 || !scanString(bytes, end, cursor)) return -1;
    if ((cursor.flags & FLAG.escaped) !== 0 || byteAt(bytes, cursor.at) !== 0x3a) return -1;
    const after = cursor.at + 1;
    this.names[this.members.count - 1] = bytes.slice(at, after);
    return after;
  }

  /** The kind of the value at `at`, the cursor behind it; 0 where it is none of this form. */
  private scanValue(bytes: Uint8Array, at: number, end: number): number {
    const { cursor } = this;
    cursor.at = at;
    cursor.flags = 0;
    switch (byteAt(bytes, at)) {
      case 0x22:
        return scanString(bytes, end, cursor) ? KIND.string : 0;
      case 0x74:
        return this.passWord(TRUE, bytes) ? KIND.true : 0;
      case 0x66:
        return this.passWord(FALSE, bytes) ? KIND.false : 0;
      case 0x6e:
        return this.passWord(NULL, bytes) ? KIND.null : 0;
      case 0x7b:
      case 0x5b:
        return 0;
      default:
        return scanNumber(bytes, end, cursor) ? KIND.number : 0;
    }
  }

  private passWord(word: Uint8Array, bytes: Uint8Array): boolean {
    if (!standsAt(word, bytes, this.cursor.at)) return false;
    this.cursor.at += word.length;
    return true;
  }
}

/** Whether the bytes at `at` are those of `text`. */
export function standsAt(text: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < text.length; i += 1) if (text[i] !== bytes[at + i]) return false;
  return true;
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
