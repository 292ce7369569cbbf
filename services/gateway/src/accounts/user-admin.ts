import type { Result } from '@tidegate/core';
import { brokenPasswordRules, failed, ok } from '@tidegate/core';
import type { Caller, Exchange, Handler, ProblemFault, RouteNameOf } from '@tidegate/http';
import {
  invalidRequest,
  ROLES,
  scopesOfRoles,
  sendJson,
  sendProblem,
  USER_CHANGE_SCHEMA,
  USER_REQUEST_SCHEMA,
  USERS_QUERY,
} from '@tidegate/http';
import type { RoleName } from '@tidegate/http';
import type { AccountStore, UserChange, UserInfo } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';
import type { z } from 'zod';
import { scopesBeyond } from '../admin.ts';
import { readAsked } from '../read-asked.ts';
import type { Passwords } from './passwords.ts';
import { tokensEndMs } from './sign-in.ts';

export interface UserAdminDependencies {
  readonly accounts: Pick<AccountStore, 'createUser' | 'listUsers' | 'findUser' | 'changeUser'>;
  readonly passwords: Pick<Passwords, 'hash'>;
  /** Tells the publisher that there is something to publish. */
  readonly wake: () => void;
  readonly clock: Clock;
}

type UserRoute = Extract<RouteNameOf<'gateway'>, 'createUser' | 'listUsers' | 'changeUser' | 'disableUser' | 'listRoles'>;

const NO_STORE = { headers: { 'cache-control': 'no-store' } } as const;

/** Users of the caller's tenant. What is changed here ends older tokens everywhere within a second. */
export function createUserAdmin(dependencies: UserAdminDependencies): Readonly<Record<UserRoute, Handler>> {
  const { accounts, wake, clock } = dependencies;
  return {
    createUser: (exchange) => createUser(exchange, dependencies),
    changeUser: (exchange) => changeUser(exchange, dependencies),
    listUsers: async (exchange) => {
      const { response, context, caller, query } = exchange;
      const asked = USERS_QUERY.safeParse(Object.fromEntries(query));
      if (!asked.success) return sendProblem(response, invalidRequest(asked.error), context);
      const { limit, cursor = null } = asked.data;
      // One more tells whether there is a next page.
      const users = await accounts.listUsers({ tenant: caller.tenant, after: cursor, limit: limit + 1 });
      const page = users.slice(0, limit);
      const next = users.length > limit ? (page.at(-1)?.userId ?? null) : null;
      sendJson(exchange, { users: page.map(toWire), next_cursor: next }, NO_STORE);
    },
    disableUser: async (exchange) => {
      const { params, response, context, caller } = exchange;
      const nowMs = clock.nowMs();
      const change = { tenant: caller.tenant, userId: params['user'] ?? '', state: 'disabled', nowMs } as const;
      const disabled = await accounts.changeUser({ ...change, tokensEndMs: tokensEndMs(nowMs) });
      if (!disabled.ok) return sendProblem(response, { code: disabled.fault }, context);
      wake();
      sendJson(exchange, toWire(disabled.value), NO_STORE);
    },
    listRoles: (exchange) => sendJson(exchange, { roles: LISTED_ROLES }),
  };
}

const LISTED_ROLES = Object.entries(ROLES).map(([name, { title, scopes, needsSubject }]) => ({
  ...{ name, title, scopes },
  needs_subject: needsSubject,
}));

async function createUser(exchange: Exchange, { accounts, passwords, clock }: UserAdminDependencies): Promise<void> {
  const { response, context, caller } = exchange;
  const asked = await readAsked(exchange, USER_REQUEST_SCHEMA);
  if (!asked.ok) return sendProblem(response, asked.fault, context);
  const { username, email, password, roles, subject } = asked.value;
  const refused = scopesBeyond(scopesOfRoles(roles), caller.scopes) ?? unfit(roles, subject);
  if (refused !== null) return sendProblem(response, refused, context);
  const hashed = await hashOf(password, passwords);
  if (!hashed.ok) return sendProblem(response, hashed.fault, context);
  const user = { tenant: caller.tenant, username, email, roles, subject, passwordHash: hashed.value };
  const created = await accounts.createUser({ ...user, nowMs: clock.nowMs() });
  if (!created.ok) return sendProblem(response, { code: created.fault }, context);
  sendJson(exchange, toWire(created.value), { ...NO_STORE, status: 201 });
}

async function changeUser(exchange: Exchange, dependencies: UserAdminDependencies): Promise<void> {
  const { params, response, context, caller } = exchange;
  const asked = await readAsked(exchange, USER_CHANGE_SCHEMA);
  if (!asked.ok) return sendProblem(response, asked.fault, context);
  const user = await dependencies.accounts.findUser(caller.tenant, params['user'] ?? '');
  if (user === null) return sendProblem(response, { code: 'not_found' }, context);
  const change = await toChange(asked.value, { user, caller, dependencies });
  if (!change.ok) return sendProblem(response, change.fault, context);
  const changed = await dependencies.accounts.changeUser(change.value);
  if (!changed.ok) return sendProblem(response, { code: changed.fault }, context);
  dependencies.wake();
  sendJson(exchange, toWire(changed.value), NO_STORE);
}

interface ChangeContext {
  readonly user: UserInfo;
  readonly caller: Caller;
  readonly dependencies: UserAdminDependencies;
}

/** What is to be changed, or why the caller may not. */
async function toChange(
  { roles, password, state }: z.infer<typeof USER_CHANGE_SCHEMA>,
  { user, caller, dependencies: { passwords, clock } }: ChangeContext,
): Promise<Result<UserChange, ProblemFault>> {
  // A new password is the user: who may not give its roles may not have it either.
  const given = scopesOfRoles([...(roles ?? []), ...user.roles]);
  const refused = scopesBeyond(given, caller.scopes) ?? unfit(roles ?? [], user.subject);
  if (refused !== null) return failed(refused);
  const hashed = password === undefined ? ok(null) : await hashOf(password, passwords);
  if (!hashed.ok) return hashed;
  const nowMs = clock.nowMs();
  return ok({
    ...{ tenant: user.tenant, userId: user.userId, nowMs, tokensEndMs: tokensEndMs(nowMs) },
    ...(roles === undefined ? {} : { roles }),
    ...(state === undefined ? {} : { state }),
    ...(hashed.value === null ? {} : { passwordHash: hashed.value }),
  });
}

export async function hashOf(password: string, passwords: UserAdminDependencies['passwords']): Promise<Result<string, ProblemFault>> {
  const broken = brokenPasswordRules(password);
  if (broken.length > 0) return failed({ code: 'password_weak', errors: broken.map((rule) => ({ path: 'password', ...rule })) });
  const hashed = await passwords.hash(password);
  return hashed === null ? failed({ code: 'overloaded' }) : ok(hashed);
}

/** A role of one person's rows would show everybody's to a user who is nobody of the data. */
function unfit(roles: readonly RoleName[], subject: string | null): ProblemFault | null {
  return subject === null && roles.some((role) => ROLES[role].needsSubject) ? { code: 'role_unfit' } : null;
}

function toWire(user: UserInfo): Readonly<Record<string, unknown>> {
  const { userId, tenant, username, email, roles, subject, state, createdAtMs, disabledAtMs } = user;
  return {
    id: userId,
    ...{ tenant, username, email, roles, scopes: scopesOfRoles(roles), subject, state },
    created_at: new Date(createdAtMs).toISOString(),
    disabled_at: disabledAtMs === null ? null : new Date(disabledAtMs).toISOString(),
  };
}
