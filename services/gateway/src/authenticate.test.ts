import type { ApiKeyRecord } from '@tidegate/postgres';
import { mintApiKey, readApiKey } from '@tidegate/postgres';
import { expect, it } from 'vitest';
import { createAuthenticate } from './authenticate.ts';
import { createKeyDirectory } from './keys.ts';

const NOW_MS = 1_800_000_000_000;
const RECORD: ApiKeyRecord = {
  key_id: 'k',
  tenant: 'acme',
  kind: 'live',
  sha256: '',
  scopes: [],
  state: 'active',
  expires_at_ms: null,
  earlier: [],
};

function setUp(record: Partial<ApiKeyRecord>, isLoaded = true): { ask: (key?: string) => string; lookups: () => number } {
  const minted = mintApiKey('live');
  const reading = readApiKey(minted.secret);
  const keys = createKeyDirectory();
  const sha256 = reading.ok ? reading.sha256Hex : '';
  keys.put('key/acme/k', { ...RECORD, sha256, ...record });
  let lookups = 0;
  const find: typeof keys.find = (hash) => {
    lookups += 1;
    return keys.find(hash);
  };
  const authenticate = createAuthenticate({
    keys: { find },
    readToken: () => ({ ok: false, code: 'credentials_invalid' }),
    isLoaded: () => isLoaded,
    clock: { nowMs: () => NOW_MS, monotonicMs: () => 0 },
  });
  return {
    ask: (key = minted.secret) => {
      const who = authenticate({ 'x-api-key': key });
      if (who instanceof Promise) throw new Error('a key is known at once');
      return who.ok ? who.caller.keyId : who.code;
    },
    lookups: () => lookups,
  };
}

it('a good key is its own id', () => {
  expect(setUp({}).ask()).toBe('k');
});

it('a secret that a rotation put aside is the same key until it ends, and never longer than the key itself', () => {
  const old = mintApiKey('live').secret;
  const reading = readApiKey(old);
  const sha256 = reading.ok ? reading.sha256Hex : '';
  const endsAt = (endsMs: number, key: Partial<ApiKeyRecord> = {}): string =>
    setUp({ ...key, earlier: [{ sha256, ends_at_ms: endsMs }] }).ask(old);
  expect(endsAt(NOW_MS + 1)).toBe('k');
  expect(endsAt(NOW_MS)).toBe('credentials_invalid');
  expect(endsAt(NOW_MS + 9, { expires_at_ms: NOW_MS })).toBe('credentials_invalid');
  expect(endsAt(NOW_MS + 9, { state: 'revoked' })).toBe('credentials_invalid');
});

it('a secret that a newer record of its key no longer names is unknown', () => {
  const keys = createKeyDirectory();
  const record = { ...RECORD, sha256: 'b'.repeat(64), earlier: [{ sha256: 'a'.repeat(64), ends_at_ms: NOW_MS }] };
  keys.put('key/acme/k', record);
  expect(keys.find('a'.repeat(64))).not.toBeNull();
  keys.put('key/acme/k', { ...record, earlier: [] });
  expect([keys.find('a'.repeat(64)), keys.find('b'.repeat(64))?.key_id]).toEqual([null, 'k']);
});

it('a revoked, expired or unknown key is refused in the same words', () => {
  expect(setUp({ state: 'revoked' }).ask()).toBe('credentials_invalid');
  expect(setUp({ expires_at_ms: NOW_MS }).ask()).toBe('credentials_invalid');
  expect(setUp({ expires_at_ms: NOW_MS + 1 }).ask()).toBe('k');
  expect(setUp({}).ask(mintApiKey('live').secret)).toBe('credentials_invalid');
});

it('before the keys are known the answer is "not ready", but a typo is a typo', () => {
  const world = setUp({}, false);
  expect(world.ask()).toBe('not_ready');
  expect(world.ask('tg_live_nonsense')).toBe('credentials_invalid');
});

it('garbage is refused without a look-up', () => {
  const world = setUp({});
  expect(world.ask('tg_live_000000000000000000000000000000000')).toBe('credentials_invalid');
  expect(world.lookups()).toBe(0);
});

it('a key that was taken before is asked about again each time: revoked, it is refused at once', () => {
  const { secret } = mintApiKey('live');
  const reading = readApiKey(secret);
  const record = { ...RECORD, sha256: reading.ok ? reading.sha256Hex : '' };
  const keys = createKeyDirectory();
  let nowMs = NOW_MS;
  const authenticate = createAuthenticate({
    ...{ keys, isLoaded: () => true, readToken: () => ({ ok: false, code: 'credentials_invalid' }) as const },
    clock: { nowMs: () => nowMs, monotonicMs: () => 0 },
  });
  const ask = (): unknown => authenticate({ 'x-api-key': secret });
  keys.put('key/acme/k', { ...record, expires_at_ms: NOW_MS + 5, scopes: ['query:read'] });
  const first = ask();
  expect(first).toMatchObject({ ok: true, caller: { scopes: ['query:read'] } });
  // The same object: its signature and its limits are found by it.
  expect(ask()).toBe(first);
  keys.put('key/acme/k', { ...record, expires_at_ms: NOW_MS + 5, scopes: [] });
  expect(ask()).toMatchObject({ ok: true, caller: { scopes: [] } });
  nowMs = NOW_MS + 5;
  expect(ask()).toEqual({ ok: false, code: 'credentials_invalid' });
  keys.put('key/acme/k', record);
  expect(ask()).toMatchObject({ ok: true });
  keys.revoke(record.sha256);
  expect(ask()).toEqual({ ok: false, code: 'credentials_invalid' });
});
