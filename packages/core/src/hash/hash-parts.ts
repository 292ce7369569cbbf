import { writeAscii } from './ascii.ts';
import { siphash128Into } from './siphash.ts';

/**
 * A keyed hash over a list of parts, each written as a little-endian u32 byte length and its UTF-8 bytes, so that
 * ("ab", "c") and ("a", "bc") differ. Begin, add the parts, finish; nothing is allocated on the way.
 */
export interface PartsHasher {
  begin(): void;
  addText(text: string): void;
  addBytes(bytes: Uint8Array, start: number, end: number): void;
  /** Writes the first `out.length` (at most 16) bytes of the hash. */
  finishInto(key: Uint8Array, out: Uint8Array): void;
}

export function createPartsHasher(): PartsHasher {
  const encoder = new TextEncoder();
  let scratch = new Uint8Array(1024);
  let length = 0;

  function reserve(bytes: number): void {
    if (length + bytes <= scratch.length) return;
    const wider = new Uint8Array((length + bytes) * 2);
    wider.set(scratch.subarray(0, length));
    scratch = wider;
  }

  function writeLength(place: number, value: number): void {
    scratch[place] = value;
    scratch[place + 1] = value >>> 8;
    scratch[place + 2] = value >>> 16;
    scratch[place + 3] = value >>> 24;
  }

  return {
    begin() {
      length = 0;
    },
    addText(text) {
      reserve(4 + text.length * 3);
      const place = length;
      length += 4;
      const ascii = writeAscii(text, scratch, length);
      length += ascii === text.length ? ascii : encoder.encodeInto(text, scratch.subarray(length)).written;
      writeLength(place, length - place - 4);
    },
    addBytes(bytes, start, end) {
      reserve(4 + end - start);
      writeLength(length, end - start);
      const into = scratch;
      const shift = length + 4 - start;
      for (let i = start; i < end; i += 1) into[i + shift] = bytes[i] ?? 0;
      length = end + shift;
    },
    finishInto(key, out) {
      siphash128Into(key, length, { message: scratch, out });
    },
  };
}

const shared = createPartsHasher();

/** The 16-byte keyed hash of a list of texts. */
export function hashParts(key: Uint8Array, parts: readonly string[]): Uint8Array {
  const out = new Uint8Array(16);
  shared.begin();
  for (const part of parts) shared.addText(part);
  shared.finishInto(key, out);
  return out;
}
