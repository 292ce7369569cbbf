import { writeAscii } from './ascii.ts';
import { PUBLIC_HASH_KEY, siphash128Into } from './siphash.ts';

const encoder = new TextEncoder();
const out = new Uint8Array(7);
let scratch = new Uint8Array(1_024);

/**
 * 53 bits of a hash as a whole number from 1 to 2^53 - 1: what sketches know a value by. The same in every installation and on
 * every partition, because states of all of them merge. Of 1,024 values two share a hash once in 1.7e10 cells.
 * Zero is left for what is absent.
 */
export function hashText(text: string): number {
  reserve(text.length * 3);
  const ascii = writeAscii(text, scratch, 0);
  const length = ascii === text.length ? ascii : encoder.encodeInto(text, scratch).written;
  return hashScratch(length);
}

/** The same of the text whose UTF-8 bytes these are. */
export function hashRange(bytes: Uint8Array, start: number, end: number): number {
  reserve(end - start);
  for (let i = start; i < end; i += 1) scratch[i - start] = bytes[i] ?? 0;
  return hashScratch(end - start);
}

function reserve(bytes: number): void {
  if (bytes > scratch.length) scratch = new Uint8Array(bytes * 2);
}

function hashScratch(length: number): number {
  siphash128Into(PUBLIC_HASH_KEY, length, { message: scratch, out });
  const low = ((out[0] ?? 0) | ((out[1] ?? 0) << 8) | ((out[2] ?? 0) << 16) | ((out[3] ?? 0) << 24)) >>> 0;
  const high = (out[4] ?? 0) | ((out[5] ?? 0) << 8) | (((out[6] ?? 0) & 0x1f) << 16);
  return high * 0x1_0000_0000 + low || 1;
}
