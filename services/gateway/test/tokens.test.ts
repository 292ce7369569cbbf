import type { TokenIssuerRecord } from '@tidegate/postgres';
import { silentLogger } from '@tidegate/telemetry';
import { exportSPKI, importJWK } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchKeys } from '../src/tokens/fetch-keys.ts';
import type { IssuerDirectory } from '../src/tokens/issuers.ts';
import { createIssuerDirectory } from '../src/tokens/issuers.ts';
import type { ReadToken } from '../src/tokens/tokens.ts';
import { createReadToken } from '../src/tokens/tokens.ts';
import type { KeyServer, SigningKey } from './issuer-fixture.ts';
import { forgeToken, newSigningKey, signToken, startKeyServer } from './issuer-fixture.ts';

const START_MS = 1_800_000_000_000;
const NOW_S = START_MS / 1_000;
const HOUR_MS = 3_600_000;
const CONTROL_KEY = 'issuer/acme/idp';

let idp: KeyServer;
let key: SigningKey;
let issuers: IssuerDirectory;
let readToken: ReadToken;
let clockMs: number;
let record: TokenIssuerRecord;

const clock = { nowMs: () => START_MS + clockMs, monotonicMs: () => clockMs };
const CLAIMS = { iss: 'https://idp.example', aud: 'tidegate', sub: 'user-17', exp: NOW_S + 600 };

beforeEach(async () => {
  clockMs = 1_000_000;
  idp = await startKeyServer();
  key = await newSigningKey('k1');
  idp.answer = [key.jwk];
  issuers = createIssuerDirectory({ fetchKeys, clock, log: silentLogger });
  readToken = createReadToken({ issuers, localTokens: { read: () => Promise.resolve(null) }, clock });
  record = {
    tenant: 'acme',
    name: 'idp',
    issuer: 'https://idp.example',
    audiences: ['tidegate'],
    jwks_uri: idp.uri,
    algorithms: ['ES256', 'RS256'],
    subject_claim: 'sub',
    scopes: ['query:read'],
    scopes_claim: 'scope',
    scopes_by_word: { 'app.write': ['ingest:write'], 'app.all': ['ingest:write', 'events:read'] },
    tenant_claim: null,
  };
  issuers.put(CONTROL_KEY, record);
});
afterEach(() => idp.close());

/** All times of tokens count from here, so that moving the clock ends them. */
const claimsAt = (more: object = {}): Record<string, unknown> => ({ ...CLAIMS, exp: NOW_S + clockMs / 1_000 + 600, ...more });
const sign = (claims: object = {}, header: object = {}, by = key): Promise<string> => signToken(by, { claims: claimsAt(claims), header });

/** The caller as one word, or why there is none. */
async function ask(token: string): Promise<string> {
  const reading = await readToken(token);
  return reading.ok ? `${reading.caller.tenant}/${reading.caller.subject} ${reading.caller.scopes.join(' ')}` : reading.code;
}

const GOOD = 'acme/user-17 query:read';

describe('a token of a trusted issuer', () => {
  it('stands for the person of its tenant, with the scopes that the words of its issuer were given', async () => {
    expect(await ask(await sign())).toBe(GOOD);
    expect(await ask(await sign({ scope: 'app.write unknown query:admin' }))).toBe(`${GOOD} ingest:write`);
    expect(await ask(await sign({ scope: ['app.all'] }))).toBe(`${GOOD} ingest:write events:read`);
    // No scope has a meaning of its own, and neither have the names that every object has.
    expect(await ask(await sign({ scope: 'tenant:admin constructor __proto__' }))).toBe(GOOD);
  });

  it('is known at once the second time, and never after its end', async () => {
    // Before the keys are ten minutes old, and looked at anew.
    const token = await sign({ exp: NOW_S + clockMs / 1_000 + 300 });
    expect(readToken(token)).toBeInstanceOf(Promise);
    await ask(token);
    await ask(token);
    expect(readToken(token)).not.toBeInstanceOf(Promise);
    clockMs += 329_000;
    expect(await ask(token)).toBe(GOOD);
    clockMs += 1_000;
    expect(await ask(token)).toBe('credentials_invalid');
    expect(idp.asked).toBe(1);
  });

  it('is refused for another audience, issuer or time, without an end, and without a person', async () => {
    const bad = [
      { aud: 'elsewhere' },
      { aud: ['a', 'b'] },
      { iss: 'https://evil.example' },
      { iss: 'https://idp.example/' },
      { exp: NOW_S + clockMs / 1_000 - 31 },
      { exp: undefined },
      { exp: 'never' },
      { nbf: NOW_S + clockMs / 1_000 + 31 },
      { sub: undefined },
      { sub: '' },
      { sub: 17 },
      { sub: 's'.repeat(257) },
    ];
    for (const claims of bad) expect([claims, await ask(await sign(claims))]).toEqual([claims, 'credentials_invalid']);
    expect(await ask(await sign({ aud: ['other', 'tidegate'] }))).toBe(GOOD);
  });

  it('is refused with any one character of its signature or claims exchanged', async () => {
    const token = await sign();
    const [head = '', body = '', signature = ''] = token.split('.');
    const flip = (text: string): string => (text.startsWith('A') ? `B${text.slice(1)}` : `A${text.slice(1)}`);
    for (const changed of [
      `${head}.${flip(body)}.${signature}`,
      `${head}.${body}.${flip(signature)}`,
      `${head}.${body}.`,
      `${head}.${body}`,
    ]) {
      expect(await ask(changed)).toBe('credentials_invalid');
    }
  });
});

describe('what a token says of its own key', () => {
  it('`none` is no algorithm', async () => {
    for (const alg of ['none', 'None', 'NONE', '']) {
      expect(await ask(forgeToken({ alg, typ: 'JWT', kid: 'k1' }, claimsAt(), null))).toBe('credentials_invalid');
      expect(await ask(forgeToken({ alg, typ: 'JWT', kid: 'k1' }, claimsAt(), 'x'))).toBe('credentials_invalid');
    }
  });

  it('the public key is no secret: HMAC under its text is refused, whatever form it has', async () => {
    const rsa = await newSigningKey('r1', 'RS256');
    idp.answer = [rsa.jwk];
    const publicKey = await importJWK(rsa.jwk, 'RS256', { extractable: true });
    const pem = publicKey instanceof Uint8Array ? '' : await exportSPKI(publicKey);
    for (const secret of [pem, pem.trim(), JSON.stringify(rsa.jwk), String(rsa.jwk.n)]) {
      for (const alg of ['HS256', 'RS256']) {
        expect(await ask(forgeToken({ alg, typ: 'JWT', kid: 'r1' }, claimsAt(), secret))).toBe('credentials_invalid');
      }
    }
    expect(await ask(await sign({}, {}, rsa))).toBe(GOOD);
  });

  it('an algorithm that the tenant did not allow is refused, though the key would fit', async () => {
    const ps = await newSigningKey('p1', 'PS256');
    idp.answer = [ps.jwk, key.jwk];
    expect(await ask(await sign({}, {}, ps))).toBe('credentials_invalid');
    issuers.put(CONTROL_KEY, { ...record, algorithms: ['PS256'] });
    expect(await ask(await sign({}, {}, ps))).toBe(GOOD);
    expect(await ask(await sign())).toBe('credentials_invalid');
  });

  it('a key, or an address of one, that comes with the token is not looked at', async () => {
    const own = await newSigningKey('k1');
    const evil = await startKeyServer();
    evil.answer = [own.jwk];
    for (const header of [{ jwk: own.jwk }, { jku: evil.uri }, { x5u: evil.uri }, { x5c: ['AAAA'] }]) {
      expect(await ask(await sign({}, header, own))).toBe('credentials_invalid');
      // Even signed by the right key: nobody here reads such a member.
      expect(await ask(forgeToken({ alg: 'ES256', kid: 'k1', ...header }, claimsAt(), 'x'))).toBe('credentials_invalid');
    }
    expect(await ask(forgeToken({ alg: 'ES256', kid: 'k1', crit: ['x'], x: 1 }, claimsAt(), 'x'))).toBe('credentials_invalid');
    expect(evil.asked).toBe(0);
    await evil.close();
  });

  it('a token longer than 8 KB is refused before it is read', async () => {
    expect(await ask(await sign({ pad: 'x'.repeat(4_000) }))).toBe(GOOD);
    expect(await ask(await sign({ pad: 'x'.repeat(8_000) }))).toBe('credentials_invalid');
    expect(idp.asked).toBe(1);
  });

  it('a secret in the key set is never taken for a key, and private members of one are left behind', async () => {
    const secret = Buffer.from('0123456789abcdef0123456789abcdef');
    idp.answer = [{ kty: 'oct', kid: 'o1', k: secret.toString('base64url'), alg: 'HS256' }, key.jwk];
    issuers.put(CONTROL_KEY, { ...record, algorithms: ['HS256', 'ES256'] });
    expect(await ask(forgeToken({ alg: 'HS256', kid: 'o1' }, claimsAt(), secret.toString('latin1')))).toBe('credentials_invalid');
    expect(await ask(await sign())).toBe(GOOD);
  });
});

describe('keys that change', () => {
  it('a new key beside the old one is found at its first token; a token without a key id needs the one key that fits', async () => {
    const anonymous = await sign({}, { kid: undefined });
    expect(await ask(anonymous)).toBe(GOOD);
    const next = await newSigningKey('k2');
    idp.answer = [key.jwk, next.jwk];
    clockMs += 20_000;
    expect(await ask(await sign({}, {}, next))).toBe(GOOD);
    expect(await ask(await sign())).toBe(GOOD);
    expect(await ask(await sign({ sub: 'user-18' }, { kid: undefined }))).toBe('credentials_invalid');
  });

  it('a key that the issuer shows no longer ends its tokens, also those that were checked before', async () => {
    const token = await sign({ exp: NOW_S + 1_000_000 });
    expect(await ask(token)).toBe(GOOD);
    idp.answer = [(await newSigningKey('k2')).jwk];
    clockMs += 600_001;
    // Stale: taken at once, and read again behind it.
    await ask(token);
    await expect.poll(() => idp.asked).toBe(2);
    await expect.poll(() => ask(token)).toBe('credentials_invalid');
  });

  it('a flood of made-up key ids asks the issuer three times a minute, and no real token waits for it', async () => {
    const real = await sign();
    await ask(real);
    const flood = await Promise.all(Array.from({ length: 200 }, (_, at) => sign({}, { kid: `made-up-${at}` })));
    const before = idp.asked;
    for (let second = 0; second < 60; second++) {
      for (const token of flood.slice(second * 3, second * 3 + 3)) expect(await ask(token)).toBe('credentials_invalid');
      expect(await ask(await sign({ sub: `user-${second}` }))).toBe(`acme/user-${second} query:read`);
      clockMs += 1_000;
    }
    expect(idp.asked - before).toBe(3);
  });

  it('requests at the same moment share one look at the keys', async () => {
    const tokens = await Promise.all(Array.from({ length: 50 }, (_, at) => sign({ sub: `u-${at}` })));
    expect(new Set((await Promise.all(tokens.map(ask))).map((word) => word.split(' ')[1]))).toEqual(new Set(['query:read']));
    expect(idp.asked).toBe(1);
  });

  it('an issuer that is no longer trusted, or trusted in another way, has no word left from before', async () => {
    const token = await sign({ scope: 'app.write' });
    expect(await ask(token)).toBe(`${GOOD} ingest:write`);
    issuers.put(CONTROL_KEY, { ...record, scopes_by_word: {} });
    expect(await ask(token)).toBe(GOOD);
    issuers.put(CONTROL_KEY, { ...record, audiences: ['other'] });
    expect(await ask(token)).toBe('credentials_invalid');
    issuers.put(CONTROL_KEY, null);
    expect(await ask(token)).toBe('credentials_invalid');
    expect(idp.asked).toBe(1);
  });
});

describe('an issuer that is away', () => {
  it('for hours: its keys go on, no request waits, and it is asked less and less', async () => {
    expect(await ask(await sign())).toBe(GOOD);
    idp.answer = null;
    for (let minute = 0; minute < 23 * 60; minute += 5) {
      clockMs += 300_000;
      expect(await ask(await sign())).toBe(GOOD);
    }
    // Once in five minutes at most, though many a token was checked between.
    expect(idp.asked).toBeLessThanOrEqual(1 + (23 * 60) / 5);
    const next = await newSigningKey('k2');
    idp.answer = [key.jwk, next.jwk];
    // A look that was under way fails yet; after its pause the next one brings the new key.
    await expect
      .poll(async () => {
        clockMs += 61_000;
        return ask(await sign({}, {}, next));
      })
      .toBe(GOOD);
    expect(await ask(await sign())).toBe(GOOD);
  });

  it('for longer than a day: 503, for the keys may have been withdrawn long ago; it heals by itself', async () => {
    expect(await ask(await sign())).toBe(GOOD);
    idp.answer = null;
    clockMs += 24 * HOUR_MS + 1;
    expect(await ask(await sign())).toBe('issuer_unreachable');
    idp.answer = [key.jwk];
    expect(await ask(await sign())).toBe('issuer_unreachable');
    clockMs += 1_001;
    expect(await ask(await sign())).toBe(GOOD);
  });

  it('from the start: 503, asked once and then less and less, not once a request', async () => {
    idp.answer = null;
    for (let at = 0; at < 100; at++) expect(await ask(await sign({ sub: `u-${at}` }))).toBe('issuer_unreachable');
    expect(idp.asked).toBe(1);
  });

  it('with nonsense, too much, another address or no key is as good as away', async () => {
    const elsewhere = await startKeyServer();
    elsewhere.answer = [key.jwk];
    const answers: readonly (string | [])[] = ['no json', '{"keys":{}}', [], `{"keys":[],"pad":"${'x'.repeat(300_000)}"}`];
    for (const answer of answers) {
      idp.answer = answer;
      expect(await ask(await sign())).toBe('issuer_unreachable');
      clockMs += 61_000;
    }
    idp.redirectTo = elsewhere.uri;
    expect(await ask(await sign())).toBe('issuer_unreachable');
    expect(elsewhere.asked).toBe(0);
    await elsewhere.close();
  });
});

describe('one issuer of several tenants', () => {
  it("a claim says whose a token is; without it, or with another value, it is nobody's", async () => {
    issuers.put(CONTROL_KEY, { ...record, tenant_claim: { claim: 'org', value: 'a' } });
    issuers.put('issuer/bolt/idp', { ...record, tenant: 'bolt', tenant_claim: { claim: 'org', value: 'b' } });
    expect(await ask(await sign({ org: 'a' }))).toBe(GOOD);
    expect(await ask(await sign({ org: 'b' }))).toBe('bolt/user-17 query:read');
    expect(await ask(await sign({ org: 'c' }))).toBe('credentials_invalid');
    expect(await ask(await sign({ org: ['a'] }))).toBe('credentials_invalid');
    expect(await ask(await sign())).toBe('credentials_invalid');
  });

  it("who names another's issuer with keys of its own makes tokens for itself alone", async () => {
    const evil = await startKeyServer();
    const own = await newSigningKey('k1');
    evil.answer = [own.jwk];
    issuers.put('issuer/bolt/idp', { ...record, tenant: 'bolt', audiences: ['bolt'], jwks_uri: evil.uri });
    expect(await ask(await sign({}, {}, own))).toBe('credentials_invalid');
    expect(await ask(await sign({ aud: ['bolt', 'tidegate'] }, {}, own))).toBe('credentials_invalid');
    expect(await ask(await sign({ aud: 'bolt' }, {}, own))).toBe('bolt/user-17 query:read');
    await evil.close();
  });
});
