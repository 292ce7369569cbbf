import { SpaceSaving } from '../sketch/space-saving.ts';
import type { CountedValue, FrequentValue } from '../sketch/space-saving.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** The values that came most often. */
export class TopState {
  readonly kind = 'top_k';
  private readonly k: number;
  private readonly summary: SpaceSaving;

  constructor(k = 0, counters = 0) {
    this.k = k;
    this.summary = new SpaceSaving(counters);
  }

  add(input: CountedValue): void {
    if (input.hash() !== 0) this.summary.add(input);
  }

  merge(other: TopState): void {
    this.summary.merge(other.summary);
  }

  /** See `SpaceSaving`. */
  agreesWith(other: TopState): boolean {
    return this.summary.agreesWith(other.summary);
  }

  write(into: ByteWriter): void {
    this.summary.write(into);
  }

  read(from: ByteReader): void {
    this.summary.read(from);
  }

  /** At most k, the most frequent first. */
  value(): readonly FrequentValue[] {
    return this.summary.top(this.k);
  }
}
