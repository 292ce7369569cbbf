import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashText } from '../hash/value-hash.ts';
import { ByteReader } from '../rollup/byte-reader.ts';
import { ByteWriter } from '../rollup/byte-writer.ts';
import { DistinctSketch } from './distinct.ts';
import { HyperLogLog, HYPERLOGLOG_STANDARD_ERROR } from './hyperloglog.ts';

/** Whole numbers from 1 to 2^53 - 1, as hashes are. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  // mulberry32; two draws make 53 bits.
  const draw = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  return () => (draw() >>> 11) * 0x1_0000_0000 + draw() || 1;
}

function sketchOf(values: Iterable<number>, exactTo: number): DistinctSketch {
  const sketch = new DistinctSketch(exactTo);
  for (const value of values) sketch.add(value);
  return sketch;
}

function encode(sketch: { write(into: ByteWriter): void }): Uint8Array {
  const writer = new ByteWriter();
  sketch.write(writer);
  return writer.finish();
}

function readBack(bytes: Uint8Array, exactTo: number): DistinctSketch {
  const reader = new ByteReader(bytes);
  const sketch = new DistinctSketch(exactTo);
  sketch.read(reader);
  expect(reader.isDone).toBe(true);
  return sketch;
}

// A small `exactTo` and few values, so that states meet on both sides of the change from exact to estimated.
const EXACT_TO = 12;
const hashes = fc.array(
  fc.nat({ max: 30 }).map((n) => hashText(`value ${n}`)),
  { maxLength: 60 },
);

test('merging is associative, commutative and idempotent, with the empty sketch as neutral element, byte for byte', () => {
  fc.assert(
    fc.property(hashes, hashes, hashes, (a, b, c) => {
      const all = encode(sketchOf([...a, ...b, ...c], EXACT_TO));
      const of = (...parts: (readonly number[] | DistinctSketch)[]): DistinctSketch => {
        const into = new DistinctSketch(EXACT_TO);
        for (const part of parts) into.merge(part instanceof DistinctSketch ? part : sketchOf(part, EXACT_TO));
        return into;
      };
      expect(encode(of(a, of(b, c)))).toEqual(all);
      expect(encode(of(of(c, a), b))).toEqual(all);
      expect(encode(of(a, b, c, b, a))).toEqual(all);
      expect(encode(of(of(), of(a, b, c), of()))).toEqual(all);
    }),
  );
});

test('up to the declared number the count is exact, and beyond it is never said to be less', () => {
  fc.assert(
    fc.property(hashes, (all) => {
      const count = sketchOf(all, EXACT_TO).count();
      const different = new Set(all).size;
      if (different <= EXACT_TO) expect(count).toBe(different);
      else expect(count).toBeGreaterThan(EXACT_TO);
    }),
  );
  const next = seeded(1);
  const values = Array.from({ length: 1_024 }, next);
  expect(sketchOf([...values, ...values], 1_024).count()).toBe(1_024);
});

test('bytes read back give the same sketch, in every form and at its edges', () => {
  for (const count of [0, 1, 1_024, 1_025, 4_000, 4_700, 20_000, 400_000]) {
    const next = seeded(count);
    const sketch = new DistinctSketch(1_024);
    for (let i = 0; i < count; i += 1) sketch.add(next());
    const bytes = encode(sketch);
    const read = readBack(bytes, 1_024);
    expect(encode(read)).toEqual(bytes);
    expect(read.count()).toBe(sketch.count());
    for (const length of [0, 1, Math.floor(bytes.length / 2), bytes.length - 1]) {
      const reader = new ByteReader(bytes.subarray(0, length));
      new DistinctSketch(1_024).read(reader);
      expect(reader.isDone).toBe(false);
    }
  }
});

test('any bytes are a sketch or none: reading never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      for (const form of [[0], [1], []]) {
        const reader = new ByteReader(Uint8Array.of(...form, ...bytes));
        const sketch = new DistinctSketch(1_024);
        sketch.read(reader);
        if (reader.isDone) expect(readBack(encode(sketch), 1_024).count()).toBe(sketch.count());
      }
    }),
    { numRuns: 500 },
  );
});

test('a state takes at most 8 bytes a value while it is exact, about 2 a register while sparse, and 8.3 KB at any number', () => {
  const bytesOf = (count: number): number => {
    const next = seeded(7);
    return encode(sketchOf(Array.from({ length: count }, next), 1_024)).length;
  };
  expect(bytesOf(10)).toBeLessThanOrEqual(10 * 8 + 2);
  expect(bytesOf(1_024)).toBeLessThanOrEqual(1_024 * 7 + 3);
  expect(bytesOf(1_025)).toBeLessThan(2_100);
  for (const count of [5_000, 50_000]) expect(bytesOf(count)).toBeLessThan(8_300);
});

test('the error of an estimate is at most 1 % as a standard deviation, and 2.5 % in each of 240 cases', () => {
  expect(HYPERLOGLOG_STANDARD_ERROR).toBeLessThanOrEqual(0.01);
  for (const count of [1_100, 5_000, 20_000, 60_000]) {
    let squares = 0;
    const cases = 60;
    for (let seed = 0; seed < cases; seed += 1) {
      const next = seeded(seed * 1_000 + count);
      const sketch = new HyperLogLog();
      for (let i = 0; i < count; i += 1) sketch.add(next());
      const error = sketch.estimate() / count - 1;
      squares += error * error;
      expect(Math.abs(error)).toBeLessThan(0.025);
    }
    // The square root of 60 squared errors varies itself, by 1 / √120 = 9 %: three times that is allowed above 0.81 %.
    expect(Math.sqrt(squares / cases)).toBeLessThan(HYPERLOGLOG_STANDARD_ERROR * 1.27);
  }
});

test('ten million different values are estimated within 2.5 %', () => {
  const next = seeded(42);
  const sketch = new HyperLogLog();
  for (let i = 0; i < 10_000_000; i += 1) sketch.add(next());
  expect(Math.abs(sketch.estimate() / 10_000_000 - 1)).toBeLessThan(0.025);
});

test('numbers in a row, and texts that differ in their last letters, are spread as evenly as random ones', () => {
  for (const name of [(i: number) => String(i), (i: number) => `https://example.org/page/${i}`, (i: number) => `ø${i.toString(36)}`]) {
    const sketch = new DistinctSketch(1_024);
    for (let i = 0; i < 100_000; i += 1) sketch.add(hashText(name(i)));
    expect(Math.abs(sketch.count() / 100_000 - 1)).toBeLessThan(0.025);
  }
});
