import { createCallerVerifier } from '@tidegate/http';
import { connectRedis, createDeniedTokens, whenConnected } from '@tidegate/redis';
import { deriveKey, systemClock } from '@tidegate/runtime';
import { testServers } from '@tidegate/testkit';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../src/app.ts';
import type { Answer, GatewayUnderTest } from './gateway-fixture.ts';
import { startGateway } from './gateway-fixture.ts';

const PASSWORD = 'Correct-Horse-9';
const JANE = { username: 'Jane', email: 'Jane@Example.org', password: PASSWORD, roles: ['person'], subject: 'person-1' };
const secretKey = randomBytes(32);

/** People sign in, over real Kafka, Postgres and Redis; the second gateway learns of everything from the topic. */
describe('accounts', () => {
  let gateway: GatewayUnderTest;
  let other: RunningGateway;
  let addresses = 0;

  beforeAll(async () => {
    gateway = await startGateway({ secretKey, trustedProxies: '127.0.0.1' });
    other = await gateway.startAnother();
  });
  afterAll(async () => {
    await other.stop();
    await gateway.close();
  });

  /** Each try from an address of its own, unless one is given: five a minute are all that one has. */
  const login = (body: object, address = `198.51.100.${(addresses += 1)}`): Promise<Answer> =>
    gateway.call('POST', '/v1/auth/login', { credential: null, body, address });
  const refresh = (token: unknown): Promise<Answer> =>
    gateway.call('POST', '/v1/auth/refresh', { credential: null, body: { refresh_token: token } });
  const statusOf = async (token: unknown, port?: number): Promise<number> =>
    (await gateway.call('GET', '/v1/metrics', { credential: String(token), ...(port === undefined ? {} : { port }) })).status;
  async function newUser(user: object): Promise<Record<string, unknown>> {
    const { status, body } = await gateway.call('POST', '/v1/admin/users', { body: user });
    expect([status, body]).toMatchObject([201, {}]);
    return body;
  }

  it('sign in → ask → refresh → a used token is noticed → sign out → 401, on every gateway', async () => {
    await newUser(JANE);
    const first = await login({ username: 'jane', password: PASSWORD });
    expect(first).toMatchObject({ status: 200, body: { token_type: 'bearer', expires_in: 1_800 } });
    await expect.poll(() => statusOf(first.body['access_token'], other.port)).toBe(200);
    const verify = createCallerVerifier(deriveKey(secretKey, 'tidegate/caller', 32), systemClock);
    const caller = verify(String(gateway.upstream.seen.at(-1)?.headers['x-tidegate-caller']));
    expect(caller).toMatchObject({ ok: true, caller: { tenant: 'demo', keyId: expect.stringMatching(/^usr_/), subject: 'person-1' } });

    const second = await refresh(first.body['refresh_token']);
    expect(second.status).toBe(200);
    expect(await refresh(first.body['refresh_token'])).toMatchObject({ status: 401, body: { code: 'session_ended' } });
    expect(await refresh(second.body['refresh_token'])).toMatchObject({ status: 401, body: { code: 'session_ended' } });
    for (const port of [undefined, other.port]) {
      await expect.poll(() => statusOf(second.body['access_token'], port), { interval: 20 }).toBe(401);
    }

    const third = await login({ email: 'jane@example.org', password: PASSWORD });
    const credential = String(third.body['access_token']);
    expect(await statusOf(credential)).toBe(200);
    const out = await gateway.call('POST', '/api/v1/users/logout', { credential });
    expect([out.status, await statusOf(credential)]).toEqual([204, 401]);
    await expect.poll(() => statusOf(credential, other.port), { interval: 20 }).toBe(401);
    expect((await refresh(third.body['refresh_token'])).body).toMatchObject({ code: 'credentials_invalid' });
  });

  it('unknown, wrong and disabled are one answer, and each takes the work of a password', async () => {
    const user = await newUser({ ...JANE, username: 'gone', email: null });
    await gateway.call('DELETE', `/v1/admin/users/${String(user['id'])}`);
    const refused = await Promise.all([
      login({ username: 'nobody', password: PASSWORD }),
      login({ username: 'gone', password: PASSWORD }),
      login({ username: 'jane', password: 'Wrong-Horse-9' }),
      login({ username: 'jane', password: PASSWORD, tenant: 'elsewhere' }),
    ]);
    const told = refused.map(({ status, body }) => [status, { ...body, request_id: '', trace_id: '' }]);
    for (const one of told) expect(one).toEqual(told[0]);
    expect(told[0]).toMatchObject([401, { code: 'credentials_invalid' }]);
    expect(JSON.stringify(told)).not.toMatch(/jane|gone|nobody/i);
  });

  it('an account is tried five times a minute, whoever asks, and whether there is one or not', async () => {
    await newUser({ ...JANE, username: 'tried', email: null });
    const six = (ask: (at: number) => Promise<Answer>): Promise<number[]> =>
      Promise.all(Array.from({ length: 6 }, async (_, at) => (await ask(at)).status));
    // All at once: in the time that six passwords take one after another a further try would have come in.
    for (const username of ['ghost', 'tried']) {
      const tries = await six(() => login({ username, password: 'Wrong-Horse-9' }));
      expect([username, tries.toSorted()]).toEqual([username, [401, 401, 401, 401, 401, 429]]);
    }
    const tries = await six((at) => login({ username: `x${at}`, password: PASSWORD }, '203.0.113.9'));
    expect(tries.toSorted()).toEqual([401, 401, 401, 401, 401, 429]);
  });

  it('a password is told which rules it breaks, and is not repeated', async () => {
    const { status, body } = await gateway.call('POST', '/v1/admin/users', {
      body: { ...JANE, username: 'weak', password: 'tiny-secret' },
    });
    expect(status).toBe(422);
    const codes = (body['errors'] as { code: string; path: string }[]).map(({ code, path }) => `${path}: ${code}`);
    expect([body['code'], codes]).toEqual(['password_weak', ['password: password_without_upper_case', 'password: password_without_digit']]);
    expect(JSON.stringify(body)).not.toContain('tiny-secret');
  });

  it.each<[string, object, number, string]>([
    ['a role of one person without a subject', { subject: null }, 422, 'role_unfit'],
    ['a role beyond the rights of who gives it', { roles: ['operator'] }, 403, 'scope_missing'],
    ['a role that there is not', { roles: ['emperor'] }, 422, 'request_invalid'],
    ['a name that is in use', { username: 'JANE' }, 409, 'user_taken'],
  ])('%s is refused', async (_, change, status, code) => {
    const asked = { ...JANE, username: 'new', email: null, ...change };
    expect(await gateway.call('POST', '/v1/admin/users', { body: asked })).toMatchObject({ status, body: { code } });
  });

  it('new roles hold from the next refresh on, and older tokens end', async () => {
    const user = await newUser({ ...JANE, username: 'riser', email: null, roles: ['viewer'] });
    const session = await login({ username: 'riser', password: PASSWORD });
    expect(await statusOf(session.body['access_token'])).toBe(200);
    const credential = String(session.body['access_token']);
    expect((await gateway.call('GET', '/v1/admin/users', { credential })).status).toBe(403);
    const changed = await gateway.call('POST', `/v1/admin/users/${String(user['id'])}`, { body: { roles: ['admin'] } });
    expect(changed).toMatchObject({ status: 200, body: { roles: ['admin'] } });
    await expect.poll(() => statusOf(credential), { interval: 20 }).toBe(401);
    const next = await refresh(session.body['refresh_token']);
    const listed = await gateway.call('GET', '/v1/admin/users?limit=2', { credential: String(next.body['access_token']) });
    expect([listed.status, (listed.body['users'] as object[]).length]).toEqual([200, 2]);
    const rest = await gateway.call('GET', `/v1/admin/users?cursor=${String(listed.body['next_cursor'])}`);
    expect((rest.body['users'] as object[]).length).toBeGreaterThan(0);
    expect(JSON.stringify([listed.body, rest.body])).not.toContain('$2b$');
  });

  it('who signs out is in Redis until the token ends, and a gateway that starts knows whatever is there', async () => {
    await newUser({ ...JANE, username: 'leaver', email: null });
    const signedIn = async (): Promise<{ credential: string; session: string }> => {
      const credential = String((await login({ username: 'leaver', password: PASSWORD })).body['access_token']);
      const claims = JSON.parse(Buffer.from(credential.split('.')[1] ?? '', 'base64url').toString()) as { sid: string };
      return { credential, session: claims.sid };
    };
    const redis = connectRedis({ address: { url: testServers().redisUrl }, name: 'test' });
    await whenConnected(redis, 5_000);
    const tokens = createDeniedTokens(redis, gateway.prefix);
    const gone = await signedIn();
    expect((await gateway.call('POST', '/v1/auth/logout', { credential: gone.credential })).status).toBe(204);
    await expect.poll(async () => (await tokens.read(Date.now())).map(({ id }) => id)).toContain(gone.session);
    // Of this one neither the topic nor Postgres tells: only Redis can have told the gateway that starts now.
    const told = await signedIn();
    await tokens.add([{ id: told.session, untilMs: Date.now() + 600_000 }], Date.now());
    const fresh = await gateway.startAnother();
    try {
      await expect.poll(() => statusOf(told.credential, fresh.port), { interval: 20, timeout: 20_000 }).toBe(401);
      expect(await statusOf(told.credential)).toBe(200);
    } finally {
      await fresh.stop();
      redis.disconnect();
    }
  });

  it('a token that was made with a key is signed out too, and a key is not', async () => {
    const made = await gateway.call('POST', '/v1/auth/tokens', { body: { metrics: ['wiki.edits'] } });
    const credential = String(made.body['access_token']);
    expect(await statusOf(credential)).toBe(200);
    expect((await gateway.call('POST', '/v1/auth/logout', { credential })).status).toBe(204);
    expect(await statusOf(credential)).toBe(401);
    expect(await gateway.call('POST', '/v1/auth/logout')).toMatchObject({ status: 403, body: { code: 'scope_missing' } });
  });
});
