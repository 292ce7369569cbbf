import type { RowScope } from '@tidegate/core';
import { createCallerVerifier } from '@tidegate/http';
import type { ApiKeyRecord, Denial } from '@tidegate/postgres';
import { systemClock } from '@tidegate/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeyDirectory } from '../src/keys.ts';
import { createDenied } from '../src/tokens/denied.ts';
import { createLocalTokens } from '../src/tokens/local-tokens.ts';
import type { ReadToken } from '../src/tokens/tokens.ts';
import { createReadToken } from '../src/tokens/tokens.ts';
import { CALLER_KEY, startGate } from './gate-fixture.ts';
import { forgeToken } from './issuer-fixture.ts';

const START_MS = 1_800_000_000_000;
const SECRET = new Uint8Array(32).fill(9);
const ROWS: RowScope = { metrics: ['wiki.edits'], where: { page: ['a', 'b'] }, subject: null };
const KEY: ApiKeyRecord = {
  key_id: 'key_1',
  tenant: 'acme',
  kind: 'live',
  sha256: 'a'.repeat(64),
  scopes: ['query:read'],
  state: 'active',
  expires_at_ms: null,
  earlier: [],
};

let clockMs = 0;
const clock = { nowMs: () => START_MS + clockMs, monotonicMs: () => clockMs };
let keys = createKeyDirectory();
let denied = createDenied(clock);
let readToken: ReadToken;

beforeEach(() => {
  clockMs = 0;
  keys = createKeyDirectory();
  denied = createDenied(clock);
  keys.put('key/acme/key_1', KEY);
  readToken = readerOf(SECRET);
});

const tokensOf = (secret: Uint8Array) => createLocalTokens({ secret, keys, denied, clock });
const readerOf = (secret: Uint8Array): ReadToken =>
  createReadToken({ issuers: { find: () => null, holds: () => false }, localTokens: tokensOf(secret), clock });
const GRANT = { tenant: 'acme', keyId: 'key_1', rows: ROWS, routes: null, lifeS: 600 };
const mint = async (grant: Partial<typeof GRANT> = {}): Promise<string> => (await tokensOf(SECRET).mint({ ...GRANT, ...grant })).token;
const isTaken = async (token: string): Promise<boolean> => (await readToken(token)).ok;

describe('a token made with a key', () => {
  it('is the key with less: one scope, its rows, its routes', async () => {
    expect(await readToken(await mint())).toEqual({
      ok: true,
      caller: {
        ...{ tenant: 'acme', keyId: 'key_1', scopes: ['query:read'], rows: ROWS },
        token: { id: expect.any(String), endsMs: START_MS + 630_000 },
      },
    });
    const { token, expiresAtMs } = await tokensOf(SECRET).mint({ ...GRANT, routes: ['askKept'] });
    expect(await readToken(token)).toMatchObject({ ok: true, caller: { routes: ['askKept'] } });
    expect(expiresAtMs).toBe(START_MS + 600_000);
  });

  it('ends with its time, also where it was checked before', async () => {
    const token = await mint();
    clockMs = 629_000;
    expect(await isTaken(token)).toBe(true);
    clockMs = 630_000;
    expect(await isTaken(token)).toBe(false);
  });

  it.each<[string, () => void]>([
    ['is revoked', () => keys.put('key/acme/key_1', { ...KEY, state: 'revoked' })],
    ['is revoked while nobody publishes', () => keys.revoke(KEY.sha256)],
    ['expires', () => keys.put('key/acme/key_1', { ...KEY, expires_at_ms: START_MS })],
    ['is gone', () => keys.put('key/acme/key_1', null)],
  ])('ends when its key %s, also where it was checked before', async (_, end) => {
    const [known, fresh] = [await mint(), await mint()];
    expect(await isTaken(known)).toBe(true);
    end();
    expect([await isTaken(known), await isTaken(fresh)]).toEqual([false, false]);
  });

  it('outlives a rotation of its key', async () => {
    const token = await mint();
    keys.put('key/acme/key_1', { ...KEY, sha256: 'b'.repeat(64) });
    expect(await isTaken(token)).toBe(true);
  });

  it('is made by nobody without the secret, and changed by nobody', async () => {
    const token = await mint();
    const [head = '', body = '', signature = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
    const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as object;
    const wider = Buffer.from(JSON.stringify({ ...claims, rows: { ...ROWS, metrics: null } })).toString('base64url');
    expect(await isTaken(`${head}.${wider}.${signature}`)).toBe(false);
    expect(await isTaken(forgeToken(header, claims, 'guess'))).toBe(false);
    expect(await isTaken(forgeToken({ ...header, alg: 'none' }, claims, null))).toBe(false);
    expect(await readerOf(new Uint8Array(32).fill(8))(token)).toMatchObject({ ok: false });
    expect(await isTaken(token)).toBe(true);
  });
});

describe('an access token of a user', () => {
  const USER = {
    ...{ tenant: 'acme', userId: 'usr_1', revision: 2, sessionId: 'ses_1' },
    ...{ roles: ['person'], subject: 'jane' },
  };
  const mintAccess = (grant: Partial<typeof USER> = {}): Promise<string> => tokensOf(SECRET).mintAccess({ ...USER, ...grant });
  const claimsOf = (token: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

  it('stands for the person with the scopes of the roles, for half an hour', async () => {
    const token = await mintAccess();
    const read = await readToken(token);
    const session = { id: 'ses_1', roles: ['person'] };
    expect(read).toEqual({
      ok: true,
      caller: {
        ...{ tenant: 'acme', keyId: 'usr_1', subject: 'jane', scopes: ['query:read', 'live:read', 'ingest:write'] },
        token: { id: expect.any(String), endsMs: START_MS + 1_830_000, session },
      },
    });
    const [iat, scope] = [START_MS / 1_000, 'query:read live:read ingest:write'];
    expect(claimsOf(token)).toMatchObject({ sub: 'usr_1', iat, exp: iat + 1_800, iss: 'tidegate', aud: 'tidegate', tenant: 'acme', scope });
    clockMs = 1_830_000;
    expect(await isTaken(token)).toBe(false);
  });

  it.each<[string, Denial]>([
    ['its session', { id: 'ses_1', untilMs: Number.POSITIVE_INFINITY }],
    ['its user, by a change after it was made', { id: 'usr_1', untilMs: Number.POSITIVE_INFINITY, below: 3 }],
  ])('ends with %s, also where it was checked before', async (_, denial) => {
    const [known, fresh] = [await mintAccess(), await mintAccess()];
    expect(await isTaken(known)).toBe(true);
    denied.add([denial]);
    expect([await isTaken(known), await isTaken(fresh)]).toEqual([false, false]);
  });

  it('ends alone where it is denied itself', async () => {
    const [one, other] = [await mintAccess(), await mintAccess()];
    denied.add([{ id: String(claimsOf(one)['jti']), untilMs: Number.POSITIVE_INFINITY }]);
    expect([await isTaken(one), await isTaken(other)]).toEqual([false, true]);
  });

  it('that was made after the change is taken, whatever older word of it comes later', async () => {
    const token = await mintAccess({ revision: 3 });
    denied.add([{ id: 'usr_1', untilMs: 0, below: 3 }]);
    expect(await isTaken(token)).toBe(true);
    denied.add([{ id: 'usr_1', untilMs: 0, below: 4 }]);
    denied.add([{ id: 'usr_1', untilMs: 0, below: 2 }]);
    expect(await isTaken(token)).toBe(false);
  });

  it('is forgotten as denied once it would have ended by itself', () => {
    const many = Array.from({ length: 1_500 }, (_, at) => ({ id: `ses_${at}`, untilMs: START_MS + (at < 1_000 ? -1 : 1) }));
    denied.add(many);
    expect(denied.size).toBe(500);
  });
});

describe('at the gate', () => {
  let close = async (): Promise<void> => undefined;
  afterEach(() => close());

  it('its rows and routes reach the service signed, and other routes are closed to it', async () => {
    const caller = { tenant: 'acme', keyId: 'key_1', scopes: ['query:read'], rows: ROWS, routes: ['askKept'] };
    const gate = await startGate({ readToken: () => ({ ok: true, caller }) });
    close = () => gate.close();
    const ask = (path: string, method = 'GET'): Promise<Response> =>
      fetch(`http://127.0.0.1:${gate.port}${path}`, { method, headers: { authorization: 'Bearer eyJ' } });
    expect((await ask('/v1/query?q={}')).status).toBe(200);
    const verify = createCallerVerifier(CALLER_KEY, systemClock);
    expect(verify(String(gate.upstream.seen.at(-1)?.headers['x-tidegate-caller']))).toEqual({ ok: true, caller });
    for (const [path, method] of [['/v1/metrics'], ['/v1/query', 'POST'], ['/v1/status'], ['/v1/auth/tokens', 'POST']] as const) {
      expect([path, (await ask(path, method)).status]).toEqual([path, 403]);
    }
    expect(gate.upstream.seen).toHaveLength(1);
  });
});
