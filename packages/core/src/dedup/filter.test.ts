import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildFilter, openFilter } from './filter.ts';

/** Words of a xorshift generator (G. Marsaglia, "Xorshift RNGs", 2003), so that every run sees the same identities. */
function identities(count: number, seed: number): Uint32Array {
  let state = seed;
  return Uint32Array.from({ length: count * 3 }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  });
}

function countHits(filterBytes: Uint8Array, words: Uint32Array): number {
  const filter = openFilter(filterBytes);
  let hits = 0;
  for (let i = 0; i < words.length; i += 3) if (filter?.mayHold(words, i) === true) hits += 1;
  return hits;
}

test('a filter never denies an identity that is in it, at any size', () => {
  for (const count of [1, 2, 3, 10, 100, 1_000, 50_000]) {
    const words = identities(count, 1);
    expect(countHits(buildFilter(words), words)).toBe(count);
  }
});

test('identities that are no hashes are held as well', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(5_000), { maxLength: 300 }), (numbers) => {
      const words = Uint32Array.from(numbers.flatMap((n) => [0, 0, n]));
      expect(countHits(buildFilter(words), words)).toBe(numbers.length);
    }),
    { numRuns: 50 },
  );
});

test('of 300,000 other identities about eighteen are taken for members, at 2.1 bytes an identity', () => {
  const filter = buildFilter(identities(200_000, 1));
  const hits = countHits(filter, identities(300_000, 2_000_003));
  // 300,000 / 2^14 = 18.3 expected, deviation 4.3: five of them are 21.
  expect(hits).toBeGreaterThan(0);
  expect(hits).toBeLessThan(40);
  // 1.158 slots a key at this size (the factor of the paper) and up to one segment more, of 14 bits each.
  expect(filter.length / 200_000).toBeLessThan(2.1);
});

test('of no identities a filter holds nothing, and what cannot be told apart is always asked for', () => {
  expect(countHits(buildFilter(new Uint32Array(0)), identities(100, 77))).toBe(0);
  // The same identity twice can never be peeled.
  expect(countHits(buildFilter(Uint32Array.of(1, 2, 3, 1, 2, 3)), identities(100, 77))).toBe(100);
});

test('bytes of another version or length are no filter', () => {
  const bytes = buildFilter(identities(10, 1));
  expect(openFilter(bytes.slice(0, -1))).toBeNull();
  expect(openFilter(Uint8Array.of(3, ...bytes.slice(1)))).toBeNull();
  expect(openFilter(Uint8Array.of(2, bytes[1] ?? 0, 13, ...bytes.slice(3)))).toBeNull();
});

test.each([
  [1, '0102000000000000000000010000000200000000000000000000000000000000b95200000000835a'],
  [2, '02020e000000000000000001000000020000000000000000000000000000b9120000000c6a'],
])('filters of version %i stay readable', (_version, hex) => {
  // As written by the release that brought the version, of the identities (1, 2, 3) and (2^31 + 4, 5, 6).
  const bytes = Uint8Array.from((hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)));
  const filter = openFilter(bytes);
  const words = Uint32Array.of(1, 2, 3, 0x80000004, 5, 6, 7, 8, 9);
  expect([0, 3, 6].map((at) => filter?.mayHold(words, at))).toEqual([true, true, false]);
});
