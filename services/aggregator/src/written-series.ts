import { IdentitySet } from '@tidegate/core';

/** Words of an id that are remembered: 96 bits tell series apart as they tell events apart. */
const WORDS = 3;

/**
 * Which series this owner has written, by 16 bytes each and no object: a metric by subject may have millions. Kept in two ages:
 * of what was not met for a whole one nothing is known, and it is written again, which changes nothing.
 */
export interface WrittenSeries {
  has(seriesId: Uint8Array): boolean;
  add(seriesId: Uint8Array): void;
  clear(): void;
  /** Of both tables. */
  bytes(): number;
}

export function createWrittenSeries(seriesMax: number): WrittenSeries {
  const perAge = Math.max(1, Math.floor(seriesMax / 2));
  const id = new Uint32Array(WORDS);
  let young = new IdentitySet();
  let old = new IdentitySet();

  function look(seriesId: Uint8Array): void {
    for (let word = 0; word < WORDS; word += 1) {
      const at = 4 * word;
      const [a = 0, b = 0, c = 0, d = 0] = [seriesId[at], seriesId[at + 1], seriesId[at + 2], seriesId[at + 3]];
      id[word] = (a << 24) | (b << 16) | (c << 8) | d;
    }
  }

  function remember(): void {
    if (!young.add(id, 0) || young.size <= perAge) return;
    old = young;
    young = new IdentitySet();
  }

  return {
    has(seriesId) {
      look(seriesId);
      if (young.has(id, 0)) return true;
      if (!old.has(id, 0)) return false;
      remember();
      return true;
    },
    add(seriesId) {
      look(seriesId);
      remember();
    },
    clear() {
      young = new IdentitySet();
      old = new IdentitySet();
    },
    bytes: () => young.bytes + old.bytes,
  };
}
