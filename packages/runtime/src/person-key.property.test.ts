import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SealedPlace } from './person-key.ts';
import { keyIdOf, openField, personKeyOf, sealField } from './person-key.ts';
import type { WrappedPersonKey } from './person-key-wrapping.ts';
import { createKeyWrapper } from './person-key-wrapping.ts';

const PLACE: SealedPlace = { tenant: 'acme', subject: 'ab'.repeat(32), type: 'account.user.registered', field: 'email' };
const KEY = personKeyOf(Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]), new Uint8Array(32).fill(9));
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | null): string | null => (bytes === null ? null : new TextDecoder().decode(bytes));

/** A value that version 1 sealed: whatever is written later, it stays readable. */
const FIXTURE = 'tgs1.AQIDBAUGBwjP9NMIhFb3iyVDxIMO2faq1gvSnvVbFtm5tP0exntJVB8lnS0aeGCdJGKjcoXINbJK0oQGcITGFv28avg';

test('what is sealed opens to the same JSON, and never looks the same twice', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      const [one, two] = [sealField(KEY, PLACE, bytesOf(json)), sealField(KEY, PLACE, bytesOf(json))];
      expect(textOf(openField(KEY, PLACE, one))).toBe(json);
      expect(one).not.toBe(two);
      // prefix, then key id 8 | nonce 12: the nonces differ, and the key id does not.
      const [a, b] = [one, two].map((value) => Buffer.from(value.slice(5), 'base64url'));
      expect(a?.subarray(0, 8)).toEqual(b?.subarray(0, 8));
      expect(a?.subarray(8, 20)).not.toEqual(b?.subarray(8, 20));
    }),
    { numRuns: 100 },
  );
});

test('a value sealed by version 1 opens', () => {
  expect(textOf(openField(KEY, PLACE, FIXTURE))).toBe('"ada@example.org"');
});

test('a value sealed by hand as the formats page says opens', () => {
  const nonce = new Uint8Array(12).fill(5);
  const cipher = createCipheriv('aes-256-gcm', new Uint8Array(32).fill(9), nonce);
  const part = (text: string): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(Buffer.byteLength(text));
    return Buffer.concat([length, Buffer.from(text)]);
  };
  cipher.setAAD(Buffer.concat(['tgs1.', PLACE.tenant, PLACE.subject, PLACE.type, PLACE.field].map(part)));
  const body = Buffer.concat([cipher.update('"a@b"'.padEnd(32)), cipher.final()]);
  const value = `tgs1.${Buffer.concat([KEY.id, nonce, body, cipher.getAuthTag()]).toString('base64url')}`;
  expect(textOf(openField(KEY, PLACE, value))).toBe('"a@b"');
});

test('a value that was moved to another tenant, person, event type or field does not open', () => {
  const value = sealField(KEY, PLACE, bytesOf('"ada@example.org"'));
  const moves: readonly Partial<SealedPlace>[] = [
    { tenant: 'other' },
    { subject: 'cd'.repeat(32) },
    { type: 'account.user.updated' },
    { field: 'username' },
    // The parts keep their borders.
    { type: 'account.user.registeredemail', field: '' },
    { type: 'account.user.registere', field: 'demail' },
  ];
  for (const move of moves) expect(openField(KEY, { ...PLACE, ...move }, value)).toBe(null);
  expect(textOf(openField(KEY, PLACE, value))).toBe('"ada@example.org"');
});

test('a value that was changed anywhere, cut or lengthened does not open, nor one of another key', () => {
  const value = sealField(KEY, PLACE, bytesOf('"ada@example.org"'));
  const bytes = Buffer.from(value.slice(5), 'base64url');
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(openField(KEY, PLACE, `tgs1.${changed.toString('base64url')}`)).toBe(null);
    expect(openField(KEY, PLACE, `tgs1.${bytes.subarray(0, at).toString('base64url')}`)).toBe(null);
  }
  for (const text of ['', 'tgs1.', `tgs2.${value.slice(5)}`, `${value}=`, `${value} `, value.toUpperCase(), value.slice(5)]) {
    expect(openField(KEY, PLACE, text)).toBe(null);
  }
  expect(openField(personKeyOf(KEY.id, new Uint8Array(32).fill(8)), PLACE, value)).toBe(null);
  expect(openField(personKeyOf(new Uint8Array(8), new Uint8Array(32).fill(9)), PLACE, value)).toBe(null);
});

test('a value names its key, and no other text names one', () => {
  expect(keyIdOf(sealField(KEY, PLACE, bytesOf('1')))).toEqual(Buffer.from(KEY.id));
  expect([keyIdOf('tgs1.AAAA'), keyIdOf('hello'), keyIdOf('')]).toEqual([null, null, null]);
});

test('values of like length cannot be told apart by theirs', () => {
  const lengths = ['true', '"good"', '"unknown"', '"1990-05-17"', '{"a":[1,2,3]}'].map(
    (json) => sealField(KEY, PLACE, bytesOf(json)).length,
  );
  expect(new Set(lengths).size).toBe(1);
  const longer = sealField(KEY, PLACE, bytesOf(`"${'x'.repeat(31)}"`));
  expect(longer.length).toBeGreaterThan(lengths[0] ?? 0);
});

const [OLD, NEW] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const HOLDER = { tenant: 'acme', subject: PLACE.subject };

test('a person’s key is random, and opens by any field key that is listed', () => {
  const [one, two] = [createKeyWrapper([OLD]).make(HOLDER), createKeyWrapper([OLD]).make(HOLDER)];
  const seal = (row: WrappedPersonKey) => {
    const key = createKeyWrapper([NEW, OLD]).unwrap(row);
    return key === null ? null : sealField(key, PLACE, bytesOf('7'));
  };
  const value = seal(one) ?? '';
  const key = createKeyWrapper([OLD]).unwrap(one);
  expect(key === null ? null : textOf(openField(key, PLACE, value))).toBe('7');
  expect([one.keyId, one.wrapped]).not.toEqual([two.keyId, two.wrapped]);
  const other = createKeyWrapper([OLD]).unwrap(two);
  expect(other === null ? null : openField({ ...other, id: one.keyId }, PLACE, value)).toBe(null);
  expect(createKeyWrapper([NEW]).unwrap(one)).toBe(null);
});

test('what is made after a rotation is wrapped by the first field key, and wrapping anew keeps the person’s key', () => {
  const old = createKeyWrapper([OLD]).make(HOLDER);
  const key = createKeyWrapper([OLD]).unwrap(old);
  if (key === null) throw new Error('the key opens');
  const value = sealField(key, PLACE, bytesOf('"kept"'));

  const both = createKeyWrapper([NEW, OLD]);
  expect(both.make(HOLDER).fieldKeyId).toEqual(createKeyWrapper([NEW]).currentFieldKeyId);
  const fresh = both.rewrap(old);
  expect(fresh?.fieldKeyId).toEqual(both.currentFieldKeyId);
  const opened = fresh === null ? null : createKeyWrapper([NEW]).unwrap(fresh);
  expect(opened === null ? null : textOf(openField(opened, PLACE, value))).toBe('"kept"');
  expect(createKeyWrapper([NEW]).rewrap(old)).toBe(null);
});

test('a wrapped key opens for its own person, and only as it was stored', () => {
  const wrapper = createKeyWrapper([OLD]);
  const row = wrapper.make(HOLDER);
  expect(wrapper.unwrap({ ...row, subject: 'cd'.repeat(32) })).toBe(null);
  expect(wrapper.unwrap({ ...row, tenant: 'other' })).toBe(null);
  expect(wrapper.unwrap({ ...row, keyId: new Uint8Array(8) })).toBe(null);
  for (let at = 0; at < row.wrapped.length; at += 1) {
    const changed = Uint8Array.from(row.wrapped, (byte, index) => (index === at ? byte ^ 1 : byte));
    expect(wrapper.unwrap({ ...row, wrapped: changed })).toBe(null);
    expect(wrapper.unwrap({ ...row, wrapped: row.wrapped.subarray(0, at) })).toBe(null);
  }
});

test('keys of another length, and no field key at all, are refused', () => {
  expect(() => personKeyOf(new Uint8Array(8), new Uint8Array(16))).toThrow(RangeError);
  expect(() => personKeyOf(new Uint8Array(4), new Uint8Array(32))).toThrow(RangeError);
  expect(() => createKeyWrapper([])).toThrow(RangeError);
});
