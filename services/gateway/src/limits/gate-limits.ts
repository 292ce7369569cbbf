import type { IncomingMessage } from 'node:http';
import type { Caller, ProblemFault } from '@tidegate/http';
import type { Clock, Random } from '@tidegate/runtime';
import { limitHeaders, quotaProblem } from './answer.ts';
import type { ClientAddress } from './client-address.ts';
import type { LimitDecision } from './decision.ts';
import type { Limit } from './limit.ts';
import type { LimitedRequest } from './plans.ts';

type Headers = Readonly<Record<string, string>>;

/** What became of a request at its limits. */
export type Charge = { readonly ok: true; readonly headers: Headers } | { readonly ok: false; readonly fault: ProblemFault };

export interface GateLimits {
  /** Charges a request whose caller is known. */
  charge(request: IncomingMessage, route: RouteName, caller: Caller): Promise<Charge>;
  /** Charges a request of nobody; `hasFailed`: it brought a wrong credential. */
  chargeNobody(request: IncomingMessage, route: RouteName, hasFailed: boolean): Promise<Charge>;
  /** Charges the account that somebody tries to sign in to, beyond what the request has cost already. */
  chargeAccount(request: IncomingMessage, route: RouteName, account: string): Promise<Charge>;
  /** Charges a wrong password to the address, beyond what the request has cost already. */
  chargeFailure(request: IncomingMessage, route: RouteName): Promise<Charge>;
}

export interface RouteName {
  readonly method: string;
  /** Template. */
  readonly path: string;
}

/** What no route is found for. */
export const NO_ROUTE: RouteName = { method: 'GET', path: 'none' };

export interface GateLimitsOptions {
  readonly limit: Limit;
  readonly addressOf: (request: IncomingMessage) => ClientAddress;
  /** False: nothing is limited (`RATE_LIMIT_ENABLED`). */
  readonly isEnabled: boolean;
  readonly clock: Clock;
  readonly random: Random;
}

const FREE: Charge = { ok: true, headers: {} };

/** The limiter as the gate uses it: a request in, headers or a problem out. */
export function createGateLimits({ limit, addressOf, isEnabled, clock, random }: GateLimitsOptions): GateLimits {
  async function charge(limited: LimitedRequest): Promise<Charge> {
    return toCharge(await limit(limited), { nowMs: clock.nowMs(), random });
  }
  if (!isEnabled) {
    const free = (): Promise<Charge> => Promise.resolve(FREE);
    return { charge: free, chargeNobody: free, chargeAccount: free, chargeFailure: free };
  }
  return {
    charge: (request, { method, path }, caller) => charge({ client: addressOf(request), method, path, caller }),
    chargeNobody: (request, { method, path }, hasFailed) => charge({ client: addressOf(request), method, path, caller: null, hasFailed }),
    chargeAccount: (request, { method, path }, account) =>
      charge({ client: addressOf(request), method, path, caller: null, account, only: 'account' }),
    chargeFailure: (request, { method, path }) =>
      charge({ client: addressOf(request), method, path, caller: null, hasFailed: true, only: 'auth_failure' }),
  };
}

function toCharge(decision: LimitDecision, at: { readonly nowMs: number; readonly random: Random }): Charge {
  if (decision.kind === 'exempt') return FREE;
  if (decision.kind === 'denied') return { ok: false, fault: quotaProblem(decision, at) };
  const headers = limitHeaders(decision, at.nowMs);
  return decision.kind === 'unavailable' ? { ok: false, fault: { code: 'limits_unavailable', headers } } : { ok: true, headers };
}
