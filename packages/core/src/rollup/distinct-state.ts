import { DistinctSketch } from '../sketch/distinct.ts';
import type { CountedValue } from '../sketch/space-saving.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** How many different values there were. */
export class DistinctState {
  readonly kind = 'distinct';
  private readonly sketch: DistinctSketch;

  constructor(exactTo = 0) {
    this.sketch = new DistinctSketch(exactTo);
  }

  add(input: CountedValue): void {
    const hash = input.hash();
    if (hash !== 0) this.sketch.add(hash);
  }

  merge(other: DistinctState): void {
    this.sketch.merge(other.sketch);
  }

  write(into: ByteWriter): void {
    this.sketch.write(into);
  }

  read(from: ByteReader): void {
    this.sketch.read(from);
  }

  value(): number {
    return this.sketch.count();
  }
}
