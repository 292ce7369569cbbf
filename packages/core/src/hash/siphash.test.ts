import { describe, expect, test } from 'vitest';
import { createPartsHasher, hashParts } from './hash-parts.ts';
import { siphash128 } from './siphash.ts';

/**
 * From `vectors_sip128` of the reference implementation (github.com/veorq/SipHash, vectors.h): key 00..0f, message 00, 01, … of
 * the length in front.
 */
const VECTORS: readonly (readonly [number, string])[] = [
  [0, 'a3817f04ba25a8e66df67214c7550293'],
  [1, 'da87c1d86b99af44347659119b22fc45'],
  [2, '8177228da4a45dc7fca38bdef60affe4'],
  [3, '9c70b60c5267a94e5f33b6b02985ed51'],
  [4, 'f88164c12d9c8faf7d0f6e7c7bcd5579'],
  [5, '1368875980776f8854527a07690e9627'],
  [6, '14eeca338b208613485ea0308fd7a15e'],
  [7, 'a1f1ebbed8dbc153c0b84aa61ff08239'],
  [8, '3b62a9ba6258f5610f83e264f31497b4'],
  [9, '264499060ad9baabc47f8b02bb6d71ed'],
  [10, '00110dc378146956c95447d3f3d0fbba'],
  [15, '5493e99933b0a8117e08ec0f97cfc3d9'],
  [16, '6ee2a4ca67b054bbfd3315bf85230577'],
];

const key = Uint8Array.from({ length: 16 }, (_, i) => i);

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

describe('SipHash-2-4-128', () => {
  test.each(VECTORS)('a message of %i bytes has the published hash', (length, expected) => {
    expect(
      hex(
        siphash128(
          key,
          Uint8Array.from({ length }, (_, i) => i),
        ),
      ),
    ).toBe(expected);
  });
});

describe('the hash of parts', () => {
  test('is the hash of each part behind its little-endian length, in UTF-8', () => {
    // "é" is c3 a9; lengths 2, 0 and 1.
    const message = Uint8Array.of(2, 0, 0, 0, 0xc3, 0xa9, 0, 0, 0, 0, 1, 0, 0, 0, 0x61);
    expect(hex(hashParts(key, ['é', '', 'a']))).toBe(hex(siphash128(key, message)));
  });

  test('differs where the same text is cut elsewhere', () => {
    expect(hex(hashParts(key, ['ab', 'c']))).not.toBe(hex(hashParts(key, ['a', 'bc'])));
  });

  test('is the same from text and from bytes, at any length, and may be cut to its first bytes', () => {
    const hasher = createPartsHasher();
    for (const length of [0, 1, 7, 8, 300, 5_000]) {
      const text = 'x'.repeat(length);
      const cut = new Uint8Array(12);
      hasher.begin();
      hasher.addBytes(new TextEncoder().encode(`--${text}-`), 2, 2 + length);
      hasher.finishInto(key, cut);
      expect(hex(cut)).toBe(hex(hashParts(key, [text])).slice(0, 24));
    }
  });
});
