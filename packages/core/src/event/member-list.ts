import { Layout } from './layout.ts';

/** Members of one JSON object as flat byte positions; grows, and is reused for object after object. */
export interface MemberList {
  count: number;
  /** Range of the name without its quotes. */
  keyStart: Int32Array;
  keyEnd: Int32Array;
  kind: Uint8Array;
  /** Range of the value, a text's quotes included. */
  valueStart: Int32Array;
  valueEnd: Int32Array;
  flags: Uint8Array;
  readonly layout: Layout;
}

/** Kinds of values; 0 is kept for "no value". */
export const KIND = { string: 1, number: 2, true: 3, false: 4, null: 5, object: 6, array: 7 } as const;

export const FLAG = {
  /** The name holds a backslash escape. */
  keyEscaped: 1,
  /** The text holds a backslash escape. */
  escaped: 2,
  /** The text holds a character beyond ASCII. */
  wide: 4,
  /** The number is an integer of at most 15 digits without exponent: a double holds it exactly. */
  shortInteger: 8,
} as const;

export function createMemberList(): MemberList {
  const capacity = 32;
  return {
    count: 0,
    keyStart: new Int32Array(capacity),
    keyEnd: new Int32Array(capacity),
    kind: new Uint8Array(capacity),
    valueStart: new Int32Array(capacity),
    valueEnd: new Int32Array(capacity),
    flags: new Uint8Array(capacity),
    layout: new Layout(),
  };
}

/** Index of a new member, to be filled by the caller. */
export function addMember(list: MemberList): number {
  if (list.count === list.kind.length) {
    list.keyStart = wider(list.keyStart);
    list.keyEnd = wider(list.keyEnd);
    list.valueStart = wider(list.valueStart);
    list.valueEnd = wider(list.valueEnd);
    list.kind = widerBytes(list.kind);
    list.flags = widerBytes(list.flags);
  }
  list.count += 1;
  return list.count - 1;
}

/** Where the value of a member begins, a text's opening quote included. */
export function startOf(list: MemberList, index: number): number {
  return list.valueStart[index] ?? 0;
}

export function endOf(list: MemberList, index: number): number {
  return list.valueEnd[index] ?? 0;
}

function wider(old: Int32Array): Int32Array {
  const next = new Int32Array(old.length * 2);
  next.set(old);
  return next;
}

function widerBytes(old: Uint8Array): Uint8Array {
  const next = new Uint8Array(old.length * 2);
  next.set(old);
  return next;
}
