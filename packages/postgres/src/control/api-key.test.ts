import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { describeApiKey, mintApiKey, newKeyId, readApiKey } from './api-key.ts';

describe('an API key', () => {
  it('is recognised by its SHA-256, without being stored', () => {
    const minted = mintApiKey('live');
    const expected = createHash('sha256').update(minted.secret).digest('hex');
    expect(minted.secret).toMatch(/^tg_live_[0-9A-Za-z]{33}$/);
    expect(Buffer.from(minted.sha256).toString('hex')).toBe(expected);
    expect(readApiKey(minted.secret)).toEqual({ ok: true, kind: 'live', sha256Hex: expected });
    expect(describeApiKey(minted.secret)).toEqual(minted);
  });

  it('with any one character exchanged is refused without a look-up', () => {
    const { secret } = mintApiKey('pub');
    for (let at = 'tg_pub_'.length; at < secret.length; at++) {
      const typo = secret.slice(0, at) + (secret[at] === 'a' ? 'b' : 'a') + secret.slice(at + 1);
      expect(readApiKey(typo)).toEqual({ ok: false });
    }
  });

  it('ends in the CRC-32 of what stands before it, as base62', () => {
    const body = 'tg_live_000000000000000000000000000';
    const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    const text = [5, 4, 3, 2, 1, 0].map((power) => digits[Math.floor(crc32(body) / 62 ** power) % 62]).join('');
    expect(readApiKey(body + text).ok).toBe(true);
  });

  it.each([
    '',
    'tg_live_',
    `tg_test_${'a'.repeat(33)}`,
    `tg_live_${'a'.repeat(34)}`,
    `${mintApiKey('live').secret}\n`,
    ` ${mintApiKey('live').secret}`,
  ])('is not %j', (text) => {
    expect(readApiKey(text)).toEqual({ ok: false });
  });

  it('shares nothing with its id, and no two are alike', () => {
    const secrets = new Set(Array.from({ length: 200 }, () => mintApiKey('live').secret));
    expect(secrets.size).toBe(200);
    expect(newKeyId()).toMatch(/^key_[0-9A-Za-z]{16}$/);
    expect(newKeyId()).not.toBe(newKeyId());
  });
});
