import { expect, test } from 'vitest';
import { isWeakSecret } from './weak-secret.ts';

test.each([
  ['31 bytes', 'abcdefghijklmnopqrstuvwxyz01234'],
  ['one character over and over', 'a'.repeat(40)],
  ['eleven different ones', 'abcdefghijk'.repeat(4)],
  ['what stands in examples', 'please-change-me-before-you-go-live-0123'],
  ['a word for it', 'MyPassWord-1234567890-qwertzuiopasdf'],
])('%s is weak', (_what, value) => {
  expect(isWeakSecret(value)).toBe(true);
});

test('what was drawn by lot is not, in base64 and in hex', () => {
  // The first 32 bytes of SHA-256 of nothing, as everybody can work them out.
  const hex = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  expect([hex, Buffer.from(hex, 'hex').toString('base64')].map(isWeakSecret)).toEqual([false, false]);
});
