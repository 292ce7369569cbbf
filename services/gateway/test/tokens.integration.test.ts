import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, GatewayUnderTest } from './gateway-fixture.ts';
import { startGateway } from './gateway-fixture.ts';
import { newSigningKey, signToken, startKeyServer } from './issuer-fixture.ts';

describe('tokens over real Kafka, Postgres and Redis', () => {
  let gateway: GatewayUnderTest;
  const call: GatewayUnderTest['call'] = (...asked) => gateway.call(...asked);
  const put = (body: object): Promise<Answer> => call('POST', '/v1/admin/issuers', { body });

  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  it('an issuer of tokens is taken on every gateway in under 2 s, for one tenant, and its tokens end with it', async () => {
    const idp = await startKeyServer();
    const key = await newSigningKey('k1');
    idp.answer = [key.jwk];
    const issuer = { name: 'idp', issuer: 'https://idp.example', audiences: ['app'], jwks_uri: idp.uri, scopes: ['query:read'] };
    const claims = { iss: issuer.issuer, aud: 'app', sub: 'user-17', exp: Math.floor(Date.now() / 1_000) + 600 };
    const token = await signToken(key, { claims });
    const status = async (): Promise<number> => (await call('GET', '/v1/metrics', { credential: token })).status;
    expect(await status()).toBe(401);
    const taken = await put(issuer);
    expect([taken.status, taken.body]).toMatchObject([
      200,
      { tenant: 'demo', algorithms: ['RS256', 'ES256', 'EdDSA'], subject_claim: 'sub' },
    ]);
    await expect.poll(status).toBe(200);
    // One token must never be meant for two: not under another name, and not with a condition on one side only.
    for (const more of [{}, { tenant_claim: { claim: 'org', value: 'a' } }]) {
      const twice = await put({ ...issuer, ...more, name: 'again' });
      expect([twice.status, twice.body]).toMatchObject([409, { code: 'issuer_taken' }]);
    }
    const beyond = await put({ ...issuer, scopes_by_word: { all: ['cache:admin'] } });
    expect([beyond.status, beyond.body]).toMatchObject([403, { code: 'scope_missing' }]);
    const plain = await put({ ...issuer, jwks_uri: 'http://10.0.0.1/keys' });
    expect([plain.status, plain.body]).toMatchObject([422, { errors: [{ path: 'jwks_uri' }] }]);
    expect((await call('GET', '/v1/admin/issuers')).body).toMatchObject({ issuers: [{ name: 'idp' }] });
    expect((await call('DELETE', '/v1/admin/issuers/idp')).status).toBe(200);
    await expect.poll(status).toBe(401);
    expect((await call('DELETE', '/v1/admin/issuers/idp')).status).toBe(404);
    await idp.close();
  });

  it('a token made with a key shows what it says, and is refused everywhere once the key is revoked', async () => {
    const other = await gateway.startAnother();
    const made = await call('POST', '/v1/admin/keys', { body: { name: 'dashboard', scopes: ['query:read'] } });
    const key = String(made.body['key']);
    const mint = (body: object): Promise<Answer> => call('POST', '/v1/auth/tokens', { credential: key, body });
    const status = async (credential: string, port?: number): Promise<number> =>
      (await call('GET', '/v1/metrics', { credential, ...(port === undefined ? {} : { port }) })).status;
    await expect.poll(() => status(key)).toBe(200);
    const minted = await mint({ metrics: ['wiki.edits'], where: { page: ['a'] } });
    expect([minted.status, minted.body]).toMatchObject([201, { token_type: 'bearer', expires_in: 1_800 }]);
    const token = String(minted.body['access_token']);
    await expect.poll(() => status(token, other.port)).toBe(200);
    expect(await status(token)).toBe(200);
    // It makes no further tokens, and sees nothing but questions.
    expect((await call('POST', '/v1/auth/tokens', { credential: token, body: { metrics: ['wiki.edits'] } })).status).toBe(403);
    expect((await call('GET', '/v1/status', { credential: token })).status).toBe(403);
    for (const bad of [{}, { metrics: [] }, { metrics: ['m'], where: { page: ['_other'] } }, { metrics: ['m'], expires_in_s: 1_801 }]) {
      expect([bad, (await mint(bad)).status]).toEqual([bad, 422]);
    }
    expect((await call('DELETE', `/v1/admin/keys/${String(made.body['id'])}`)).status).toBe(200);
    for (const port of [undefined, other.port]) await expect.poll(() => status(token, port)).toBe(401);
    await other.stop();
  });
});
