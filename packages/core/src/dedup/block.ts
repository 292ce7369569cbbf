import { IDENTITY_BYTES } from './window-shape.ts';

/** Big-endian, so that words order as bytes do. */
export function readWord(bytes: Uint8Array, at: number): number {
  return (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}

/** Identities as bytes, 12 each, from words, three each. */
export function toIdentityBytes(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] ?? 0;
    bytes[4 * i] = word >>> 24;
    bytes[4 * i + 1] = word >>> 16;
    bytes[4 * i + 2] = word >>> 8;
    bytes[4 * i + 3] = word;
  }
  return bytes;
}

/** Whether the bytes are whole identities, each greater than the one before: the form of journal blocks. */
export function isIdentityBlock(bytes: Uint8Array): boolean {
  if (bytes.length % IDENTITY_BYTES !== 0) return false;
  for (let at = IDENTITY_BYTES; at < bytes.length; at += IDENTITY_BYTES) {
    if (compareIdentities(bytes, at - IDENTITY_BYTES, { bytes, at }) >= 0) return false;
  }
  return true;
}

/** Whether a sorted block holds the identity at `at` of `bytes`. */
export function holdsIdentity(sorted: Uint8Array, bytes: Uint8Array, at = 0): boolean {
  let low = 0;
  let high = sorted.length / IDENTITY_BYTES;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareIdentities(sorted, middle * IDENTITY_BYTES, { bytes, at });
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}

/** Those of `wanted` that a sorted block holds, in the order of `wanted`. */
export function findInBlock(sorted: Uint8Array, wanted: Uint8Array): Uint8Array {
  const found = new Uint8Array(wanted.length);
  let end = 0;
  for (let at = 0; at < wanted.length; at += IDENTITY_BYTES) {
    if (!holdsIdentity(sorted, wanted, at)) continue;
    found.set(wanted.subarray(at, at + IDENTITY_BYTES), end);
    end += IDENTITY_BYTES;
  }
  return found.slice(0, end);
}

/** Cuts sorted identities into blocks of at most `identitiesMax`; each block is sorted and names its least identity by its first 12 bytes. */
export function splitIntoBlocks(sorted: Uint8Array, identitiesMax: number): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  const step = identitiesMax * IDENTITY_BYTES;
  for (let at = 0; at < sorted.length; at += step) blocks.push(sorted.subarray(at, Math.min(at + step, sorted.length)));
  return blocks;
}

interface Place {
  readonly bytes: Uint8Array;
  readonly at: number;
}

function compareIdentities(bytes: Uint8Array, at: number, other: Place): number {
  for (let i = 0; i < IDENTITY_BYTES; i += 4) {
    const difference = readWord(bytes, at + i) - readWord(other.bytes, other.at + i);
    if (difference !== 0) return difference;
  }
  return 0;
}
