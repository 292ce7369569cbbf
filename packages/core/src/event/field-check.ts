import type { FaultCode } from '../fault/codes.ts';
import type { CompiledField, NumberBounds } from '../pack/compiled.ts';
import { createZone } from '../time/zone.ts';
import { byteAt } from './byte-at.ts';
import type { ExactNumber } from './exact-number.ts';
import { compareExact, parseExact } from './exact-number.ts';
import { parseDate, parseInstant } from './instant.ts';
import { readShortInteger } from './json-number.ts';
import { decodeAscii, decodeJsonText } from './json-text.ts';
import type { MemberList } from './member-list.ts';
import { endOf, FLAG, KIND, startOf } from './member-list.ts';
import { NameTable } from './name-table.ts';

/** Why a field is refused; made once per field, so a refusal costs nothing. */
export interface Refusal {
  readonly code: FaultCode;
  readonly message: string;
}

/** Judges the value of one member; null where it is what the pack declares. */
export type FieldCheck = (bytes: Uint8Array, list: MemberList, index: number) => Refusal | null;

export function compileFieldCheck(field: CompiledField): FieldCheck {
  if (field.action === 'refuse') return () => ({ code: 'field_refused', message: 'the pack declares that this field must not be sent' });
  if (field.derive !== undefined)
    return () => ({ code: 'field_refused', message: 'is made by Tidegate of another field and must not be sent' });
  switch (field.type) {
    case 'string':
      return field.format === 'zone' ? zoneCheck(stringCheck(field.maxLength)) : stringCheck(field.maxLength);
    case 'enum':
      return enumCheck(field.values ?? []);
    case 'integer':
    case 'decimal':
      return exactCheck(field);
    case 'number':
      return doubleCheck(field.bounds);
    case 'boolean':
      return kindCheck([KIND.true, KIND.false], 'must be true or false');
    case 'timestamp':
      return timestampCheck;
    case 'date':
      return dateCheck;
    case 'string_list':
      return stringListCheck;
    case 'json':
      return () => null;
  }
}

function invalid(message: string): Refusal {
  return { code: 'field_invalid', message };
}

function outOfRange(message: string): Refusal {
  return { code: 'field_out_of_range', message };
}

const NOT_EXACT: Refusal = { code: 'number_out_of_range', message: 'cannot be held exactly: at most 38 digits' };

function kindCheck(kinds: readonly number[], message: string): FieldCheck {
  const refusal = invalid(message);
  return (_bytes, list, index) => (kinds.includes(list.kind[index] ?? 0) ? null : refusal);
}

function stringCheck(maxLength: number | undefined): FieldCheck {
  const notText = invalid('must be a text');
  const tooLong = outOfRange(`must have at most ${String(maxLength)} characters`);
  return function checkString(bytes, list, index) {
    if (list.kind[index] !== KIND.string) return notText;
    if (maxLength === undefined) return null;
    const inside = endOf(list, index) - startOf(list, index) - 2;
    return inside <= maxLength || textLength(bytes, list, index) <= maxLength ? null : tooLong;
  };
}

/** Temporal tells names apart by no case, so those that were found are bounded. */
const ZONES_MAX = 1_000;
const zones = new Set<string>();

function zoneCheck(checkText: FieldCheck): FieldCheck {
  const refusal = invalid('must be the name of an IANA time zone');
  return function checkZone(bytes, list, index) {
    const refused = checkText(bytes, list, index);
    return refused ?? (isZone(memberText(bytes, list, index)) ? null : refusal);
  };
}

function isZone(name: string): boolean {
  if (zones.has(name)) return true;
  if (createZone(name) === null) return false;
  if (zones.size >= ZONES_MAX) zones.clear();
  zones.add(name);
  return true;
}

/** Length in Unicode characters (code points). */
export function textLength(bytes: Uint8Array, list: MemberList, index: number): number {
  return Array.from(memberText(bytes, list, index)).length;
}

export function memberText(bytes: Uint8Array, list: MemberList, index: number): string {
  return decodeJsonText(bytes, startOf(list, index) + 1, endOf(list, index) - 1);
}

function enumCheck(values: readonly string[]): FieldCheck {
  const table = new NameTable(values);
  const refusal = invalid('must be one of the declared values');
  return function checkEnum(bytes, list, index) {
    if (list.kind[index] !== KIND.string) return refusal;
    const start = startOf(list, index) + 1;
    const end = endOf(list, index) - 1;
    const isEscaped = ((list.flags[index] ?? 0) & FLAG.escaped) !== 0;
    return (isEscaped ? table.findEscaped(bytes, start, end) : table.find(bytes, start, end)) < 0 ? refusal : null;
  };
}

function exactCheck(field: CompiledField): FieldCheck {
  const isInteger = field.type === 'integer';
  const wrongType = invalid(isInteger ? 'must be an integer' : 'must be a number');
  const tooFine = outOfRange(`must have at most ${String(field.scaleMax)} digits after the point`);
  const inBounds = compileBounds(field.bounds);
  return function checkExact(bytes, list, index) {
    if (list.kind[index] !== KIND.number) return wrongType;
    const value = memberNumber(bytes, list, index);
    if (value === null) return NOT_EXACT;
    if (typeof value === 'number') return inBounds(value);
    if (isInteger && value.scale > 0) return wrongType;
    if (field.scaleMax !== undefined && value.scale > field.scaleMax) return tooFine;
    return inBounds(value);
  };
}

export interface ChecksByAnother {
  /** Name of the other field. */
  readonly by: string;
  /** By its value. */
  readonly of: ReadonlyMap<string, FieldCheck>;
}

/** What the field may be beside each value of others. */
export function compileChecksByAnother({ boundsBy, valuesBy }: CompiledField): readonly ChecksByAnother[] {
  const checks = <T>(of: Readonly<Record<string, T>>, compile: (said: T) => FieldCheck): ReadonlyMap<string, FieldCheck> =>
    new Map(Object.entries(of).map(([value, said]) => [value, compile(said)]));
  return [
    ...(boundsBy === undefined ? [] : [{ by: boundsBy.field, of: checks(boundsBy.of, numberCheck) }]),
    ...(valuesBy === undefined ? [] : [{ by: valuesBy.field, of: checks(valuesBy.of, enumCheck) }]),
  ];
}

/** Of a member that is known to be a number. */
function numberCheck(bounds: NumberBounds): FieldCheck {
  const inBounds = compileBounds(bounds);
  return function checkNumber(bytes, list, index) {
    const value = memberNumber(bytes, list, index);
    return value === null ? null : inBounds(value);
  };
}

/** The member's exact value: a plain number where it is a short integer; null where it has too many digits. */
export function memberNumber(bytes: Uint8Array, list: MemberList, index: number): number | ExactNumber | null {
  const start = startOf(list, index);
  const end = endOf(list, index);
  if (((list.flags[index] ?? 0) & FLAG.shortInteger) !== 0) return readShortInteger(bytes, start, end);
  return parseExact(decodeAscii(bytes, start, end));
}

type BoundsCheck = (value: number | ExactNumber) => Refusal | null;

function compileBounds(bounds: NumberBounds | undefined): BoundsCheck {
  if (bounds === undefined) return () => null;
  const min = bounds.min === undefined ? null : parseExact(bounds.min);
  const max = bounds.max === undefined ? null : parseExact(bounds.max);
  const tooSmall = outOfRange(`must be at least ${bounds.min ?? ''}`);
  const tooLarge = outOfRange(`must be at most ${bounds.max ?? ''}`);
  const notInteger = invalid('must be an integer');
  return function checkBounds(value) {
    const exact = typeof value === 'number' ? { unscaled: value, scale: 0 } : value;
    if (bounds.integer === true && exact.scale > 0) return notInteger;
    if (min !== null && compareExact(exact, min) < 0) return tooSmall;
    return max !== null && compareExact(exact, max) > 0 ? tooLarge : null;
  };
}

function doubleCheck(bounds: NumberBounds | undefined): FieldCheck {
  const min = Number(bounds?.min ?? -Infinity);
  const max = Number(bounds?.max ?? Infinity);
  const wrongType = invalid('must be a number');
  const infinite: Refusal = { code: 'number_out_of_range', message: 'is beyond the range of a double' };
  const tooSmall = outOfRange(`must be at least ${bounds?.min ?? ''}`);
  const tooLarge = outOfRange(`must be at most ${bounds?.max ?? ''}`);
  return function checkDouble(bytes, list, index) {
    if (list.kind[index] !== KIND.number) return wrongType;
    const value = Number(decodeAscii(bytes, startOf(list, index), endOf(list, index)));
    if (!Number.isFinite(value)) return infinite;
    if (value < min) return tooSmall;
    return value > max ? tooLarge : null;
  };
}

const NOT_INSTANT = invalid('must be an RFC 3339 instant');
const NOT_DATE = invalid('must be a date, YYYY-MM-DD');
const NOT_TEXTS = invalid('must be an array of texts');

function timestampCheck(bytes: Uint8Array, list: MemberList, index: number): Refusal | null {
  if (list.kind[index] !== KIND.string) return NOT_INSTANT;
  return parseInstant(bytes, startOf(list, index) + 1, endOf(list, index) - 1) >= -Infinity ? null : NOT_INSTANT;
}

function dateCheck(bytes: Uint8Array, list: MemberList, index: number): Refusal | null {
  if (list.kind[index] !== KIND.string) return NOT_DATE;
  return parseDate(bytes, startOf(list, index) + 1, endOf(list, index) - 1) >= -Infinity ? null : NOT_DATE;
}

/** The scanner has proven the grammar, so between the texts only white space, commas and the brackets remain. */
function stringListCheck(bytes: Uint8Array, list: MemberList, index: number): Refusal | null {
  if (list.kind[index] !== KIND.array) return NOT_TEXTS;
  const end = endOf(list, index) - 1;
  let isInside = false;
  for (let i = startOf(list, index) + 1; i < end; i += 1) {
    const byte = byteAt(bytes, i);
    if (byte === 0x22) isInside = !isInside;
    else if (!isInside && byte > 0x20 && byte !== 0x2c) return NOT_TEXTS;
    else if (byte === 0x5c) i += 1;
  }
  return null;
}
