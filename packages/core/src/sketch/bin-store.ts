/** Marks a free slot; no bin of a double has this index. */
const FREE = -0x80000000;
const SLOTS_MIN = 8;

/** Counts by bin index, open addressing in plain arrays: a cell of few values costs a few dozen bytes. */
export class BinStore {
  private indexes: number[] = [];
  private counts: number[] = [];
  private used = 0;

  get size(): number {
    return this.used;
  }

  add(index: number, count: number): void {
    if (this.used * 4 >= this.indexes.length * 3) this.widen();
    const slot = this.slotOf(index);
    if (this.indexes[slot] === FREE) {
      this.indexes[slot] = index;
      this.used += 1;
    }
    this.counts[slot] = (this.counts[slot] ?? 0) + count;
  }

  merge(other: BinStore): void {
    for (let slot = 0; slot < other.indexes.length; slot += 1) {
      const index = other.indexes[slot] ?? FREE;
      if (index !== FREE) this.add(index, other.counts[slot] ?? 0);
    }
  }

  /** (index, count) of each bin, by rising index. */
  sorted(): [number, number][] {
    const bins: [number, number][] = [];
    for (let slot = 0; slot < this.indexes.length; slot += 1) {
      const index = this.indexes[slot] ?? FREE;
      if (index !== FREE) bins.push([index, this.counts[slot] ?? 0]);
    }
    return bins.sort((a, b) => a[0] - b[0]);
  }

  private slotOf(index: number): number {
    const mask = this.indexes.length - 1;
    // Neighbouring bins lie in neighbouring slots; a multiplier would scatter them for no gain.
    let slot = index & mask;
    while (this.indexes[slot] !== index && this.indexes[slot] !== FREE) slot = (slot + 1) & mask;
    return slot;
  }

  private widen(): void {
    const { indexes, counts } = this;
    const slots = Math.max(SLOTS_MIN, indexes.length * 2);
    this.indexes = Array.from({ length: slots }, () => FREE);
    this.counts = Array.from({ length: slots }, () => 0);
    for (let old = 0; old < indexes.length; old += 1) {
      const index = indexes[old] ?? FREE;
      if (index === FREE) continue;
      const slot = this.slotOf(index);
      this.indexes[slot] = index;
      this.counts[slot] = counts[old] ?? 0;
    }
  }
}
