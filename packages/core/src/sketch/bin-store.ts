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
    const { waiting } = this;
    if (waiting.length === 0) return;
    sortSmall(waiting);
    const indexes: number[] = [];
    const counts: number[] = [];
    let last = -1;
    for (const index of waiting) {
      if (last >= 0 && indexes[last] === index) counts[last] = (counts[last] ?? 0) + 1;
      else last = indexes.push(index) - 1;
      if (counts.length === last) counts.push(1);
    }
    waiting.length = 0;
    this.mergeSorted(indexes, counts);
  }

  /** From the end, in place: what lies below the least of the new bins is not moved. */
  private mergeSorted(indexes: readonly number[], counts: readonly number[]): void {
    const own = this.indexes;
    let left = own.length - 1;
    let to = own.length + indexes.length - countShared(own, indexes) - 1;
    for (let added = to - left; added > 0; added -= 1) {
      own.push(0);
      this.counts.push(0);
    }
    for (let right = indexes.length - 1; right >= 0; to -= 1) {
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

/** How many numbers two rising lists have in common. */
function countShared(left: readonly number[], right: readonly number[]): number {
  let shared = 0;
  let at = 0;
  for (const index of right) {
    while (at < left.length && (left[at] ?? 0) < index) at += 1;
    if (left[at] === index) shared += 1;
  }
  return shared;
}

/** Numbers sorted through a typed array: its sort compares without calling back. */
let scratch = new Int32Array(1_024);

function sortSmall(numbers: number[]): void {
  if (numbers.length > scratch.length) scratch = new Int32Array(numbers.length * 2);
  for (let i = 0; i < numbers.length; i += 1) scratch[i] = numbers[i] ?? 0;
  scratch.subarray(0, numbers.length).sort();
  for (let i = 0; i < numbers.length; i += 1) numbers[i] = scratch[i] ?? 0;
}
