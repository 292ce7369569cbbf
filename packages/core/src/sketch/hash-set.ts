const SLOTS_MIN = 8;

/** A set of whole numbers from 1 to 2^53 - 1 that are spread evenly, as hashes are: open addressing, no objects. */
export class HashSet {
  private slots = new Float64Array(0);
  private known = 0;

  get size(): number {
    return this.known;
  }

  add(hash: number): void {
    if (this.known * 4 >= this.slots.length * 3) this.grow();
    if (place(this.slots, hash)) this.known += 1;
  }

  each(visit: (hash: number) => void): void {
    for (const hash of this.slots) if (hash !== 0) visit(hash);
  }

  /** In memory of its own. */
  sorted(): Float64Array {
    const all = new Float64Array(this.known);
    let at = 0;
    for (const hash of this.slots) if (hash !== 0) all[at++] = hash;
    return all.sort();
  }

  private grow(): void {
    const wider = new Float64Array(Math.max(SLOTS_MIN, this.slots.length * 2));
    for (const hash of this.slots) if (hash !== 0) place(wider, hash);
    this.slots = wider;
  }
}

/** False where it is there already. */
function place(slots: Float64Array, hash: number): boolean {
  const mask = slots.length - 1;
  let at = hash & mask;
  for (;;) {
    const found = slots[at] ?? 0;
    if (found === hash) return false;
    if (found === 0) {
      slots[at] = hash;
      return true;
    }
    at = (at + 1) & mask;
  }
}
