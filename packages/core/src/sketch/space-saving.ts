import { hashText } from '../hash/value-hash.ts';
import type { ByteReader } from '../rollup/byte-reader.ts';
import type { ByteWriter } from '../rollup/byte-writer.ts';

/** A value that came often: its true count lies between `count - error` and `count`. */
export interface FrequentValue {
  readonly value: string;
  readonly count: number;
  readonly error: number;
}

/** A value as an event has it; its text is asked for only when it is kept. */
export interface CountedValue {
  /** Of `hashText`. */
  hash(): number;
  text(): string | null;
}

/** Of an entry that was read from bytes. */
const HASH_UNKNOWN = 0;

/**
 * The values that come most often, by space-saving (A. Metwally, D. Agrawal, A. El Abbadi, ICDT 2005) in the form of Misra and
 * Gries, to which it is isomorphic and in which summaries merge with the same bound (P. K. Agarwal, G. Cormode, Z. Huang,
 * J. Phillips, Z. Wei, K. Yi, "Mergeable summaries", PODS 2012): `floor` is what each counter was raised by instead of lowering
 * all of them. No value that is not held came more than `floor` times, and floor ≤ n / (counters + 1) for n values in all. Up to
 * `counters` different values everything is exact and any order of merges gives the same bytes; beyond, the bounds hold in any.
 */
export class SpaceSaving {
  private readonly counters: number;
  private readonly texts: string[] = [];
  private readonly hashes: number[] = [];
  private readonly counts: number[] = [];
  private readonly errors: number[] = [];
  private floor = 0;
  /** No count is below it; it is raised when that is needed. */
  private least = 0;
  /** False while hashes are missing: they are not stored, and only adding needs them. */
  private isHashed = true;

  constructor(counters: number) {
    this.counters = counters;
  }

  /** The greatest number of times that a value which is not held can have come. */
  get unheldMax(): number {
    return this.floor;
  }

  add(value: CountedValue): void {
    if (!this.isHashed) this.learnHashes();
    const hash = value.hash();
    const at = this.hashes.indexOf(hash);
    if (at >= 0) this.counts[at] = (this.counts[at] ?? 0) + 1;
    else if (this.texts.length < this.counters) this.put(this.texts.length, value, hash);
    else this.addUnheld(value, hash);
  }

  /** `other`, of the same number of counters, is left as it is. */
  merge(other: SpaceSaving): void {
    const before = this.texts.length;
    const { floor } = this;
    const places = new Map(this.texts.map((text, at) => [text, at]));
    for (let at = 0; at < before; at += 1) this.raise(at, other.floor, other.floor);
    for (let from = 0; from < other.texts.length; from += 1) {
      const at = places.get(other.texts[from] ?? '');
      const count = other.counts[from] ?? 0;
      const error = other.errors[from] ?? 0;
      if (at === undefined) this.append(other, from, floor);
      // Both know the value: what was added above for not knowing it is taken off.
      else this.raise(at, count - other.floor, error - other.floor);
    }
    this.floor = floor + other.floor;
    this.isHashed &&= other.isHashed;
    if (this.texts.length > this.counters) this.cut();
    this.least = 0;
  }

  /** The `k` greatest counts, the greatest first; ties by text. */
  top(k: number): readonly FrequentValue[] {
    return this.ranked()
      .slice(0, k)
      .map((at) => ({ value: this.texts[at] ?? '', count: this.counts[at] ?? 0, error: this.errors[at] ?? 0 }));
  }

  /** Whether both may be summaries of the same values: no value's bounds in one exclude its bounds in the other. */
  agreesWith(other: SpaceSaving): boolean {
    return this.allows(other) && other.allows(this);
  }

  write(into: ByteWriter): void {
    into.varint(this.floor);
    into.varint(this.texts.length);
    for (const at of this.ranked()) {
      into.text(this.texts[at] ?? '');
      into.varint(this.counts[at] ?? 0);
      into.varint(this.errors[at] ?? 0);
    }
  }

  /** Malformed bytes break the reader. */
  read(from: ByteReader): void {
    this.floor = from.varint();
    const held = from.count();
    if (held > this.counters) from.fail();
    for (let i = 0; i < held && !from.isBroken; i += 1) {
      this.texts.push(from.text());
      this.counts.push(from.varint());
      this.errors.push(from.varint());
      this.hashes.push(HASH_UNKNOWN);
    }
    this.isHashed = held === 0;
  }

  /** A value that is not held while all counters are taken. */
  private addUnheld(value: CountedValue, hash: number): void {
    if (this.floor >= this.least) this.least = this.counts.reduce((least, count) => Math.min(least, count), Infinity);
    if (this.floor < this.least) this.floor += 1;
    else this.put(this.counts.indexOf(this.least), value, hash);
  }

  private put(at: number, value: CountedValue, hash: number): void {
    const text = value.text();
    if (text === null) return;
    this.texts[at] = text;
    this.hashes[at] = hash;
    this.counts[at] = this.floor + 1;
    this.errors[at] = this.floor;
  }

  private allows(other: SpaceSaving): boolean {
    return other.texts.every((text, at) => {
      const most = other.counts[at] ?? 0;
      const least = most - (other.errors[at] ?? 0);
      const own = this.texts.indexOf(text);
      if (own < 0) return least <= this.floor;
      const count = this.counts[own] ?? 0;
      return least <= count && count - (this.errors[own] ?? 0) <= most;
    });
  }

  private raise(at: number, count: number, error: number): void {
    this.counts[at] = (this.counts[at] ?? 0) + count;
    this.errors[at] = (this.errors[at] ?? 0) + error;
  }

  private append(other: SpaceSaving, from: number, floor: number): void {
    this.texts.push(other.texts[from] ?? '');
    this.hashes.push(other.hashes[from] ?? HASH_UNKNOWN);
    this.counts.push((other.counts[from] ?? 0) + floor);
    this.errors.push((other.errors[from] ?? 0) + floor);
  }

  /** Places by falling count, ties by text: what merges and codec go by, so that neither depends on an order of arrival. */
  private ranked(): number[] {
    const { counts, texts } = this;
    return Array.from(texts, (_text, at) => at).sort((a, b) => {
      const byCount = (counts[b] ?? 0) - (counts[a] ?? 0);
      if (byCount !== 0) return byCount;
      return (texts[a] ?? '') < (texts[b] ?? '') ? -1 : 1;
    });
  }

  /** Keeps the greatest counts; the greatest of those let go is what a value may have come unheld. */
  private cut(): void {
    const ranked = this.ranked();
    const kept = ranked.slice(0, this.counters);
    this.floor = Math.max(this.floor, this.counts[ranked[this.counters] ?? 0] ?? 0);
    keepAt(this.texts, kept);
    keepAt(this.hashes, kept);
    keepAt(this.counts, kept);
    keepAt(this.errors, kept);
  }

  private learnHashes(): void {
    for (let at = 0; at < this.texts.length; at += 1) this.hashes[at] = hashText(this.texts[at] ?? '');
    this.isHashed = true;
  }
}

function keepAt<T>(list: T[], places: readonly number[]): void {
  const kept = places.flatMap((at) => list[at] ?? []);
  list.length = 0;
  for (const one of kept) list.push(one as T);
}
