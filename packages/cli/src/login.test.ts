import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runProgram } from './program.ts';

const GATEWAY = 'http://gate.example';
let home = '';
let file = '';
/** Refresh tokens of the gateway that were used; using one again ends the session. */
let used: string[] = [];
let made = 0;
let live = new Set<string>();
let lifeS = 1_800;
let asked: string[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tidegate-login-'));
  file = join(home, '.config', 'tidegate', 'session.json');
  [used, made, live, lifeS, asked] = [[], 0, new Set(), 1_800, []];
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function session(): Response {
  made += 1;
  live = new Set([`access-${made}`]);
  return Response.json({ access_token: `access-${made}`, expires_in: lifeS, refresh_token: `refresh-${made}` });
}

const refused = (): Response =>
  Response.json({ title: 'no', status: 401, detail: 'Sign in again.', code: 'session_ended', request_id: 'r' }, { status: 401 });

function refresh(given: string): Response {
  if (given !== `refresh-${made}` || used.includes(given)) return refused();
  used.push(given);
  return session();
}

function ask(pathname: string, token: string): Response {
  if (!live.has(token.replace('Bearer ', ''))) return refused();
  if (pathname !== '/v1/auth/logout') return Response.json({ roles: [] });
  live.clear();
  return new Response(null, { status: 204 });
}

/** A gateway as the contract has it: one user, and refresh tokens that are good once. */
const gateway: typeof fetch = (url, init) => {
  const { origin, pathname } = new URL(url instanceof Request ? url.url : url);
  const token = new Headers(init?.headers).get('authorization') ?? '';
  asked.push(`${origin}${pathname} ${token}`.trim());
  const body = typeof init?.body === 'string' ? (JSON.parse(init.body) as Record<string, string>) : {};
  if (pathname === '/v1/auth/login') return Promise.resolve(body['password'] === 'Right-1' ? session() : refused());
  return Promise.resolve(pathname === '/v1/auth/refresh' ? refresh(body['refresh_token'] ?? '') : ask(pathname, token));
};

async function run(line: string, input = '', env: Record<string, string> = {}): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await runProgram(line.split(' '), {
    env: { HOME: home, TIDEGATE_GATEWAY: GATEWAY, ...env },
    stdin: new PassThrough().end(input),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    fetch: gateway,
  });
  return { code, out, err };
}

it('who signs in needs no key: the token lies in a file of mode 0600, and is of no more use after signing out', async () => {
  expect((await run('login jane --tenant demo', 'Right-1\n')).code).toBe(0);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(join(home, '.config', 'tidegate')).mode & 0o777).toBe(0o700);
  expect(await run('roles')).toMatchObject({ code: 0, err: '' });
  expect(asked.at(-1)).toBe(`${GATEWAY}/v1/admin/roles Bearer access-1`);
  expect(await run('logout')).toMatchObject({ code: 0, err: 'Signed out.\n' });
  expect([live.size, existsSync(file)]).toEqual([0, false]);
  expect(await run('roles')).toMatchObject({ code: 1, err: expect.stringContaining('tidegate login') });
  expect((await run('logout')).code).toBe(1);
});

it('a wrong password, or none, leaves no file and says what the gateway says', async () => {
  expect(await run('login jane@example.org', 'Wrong\n')).toMatchObject({ code: 1, err: 'Sign in again. (session_ended)\n' });
  expect((await run('login jane')).code).toBe(1);
  expect(existsSync(file)).toBe(false);
});

it('a key goes before the session, and no other gateway is shown its tokens', async () => {
  await run('login jane', 'Right-1\n');
  await run('roles', '', { TIDEGATE_API_KEY: 'a-key' });
  expect(asked.at(-1)).toBe(`${GATEWAY}/v1/admin/roles Bearer a-key`);
  const calls = asked.length;
  expect((await run('--gateway http://other.example roles')).code).toBe(1);
  expect(asked).toHaveLength(calls);
});

it('a token that ends soon is exchanged once, however many commands run, and a session that has ended is forgotten', async () => {
  lifeS = 59; // less than a minute is soon
  await run('login jane', 'Right-1\n');
  lifeS = 1_800;
  const codes = await Promise.all(Array.from({ length: 5 }, async () => (await run('roles')).code));
  expect([codes, used]).toEqual([[0, 0, 0, 0, 0], ['refresh-1']]);
  const stored = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  expect(stored['access_token']).toBe('access-2');
  // Somebody else used the refresh token: the gateway ended the session.
  used.push('refresh-2');
  writeFileSync(file, JSON.stringify({ ...stored, access_ends_ms: 0 }));
  expect(await run('roles')).toMatchObject({ code: 1, err: expect.stringContaining('Your session has ended') });
  expect(existsSync(file)).toBe(false);
});

it('a lock whose process died does not hold for ever', async () => {
  lifeS = 0;
  await run('login jane', 'Right-1\n');
  lifeS = 1_800;
  writeFileSync(`${file}.lock`, '');
  utimesSync(`${file}.lock`, 0, 0);
  expect((await run('roles')).code).toBe(0);
  expect(existsSync(`${file}.lock`)).toBe(false);
});

it('a file that others may read, or that is none of ours, is not used', async () => {
  await run('login jane', 'Right-1\n');
  chmodSync(file, 0o640);
  expect(await run('roles')).toMatchObject({ code: 1, err: expect.stringContaining('Others may read') });
  chmodSync(file, 0o600);
  writeFileSync(file, '{}');
  expect(await run('roles')).toMatchObject({ code: 1, err: expect.stringContaining('holds no session') });
});
