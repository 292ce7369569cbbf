import { JSON_BODY } from '../route-faults.ts';
import * as users from '../user-schemas.ts';
import { JSON_ONLY } from './route-declaration.ts';
import type { RouteDeclaration } from './route-declaration.ts';

/** A route by which somebody signs in; the path is what differs. */
function loginRoute(path: string, summary: string) {
  return {
    method: 'POST',
    path,
    summary,
    answers: 'gateway',
    scope: null,
    limitClass: 'login',
    body: { contentTypes: JSON_ONLY, schema: users.LOGIN_REQUEST_SCHEMA },
    accesses: { resource: 'sessions', action: 'create' },
    responses: { 200: { description: 'Tokens of a new session.', schema: users.SESSION_SCHEMA } },
    faults: [...JSON_BODY, 'credentials_invalid', 'overloaded', 'request_invalid', 'unavailable'],
  } as const;
}

function logoutRoute(path: string, summary: string) {
  return {
    method: 'POST',
    path,
    summary,
    answers: 'gateway',
    scope: 'query:read',
    limitClass: 'api_key',
    rows: 'none',
    body: { contentTypes: JSON_ONLY, schema: users.LOGOUT_REQUEST_SCHEMA, isOptional: true },
    accesses: { resource: 'sessions', action: 'delete' },
    responses: { 204: { description: 'Every token of the session is refused everywhere within a second.', schema: null } },
    faults: ['unavailable'],
  } as const;
}

/** People: how they sign in, and who they are. */
export const ACCOUNT_ROUTES = {
  login: loginRoute('/v1/auth/login', 'Sign in with a user name or an e-mail address, and a password'),
  loginUser: loginRoute('/v1/users/login', 'The same as `/v1/auth/login`'),
  registerUser: {
    method: 'POST',
    path: '/v1/users/register',
    summary: 'Register a person of `LOGIN_TENANT`, by the pack that says how',
    answers: 'gateway',
    scope: null,
    limitClass: 'login',
    body: { contentTypes: JSON_ONLY, schema: users.REGISTER_REQUEST_SCHEMA },
    accesses: { resource: 'users', action: 'create' },
    responses: {
      201: { description: 'The profile as it is committed; the person can sign in.', schema: users.REGISTERED_SCHEMA },
      202: { description: 'The person can sign in; the profile is accepted and not counted in time.', schema: users.REGISTERED_SCHEMA },
    },
    faults: [
      ...JSON_BODY,
      'not_found',
      'overloaded',
      'password_weak',
      'request_invalid',
      'unavailable',
      'upstream_unreachable',
      'user_taken',
    ],
  },
  refresh: {
    method: 'POST',
    path: '/v1/auth/refresh',
    summary: 'Give a refresh token for new tokens',
    answers: 'gateway',
    scope: null,
    limitClass: 'api_key',
    body: { contentTypes: JSON_ONLY, schema: users.REFRESH_REQUEST_SCHEMA },
    accesses: { resource: 'sessions', action: 'update' },
    responses: { 200: { description: 'New tokens of the session; the one that was given is used up.', schema: users.SESSION_SCHEMA } },
    faults: [...JSON_BODY, 'credentials_invalid', 'request_invalid', 'session_ended', 'unavailable'],
  },
  logout: logoutRoute('/v1/auth/logout', 'Sign out: end the session of the token'),
  logoutUser: logoutRoute('/v1/users/logout', 'The same as `/v1/auth/logout`'),
  createUser: {
    method: 'POST',
    path: '/v1/admin/users',
    summary: 'Make a user',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    body: { contentTypes: JSON_ONLY, schema: users.USER_REQUEST_SCHEMA },
    accesses: { person: 'always' },
    responses: { 201: { description: 'The user.', schema: users.USER_SCHEMA } },
    faults: [...JSON_BODY, 'not_found', 'overloaded', 'password_weak', 'request_invalid', 'role_unfit', 'unavailable', 'user_taken'],
  },
  listUsers: {
    method: 'GET',
    path: '/v1/admin/users',
    summary: 'Users of the tenant',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    query: users.USERS_QUERY,
    accesses: { person: 'always' },
    responses: { 200: { description: 'A page of them, by id.', schema: users.USERS_SCHEMA } },
    faults: ['request_invalid', 'unavailable'],
  },
  changeUser: {
    method: 'POST',
    path: '/v1/admin/users/{user}',
    summary: 'Change roles, password or state of a user',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    params: users.USER_PARAMS,
    body: { contentTypes: JSON_ONLY, schema: users.USER_CHANGE_SCHEMA },
    accesses: { action: 'update', id: 'user', person: 'always' },
    responses: { 200: { description: 'The user; older tokens are refused everywhere within a second.', schema: users.USER_SCHEMA } },
    faults: [...JSON_BODY, 'not_found', 'overloaded', 'password_weak', 'request_invalid', 'role_unfit', 'unavailable'],
  },
  disableUser: {
    method: 'DELETE',
    path: '/v1/admin/users/{user}',
    summary: 'Disable a user; all sessions end',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    params: users.USER_PARAMS,
    accesses: { id: 'user', person: 'always' },
    responses: { 200: { description: 'Disabled; every token is refused everywhere within a second.', schema: users.USER_SCHEMA } },
    faults: ['not_found', 'unavailable'],
  },
  listRoles: {
    method: 'GET',
    path: '/v1/admin/roles',
    summary: 'Roles that users can have, with their scopes',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    responses: { 200: { description: 'All roles.', schema: users.ROLES_SCHEMA } },
    faults: [],
  },
} as const satisfies Readonly<Record<string, RouteDeclaration>>;
