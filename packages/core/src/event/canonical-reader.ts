import type { CanonicalReader, DataKind } from './canonical-shape.ts';
import type { ExactNumber } from './exact-number.ts';
import { formatExact, parseExact } from './exact-number.ts';
import { parseInstant } from './instant.ts';
import { readShortInteger } from './json-number.ts';
import { JsonScanner } from './json-scan.ts';
import { decodeAscii, decodeJsonText } from './json-text.ts';
import { NO_SOURCE } from './judge.ts';
import { endOf, FLAG, KIND, startOf } from './member-list.ts';
import { TextCache } from './text-cache.ts';

/** The members of the record in their fixed order; two of them may be absent. */
const MEMBERS = [
  'specversion',
  'id',
  'source',
  'type',
  'subject',
  'time',
  'datacontenttype',
  'tenant',
  'packversion',
  'schemaversion',
  'data',
] as const;
const [, ID, SOURCE, TYPE, SUBJECT, TIME, , TENANT, PACK_VERSION, SCHEMA_VERSION, DATA] = MEMBERS.map((_name, index) => index) as [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];
const KINDS: readonly number[] = MEMBERS.map((name) => {
  if (name === 'data') return KIND.object;
  return name === 'packversion' || name === 'schemaversion' ? KIND.number : KIND.string;
});
const encoder = new TextEncoder();
const NAMES: readonly Uint8Array[] = MEMBERS.map((name) => encoder.encode(name));

/** A field's name, and where in `data` it stood in the event before: events of one sender have one layout. */
interface FieldPlace {
  readonly name: Uint8Array;
  last: number;
}

export function createCanonicalReader(): CanonicalReader {
  return new ScanningReader();
}

class ScanningReader implements CanonicalReader {
  // Ingest has refused names given twice before it wrote the record: looking for them again is a quarter of the scan.
  private readonly scanner = new JsonScanner({ findsDuplicates: false });
  private readonly texts = new TextCache();
  private readonly places = new Map<string, FieldPlace>();
  private readonly at = new Int32Array(MEMBERS.length);
  private bytes: Uint8Array = new Uint8Array(0);
  private instantMs = Number.NaN;

  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.bytes = bytes;
    if (this.scanner.scan(bytes, start, end) !== null || !this.matchMembers()) return false;
    const { members } = this.scanner;
    const time = this.at[TIME] ?? 0;
    this.instantMs = parseInstant(bytes, startOf(members, time) + 1, endOf(members, time) - 1);
    return !Number.isNaN(this.instantMs) && this.packVersion() >= 1;
  }

  tenant(): string {
    return this.envelopeText(TENANT);
  }

  id(): string {
    const { members } = this.scanner;
    const index = this.at[ID] ?? 0;
    return decodeJsonText(this.bytes, startOf(members, index) + 1, endOf(members, index) - 1);
  }

  source(): string {
    const source = this.envelopeText(SOURCE);
    return source === NO_SOURCE ? '' : source;
  }

  type(): string {
    return this.envelopeText(TYPE);
  }

  subject(): string {
    return (this.at[SUBJECT] ?? -1) < 0 ? '' : this.envelopeText(SUBJECT);
  }

  timeMs(): number {
    return this.instantMs;
  }

  packVersion(): number {
    const { members } = this.scanner;
    const index = this.at[PACK_VERSION] ?? 0;
    const isShort = ((members.flags[index] ?? 0) & FLAG.shortInteger) !== 0;
    return isShort ? readShortInteger(this.bytes, startOf(members, index), endOf(members, index)) : Number.NaN;
  }

  dataStart(): number {
    return startOf(this.scanner.members, this.at[DATA] ?? 0);
  }

  dataEnd(): number {
    return endOf(this.scanner.members, this.at[DATA] ?? 0);
  }

  kind(field: string): DataKind {
    const index = this.find(field);
    switch (index < 0 ? 0 : this.scanner.data.kind[index]) {
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
    const { data } = this.scanner;
    const index = this.find(field);
    if (index < 0 || data.kind[index] !== KIND.string) return '';
    return this.texts.text(this.bytes, startOf(data, index) + 1, endOf(data, index) - 1);
  }

  shortInteger(field: string): number {
    const { data } = this.scanner;
    const index = this.find(field);
    if (index < 0 || data.kind[index] !== KIND.number || ((data.flags[index] ?? 0) & FLAG.shortInteger) === 0) return Number.NaN;
    return readShortInteger(this.bytes, startOf(data, index), endOf(data, index));
  }

  exact(field: string): ExactNumber | null {
    const short = this.shortInteger(field);
    if (!Number.isNaN(short)) return { unscaled: short, scale: 0 };
    const text = this.numberText(field);
    return text === '' ? null : parseExact(text);
  }

  double(field: string): number {
    const short = this.shortInteger(field);
    if (!Number.isNaN(short)) return short;
    const text = this.numberText(field);
    // Adding zero turns -0 into 0.
    return text === '' ? Number.NaN : Number(text) + 0;
  }

  boolean(field: string): boolean {
    return this.scanner.data.kind[this.find(field)] === KIND.true;
  }

  dimension(field: string): string | null {
    switch (this.kind(field)) {
      case 'string':
        return this.text(field);
      case 'boolean':
        return this.boolean(field) ? 'true' : 'false';
      case 'number': {
        const value = this.exact(field);
        return value === null ? null : formatExact(value);
      }
      case 'absent':
      case 'null':
      case 'other':
        return null;
    }
  }

  /** Whether the members are those of the format in their order; their places are kept. */
  private matchMembers(): boolean {
    const { members } = this.scanner;
    let next = 0;
    for (let which = 0; which < MEMBERS.length; which += 1) {
      const isThere = next < members.count && this.isNamed(next, which);
      if (!isThere && which !== SUBJECT && which !== SCHEMA_VERSION) return false;
      if (isThere && members.kind[next] !== KINDS[which]) return false;
      this.at[which] = isThere ? next : -1;
      if (isThere) next += 1;
    }
    return next === members.count;
  }

  private isNamed(index: number, which: number): boolean {
    const { members } = this.scanner;
    const name = NAMES[which] ?? this.bytes;
    const start = members.keyStart[index] ?? 0;
    return (members.keyEnd[index] ?? 0) - start === name.length && isSpelled(name, this.bytes, start);
  }

  private envelopeText(which: number): string {
    const { members } = this.scanner;
    const index = this.at[which] ?? 0;
    return this.texts.text(this.bytes, startOf(members, index) + 1, endOf(members, index) - 1);
  }

  private numberText(field: string): string {
    const { data } = this.scanner;
    const index = this.find(field);
    if (index < 0 || data.kind[index] !== KIND.number) return '';
    return decodeAscii(this.bytes, startOf(data, index), endOf(data, index));
  }

  private find(field: string): number {
    let place = this.places.get(field);
    if (place === undefined) {
      place = { name: encoder.encode(field), last: 0 };
      this.places.set(field, place);
    }
    if (this.isField(place.last, place.name)) return place.last;
    for (let i = 0; i < this.scanner.data.count; i += 1) {
      if (this.isField(i, place.name)) {
        place.last = i;
        return i;
      }
    }
    return -1;
  }

  private isField(index: number, name: Uint8Array): boolean {
    const { data } = this.scanner;
    if (index >= data.count) return false;
    const start = data.keyStart[index] ?? 0;
    const end = data.keyEnd[index] ?? 0;
    if (((data.flags[index] ?? 0) & FLAG.keyEscaped) === 0) return end - start === name.length && isSpelled(name, this.bytes, start);
    const decoded = encoder.encode(decodeJsonText(this.bytes, start, end));
    return decoded.length === name.length && isSpelled(name, decoded, 0);
  }
}

/** Whether the name stands in the bytes at `start`; the caller has compared the lengths. */
function isSpelled(name: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < name.length; i += 1) if (name[i] !== bytes[start + i]) return false;
  return true;
}
