import { hashRange, hashText } from '../hash/value-hash.ts';
import type { DataKind } from './canonical-shape.ts';
import type { ExactNumber } from './exact-number.ts';
import { formatExact, parseExact } from './exact-number.ts';
import { readShortInteger } from './json-number.ts';
import { decodeAscii, decodeJsonText } from './json-text.ts';
import type { MemberList } from './member-list.ts';
import { createMemberList, endOf, FLAG, KIND, startOf } from './member-list.ts';
import { bytesOf, standsAt } from './plain-data.ts';
import type { TextCache } from './text-cache.ts';

const decoder = new TextDecoder();

/** A field's name, and where in `data` it stood in the event before: events of one sender have one layout. */
interface FieldPlace {
  readonly name: Uint8Array;
  last: number;
}

/** Reads members of `data` by name, from where a scan found them. */
export class DataValues {
  private readonly texts: TextCache;
  private readonly places = new Map<string, FieldPlace>();
  private bytes: Uint8Array = new Uint8Array(0);
  private data: MemberList = createMemberList();

  constructor(texts: TextCache) {
    this.texts = texts;
  }

  /** What is asked from now on is about these members of these bytes. */
  take(bytes: Uint8Array, members: MemberList): void {
    this.bytes = bytes;
    this.data = members;
  }

  kind(field: string): DataKind {
    switch (this.kindAt(this.find(field))) {
      case 0:
        return 'absent';
      case KIND.string:
        return 'string';
      case KIND.number:
        return 'number';
      case KIND.true:
      case KIND.false:
        return 'boolean';
      case KIND.null:
        return 'null';
      default:
        return 'other';
    }
  }

  text(field: string): string {
    const index = this.find(field);
    return this.kindAt(index) === KIND.string ? this.textAt(index) : '';
  }

  shortInteger(field: string): number {
    return this.shortIntegerAt(this.find(field));
  }

  exact(field: string): ExactNumber | null {
    return this.exactAt(this.find(field));
  }

  double(field: string): number {
    const index = this.find(field);
    const short = this.shortIntegerAt(index);
    if (!Number.isNaN(short)) return short;
    const text = this.numberTextAt(index);
    // Adding zero turns -0 into 0.
    return text === '' ? Number.NaN : Number(text) + 0;
  }

  boolean(field: string): boolean {
    return this.kindAt(this.find(field)) === KIND.true;
  }

  json(field: string): string {
    const index = this.find(field);
    return index < 0 ? '' : decoder.decode(this.bytes.subarray(startOf(this.data, index), endOf(this.data, index)));
  }

  dimension(field: string): string | null {
    const index = this.find(field);
    switch (this.kindAt(index)) {
      case KIND.string:
        return this.textAt(index);
      case KIND.true:
        return 'true';
      case KIND.false:
        return 'false';
      case KIND.number: {
        const value = this.exactAt(index);
        return value === null ? null : formatExact(value);
      }
      default:
        return null;
    }
  }

  /** `hashText` of the dimension's text; 0 where there is none. Strings without escapes and short integers are hashed as they stand. */
  hash(field: string): number {
    const index = this.find(field);
    const kind = this.kindAt(index);
    const isPlain = kind === KIND.string && ((this.data.flags[index] ?? 0) & FLAG.escaped) === 0;
    if (isPlain) return hashRange(this.bytes, startOf(this.data, index) + 1, endOf(this.data, index) - 1);
    // Of integers only -0 is written in another way than its canonical text.
    if (Math.abs(this.shortIntegerAt(index)) > 0) return hashRange(this.bytes, startOf(this.data, index), endOf(this.data, index));
    const text = this.dimension(field);
    return text === null ? 0 : hashText(text);
  }

  private kindAt(index: number): number {
    return index < 0 ? 0 : (this.data.kind[index] ?? 0);
  }

  private textAt(index: number): string {
    return this.texts.text(this.bytes, startOf(this.data, index) + 1, endOf(this.data, index) - 1);
  }

  private shortIntegerAt(index: number): number {
    const { data } = this;
    if (this.kindAt(index) !== KIND.number || ((data.flags[index] ?? 0) & FLAG.shortInteger) === 0) return Number.NaN;
    return readShortInteger(this.bytes, startOf(data, index), endOf(data, index));
  }

  private exactAt(index: number): ExactNumber | null {
    const short = this.shortIntegerAt(index);
    if (!Number.isNaN(short)) return { unscaled: short, scale: 0 };
    const text = this.numberTextAt(index);
    return text === '' ? null : parseExact(text);
  }

  private numberTextAt(index: number): string {
    return this.kindAt(index) === KIND.number ? decodeAscii(this.bytes, startOf(this.data, index), endOf(this.data, index)) : '';
  }

  private find(field: string): number {
    let place = this.places.get(field);
    if (place === undefined) {
      place = { name: bytesOf(field), last: 0 };
      this.places.set(field, place);
    }
    if (this.isField(place.last, place.name)) return place.last;
    for (let i = 0; i < this.data.count; i += 1) {
      if (this.isField(i, place.name)) {
        place.last = i;
        return i;
      }
    }
    return -1;
  }

  private isField(index: number, name: Uint8Array): boolean {
    const { data } = this;
    if (index >= data.count) return false;
    const start = data.keyStart[index] ?? 0;
    const end = data.keyEnd[index] ?? 0;
    if (((data.flags[index] ?? 0) & FLAG.keyEscaped) === 0) return end - start === name.length && standsAt(name, this.bytes, start);
    const decoded = bytesOf(decodeJsonText(this.bytes, start, end));
    return decoded.length === name.length && standsAt(name, decoded, 0);
  }
}
