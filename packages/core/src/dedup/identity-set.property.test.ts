import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toIdentityBytes } from './identity-bytes.ts';
import { IdentitySet } from './identity-set.ts';
import { sortIdentities } from './identity-sort.ts';

type Identity = readonly [number, number, number];
const word = fc.oneof(fc.nat(3), fc.integer({ min: 0, max: 0xffffffff }), fc.constant(0xffffffff));
const identities: fc.Arbitrary<Identity[]> = fc.array(fc.tuple(word, word, word), { maxLength: 300 });

function name(identity: Iterable<number>): string {
  return [...identity].map((part) => part.toString(16).padStart(8, '0')).join('');
}

function bytesOf(all: readonly Identity[]): Uint8Array {
  return toIdentityBytes(sortIdentities(setOf(all).words()));
}

function setOf(all: readonly Identity[]): IdentitySet {
  const set = new IdentitySet(8);
  for (const identity of all) set.add(Uint32Array.from(identity), 0);
  return set;
}

function names(bytes: Uint8Array): string[] {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.match(/.{24}/g) ?? [];
}

test('a set says of every identity whether it came before, while its table grows', () => {
  fc.assert(
    fc.property(identities, (all) => {
      const model = new Set<string>();
      const set = new IdentitySet(8);
      for (const identity of all) {
        const words = Uint32Array.from(identity);
        expect(set.has(words, 0)).toBe(model.has(name(identity)));
        expect(set.add(words, 0)).toBe(!model.has(name(identity)));
        model.add(name(identity));
        expect(set.has(words, 0)).toBe(true);
      }
      expect(set.size).toBe(model.size);
      set.clear();
      expect(all.some((identity) => set.has(Uint32Array.from(identity), 0))).toBe(false);
    }),
  );
});

test('at the size it was made for a set takes less than 16 bytes an identity', () => {
  const set = new IdentitySet(100_000);
  for (let i = 0; i < 100_000; i += 1) set.add(Uint32Array.of(Math.imul(i, 0x9e3779b1), i, 7), 0);
  expect(set.size).toBe(100_000);
  // 12 bytes at a load of 0.76 are 15.79; halving down to the first table rounds up by less than 1/512.
  expect(set.bytes / 100_000).toBeLessThan(15.83);
});

test('a journal block holds each identity once, in the order of its bytes', () => {
  fc.assert(
    fc.property(identities, (all) => {
      const block = bytesOf(all);
      expect(names(block)).toEqual([...new Set(all.map(name))].sort());
    }),
  );
});
