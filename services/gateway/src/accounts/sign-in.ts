import type { Caller, Exchange, Handler, ProblemFault, RouteNameOf } from '@tidegate/http';
import { LOGIN_REQUEST_SCHEMA, REFRESH_REQUEST_SCHEMA, sendJson, sendProblem } from '@tidegate/http';
import type { AccountStore, RevisedUser, Session, SignInRecord } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';
import type { z } from 'zod';
import type { Audit } from '../audit/audit.ts';
import type { GateLimits } from '../limits/gate-limits.ts';
import { readAsked } from '../read-asked.ts';
import type { Denied } from '../tokens/denied.ts';
import type { LocalTokens } from '../tokens/local-tokens.ts';
import { ACCESS_TOKEN_S } from '../tokens/local-tokens.ts';
import type { Passwords } from './passwords.ts';

export interface SignInDependencies {
  readonly accounts: Pick<AccountStore, 'findSignIn' | 'openSession' | 'refreshSession' | 'endSession' | 'deny'>;
  readonly passwords: Pick<Passwords, 'matches'>;
  readonly localTokens: Pick<LocalTokens, 'mintAccess'>;
  readonly denied: Pick<Denied, 'add'>;
  readonly limits: Pick<GateLimits, 'chargeAccount' | 'chargeFailure'>;
  readonly audit: Pick<Audit, 'identify'>;
  /** Whose users sign in where the request names no tenant. */
  readonly loginTenant: string;
  /** Tells the publisher that there is something to publish. */
  readonly wake: () => void;
  readonly clock: Clock;
}

type SignInRoute = Extract<RouteNameOf<'gateway'>, 'login' | 'loginUser' | 'refresh' | 'logout' | 'logoutUser'>;
type LoginRequest = z.infer<typeof LOGIN_REQUEST_SCHEMA>;

const SESSION_MS = 14 * 86_400_000;
const ROUTE = { method: 'POST', path: '/v1/auth/login' } as const;
const NO_STORE = { headers: { 'cache-control': 'no-store' } } as const;
const BAD: ProblemFault = { code: 'credentials_invalid' };

/** When the last access token that is made by now has ended; clocks of two gateways may differ by a minute. */
export function tokensEndMs(nowMs: number): number {
  return nowMs + ACCESS_TOKEN_S * 1_000 + 90_000;
}

/**
 * Signing in, going on, signing out. Unknown users, wrong passwords and disabled users take the same work and get the same
 * answer; what is told of them is told to nobody, and no name is logged.
 */
export function createSignIn(dependencies: SignInDependencies): Readonly<Record<SignInRoute, Handler>> {
  const { accounts, localTokens, audit, clock } = dependencies;
  const verify = createVerify(dependencies);
  const logout = createLogout(dependencies);

  async function login(exchange: Exchange): Promise<void> {
    const { response, context } = exchange;
    const asked = await readAsked(exchange, LOGIN_REQUEST_SCHEMA);
    if (!asked.ok) return sendProblem(response, asked.fault, context);
    const verified = await verify(exchange, asked.value);
    if (!verified.ok) return sendProblem(response, verified.fault, context);
    const session = await accounts.openSession({ user: verified.user, nowMs: clock.nowMs(), lifeMs: SESSION_MS });
    // Disabled, or given another password, while this one was being checked.
    if (session === null) return sendProblem(response, BAD, context);
    await sendSession(exchange, session);
  }

  async function refresh(exchange: Exchange): Promise<void> {
    const { response, context } = exchange;
    const asked = await readAsked(exchange, REFRESH_REQUEST_SCHEMA);
    if (!asked.ok) return sendProblem(response, asked.fault, context);
    const nowMs = clock.nowMs();
    const refreshToken = asked.value.refresh_token;
    const refreshed = await accounts.refreshSession({ refreshToken, nowMs, tokensEndMs: tokensEndMs(nowMs) });
    if (refreshed.ok) return sendSession(exchange, refreshed.value);
    if (refreshed.fault === 'session_ended') dependencies.wake();
    sendProblem(response, { code: refreshed.fault }, context);
  }

  async function sendSession(exchange: Exchange, session: Session): Promise<void> {
    const { user, sessionId, refreshToken, expiresAtMs } = session;
    audit.identify(exchange.response, toCaller(user, sessionId));
    const { tenant, userId, revision, roles, subject } = user;
    const told = {
      access_token: await localTokens.mintAccess({ tenant, userId, revision, roles, subject, sessionId }),
      token_type: 'bearer',
      expires_in: ACCESS_TOKEN_S,
      refresh_token: refreshToken,
      refresh_expires_at: new Date(expiresAtMs).toISOString(),
    };
    sendJson(exchange, told, NO_STORE);
  }

  return { login, loginUser: login, refresh, logout, logoutUser: logout };
}

type Verified = { readonly ok: true; readonly user: RevisedUser } | { readonly ok: false; readonly fault: ProblemFault };

/** Whether the password is the user's. Each try costs the account, each wrong one the address besides. */
function createVerify({ accounts, passwords, limits, audit, loginTenant }: SignInDependencies) {
  return async function verify({ request, response }: Exchange, asked: LoginRequest): Promise<Verified> {
    const { tenant, name, password } = toSignIn(asked, loginTenant);
    // By the name that was given, whether anybody has it or not: refusals tell nothing.
    const charge = await limits.chargeAccount(request, ROUTE, `${tenant}/${name}`);
    if (!charge.ok) return charge;
    const found = await accounts.findSignIn(tenant, name);
    // Whose account it was tried on, in the audit alone.
    identifyTried(audit, response, found);
    const active = found?.user.state === 'active' ? found : null;
    const matches = await passwords.matches(password, active?.passwordHash ?? null);
    if (matches === null) return { ok: false, fault: { code: 'overloaded' } };
    if (matches && active !== null) return { ok: true, user: active.user };
    const penalty = await limits.chargeFailure(request, ROUTE);
    return penalty.ok ? { ok: false, fault: BAD } : penalty;
  };
}

function identifyTried(audit: Pick<Audit, 'identify'>, response: Exchange['response'], found: SignInRecord | null): void {
  if (found !== null) audit.identify(response, toCaller(found.user, ''));
}

/** The user as the audit names whoever acts. */
function toCaller({ tenant, userId, roles }: RevisedUser, sessionId: string): Caller {
  return { tenant, keyId: userId, scopes: [], token: { id: '', endsMs: 0, session: { id: sessionId, roles } } };
}

function toSignIn(
  { username, email, tenant, password }: LoginRequest,
  loginTenant: string,
): Readonly<Record<'tenant' | 'name' | 'password', string>> {
  return { tenant: tenant ?? loginTenant, name: username ?? email ?? '', password };
}

/** Ends the session of a user's token, or a token that was made with a key; gateways are told, this one at once. */
function createLogout({ accounts, denied, wake, clock }: SignInDependencies): Handler {
  return async function logout({ response, context, caller }) {
    const { token } = caller;
    if (token === undefined) return sendProblem(response, NOT_A_SESSION, context);
    const nowMs = clock.nowMs();
    const id = token.session?.id ?? token.id;
    const untilMs = token.session === undefined ? token.endsMs : tokensEndMs(nowMs);
    if (token.session === undefined) await accounts.deny({ id, untilMs }, nowMs);
    else await accounts.endSession({ sessionId: id, nowMs, tokensEndMs: untilMs });
    denied.add([{ id, untilMs }]);
    wake();
    response.writeHead(204, { 'x-request-id': context.requestId, 'cache-control': 'no-store' }).end();
  };
}

const NOT_A_SESSION: ProblemFault = { code: 'scope_missing', detail: 'Sign out with the token of a session; a key is revoked.' };
