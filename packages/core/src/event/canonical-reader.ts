import { byteAt } from './byte-at.ts';
import type { CanonicalReader, DataKind } from './canonical-shape.ts';
import { DataValues } from './data-values.ts';
import type { ExactNumber } from './exact-number.ts';
import { hashRange } from '../hash/value-hash.ts';
import { parseInstant } from './instant.ts';
import { readShortInteger } from './json-number.ts';
import { JsonScanner } from './json-scan.ts';
import { decodeJsonText } from './json-text.ts';
import { NO_SOURCE } from './judge.ts';
import type { HeadSegment, TailSegment } from './known-envelopes.ts';
import { KnownSegments } from './known-envelopes.ts';
import { endOf, FLAG, startOf } from './member-list.ts';
import { bytesOf, PlainData, standsAt } from './plain-data.ts';
import { attributesOf, NO_ATTRIBUTES } from './record-attributes.ts';
import { AT, KINDS, MEMBERS, NAMES } from './record-members.ts';
import { TextCache } from './text-cache.ts';

const BEFORE_ID = bytesOf('{"specversion":"1.0","id":"');
const BEFORE_SUBJECT = bytesOf(',"subject":"');
const BEFORE_TIME = bytesOf(',"time":"');
const encoder = new TextEncoder();
/** Length of `1970-01-01T00:00:00.000Z`. */
const TIME_BYTES = 24;

export function createCanonicalReader(): CanonicalReader {
  return new ScanningReader();
}

/**
 * Reads nearly every record by comparing: the envelope's fixed names and those of its values that repeat, and the names in
 * `data`, are expected to be the bytes they were lately. What is met for the first time, or is written in another way, is
 * scanned as any JSON is, and then known. Comparing takes a third of the time of scanning.
 */
class ScanningReader implements CanonicalReader {
  // Ingest has refused names given twice before it wrote the record: looking for them again is a quarter of the scan.
  private readonly scanner = new JsonScanner({ findsDuplicates: false });
  private readonly plainData = new PlainData();
  private readonly heads = new KnownSegments<HeadSegment>();
  private readonly tails = new KnownSegments<TailSegment>();
  private readonly texts = new TextCache();
  private readonly values = new DataValues(this.texts);
  private readonly at = new Int32Array(MEMBERS.length);
  private bytes: Uint8Array = new Uint8Array(0);
  private head: HeadSegment = { bytes: this.bytes, source: '', type: '' };
  private tail: TailSegment = { bytes: this.bytes, tenant: '', packVersion: 0, attributes: NO_ATTRIBUTES };
  private ownAttributes: Uint8Array = NO_ATTRIBUTES;
  private instantMs = Number.NaN;
  /** Ranges of texts are those between their quotes. */
  private idFrom = 0;
  private idTo = 0;
  private isIdEscaped = false;
  private subjectFrom = 0;
  private subjectTo = 0;
  private dataFrom = 0;
  private dataTo = 0;

  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.bytes = bytes;
    return this.readKnown(start, end) || this.readAny(start, end);
  }

  tenant(): string {
    return this.tail.tenant;
  }

  id(): string {
    return decodeJsonText(this.bytes, this.idFrom, this.idTo);
  }

  idStart(): number {
    return this.isIdEscaped ? -1 : this.idFrom;
  }

  idEnd(): number {
    return this.idTo;
  }

  copyId(into: Uint8Array): number {
    if (this.isIdEscaped) return encoder.encodeInto(this.id(), into).written;
    const length = Math.min(this.idTo - this.idFrom, into.length);
    for (let i = 0; i < length; i += 1) into[i] = this.bytes[this.idFrom + i] ?? 0;
    return length;
  }

  source(): string {
    return this.head.source;
  }

  type(): string {
    return this.head.type;
  }

  subject(): string {
    return this.subjectTo === this.subjectFrom ? '' : this.texts.text(this.bytes, this.subjectFrom, this.subjectTo);
  }

  subjectHash(): number {
    // A pseudonym: no character of it needs an escape.
    return this.subjectTo === this.subjectFrom ? 0 : hashRange(this.bytes, this.subjectFrom, this.subjectTo);
  }

  timeMs(): number {
    return this.instantMs;
  }

  packVersion(): number {
    return this.tail.packVersion;
  }

  dataStart(): number {
    return this.dataFrom;
  }

  dataEnd(): number {
    return this.dataTo;
  }

  attributes(): Uint8Array {
    return this.ownAttributes;
  }

  kind(field: string): DataKind {
    return this.values.kind(field);
  }

  text(field: string): string {
    return this.values.text(field);
  }

  shortInteger(field: string): number {
    return this.values.shortInteger(field);
  }

  exact(field: string): ExactNumber | null {
    return this.values.exact(field);
  }

  double(field: string): number {
    return this.values.double(field);
  }

  boolean(field: string): boolean {
    return this.values.boolean(field);
  }

  json(field: string): string {
    return this.values.json(field);
  }

  dimension(field: string): string | null {
    return this.values.dimension(field);
  }

  valueHash(field: string): number {
    return this.values.hash(field);
  }

  /** Reads a record of known segments; false says nothing about others. */
  private readKnown(start: number, end: number): boolean {
    const { bytes } = this;
    if (!standsAt(BEFORE_ID, bytes, start)) return false;
    const idFrom = start + BEFORE_ID.length;
    const idTo = plainEnd(bytes, idFrom, end);
    const head = this.heads.find(bytes, idTo + 1);
    if (head === null) return false;
    const timeMark = this.readSubject(idTo + 1 + head.bytes.length, end);
    const timeFrom = timeMark + BEFORE_TIME.length;
    const timeTo = timeFrom + TIME_BYTES;
    if (!standsAt(BEFORE_TIME, bytes, timeMark) || byteAt(bytes, timeTo) !== 0x22) return false;
    const instantMs = parseInstant(bytes, timeFrom, timeTo);
    const tail = Number.isNaN(instantMs) ? null : this.tails.find(bytes, timeTo + 1);
    if (tail === null) return false;
    const dataFrom = timeTo + 1 + tail.bytes.length;
    const dataTo = this.plainData.scan(bytes, dataFrom, end);
    if (dataTo !== end - 1 || byteAt(bytes, dataTo) !== 0x7d) return false;
    this.idFrom = idFrom;
    this.idTo = idTo;
    this.isIdEscaped = false;
    this.head = head;
    this.instantMs = instantMs;
    this.tail = tail;
    this.ownAttributes = tail.attributes;
    this.dataFrom = dataFrom;
    this.dataTo = dataTo;
    this.values.take(bytes, this.plainData.members);
    return true;
  }

  /** Keeps the range of the subject, an empty one where none stands at `at`; returns the position after it. */
  private readSubject(at: number, end: number): number {
    const isThere = standsAt(BEFORE_SUBJECT, this.bytes, at);
    this.subjectFrom = isThere ? at + BEFORE_SUBJECT.length : at;
    this.subjectTo = isThere ? plainEnd(this.bytes, this.subjectFrom, end) : at;
    return isThere ? this.subjectTo + 1 : at;
  }

  private readAny(start: number, end: number): boolean {
    const { bytes, scanner, at } = this;
    if (scanner.scan(bytes, start, end) !== null || !this.matchMembers()) return false;
    const { members } = scanner;
    this.instantMs = parseInstant(bytes, this.textFrom(AT.time), this.textTo(AT.time));
    const packVersion = this.readPackVersion();
    if (Number.isNaN(this.instantMs) || !(packVersion >= 1)) return false;
    this.keepIdAndSubject();
    this.dataFrom = startOf(members, at[AT.data] ?? 0);
    this.dataTo = endOf(members, at[AT.data] ?? 0);
    this.values.take(bytes, scanner.data);
    this.head = this.heads.find(bytes, this.idTo + 1) ?? this.heads.learn(this.newHead());
    this.tail = this.tails.find(bytes, this.textTo(AT.time) + 1) ?? this.tails.learn(this.newTail(packVersion));
    this.ownAttributes = this.attributesFrom((at[AT.data] ?? 0) + 1);
    return true;
  }

  private keepIdAndSubject(): void {
    const flags = this.scanner.members.flags[this.at[AT.id] ?? 0] ?? 0;
    this.idFrom = this.textFrom(AT.id);
    this.idTo = this.textTo(AT.id);
    this.isIdEscaped = (flags & FLAG.escaped) !== 0;
    const hasSubject = (this.at[AT.subject] ?? -1) >= 0;
    this.subjectFrom = hasSubject ? this.textFrom(AT.subject) : 0;
    this.subjectTo = hasSubject ? this.textTo(AT.subject) : 0;
  }

  private newHead(): HeadSegment {
    const source = this.envelopeText(AT.source);
    return {
      bytes: this.bytes.slice(this.idTo + 1, this.textTo(AT.type) + 1),
      source: source === NO_SOURCE ? '' : source,
      type: this.envelopeText(AT.type),
    };
  }

  private newTail(packVersion: number): TailSegment {
    return {
      bytes: this.bytes.slice(this.textTo(AT.time) + 1, this.dataFrom),
      tenant: this.envelopeText(AT.tenant),
      packVersion,
      attributes: this.attributesFrom(this.scanner.members.count),
    };
  }

  /** The schema's version, and the members from the index on. */
  private attributesFrom(from: number): Uint8Array {
    return attributesOf(this.bytes, this.scanner.members, { schemaVersion: this.at[AT.schemaVersion] ?? -1, from });
  }

  private readPackVersion(): number {
    const { members } = this.scanner;
    const index = this.at[AT.packVersion] ?? 0;
    const isShort = ((members.flags[index] ?? 0) & FLAG.shortInteger) !== 0;
    return isShort ? readShortInteger(this.bytes, startOf(members, index), endOf(members, index)) : Number.NaN;
  }

  private textFrom(which: number): number {
    return startOf(this.scanner.members, this.at[which] ?? 0) + 1;
  }

  private textTo(which: number): number {
    return endOf(this.scanner.members, this.at[which] ?? 0) - 1;
  }

  /** Whether the members are those of the format in their order, and behind them nothing but attributes; their places are kept. */
  private matchMembers(): boolean {
    const { members } = this.scanner;
    let next = 0;
    for (let which = 0; which < MEMBERS.length; which += 1) {
      const isThere = next < members.count && this.isNamed(next, which);
      if (!isThere && which !== AT.subject && which !== AT.schemaVersion) return false;
      if (isThere && members.kind[next] !== KINDS[which]) return false;
      this.at[which] = isThere ? next : -1;
      if (isThere) next += 1;
    }
    return true;
  }

  private isNamed(index: number, which: number): boolean {
    const { members } = this.scanner;
    const name = NAMES[which] ?? this.bytes;
    const start = members.keyStart[index] ?? 0;
    return (members.keyEnd[index] ?? 0) - start === name.length && standsAt(name, this.bytes, start);
  }

  private envelopeText(which: number): string {
    return this.texts.text(this.bytes, this.textFrom(which), this.textTo(which));
  }
}

/** Position of the quote that ends a text of printable ASCII without escapes; `end` where the text is not of this kind. */
function plainEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const byte = byteAt(bytes, at);
    if (byte === 0x22) return at;
    if (byte < 0x20 || byte >= 0x80 || byte === 0x5c) return end;
    at += 1;
  }
  return end;
}
