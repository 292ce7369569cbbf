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
  /** Whether some count is negative: more was taken out than there was. */
  private isSigned = false;

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
    this.isSigned ||= count < 0;
    return true;
  }

  /** `other` is left as it is. */
  merge(other: BinStore): void {
    this.settle();
    if (other.indexes.length > 0) this.mergeSorted(other.indexes, other.counts, other.indexes.length);
    if (other.waiting.length > 0) this.mergeNotes(other.waiting);
    if (this.isSigned || other.isSigned) this.dropEmpty();
  }

  /** `other` is left as it is. Bins of which nothing is left go; what was not there is there with a negative count. */
  subtract(other: BinStore): void {
    this.settle();
    other.settle();
    const left = new Map(this.indexes.map((index, at) => [index, this.counts[at] ?? 0]));
    for (const [at, index] of other.indexes.entries()) left.set(index, (left.get(index) ?? 0) - (other.counts[at] ?? 0));
    const bins = [...left].toSorted(([a], [b]) => a - b);
    this.indexes = bins.map(([index]) => index);
    this.counts = bins.map(([, count]) => count);
    this.dropEmpty();
  }

  private dropEmpty(): void {
    const { counts } = this;
    this.indexes = this.indexes.filter((_, at) => counts[at] !== 0);
    this.counts = counts.filter((count) => count !== 0);
    this.isSigned = this.counts.some((count) => count < 0);
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
    this.mergeNotes(this.waiting);
    this.waiting = [];
  }

  /** Sorted and counted in memory that all stores share: most cells of a batch hold few values and live shortly. */
  private mergeNotes(notes: readonly number[]): void {
    const bins = countNotes(notes);
    this.mergeSorted(notedIndexes, notedCounts, bins);
  }

  /** From the end, in place: what lies below the least of the new bins is not moved. */
  private mergeSorted(indexes: ArrayLike<number>, counts: ArrayLike<number>, bins: number): void {
    const own = this.indexes;
    let left = own.length - 1;
    let to = own.length + bins - countShared(own, indexes, bins) - 1;
    for (let added = to - left; added > 0; added -= 1) {
      own.push(0);
      this.counts.push(0);
    }
    for (let right = bins - 1; right >= 0; to -= 1) {
      const index = indexes[right] ?? 0;
      const ours = left < 0 ? Number.NEGATIVE_INFINITY : (own[left] ?? 0);
      let count = 0;
      if (ours >= index) {
        count += this.counts[left] ?? 0;
        left -= 1;
      }
      if (index >= ours) {
        count += counts[right] ?? 0;
        right -= 1;
      }
      own[to] = Math.max(ours, index);
      this.counts[to] = count;
    }
  }
}

/** How many numbers a rising list has in common with the first `bins` of another. */
function countShared(left: readonly number[], right: ArrayLike<number>, bins: number): number {
  let shared = 0;
  let at = 0;
  for (let i = 0; i < bins; i += 1) {
    const index = right[i] ?? 0;
    while (at < left.length && (left[at] ?? 0) < index) at += 1;
    if (left[at] === index) shared += 1;
  }
  return shared;
}

/** Bins of the notes that were counted last. */
let notedIndexes = new Int32Array(1_024);
let notedCounts = new Int32Array(1_024);
/** Up to so many notes inserting each in its place is faster than a call of the library's sort. */
const INSERTED_MAX = 32;

/** Returns how many bins the notes make. */
function countNotes(notes: readonly number[]): number {
  if (notes.length > notedIndexes.length) {
    notedIndexes = new Int32Array(notes.length * 2);
    notedCounts = new Int32Array(notes.length * 2);
  }
  sortNotes(notes);
  let last = -1;
  for (let i = 0; i < notes.length; i += 1) {
    const index = notedIndexes[i] ?? 0;
    if (last >= 0 && notedIndexes[last] === index) notedCounts[last] = (notedCounts[last] ?? 0) + 1;
    else {
      last += 1;
      notedIndexes[last] = index;
      notedCounts[last] = 1;
    }
  }
  return last + 1;
}

/** Into `notedIndexes`; the sort of a typed array compares without calling back. */
function sortNotes(notes: readonly number[]): void {
  if (notes.length > INSERTED_MAX) {
    notedIndexes.set(notes);
    notedIndexes.subarray(0, notes.length).sort();
    return;
  }
  for (let i = 0; i < notes.length; i += 1) {
    const index = notes[i] ?? 0;
    let at = i;
    for (; at > 0 && (notedIndexes[at - 1] ?? 0) > index; at -= 1) notedIndexes[at] = notedIndexes[at - 1] ?? 0;
    notedIndexes[at] = index;
  }
}
