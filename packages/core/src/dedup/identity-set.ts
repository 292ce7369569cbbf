/** Words of 32 bits an identity. */
const WORDS = 3;
/** Fullest table: an absent identity then costs about eight probes (Knuth, TAOCP vol. 3, 6.4: (1 + 1/(1-α)²)/2). */
const LOAD_MAX = 0.75;
const SLOTS_MIN = 64;
/** Slots moved from the old table for each identity added; two would do to be through before the new one is full. */
const MOVED_PER_ADD = 16;

/**
 * A set of 96-bit identities in one flat table: three words each, open addressing, no objects. It grows by doubling, and moves
 * the old table over a few slots an addition, so no single addition stalls. An identity is a keyed hash, so its first word
 * serves as the slot as it is.
 */
export class IdentitySet {
  private table: Uint32Array;
  private slots: number;
  /** The table before the last doubling, moved up to `moved`; empty when all of it is moved. */
  private old: Uint32Array = new Uint32Array(0);
  private oldSlots = 0;
  private moved = 0;
  private count = 0;
  /** Three zero words mark a free slot, so the identity of zeros is kept apart. */
  private hasZero = false;

  /** `expected`: doubling from the start ends in a table that is just full at so many identities. */
  constructor(expected = SLOTS_MIN * LOAD_MAX) {
    let slots = Math.ceil(expected / LOAD_MAX) + 1;
    while (slots > SLOTS_MIN * 2) slots = Math.ceil(slots / 2);
    this.slots = slots;
    this.table = new Uint32Array(slots * WORDS);
  }

  get size(): number {
    return this.count;
  }

  get bytes(): number {
    return this.table.byteLength + this.old.byteLength;
  }

  has(a: number, b: number, c: number): boolean {
    if ((a | b | c) === 0) return this.hasZero;
    if (holds(this.table, slotOf(this.table, this.slots, [a, b, c]))) return true;
    return this.oldSlots > 0 && holds(this.old, slotOf(this.old, this.oldSlots, [a, b, c]));
  }

  /** False where the set held it already. */
  add(a: number, b: number, c: number): boolean {
    if (this.has(a, b, c)) return false;
    this.count += 1;
    if ((a | b | c) === 0) this.hasZero = true;
    else {
      if (this.oldSlots > 0) this.move(MOVED_PER_ADD);
      if (this.count > this.slots * LOAD_MAX) this.widen();
      this.put(a, b, c);
    }
    return true;
  }

  clear(): void {
    this.table.fill(0);
    this.old = new Uint32Array(0);
    this.oldSlots = 0;
    this.count = 0;
    this.hasZero = false;
  }

  /** All identities, three words each, in no order. */
  words(): Uint32Array {
    this.move(this.oldSlots);
    const out = new Uint32Array(this.count * WORDS);
    // The identity of zeros is what the last three words are already.
    let end = 0;
    for (let at = 0; at < this.table.length; at += WORDS) {
      if (!holds(this.table, at)) continue;
      out[end] = this.table[at] ?? 0;
      out[end + 1] = this.table[at + 1] ?? 0;
      out[end + 2] = this.table[at + 2] ?? 0;
      end += WORDS;
    }
    return out;
  }

  /** Adds all of this set to another. */
  addTo(other: IdentitySet): void {
    const words = this.words();
    for (let i = 0; i < words.length; i += WORDS) other.add(words[i] ?? 0, words[i + 1] ?? 0, words[i + 2] ?? 0);
  }

  private put(a: number, b: number, c: number): void {
    const at = slotOf(this.table, this.slots, [a, b, c]);
    this.table[at] = a;
    this.table[at + 1] = b;
    this.table[at + 2] = c;
  }

  private widen(): void {
    this.move(this.oldSlots);
    this.old = this.table;
    this.oldSlots = this.slots;
    this.moved = 0;
    this.slots *= 2;
    this.table = new Uint32Array(this.slots * WORDS);
  }

  private move(slots: number): void {
    const end = Math.min(this.moved + slots, this.oldSlots);
    for (let at = this.moved * WORDS; at < end * WORDS; at += WORDS) {
      if (holds(this.old, at)) this.put(this.old[at] ?? 0, this.old[at + 1] ?? 0, this.old[at + 2] ?? 0);
    }
    this.moved = end;
    if (end < this.oldSlots) return;
    this.old = new Uint32Array(0);
    this.oldSlots = 0;
  }
}

type Identity = readonly [number, number, number];

/** Where the identity is, or the free place where it would be. */
function slotOf(table: Uint32Array, slots: number, [a, b, c]: Identity): number {
  let at = Math.floor(((a >>> 0) * slots) / 4_294_967_296) * WORDS;
  while (holds(table, at) && (table[at] !== a || table[at + 1] !== b || table[at + 2] !== c)) {
    at += WORDS;
    if (at === table.length) at = 0;
  }
  return at;
}

function holds(table: Uint32Array, at: number): boolean {
  return ((table[at] ?? 0) | (table[at + 1] ?? 0) | (table[at + 2] ?? 0)) !== 0;
}
