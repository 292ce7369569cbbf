/** Values that wait unsorted before they are counted into the bins: one sort serves them all. */
const WAITING_MIN = 64;

/**
 * Counts by bin index. Adding only notes the index; the notes are sorted into the bins when they are many or when the bins are
 * asked for, so that a cell of few values costs little and a merge is one pass over two sorted lists.
 */
export class BinStore {
  /** Rising; `counts` stands beside it. */
  private indexes: number[] = [];
  private counts: number[] = [];
  private waiting: number[] = [];

  get size(): number {
    this.settle();
    return this.indexes.length;
  }

  add(index: number): void {
    this.waiting.push(index);
    if (this.waiting.length >= WAITING_MIN && this.waiting.length >= this.indexes.length) this.settle();
  }

  /** Adds a bin beyond the last one; false where it is not beyond it. */
  append(index: number, count: number): boolean {
    const last = this.indexes.at(-1);
    if (last !== undefined && last >= index) return false;
    this.indexes.push(index);
    this.counts.push(count);
    return true;
  }

  merge(other: BinStore): void {
    this.settle();
    other.settle();
    this.mergeSorted(other.indexes, other.counts);
  }

  /** Calls with each bin by rising index, until the call says true. */
  each(visit: (index: number, count: number) => boolean): void {
    this.settle();
    for (let i = 0; i < this.indexes.length; i += 1) if (visit(this.indexes[i] ?? 0, this.counts[i] ?? 0)) return;
  }

  /** The same by falling index. */
  eachDown(visit: (index: number, count: number) => boolean): void {
    this.settle();
    for (let i = this.indexes.length - 1; i >= 0; i -= 1) if (visit(this.indexes[i] ?? 0, this.counts[i] ?? 0)) return;
  }

  private settle(): void {
    if (this.waiting.length === 0) return;
    const sorted = this.waiting.sort((a, b) => a - b);
    const indexes: number[] = [];
    const counts: number[] = [];
    for (const index of sorted) {
      const last = indexes.length - 1;
      if (indexes[last] === index) counts[last] = (counts[last] ?? 0) + 1;
      else {
        indexes.push(index);
        counts.push(1);
      }
    }
    this.waiting = [];
    this.mergeSorted(indexes, counts);
  }

  private mergeSorted(indexes: readonly number[], counts: readonly number[]): void {
    const own = { indexes: this.indexes, counts: this.counts };
    this.indexes = [];
    this.counts = [];
    let left = 0;
    for (const [right, index] of indexes.entries()) {
      left = this.copyBelow(index, { ...own, from: left });
      const isShared = own.indexes[left] === index;
      this.indexes.push(index);
      this.counts.push((counts[right] ?? 0) + (isShared ? (own.counts[left] ?? 0) : 0));
      if (isShared) left += 1;
    }
    this.copyBelow(Number.POSITIVE_INFINITY, { ...own, from: left });
  }

  /** Takes over the bins below an index; returns the place of the next one. */
  private copyBelow(
    index: number,
    bins: { readonly indexes: readonly number[]; readonly counts: readonly number[]; readonly from: number },
  ): number {
    let at = bins.from;
    for (let next = bins.indexes[at]; next !== undefined && next < index; next = bins.indexes[at]) {
      this.indexes.push(next);
      this.counts.push(bins.counts[at] ?? 0);
      at += 1;
    }
    return at;
  }
}
