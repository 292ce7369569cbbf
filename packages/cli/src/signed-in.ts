/** Signing in on the command line, going on, signing out. */
import { z } from 'zod';
import type { StoredSession } from './session-file.ts';
import { readSession, removeSession, sessionPath, withSessionLock, writeSession } from './session-file.ts';
import type { Connection, Terminal } from './terminal.ts';
import { CommandFailure, gatewayOf, setting } from './terminal.ts';

/** A token that ends so soon is exchanged before it is used. */
const SOON_MS = 60_000;

const SESSION = z.object({ access_token: z.string(), expires_in: z.number(), refresh_token: z.string() });
const PROBLEM = z.object({ detail: z.string(), code: z.string() });

type Answer = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly status: number; readonly told: string };

/** Signs in and keeps the session. */
export async function signIn(terminal: Terminal, connection: Connection, credentials: object): Promise<string> {
  const path = sessionPath(terminal.env);
  if (path === null) throw new CommandFailure('There is no place for the session: set HOME or TIDEGATE_SESSION_FILE.');
  const gateway = gatewayOf(terminal, connection);
  const answer = await post(terminal, `${gateway}/v1/auth/login`, { body: credentials });
  if (!answer.ok) throw new CommandFailure(answer.told);
  writeSession(path, toStored(gateway, answer.value));
  return path;
}

/** Ends the session at the gateway, then forgets it; one that cannot be ended now is kept, so that it can be tried again. */
export async function signOut(terminal: Terminal, connection: Connection): Promise<void> {
  const found = find(terminal, connection);
  if (found === null) throw new CommandFailure('Nobody is signed in to this gateway.');
  const session = await refreshIfDue(terminal, found);
  if (session === null) return;
  const answer = await post(terminal, `${session.gateway}/v1/auth/logout`, { token: session.access_token });
  // 401: it has ended already.
  if (!answer.ok && answer.status !== 401) throw new CommandFailure(answer.told);
  removeSession(found.path);
}

/** The access token of the session with the gateway that is meant; null: nobody is signed in, or a key is used. */
export async function currentToken(terminal: Terminal, connection: Connection): Promise<string | null> {
  if ((connection.key ?? setting(terminal, 'TIDEGATE_API_KEY')) !== undefined) return null;
  const found = find(terminal, connection);
  return found === null ? null : ((await refreshIfDue(terminal, found))?.access_token ?? null);
}

interface Found {
  readonly path: string;
  readonly session: StoredSession;
}

/** A session is with one gateway, and no other is shown its tokens. */
function find(terminal: Terminal, connection: Connection): Found | null {
  const path = sessionPath(terminal.env);
  const session = path === null ? null : readSession(path);
  return path === null || session === null || session.gateway !== gatewayOf(terminal, connection) ? null : { path, session };
}

/** Null: the gateway says that the session has ended; it is forgotten. */
async function refreshIfDue(terminal: Terminal, { path, session }: Found): Promise<StoredSession | null> {
  if (!isDue(session)) return session;
  return withSessionLock(path, async () => {
    // Another command may have done it while this one waited.
    const standing = readSession(path);
    if (standing === null || !isDue(standing)) return standing;
    const answer = await post(terminal, `${standing.gateway}/v1/auth/refresh`, { body: { refresh_token: standing.refresh_token } });
    if (answer.ok) {
      const next = toStored(standing.gateway, answer.value);
      writeSession(path, next);
      return next;
    }
    // A gateway that is away is told of by whatever is asked of it next, if anything is.
    if (answer.status !== 401) return standing;
    removeSession(path);
    terminal.stderr.write('Your session has ended: sign in again with `tidegate login`.\n');
    return null;
  });
}

function isDue({ access_ends_ms: endsMs }: StoredSession): boolean {
  return endsMs - Date.now() < SOON_MS;
}

function toStored(gateway: string, value: unknown): StoredSession {
  const read = SESSION.safeParse(value);
  if (!read.success) throw new CommandFailure('The gateway answered with something that is no session.');
  const { access_token, expires_in: lifeS, refresh_token } = read.data;
  return { gateway, access_token, access_ends_ms: Date.now() + lifeS * 1_000, refresh_token };
}

async function post(terminal: Terminal, url: string, { body, token }: { body?: object; token?: string }): Promise<Answer> {
  const response = await (terminal.fetch ?? fetch)(url, {
    method: 'POST',
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch(() => null);
  if (response === null) return { ok: false, status: 0, told: `${new URL(url).origin} does not answer.` };
  const value: unknown = await response.json().catch(() => null);
  if (response.ok) return { ok: true, value };
  const problem = PROBLEM.safeParse(value);
  return {
    ok: false,
    status: response.status,
    told: problem.success ? `${problem.data.detail} (${problem.data.code})` : `Answered ${response.status}.`,
  };
}
