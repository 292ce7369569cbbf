import { scanNumber } from './json-number.ts';
import type { JsonFault, ScanCursor } from './json-string.ts';
import { scanString } from './json-string.ts';
import { decodeJsonText } from './json-text.ts';
import type { MemberList } from './member-list.ts';
import { addMember, createMemberList, FLAG, KIND } from './member-list.ts';
import { SeenKeys } from './seen-keys.ts';

/** Deepest nesting of objects and arrays, the event itself included. */
const JSON_DEPTH_MAX = 32;

const DATA_NAME = 'data';

/**
 * A strict one-pass scanner of one JSON object over bytes. It checks everything (grammar, UTF-8, U+0000, lone surrogates,
 * names given twice at any depth) and keeps positions of the members of the object and of its member `data` only; no object
 * is made per event. Stricter than JSON.parse by those checks, by the depth and by the size of exponents; else the same.
 */
export class JsonScanner {
  /** Members of the object that was scanned last. */
  readonly members: MemberList = createMemberList();
  /** Members of its `data`; empty where that is absent or no object. */
  readonly data: MemberList = createMemberList();
  private readonly seen: SeenKeys | null;
  private readonly cursor: ScanCursor = { at: 0, flags: 0, fault: null };
  private bytes: Uint8Array = new Uint8Array(0);
  private end = 0;
  private path: string[] = [];
  /** Of the member name that was passed last. */
  private keyEnd = 0;
  private keyFlag = 0;

  /** Without `findsDuplicates` names that are given twice pass: only for bytes that have been scanned with it before. */
  constructor(options: { readonly findsDuplicates: boolean } = { findsDuplicates: true }) {
    this.seen = options.findsDuplicates ? new SeenKeys(JSON_DEPTH_MAX) : null;
  }

  /** Null: the range is one well-formed object and the lists hold its members, until the next scan. */
  scan(bytes: Uint8Array, start: number, end: number): JsonFault | null {
    this.bytes = bytes;
    this.end = end;
    this.cursor.at = start;
    this.cursor.fault = null;
    this.members.count = 0;
    this.data.count = 0;
    this.members.layout.begin();
    this.data.layout.begin();
    if (this.path.length > 0) this.path = [];
    this.seen?.begin(bytes);
    if (this.skipSpace() !== 0x7b) return 'bad_json';
    if (this.scanObject(0, this.members) === 0) return this.cursor.fault ?? 'bad_json';
    this.skipSpace();
    return this.cursor.at === end ? null : 'bad_json';
  }

  /** Names of the members in which the last scan failed, outermost first; empty where it failed between members. */
  faultPath(): readonly string[] {
    return this.path;
  }

  private fail(fault: JsonFault): 0 {
    this.cursor.fault ??= fault;
    return 0;
  }

  /** Moves to the next byte that is no white space and returns it; 0 at the end. */
  private skipSpace(): number {
    const { bytes, end } = this;
    let at = this.cursor.at;
    let byte = at < end ? (bytes[at] ?? 0) : 0;
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
      at += 1;
      byte = at < end ? (bytes[at] ?? 0) : 0;
    }
    this.cursor.at = at;
    return byte;
  }

  /** The kind of the value at the cursor, which is moved behind it; 0 where it fails. */
  private scanValue(depth: number, list: MemberList | null): number {
    const byte = this.cursor.at < this.end ? (this.bytes[this.cursor.at] ?? 0) : 0;
    switch (byte) {
      case 0x22:
        return scanString(this.bytes, this.end, this.cursor) ? KIND.string : 0;
      case 0x7b:
        return depth < JSON_DEPTH_MAX ? this.scanObject(depth, list) : this.fail('bad_json');
      case 0x5b:
        return depth < JSON_DEPTH_MAX ? this.scanArray(depth) : this.fail('bad_json');
      case 0x74:
        return this.scanWord('true', KIND.true);
      case 0x66:
        return this.scanWord('false', KIND.false);
      case 0x6e:
        return this.scanWord('null', KIND.null);
      default:
        return scanNumber(this.bytes, this.end, this.cursor) ? KIND.number : 0;
    }
  }

  private scanWord(word: string, kind: number): number {
    const start = this.cursor.at;
    if (start + word.length > this.end) return this.fail('bad_json');
    for (let i = 0; i < word.length; i += 1) if (this.bytes[start + i] !== word.charCodeAt(i)) return this.fail('bad_json');
    this.cursor.at = start + word.length;
    return kind;
  }

  private scanArray(depth: number): number {
    this.cursor.at += 1;
    if (this.skipSpace() === 0x5d) {
      this.cursor.at += 1;
      return KIND.array;
    }
    for (;;) {
      if (this.scanValue(depth + 1, null) === 0) return 0;
      const next = this.skipSpace();
      this.cursor.at += 1;
      if (next === 0x5d) return KIND.array;
      if (next !== 0x2c) return this.fail('bad_json');
      this.skipSpace();
    }
  }

  private scanObject(depth: number, list: MemberList | null): number {
    this.cursor.at += 1;
    this.seen?.open();
    let next = this.skipSpace();
    if (next === 0x7d) this.cursor.at += 1;
    while (next !== 0x7d) {
      if (!this.scanMember(depth, list)) return 0;
      next = this.skipSpace();
      this.cursor.at += 1;
      if (next === 0x2c) this.skipSpace();
      else if (next !== 0x7d) return this.fail('bad_json');
    }
    this.seen?.close();
    return KIND.object;
  }

  private scanMember(depth: number, list: MemberList | null): boolean {
    const { cursor } = this;
    const keyStart = cursor.at + 1;
    const isName = (list !== null && this.passKnownName(list)) || this.scanName(list);
    if (!isName) return false;
    const { keyEnd, keyFlag } = this;
    this.skipSpace();
    const valueStart = cursor.at;
    const isData = list === this.members && this.isDataName(keyStart, keyEnd, keyFlag !== 0);
    const kind = this.scanValue(depth + 1, isData ? this.data : null);
    if (kind === 0) this.tellPath(list, keyStart, keyEnd);
    else if (list !== null) {
      const index = addMember(list);
      list.keyStart[index] = keyStart;
      list.keyEnd[index] = keyEnd;
      list.kind[index] = kind;
      list.valueStart[index] = valueStart;
      list.valueEnd[index] = cursor.at;
      list.flags[index] = (kind <= KIND.number ? cursor.flags : 0) | keyFlag;
    }
    return kind !== 0;
  }

  private passKnownName(list: MemberList): boolean {
    const { cursor } = this;
    const after = list.layout.pass(this.bytes, { at: cursor.at, end: this.end, place: list.count });
    if (after < 0) return false;
    cursor.at = after;
    this.keyEnd = after - 2;
    this.keyFlag = 0;
    return true;
  }

  /** Scans name and colon of a member that does not follow the list's layout. */
  private scanName(list: MemberList | null): boolean {
    const { cursor } = this;
    const keyStart = cursor.at + 1;
    if (!this.scanKey()) return false;
    this.keyEnd = cursor.at - 1;
    this.keyFlag = (cursor.flags & FLAG.escaped) === 0 ? 0 : FLAG.keyEscaped;
    if (list !== null && list.layout.known === list.count) this.leaveLayout(list);
    if (this.isTwice(keyStart, this.keyEnd, this.keyFlag)) return this.fail('duplicate_key') !== 0;
    if (this.skipSpace() !== 0x3a) return this.fail('bad_json') !== 0;
    cursor.at += 1;
    if (list !== null) {
      const isPlain = this.keyFlag === 0 && cursor.at === this.keyEnd + 2;
      list.layout.learn(this.bytes.subarray(keyStart - 1, cursor.at), list.count, isPlain);
    }
    return true;
  }

  /** Names that followed the layout were not noted as seen: from here on they must be. */
  private leaveLayout(list: MemberList): void {
    for (let i = 0; i < list.count; i += 1) this.isTwice(list.keyStart[i] ?? 0, list.keyEnd[i] ?? 0, 0);
    list.layout.leave(list.count);
  }

  private isTwice(keyStart: number, keyEnd: number, keyFlag: number): boolean {
    return this.seen !== null && !this.seen.add(keyStart, keyEnd, keyFlag !== 0);
  }

  private scanKey(): boolean {
    if (this.cursor.at >= this.end || this.bytes[this.cursor.at] !== 0x22) return this.fail('bad_json') !== 0;
    return scanString(this.bytes, this.end, this.cursor);
  }

  private tellPath(list: MemberList | null, keyStart: number, keyEnd: number): void {
    if (list !== null) this.path.unshift(decodeJsonText(this.bytes, keyStart, keyEnd));
  }

  private isDataName(start: number, end: number, isEscaped: boolean): boolean {
    if (isEscaped) return decodeJsonText(this.bytes, start, end) === DATA_NAME;
    if (end - start !== DATA_NAME.length) return false;
    for (let i = 0; i < DATA_NAME.length; i += 1) if (this.bytes[start + i] !== DATA_NAME.charCodeAt(i)) return false;
    return true;
  }
}
