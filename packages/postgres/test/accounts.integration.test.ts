import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlStore, Session, UserInfo } from '../src/index.ts';
import { createControlStore, parseDenials } from '../src/index.ts';
import type { ScratchDatabase } from './scratch-database.ts';
import { createMigratedDatabase } from './scratch-database.ts';

const HASH = '$2b$12$abcdefghijklmnopqrstuux8vFXrN4f2Dy1/zY0fsjfGWB8wQZ22q';
const NOW_MS = Date.UTC(2026, 10, 29);
const HOUR_MS = 3_600_000;

describe('accounts in Postgres', () => {
  let database: ScratchDatabase;
  let store: ControlStore;
  let names = 0;

  beforeAll(async () => {
    database = await createMigratedDatabase();
    store = createControlStore({ databaseUrl: database.url, role: 'tidegate_gateway' });
    for (const tenant of ['acme', 'other']) await store.createTenant({ tenant, title: tenant });
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  const asked = (username: string) => ({
    ...{ tenant: 'acme', username, email: null, passwordHash: HASH, roles: ['person'], subject: 'jane', nowMs: NOW_MS },
  });
  async function newUser(): Promise<UserInfo> {
    const created = await store.accounts.createUser(asked(`user-${(names += 1)}`));
    if (!created.ok) throw new Error(created.fault);
    return created.value;
  }
  async function open({ username }: UserInfo, lifeMs = HOUR_MS): Promise<Session> {
    const found = await store.accounts.findSignIn('acme', username);
    const session = found === null ? null : await store.accounts.openSession({ user: found.user, nowMs: NOW_MS, lifeMs });
    if (session === null) throw new Error('no session');
    return session;
  }
  const refresh = (refreshToken: string, nowMs = NOW_MS) =>
    store.accounts.refreshSession({ refreshToken, nowMs, tokensEndMs: nowMs + HOUR_MS });

  it('a name and an address are taken once in a tenant, and found in no other', async () => {
    const jane = { ...asked('jane'), email: 'jane@example.org' };
    expect(await store.accounts.createUser(jane)).toMatchObject({ ok: true, value: { state: 'active', disabledAtMs: null } });
    expect(await store.accounts.createUser({ ...asked('jane') })).toEqual({ ok: false, fault: 'user_taken' });
    expect(await store.accounts.createUser({ ...asked('joan'), email: jane.email })).toEqual({ ok: false, fault: 'user_taken' });
    expect(await store.accounts.createUser({ ...asked('jane'), tenant: 'nowhere' })).toEqual({ ok: false, fault: 'not_found' });
    expect(await store.accounts.createUser({ ...jane, tenant: 'other' })).toMatchObject({ ok: true });
    const byName = await store.accounts.findSignIn('acme', 'jane');
    expect(await store.accounts.findSignIn('acme', 'jane@example.org')).toEqual(byName);
    expect((await store.accounts.findSignIn('other', 'jane'))?.user.userId).not.toBe(byName?.user.userId);
    expect(await store.accounts.findSignIn('acme', 'joan')).toBeNull();
  });

  it('users of all tenants are counted, disabled ones too, and a name that is only reserved is not', async () => {
    const before = await store.accounts.countUsers();
    const user = await newUser();
    await store.accounts.changeUser({ tenant: 'acme', userId: user.userId, state: 'disabled', nowMs: NOW_MS, tokensEndMs: NOW_MS });
    expect(await store.accounts.createUser({ ...asked('elsewhere'), tenant: 'other' })).toMatchObject({ ok: true });
    expect(await store.accounts.reserveUser({ ...asked('to-be'), email: 'to-be@example.org' })).toMatchObject({ ok: true });
    expect(await store.accounts.countUsers()).toBe(before + 2);
  });

  it('a refresh token is good once: the second use ends its session, and tells every gateway', async () => {
    const first = await open(await newUser());
    const second = await refresh(first.refreshToken);
    expect(second).toMatchObject({ ok: true, value: { sessionId: first.sessionId, expiresAtMs: first.expiresAtMs } });
    if (!second.ok) return;
    expect(await refresh(first.refreshToken)).toEqual({ ok: false, fault: 'session_ended' });
    expect(await refresh(second.value.refreshToken)).toEqual({ ok: false, fault: 'session_ended' });
    expect(await store.accounts.readDenials()).toContainEqual({ id: first.sessionId, untilMs: NOW_MS + HOUR_MS });
    const stored = await database.query<{ text: string }>("SELECT string_agg(t::text, ' ') AS text FROM refresh_token t");
    expect(stored[0]?.text).not.toContain(first.refreshToken);
  });

  it('of two refreshes at the same moment one is good, and the session ends', async () => {
    const { refreshToken } = await open(await newUser());
    const both = await Promise.all([refresh(refreshToken), refresh(refreshToken)]);
    expect(both.map((one) => (one.ok ? 'ok' : one.fault)).toSorted()).toEqual(['ok', 'session_ended']);
  });

  it.each<[string, (session: Session) => Promise<unknown>, number]>([
    ['a logout', ({ sessionId }) => store.accounts.endSession({ sessionId, nowMs: NOW_MS, tokensEndMs: NOW_MS + HOUR_MS }), NOW_MS],
    ['its end', () => Promise.resolve(), NOW_MS + HOUR_MS],
    [
      'a new password',
      ({ user: { userId } }) =>
        store.accounts.changeUser({ tenant: 'acme', userId, passwordHash: HASH, nowMs: NOW_MS, tokensEndMs: NOW_MS + HOUR_MS }),
      NOW_MS,
    ],
    [
      'disabling',
      ({ user: { userId } }) =>
        store.accounts.changeUser({ tenant: 'acme', userId, state: 'disabled', nowMs: NOW_MS, tokensEndMs: NOW_MS + HOUR_MS }),
      NOW_MS,
    ],
  ])('after %s nothing is refreshed', async (_, end, nowMs) => {
    const session = await open(await newUser());
    await end(session);
    expect(await refresh(session.refreshToken, nowMs)).toEqual({ ok: false, fault: 'credentials_invalid' });
  });

  it('new roles leave the session, and end what was made with the old ones', async () => {
    const session = await open(await newUser());
    const { userId, revision } = session.user;
    const change = { tenant: 'acme', userId, roles: ['analyst'], nowMs: NOW_MS, tokensEndMs: NOW_MS + HOUR_MS };
    expect(await store.accounts.changeUser(change)).toMatchObject({ ok: true, value: { roles: ['analyst'] } });
    expect(await refresh(session.refreshToken)).toMatchObject({
      ok: true,
      value: { user: { roles: ['analyst'], revision: revision + 1 } },
    });
    expect(await store.accounts.readDenials()).toContainEqual({ id: userId, untilMs: NOW_MS + HOUR_MS, below: revision + 1 });
  });

  it('no session is opened for a user who was changed while the password was being checked', async () => {
    const { username, userId } = await newUser();
    const found = await store.accounts.findSignIn('acme', username);
    await store.accounts.changeUser({ tenant: 'acme', userId, passwordHash: HASH, nowMs: NOW_MS, tokensEndMs: NOW_MS });
    if (found === null) throw new Error('no user');
    expect(await store.accounts.openSession({ user: found.user, nowMs: NOW_MS, lifeMs: HOUR_MS })).toBeNull();
  });

  it('denials share a fixed number of records, and what is over leaves them', async () => {
    // Ids whose SHA-256 begins with the same byte share a record.
    const sharing = Array.from({ length: 4_000 }, (_, at) => `ses-${at}`).filter((id) => hash('sha256', id).startsWith('a7'));
    const [one = '', two = '', three = ''] = sharing;
    // Users of the other tests may share it too.
    const own = async () => {
      const [record] = await database.query<{ value: unknown }>("SELECT value FROM control_record WHERE key = 'denied/-/167'");
      return parseDenials(record?.value)?.filter(({ id }) => sharing.includes(id));
    };
    await store.accounts.deny({ id: one, untilMs: 1_000 }, 0);
    await store.accounts.deny({ id: two, untilMs: 3_000 }, 500);
    expect(await own()).toEqual([
      { id: one, untilMs: 1_000 },
      { id: two, untilMs: 3_000 },
    ]);
    await store.accounts.deny({ id: three, untilMs: 2_000 }, 1_500);
    expect((await own())?.map(({ id }) => id)).toEqual([two, three]);
  });

  it('sessions that have run out are gone with the next sign-in', async () => {
    const user = await newUser();
    const first = await open(user, 0);
    await open(user);
    expect(await database.query('SELECT 1 FROM user_session WHERE session_id = $1', [first.sessionId])).toEqual([]);
    expect(await refresh(first.refreshToken)).toEqual({ ok: false, fault: 'credentials_invalid' });
  });

  it('a person who registers has the names for a minute, is nobody until then, and signs in afterwards', async () => {
    const anna = { tenant: 'acme', username: 'anna', email: 'anna@example.org', passwordHash: HASH, roles: ['person'], nowMs: NOW_MS };
    const reserved = await store.accounts.reserveUser(anna);
    if (!reserved.ok) throw new Error(reserved.fault);
    const userId = reserved.value;
    // In use as either, for who registers and for who is made by an administrator.
    const taken = { ok: false, fault: 'user_taken' };
    expect(await store.accounts.reserveUser({ ...anna, email: 'other@example.org' })).toEqual(taken);
    expect(await store.accounts.reserveUser({ ...anna, username: 'other' })).toEqual(taken);
    expect(await store.accounts.createUser(asked('anna'))).toEqual(taken);
    expect(await store.accounts.reserveUser({ ...anna, tenant: 'nowhere' })).toEqual({ ok: false, fault: 'not_found' });
    const listed = await store.accounts.listUsers({ tenant: 'acme', after: null, limit: 500 });
    expect([listed.some((user) => user.userId === userId), await store.accounts.findUser('acme', userId)]).toEqual([false, null]);
    expect((await store.accounts.findSignIn('acme', 'anna'))?.user.state).not.toBe('active');
    expect([await store.accounts.activateUser(userId), await store.accounts.activateUser(userId)]).toEqual([true, false]);
    expect(await store.accounts.findSignIn('acme', 'anna@example.org')).toMatchObject({
      user: { userId, subject: userId, state: 'active' },
    });
    // A user is no reservation: neither released nor run out.
    await store.accounts.releaseUser(userId);
    expect(await store.accounts.reserveUser({ ...anna, nowMs: NOW_MS + 3_600_000 })).toEqual(taken);
  });

  it('a registration that was refused gives the names back at once, and one that broke off after a minute', async () => {
    const otto = { tenant: 'acme', username: 'otto', email: 'otto@example.org', passwordHash: HASH, roles: ['person'], nowMs: NOW_MS };
    const first = await store.accounts.reserveUser(otto);
    if (!first.ok) throw new Error(first.fault);
    await store.accounts.releaseUser(first.value);
    const second = await store.accounts.reserveUser(otto);
    if (!second.ok) throw new Error(second.fault);
    expect(await store.accounts.reserveUser({ ...otto, nowMs: NOW_MS + 60_000 })).toEqual({ ok: false, fault: 'user_taken' });
    const third = await store.accounts.reserveUser({ ...otto, nowMs: NOW_MS + 60_001 });
    expect(third).toMatchObject({ ok: true });
    expect([await store.accounts.activateUser(second.value), third.ok && (await store.accounts.activateUser(third.value))]).toEqual([
      false,
      true,
    ]);
  });
});
