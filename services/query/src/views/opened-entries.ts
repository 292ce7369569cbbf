/** Kept answers that were opened already: what is asked for again and again is decrypted, read and checked once. */
import type { Sealer } from '@tidegate/runtime';
import { LRUCache } from 'lru-cache';
import type { KeptEntry } from './kept-entry.ts';
import { openEntry } from './kept-entry.ts';

/** Of the sealed bytes; as objects they are some times as large. */
const BYTES_MAX = 8 * 1_024 * 1_024;

export interface OpenedEntries {
  /** Null where the bytes are no entry. */
  open(key: string, bytes: Uint8Array): KeptEntry | null;
  /** What was opened last under the key; null: nothing is held of it. It may not be what is kept there now. */
  last(key: string): KeptEntry | null;
}

/** The bytes decide: each sealing has a nonce of its own, so equal bytes are the same entry, and other ones under the same key are not. */
export function createOpenedEntries(sealer: Sealer): OpenedEntries {
  const held = new LRUCache<string, { readonly bytes: Uint8Array; readonly entry: KeptEntry }>({
    maxSize: BYTES_MAX,
    sizeCalculation: ({ bytes }) => bytes.length,
  });
  return {
    open(key, bytes) {
      const known = held.get(key);
      if (known !== undefined && Buffer.compare(known.bytes, bytes) === 0) return known.entry;
      const entry = openEntry(sealer, bytes);
      // A copy: what the client library gave is a part of a larger piece of memory.
      if (entry !== null) held.set(key, { bytes: Uint8Array.from(bytes), entry });
      return entry;
    },
    last: (key) => held.get(key)?.entry ?? null,
  };
}
