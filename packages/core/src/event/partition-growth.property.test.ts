import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ancestorOf, classOf, growthFault } from './partition-growth.ts';
import { partitionOf } from './topic-key.ts';

const grown = fc
  .record({ first: fc.integer({ min: 1, max: 20 }), once: fc.integer({ min: 2, max: 5 }), twice: fc.integer({ min: 1, max: 4 }) })
  .map(({ first, once, twice }) => ({ first, between: first * once, count: first * once * twice }));
const keys = fc.uint8Array({ minLength: 4, maxLength: 16 });

test('the keys of a partition all come from its ancestor, whichever of the earlier counts is asked', () => {
  fc.assert(
    fc.property(grown, keys, ({ first, between, count }, key) => {
      const now = partitionOf(key, count);
      expect(ancestorOf(now, between)).toBe(partitionOf(key, between));
      expect(ancestorOf(now, first)).toBe(partitionOf(key, first));
    }),
  );
});

test('a class holds every partition that a key has had, and classes share nothing', () => {
  fc.assert(
    fc.property(grown, keys, ({ first, between, count }, key) => {
      const now = partitionOf(key, count);
      const those = classOf(now, { first, count });
      for (const at of [first, between, count]) expect(those).toContain(partitionOf(key, at));
      // By brute force: all that are the same modulo the first count.
      expect(those).toEqual(Array.from({ length: count }, (_, at) => at).filter((at) => at % first === now % first));
    }),
  );
});

test.each([
  [12, 24, null],
  [12, 36, null],
  [12, 12, 'above'],
  [12, 6, 'above'],
  [12, 18, 'multiple'],
  [12, 24.5, 'above'],
  [1, 32_768, 'more than 32767'],
])('from %i to %i', (from, to, fault) => {
  const said = growthFault(from, to);
  if (fault === null) expect(said).toBeNull();
  else expect(said).toContain(fault);
});
