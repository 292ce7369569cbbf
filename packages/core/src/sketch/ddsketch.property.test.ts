import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader } from '../rollup/byte-reader.ts';
import { ByteWriter } from '../rollup/byte-writer.ts';
import { DDSketch, SKETCH_RELATIVE_ERROR } from './ddsketch.ts';

/** The error at the end of a bin is the bound itself; log and exp round. */
const ROUNDING = 1e-9;

const PROBABILITIES = [0, 0.01, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999, 1];

const values = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => value === 0 || Math.abs(value) >= 2 ** -1022),
  fc.integer({ min: -1000, max: 1000 }),
  // Heavy tail.
  fc.integer({ min: 0, max: 300 }).map((exponent) => 10 ** (exponent / 10)),
);

const streams = fc.oneof(
  fc.array(values, { minLength: 1, maxLength: 200 }),
  fc.array(values, { minLength: 1, maxLength: 200 }).map((all) => all.toSorted((a, b) => a - b)),
  fc.tuple(values, fc.integer({ min: 1, max: 100 })).map(([value, count]) => Array.from({ length: count }, () => value)),
);

function sketchOf(all: readonly number[]): DDSketch {
  const sketch = new DDSketch();
  for (const value of all) sketch.add(value);
  return sketch;
}

function encode(sketch: DDSketch): Uint8Array {
  const writer = new ByteWriter();
  sketch.write(writer);
  return writer.finish();
}

test('a quantile lies between the sample values around its rank, each widened by 1 %', () => {
  fc.assert(
    fc.property(streams, fc.constantFrom(...PROBABILITIES), (stream, p) => {
      const sorted = stream.toSorted((a, b) => a - b);
      const rank = p * (stream.length - 1);
      const below = sorted[Math.floor(rank)] ?? 0;
      const above = sorted[Math.ceil(rank)] ?? 0;
      const estimate = sketchOf(stream).quantile(p) ?? Number.NaN;
      const part = SKETCH_RELATIVE_ERROR + ROUNDING;
      expect(estimate).toBeGreaterThanOrEqual(Math.max(below - Math.abs(below) * part, -Number.MAX_VALUE));
      expect(estimate).toBeLessThanOrEqual(Math.min(above + Math.abs(above) * part, Number.MAX_VALUE));
    }),
    { numRuns: 300 },
  );
});

test('a quantile of positive values is within 1 % of the interpolated sample quantile', () => {
  const positive = fc.array(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(positive, fc.double({ min: 0, max: 1, noNaN: true }), (stream, p) => {
      const sorted = stream.toSorted((a, b) => a - b);
      const rank = p * (stream.length - 1);
      const below = sorted[Math.floor(rank)] ?? 0;
      const exact = below + ((sorted[Math.ceil(rank)] ?? 0) - below) * (rank - Math.floor(rank));
      const error = Math.abs((sketchOf(stream).quantile(p) ?? Number.NaN) - exact);
      expect(error).toBeLessThanOrEqual(exact * (SKETCH_RELATIVE_ERROR + ROUNDING));
    }),
  );
});

test('the merge of sketches is the sketch of the union, byte for byte, in any order', () => {
  fc.assert(
    fc.property(streams, streams, (left, right) => {
      const union = encode(sketchOf([...right, ...left]));
      const merged = sketchOf(left);
      merged.merge(sketchOf(right));
      expect(encode(merged)).toEqual(union);
      merged.merge(new DDSketch());
      expect(encode(merged)).toEqual(union);
    }),
  );
});

test('bytes read back give the same sketch', () => {
  fc.assert(
    fc.property(streams, (stream) => {
      const bytes = encode(sketchOf(stream));
      const reader = new ByteReader(bytes);
      const read = DDSketch.read(reader);
      expect(reader.isDone).toBe(true);
      expect(encode(read)).toEqual(bytes);
      expect(read.count).toBe(stream.length);
    }),
  );
});

test('of no values there is no quantile', () => {
  expect(new DDSketch().quantile(0.5)).toBeNull();
});
