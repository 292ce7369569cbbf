import { byteAt } from './byte-at.ts';
import { decodeJsonText } from './json-text.ts';

export type PersonalKind = 'email' | 'phone' | 'card';

/** What a text looks like that stands where nobody is to be named; null: like nothing of the kind. */
export type FindPersonal = (bytes: Uint8Array, start: number, end: number) => PersonalKind | null;

const EMAIL = /[^\s@"<>]@(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}/u;
/** As E.164 writes it, with what people put between the digits: 8 to 15 of them. */
const PHONE = /(?<![\p{L}\p{N}])\+[1-9](?:[ ()./-]{0,2}\d){7,14}(?!\d)/u;
const CARD = /(?<![\p{L}\p{N}.,-])\d(?:[ -]?\d){14,15}(?![\p{L}\p{N}]|[ .,-]\d)/gu;
/** Of the large schemes, whose numbers have 15 (American Express) or 16 digits: ids and instants of that length begin otherwise, mostly. */
const CARD_NUMBER = /^(?:3[47]\d{13}|(?:4\d|5[1-5]|2[2-7]|35|6[0245])\d{14})$/;
const CARD_DIGITS_MIN = 15;

const TESTS: Readonly<Record<PersonalKind, (text: string) => boolean>> = {
  email: (text) => EMAIL.test(text),
  phone: (text) => PHONE.test(text),
  card: (text) => [...text.matchAll(CARD)].some(([found]) => isCard(found.replaceAll(/\D/g, ''))),
};

/** Whether bytes could be of the kind at all: nearly none are, and the others need no text made of them. */
const SIGNS: Readonly<Record<PersonalKind, (bytes: Uint8Array, start: number, end: number) => boolean>> = {
  email: (bytes, start, end) => holds(bytes, start, { end, sign: 0x40 }),
  phone: (bytes, start, end) => holds(bytes, start, { end, sign: 0x2b }),
  card: (bytes, start, end) => digitsIn(bytes, start, end) >= CARD_DIGITS_MIN,
};

/** Looks for these kinds in the JSON of a value, escapes included. */
export function createFindPersonal(kinds: readonly PersonalKind[]): FindPersonal {
  return function findPersonal(bytes, start, end) {
    // An escape can spell any sign.
    const isEscaped = holds(bytes, start, { end, sign: 0x5c });
    const possible = isEscaped ? kinds : kinds.filter((kind) => SIGNS[kind](bytes, start, end));
    if (possible.length === 0) return null;
    const text = decodeJsonText(bytes, start, end);
    return possible.find((kind) => TESTS[kind](text)) ?? null;
  };
}

/** By its beginning, its length and its check digit (ISO/IEC 7812-1, annex B). */
function isCard(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const digit = Number(digits.at(-1 - i));
    const doubled = i % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0 && CARD_NUMBER.test(digits);
}

function holds(bytes: Uint8Array, start: number, { end, sign }: { readonly end: number; readonly sign: number }): boolean {
  for (let i = start; i < end; i += 1) if (byteAt(bytes, i) === sign) return true;
  return false;
}

function digitsIn(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i += 1) if (byteAt(bytes, i) >= 0x30 && byteAt(bytes, i) <= 0x39) count += 1;
  return count;
}
