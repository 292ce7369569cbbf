import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deriveKey } from './key-derivation.ts';
import { createRepeatableSealer, createSealer } from './sealing.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('a derived key is RFC 5869 HKDF-SHA-256 with an empty salt', () => {
  // RFC 5869, appendix A.3: IKM 22 bytes of 0x0b, salt and info empty, L = 42.
  const expected = '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8';
  expect(hex(deriveKey(new Uint8Array(22).fill(0x0b), '', 42))).toBe(expected);
});

test('keys of different labels and of different secrets have nothing in common', () => {
  const secret = new Uint8Array(32).fill(1);
  const other = new Uint8Array(32).fill(2);
  const keys = [deriveKey(secret, 'a', 32), deriveKey(secret, 'b', 32), deriveKey(other, 'a', 32)].map(hex);
  expect(new Set(keys).size).toBe(3);
});

test('what was sealed opens to the same bytes and never looks the same twice', () => {
  const sealer = createSealer(new Uint8Array(32).fill(3));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (plain) => {
      const first = sealer.seal(plain);
      const second = sealer.seal(plain);
      expect(sealer.open(first)).toEqual(plain);
      expect(first.length).toBe(plain.length + 28);
      expect(hex(first)).not.toBe(hex(second));
    }),
    { numRuns: 50 },
  );
});

test('a value sealed by an independent AES-256-GCM opens: nonce, cipher, tag', () => {
  const key = new Uint8Array(32).fill(9);
  const nonce = new Uint8Array(12).fill(5);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const body = cipher.update('receipt', 'utf8');
  cipher.final();
  const opened = createSealer(key).open(new Uint8Array([...nonce, ...body, ...cipher.getAuthTag()]));
  expect(opened === null ? null : new TextDecoder().decode(opened)).toBe('receipt');
});

test('a sealed value that was changed anywhere, cut, or sealed under another key does not open', () => {
  const sealer = createSealer(new Uint8Array(32).fill(3));
  const sealed = sealer.seal(new TextEncoder().encode('twelve bytes'));
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Uint8Array.from(sealed, (byte, index) => (index === at ? byte ^ 1 : byte));
    expect(sealer.open(changed)).toBeNull();
    expect(sealer.open(sealed.subarray(0, at))).toBeNull();
  }
  expect(createSealer(new Uint8Array(32).fill(4)).open(sealed)).toBeNull();
});

test('a key of another length is refused when the sealer is made', () => {
  expect(() => createSealer(new Uint8Array(16))).toThrow(RangeError);
});

test('a repeatable sealer seals equal values to equal bytes, others under other nonces, and opens them as any sealer does', () => {
  const key = new Uint8Array(32).fill(3);
  const plains = fc.uint8Array({ maxLength: 100 });
  fc.assert(
    fc.property(plains, plains, (plain, other) => {
      const sealed = createRepeatableSealer(key).seal(plain);
      expect(createRepeatableSealer(key).seal(plain)).toEqual(sealed);
      expect(createSealer(key).open(sealed)).toEqual(plain);
      const nonce = (bytes: Uint8Array): string => hex(bytes.subarray(0, 12));
      expect(nonce(createRepeatableSealer(key).seal(other)) === nonce(sealed)).toBe(hex(other) === hex(plain));
    }),
    { numRuns: 50 },
  );
});
