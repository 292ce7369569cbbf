import { decodeJsonText } from './json-text.ts';

const SLOTS = 4_096;
const CACHED_BYTES_MAX = 64;

/**
 * Turns ranges of bytes into strings and gives the same string object for bytes that it met lately: types, tenants, sources,
 * subjects and dimension values come again and again, and decoding them anew would be most of the garbage.
 */
export class TextCache {
  private readonly texts: (string | undefined)[] = Array.from<string | undefined>({ length: SLOTS });
  /** Of each slot's text the bytes, and how many they are; -1: none yet. An array of its own for each would be garbage for each. */
  private readonly keys = new Uint8Array(SLOTS * CACHED_BYTES_MAX);
  private readonly lengths = new Int8Array(SLOTS).fill(-1);

  /** The text of a JSON string's inside (between its quotes). */
  text(bytes: Uint8Array, start: number, end: number): string {
    if (end - start > CACHED_BYTES_MAX) return decodeJsonText(bytes, start, end);
    const slot = slotOf(bytes, start, end);
    if (this.lengths[slot] === end - start && this.holds(slot, bytes, start)) return this.texts[slot] ?? '';
    const text = decodeJsonText(bytes, start, end);
    const shift = slot * CACHED_BYTES_MAX - start;
    for (let i = start; i < end; i += 1) this.keys[i + shift] = bytes[i] ?? 0;
    this.lengths[slot] = end - start;
    this.texts[slot] = text;
    return text;
  }

  private holds(slot: number, bytes: Uint8Array, start: number): boolean {
    const at = slot * CACHED_BYTES_MAX;
    for (let i = 0; i < (this.lengths[slot] ?? 0); i += 1) if (this.keys[at + i] !== bytes[start + i]) return false;
    return true;
  }
}

/** FNV-1a, folded to the number of slots. A collision costs a decoding, never a wrong text. */
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return (hash ^ (hash >>> 12) ^ (hash >>> 24)) & (SLOTS - 1);
}
