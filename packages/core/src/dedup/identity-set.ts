/** Words of 32 bits an identity. */
const WORDS = 3;
/**
 * Fullest table: 15.8 bytes an identity, of which an absent one then costs about nine probes (Knuth, TAOCP vol. 3, 6.4:
 * (1 + 1/(1-α)²)/2).
 */
const LOAD_MAX = 0.76;
const SLOTS_MIN = 64;
/** A table that is to become large begins with half of it at least: doubled from there, it ends within 1/512 of what is wanted. */
const FIRST_SLOTS_MAX = 1_024;
/** Slots moved from the old table for each identity added; two would do to be through before the new one is full. */
const MOVED_PER_ADD = 16;

/**
 * A set of 96-bit identities in one flat table: three words each, open addressing, no objects. It grows by doubling, and moves
 * the old table over a few slots an addition, so no single addition stalls. An identity is a keyed hash, so its first word
 * serves as the slot as it is. Identities are handed over as a place in an array of words.
 */
export class IdentitySet {
  private table: Uint32Array;
  /** The table before the last doubling, moved up to `moved`; empty when all of it is moved. */
  private old: Uint32Array = new Uint32Array(0);
  private moved = 0;
  private count = 0;
  /** Additions left before the table is too full. */
  private room: number;
  /** Three zero words mark a free slot, so the identity of zeros is kept apart. */
  private hasZero = false;

  /** `expected`: doubling from the start ends in a table that is just full at so many identities. */
  constructor(expected = SLOTS_MIN * LOAD_MAX) {
    let slots = Math.ceil(expected / LOAD_MAX) + 1;
    while (slots > FIRST_SLOTS_MAX) slots = Math.ceil(slots / 2);
    this.table = new Uint32Array(slots * WORDS);
    this.room = Math.floor(slots * LOAD_MAX);
  }

  get size(): number {
    return this.count;
  }

  get bytes(): number {
    return this.table.byteLength + this.old.byteLength;
  }

  has(words: Uint32Array, at: number): boolean {
    if (isFree(words, at)) return this.hasZero;
    if (!isFree(this.table, find(this.table, words, at))) return true;
    return this.old.length > 0 && !isFree(this.old, find(this.old, words, at));
  }

  /** False where the set held it already. */
  add(words: Uint32Array, at: number): boolean {
    if (isFree(words, at)) return this.addZero();
    if (this.old.length > 0) {
      if (!isFree(this.old, find(this.old, words, at))) return false;
      this.move(MOVED_PER_ADD);
    }
    const place = find(this.table, words, at);
    if (!isFree(this.table, place)) return false;
    put(this.table, place, { words, at });
    this.count += 1;
    this.room -= 1;
    if (this.room === 0) this.widen();
    return true;
  }

  clear(): void {
    this.table.fill(0);
    this.old = new Uint32Array(0);
    this.count = 0;
    this.room = Math.floor((this.table.length / WORDS) * LOAD_MAX);
    this.hasZero = false;
  }

  /** All identities, three words each, in no order. */
  words(): Uint32Array {
    this.move(this.old.length);
    const out = new Uint32Array(this.count * WORDS);
    // The identity of zeros is what the last three words are already.
    let end = 0;
    for (let at = 0; at < this.table.length; at += WORDS) {
      if (isFree(this.table, at)) continue;
      put(out, end, { words: this.table, at });
      end += WORDS;
    }
    return out;
  }

  /** Adds all of this set to another. */
  addTo(other: IdentitySet): void {
    const words = this.words();
    for (let at = 0; at < words.length; at += WORDS) other.add(words, at);
  }

  private addZero(): boolean {
    if (this.hasZero) return false;
    this.hasZero = true;
    this.count += 1;
    return true;
  }

  private widen(): void {
    this.move(this.old.length);
    const slots = (this.table.length / WORDS) * 2;
    this.old = this.table;
    this.moved = 0;
    this.table = new Uint32Array(slots * WORDS);
    this.room = Math.floor(slots * LOAD_MAX) - this.count;
  }

  private move(slots: number): void {
    const end = Math.min(this.moved + slots * WORDS, this.old.length);
    for (let at = this.moved; at < end; at += WORDS) {
      if (!isFree(this.old, at)) put(this.table, find(this.table, this.old, at), { words: this.old, at });
    }
    this.moved = end;
    if (end === this.old.length) this.old = new Uint32Array(0);
  }
}

/** Where a table has the identity, or the free place where it would be. */
function find(table: Uint32Array, words: Uint32Array, at: number): number {
  const a = words[at] ?? 0;
  const b = words[at + 1] ?? 0;
  const c = words[at + 2] ?? 0;
  let place = Math.floor((a * (table.length / WORDS)) / 4_294_967_296) * WORDS;
  while (!isFree(table, place) && (table[place] !== a || table[place + 1] !== b || table[place + 2] !== c)) {
    place += WORDS;
    if (place === table.length) place = 0;
  }
  return place;
}

function isFree(table: Uint32Array, at: number): boolean {
  return table[at] === 0 && table[at + 1] === 0 && table[at + 2] === 0;
}

function put(table: Uint32Array, place: number, identity: { readonly words: Uint32Array; readonly at: number }): void {
  table[place] = identity.words[identity.at] ?? 0;
  table[place + 1] = identity.words[identity.at + 1] ?? 0;
  table[place + 2] = identity.words[identity.at + 2] ?? 0;
}
