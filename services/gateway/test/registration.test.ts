import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Caller, Exchange } from '@tidegate/http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createPasswords } from '../src/accounts/passwords.ts';
import type { RegistrationDependencies, SendWrite, Written } from '../src/accounts/registration.ts';
import { createRegistration } from '../src/accounts/registration.ts';

const ANNA = { username: 'Anna', email: 'Anna@Example.org', password: 'Correct-Horse-9', full_name: 'Anna A.' };
const WRITE = { method: 'POST', path: '/v1/profile', pack: 'people', kind: 'write', name: 'register', scope: 'ingest:write' } as const;

/** What was asked of the store and of the write, in order; the store is its definition for one name. */
const log: string[] = [];
let reserved = false;
let asked: { readonly caller: Caller; readonly body: object } | null = null;
let written: Written | null = null;
let hasWrite = true;

const dependencies: RegistrationDependencies = {
  accounts: {
    async reserveUser({ username, email, passwordHash, roles }) {
      log.push(`reserve ${username} ${email} ${String(passwordHash.startsWith('$2b$12$'))} ${roles.join()}`);
      if (reserved) return { ok: false, fault: 'user_taken' };
      reserved = true;
      return { ok: true, value: 'usr_1' };
    },
    async activateUser(userId) {
      log.push(`activate ${userId}`);
      return true;
    },
    async releaseUser(userId) {
      log.push(`release ${userId}`);
      reserved = false;
    },
  },
  passwords: createPasswords(),
  packRoutes: { registration: () => (hasWrite ? WRITE : null) },
  sendWrite: (async ({ pack, name }, { caller, body }) => {
    log.push(`write ${pack}/${name}`);
    asked = { caller, body };
    return written;
  }) satisfies SendWrite,
  audit: { identify: () => undefined },
  loginTenant: 'acme',
  clock: { nowMs: () => 0, monotonicMs: () => 0 },
};

const { registerUser } = createRegistration(dependencies);
const server = createServer((request, response) => {
  const context = { requestId: 'r-1', traceparent: '00-00000000000000000000000000000001-0000000000000001-01', traceId: 't-1' };
  const done = Promise.resolve(registerUser({ request, response, context } as unknown as Exchange));
  done.catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
});

beforeAll(async () => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(async () => new Promise((resolve) => server.close(resolve)));
afterEach(() => {
  log.length = 0;
  reserved = false;
  asked = null;
  hasWrite = true;
});

async function register(body: object): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/users/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('who registers', () => {
  it('is a user once the profile is committed, told of it as the person, and the password goes nowhere', async () => {
    written = { status: 201, body: { id: 'usr_1', full_name: 'Anna A.' } };
    expect(await register(ANNA)).toEqual({ status: 201, body: { id: 'usr_1', full_name: 'Anna A.' } });
    expect(log).toEqual(['reserve anna anna@example.org true person', 'write people/register', 'activate usr_1']);
    expect(asked).toMatchObject({
      caller: { tenant: 'acme', keyId: 'usr_1', subject: 'usr_1', scopes: ['query:read', 'live:read', 'ingest:write'] },
      body: { username: 'anna', email: 'anna@example.org', full_name: 'Anna A.' },
    });
    expect(JSON.stringify(asked)).not.toContain('Correct-Horse');
  });

  it('is 409 where the name or the address is in use, and nothing is told', async () => {
    reserved = true;
    expect(await register(ANNA)).toMatchObject({ status: 409, body: { code: 'user_taken' } });
    expect(log).toHaveLength(1);
  });

  it('is told what is wrong with the profile, and the names are free again', async () => {
    written = {
      status: 422,
      body: { code: 'request_invalid', errors: [{ path: 'height_cm', code: 'invalid_value', message: 'is too small' }] },
    };
    expect(await register(ANNA)).toMatchObject({ status: 422, body: { code: 'request_invalid', errors: [{ path: 'height_cm' }] } });
    expect(log.slice(1)).toEqual(['write people/register', 'release usr_1']);
  });

  it('is no user where it is not known whether the profile was taken, and the names stay reserved until they run out', async () => {
    written = null;
    expect(await register(ANNA)).toMatchObject({ status: 502, body: { code: 'upstream_unreachable' } });
    expect([log.at(-1), reserved]).toEqual(['write people/register', true]);
  });

  it.each<[string, object, string, string]>([
    ['a weak password', { password: 'tiny-secret' }, 'password_weak', 'password'],
    ['a name of two letters', { username: 'an' }, 'request_invalid', 'username'],
    ['a name with a hyphen', { username: 'an-na' }, 'request_invalid', 'username'],
    ['what is no address', { email: 'anna' }, 'request_invalid', 'email'],
  ])('is refused for %s, before anything is reserved', async (_, change, code, path) => {
    const { status, body } = await register({ ...ANNA, ...change });
    expect([status, body]).toMatchObject([422, { code, errors: expect.arrayContaining([expect.objectContaining({ path })]) }]);
    expect(log).toEqual([]);
    expect(JSON.stringify(body)).not.toContain('tiny-secret');
  });

  it('finds nothing where no pack registers persons', async () => {
    hasWrite = false;
    expect(await register(ANNA)).toMatchObject({ status: 404 });
    expect(log).toEqual([]);
  });
});
