import { decodeJsonText } from './json-text.ts';

const SLOTS = 4_096;
const CACHED_BYTES_MAX = 64;

/**
 * Turns ranges of bytes into strings and gives the same string object for bytes that it met lately: types, tenants, sources,
 * subjects and dimension values come again and again, and decoding them anew would be most of the garbage.
 */
export class TextCache {
  private readonly texts: (string | undefined)[] = Array.from<string | undefined>({ length: SLOTS });
  private readonly keys: (Uint8Array | undefined)[] = Array.from<Uint8Array | undefined>({ length: SLOTS });

  /** The text of a JSON string's inside (between its quotes). */
  text(bytes: Uint8Array, start: number, end: number): string {
    if (end - start > CACHED_BYTES_MAX) return decodeJsonText(bytes, start, end);
    const slot = slotOf(bytes, start, end);
    const key = this.keys[slot];
    if (key !== undefined && isSame(key, bytes, start) && key.length === end - start) return this.texts[slot] ?? '';
    const text = decodeJsonText(bytes, start, end);
    this.keys[slot] = bytes.slice(start, end);
    this.texts[slot] = text;
    return text;
  }
}

/** FNV-1a, folded to the number of slots. A collision costs a decoding, never a wrong text. */
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return (hash ^ (hash >>> 12) ^ (hash >>> 24)) & (SLOTS - 1);
}

function isSame(key: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < key.length; i += 1) if (key[i] !== bytes[start + i]) return false;
  return true;
}
