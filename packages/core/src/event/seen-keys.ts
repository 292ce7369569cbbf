import { decodeJsonText } from './json-text.ts';

/** From this many members on an object's names are kept in a set: comparing all pairs would be an attack's lever. */
const PAIRWISE_MAX = 16;

/** Finds a member name that stands twice in one object, at any depth. */
export class SeenKeys {
  private bytes: Uint8Array = new Uint8Array(0);
  private starts = new Int32Array(256);
  private ends = new Int32Array(256);
  private escaped = new Uint8Array(256);
  private count = 0;
  private depth = -1;
  private readonly bases: Int32Array;
  private readonly sets: (Set<string> | null)[] = [];

  constructor(depthMax: number) {
    this.bases = new Int32Array(depthMax + 1);
  }

  begin(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.count = 0;
    this.depth = -1;
  }

  open(): void {
    this.depth += 1;
    this.bases[this.depth] = this.count;
    this.sets[this.depth] = null;
  }

  /** False where the object that was opened last holds the (decoded) name already. */
  add(start: number, end: number, isEscaped: boolean): boolean {
    if (this.count === this.starts.length) this.grow();
    const index = this.count;
    this.starts[index] = start;
    this.ends[index] = end;
    this.escaped[index] = isEscaped ? 1 : 0;
    this.count += 1;
    const base = this.bases[this.depth] ?? 0;
    return index - base < PAIRWISE_MAX ? !this.isFoundPairwise(base, index) : !this.isFoundInSet(base, index);
  }

  close(): void {
    this.count = this.bases[this.depth] ?? 0;
    this.sets[this.depth] = null;
    this.depth -= 1;
  }

  private isFoundPairwise(base: number, index: number): boolean {
    for (let i = base; i < index; i += 1) {
      const isPlain = ((this.escaped[i] ?? 0) | (this.escaped[index] ?? 0)) === 0;
      if (isPlain ? this.equals(i, index) : this.nameOf(i) === this.nameOf(index)) return true;
    }
    return false;
  }

  private isFoundInSet(base: number, index: number): boolean {
    let set = this.sets[this.depth] ?? null;
    if (set === null) {
      set = new Set();
      for (let i = base; i < index; i += 1) set.add(this.nameOf(i));
      this.sets[this.depth] = set;
    }
    const sizeBefore = set.size;
    return set.add(this.nameOf(index)).size === sizeBefore;
  }

  private equals(a: number, b: number): boolean {
    const from = this.starts[a] ?? 0;
    const to = this.starts[b] ?? 0;
    const length = (this.ends[a] ?? 0) - from;
    if ((this.ends[b] ?? 0) - to !== length) return false;
    for (let i = 0; i < length; i += 1) if (this.bytes[from + i] !== this.bytes[to + i]) return false;
    return true;
  }

  private nameOf(index: number): string {
    return decodeJsonText(this.bytes, this.starts[index] ?? 0, this.ends[index] ?? 0);
  }

  private grow(): void {
    const starts = new Int32Array(this.count * 2);
    const ends = new Int32Array(this.count * 2);
    const escaped = new Uint8Array(this.count * 2);
    starts.set(this.starts);
    ends.set(this.ends);
    escaped.set(this.escaped);
    this.starts = starts;
    this.ends = ends;
    this.escaped = escaped;
  }
}
