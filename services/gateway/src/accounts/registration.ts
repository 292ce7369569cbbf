/**
 * A person without a credential registers: an account here, a profile by the write of a pack that registers persons.
 *
 * | step       | what it does                                             | what is left if it breaks off here                         |
 * |------------|----------------------------------------------------------|------------------------------------------------------------|
 * | 1 reserve  | user name and address, each once in the tenant           | a reservation, dropped after a minute                      |
 * | 2 tell     | the pack's write, as the person to be; it waits for the  | the same, and maybe a profile of somebody who has no       |
 * |            | commit, so the next reader sees it                       | account: nobody can name or sign in as them                |
 * | 3 activate | the person can sign in                                   | a user whose answer was lost, who signs in                 |
 */
import { FAULTS } from '@tidegate/core';
import type { FaultCode } from '@tidegate/core';
import type { Caller, Exchange, Handler, ProblemFault, RequestContext, RouteNameOf } from '@tidegate/http';
import { REGISTER_REQUEST_SCHEMA, scopesOfRoles, sendJson, sendProblem } from '@tidegate/http';
import type { RoleName } from '@tidegate/http';
import type { AccountStore } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';
import { z } from 'zod';
import type { Audit } from '../audit/audit.ts';
import type { PackRoute, PackRoutes } from '../pack-routes.ts';
import { readAsked } from '../read-asked.ts';
import type { Passwords } from './passwords.ts';
import { hashOf } from './user-admin.ts';

export interface Written {
  readonly status: number;
  readonly body: unknown;
}

/** Null: the service was not reached, or broke off. */
export type SendWrite = (
  write: Pick<PackRoute, 'pack' | 'name'>,
  asked: { readonly caller: Caller; readonly context: RequestContext; readonly body: object },
) => Promise<Written | null>;

export interface RegistrationDependencies {
  readonly accounts: Pick<AccountStore, 'reserveUser' | 'activateUser' | 'releaseUser'>;
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly packRoutes: Pick<PackRoutes, 'registration'>;
  readonly sendWrite: SendWrite;
  readonly audit: Pick<Audit, 'identify'>;
  /** Whose people register. */
  readonly loginTenant: string;
  readonly clock: Clock;
}

const ROLES: readonly RoleName[] = ['person'];
const NO_STORE = { headers: { 'cache-control': 'no-store' } } as const;
const PROBLEM = z.looseObject({
  code: z.string().refine((code) => Object.hasOwn(FAULTS, code)),
  errors: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })).optional(),
});

export function createRegistration(dependencies: RegistrationDependencies): Readonly<Record<RegistrationRoute, Handler>> {
  const { packRoutes, loginTenant } = dependencies;
  return {
    async registerUser(exchange) {
      const { response, context } = exchange;
      const asked = await readAsked(exchange, REGISTER_REQUEST_SCHEMA);
      if (!asked.ok) return sendProblem(response, asked.fault, context);
      const write = packRoutes.registration(loginTenant);
      if (write === null) return sendProblem(response, { code: 'not_found' }, context);
      const reserved = await reserve(dependencies, asked.value);
      if (!reserved.ok) return sendProblem(response, reserved.fault, context);
      await tell(dependencies, exchange, { write, userId: reserved.userId, asked: asked.value });
    },
  };
}

type RegistrationRoute = Extract<RouteNameOf<'gateway'>, 'registerUser'>;
type Asked = z.infer<typeof REGISTER_REQUEST_SCHEMA>;
type Reserved = { readonly ok: true; readonly userId: string } | { readonly ok: false; readonly fault: ProblemFault };

async function reserve({ accounts, passwords, loginTenant, clock }: RegistrationDependencies, asked: Asked): Promise<Reserved> {
  const { username, email, password } = asked;
  const hashed = await hashOf(password, passwords);
  if (!hashed.ok) return hashed;
  const names = { tenant: loginTenant, username, email, roles: ROLES, passwordHash: hashed.value };
  const reserved = await accounts.reserveUser({ ...names, nowMs: clock.nowMs() });
  return reserved.ok ? { ok: true, userId: reserved.value } : { ok: false, fault: { code: reserved.fault } };
}

interface ToTell {
  readonly write: PackRoute;
  readonly userId: string;
  readonly asked: Asked;
}

async function tell(dependencies: RegistrationDependencies, exchange: Exchange, { write, userId, asked }: ToTell): Promise<void> {
  const { accounts, sendWrite, audit, loginTenant } = dependencies;
  const { response, context } = exchange;
  const { password: _password, ...body } = asked;
  const caller: Caller = { tenant: loginTenant, keyId: userId, scopes: scopesOfRoles(ROLES), subject: userId };
  audit.identify(response, caller);
  const written = await sendWrite(write, { caller, context, body });
  // Whether the profile is in the log is not known: the reservation runs out by itself.
  if (written === null) return sendProblem(response, { code: 'upstream_unreachable' }, context);
  if (written.status >= 300) {
    await accounts.releaseUser(userId);
    return sendProblem(response, refusalOf(written.body), context);
  }
  if (!(await accounts.activateUser(userId))) return sendProblem(response, { code: 'user_taken' }, context);
  sendJson(exchange, { ...toObject(written.body), id: userId }, { ...NO_STORE, status: written.status });
}

/** What the write says of the members of the profile, which are those of the request. */
function refusalOf(body: unknown): ProblemFault {
  const told = PROBLEM.safeParse(body);
  if (!told.success) return { code: 'upstream_unreachable' };
  const { code, errors } = told.data;
  return { code: code as FaultCode, ...(errors === undefined ? {} : { errors }) };
}

function toObject(body: unknown): object {
  return typeof body === 'object' && body !== null ? body : {};
}
