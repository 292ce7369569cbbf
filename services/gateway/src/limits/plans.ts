import type { EffectiveClass, EffectivePolicy, LimitSubject } from '@tidegate/core';
import { planLevels } from '@tidegate/core';
import type { Caller } from '@tidegate/http';
import { userOf } from '@tidegate/http';
import type { BucketAsk } from '@tidegate/redis';
import { bucketKey } from '@tidegate/redis';
import { LRUCache } from 'lru-cache';
import type { LimitBook } from './book.ts';
import type { ClientAddress } from './client-address.ts';

/** What is to be limited. */
export interface LimitedRequest {
  readonly client: ClientAddress;
  readonly method: string;
  /** Template; `none` where no route was found. */
  readonly path: string;
  /** Null: nobody is authenticated. */
  readonly caller: Pick<Caller, 'tenant' | 'keyId' | 'subject' | 'token'> | null;
  /** The credential was a wrong one. */
  readonly hasFailed?: boolean;
  /** Name of an account that somebody tries to sign in to. */
  readonly account?: string;
  /** Levels of this scope alone: all others were charged for this request before. */
  readonly only?: 'account' | 'auth_failure';
}

export interface PlanLevel {
  readonly policy: EffectivePolicy;
  readonly stage: 1 | 2;
  /** Hash of whose bucket it is: for records, never the name. */
  readonly subject: string;
}

/** Who asks for what, as far as the limits of a tenant tell callers apart. */
export interface PlanCaller {
  readonly tenant: string;
  /** Id of the key; null: a user. */
  readonly key: string | null;
  /** Hash of the signed-in user. */
  readonly user: string | null;
  /** Method and path template. */
  readonly route: string;
}

/** The levels of a request; the same object for every request of the same kind, for as long as no limit changes. */
export interface Plan {
  readonly limitClass: EffectiveClass;
  readonly tenant: string | null;
  /** Path template. */
  readonly path: string;
  readonly levels: readonly PlanLevel[];
  readonly asks: readonly BucketAsk[];
  /** Whether one of them only shows what it would do. */
  readonly hasShadow: boolean;
  /** Null: nobody is authenticated, or the request was charged before. */
  readonly demandOf: PlanCaller | null;
  /** The same as two scripts, where one cannot reach all keys. */
  readonly stages: readonly (readonly BucketAsk[])[];
}

export interface Plans {
  of(request: LimitedRequest): Plan;
}

export interface PlansOptions {
  readonly book: LimitBook;
  /** Begins every key. */
  readonly prefix: string;
  /** Keyed, so that an address cannot be found out by hashing all of them. */
  readonly hash: (text: string) => string;
}

const REMEMBERED_MAX = 50_000;

export function createPlans({ book, prefix, hash }: PlansOptions): Plans {
  const known = new LRUCache<string, Plan>({ max: REMEMBERED_MAX });
  book.onChange(() => known.clear());

  function make(request: LimitedRequest, limitClass: EffectiveClass): Plan {
    const { caller, method, path, hasFailed = false, only } = request;
    const tenant = caller?.tenant ?? null;
    const limits = book.limitsOf(tenant, caller?.keyId ?? null);
    const all = planLevels({ limits, limitClass, route: `${method} ${path}`, who: subjectOf(request), hasFailed });
    const planned = only === undefined ? all : all.filter(({ policy }) => policy.scope === only);
    const levels = planned.map(({ policy, stage, subject }) => ({ policy, stage, subject: hash(`${policy.name} ${subject}`) }));
    const asks = planned.map(({ policy, kind, stage }, at): BucketAsk => {
      const subject = levels[at]?.subject ?? '';
      return {
        key: bucketKey(prefix, { tenant: stage === 1 ? null : tenant, limitClass: policy.name, subject }),
        policy,
        cost: limitClass.cost,
        kind,
      };
    });
    const stages = ([1, 2] as const).map((stage) => asks.filter((_, at) => planned[at]?.stage === stage));
    const hasShadow = levels.some(({ policy }) => policy.mode === 'shadow');
    return { limitClass, tenant, path, levels, hasShadow, asks, stages, demandOf: callerOf(request, hash) };
  }

  return {
    of(request) {
      const { caller, method, path } = request;
      const limitClass = book.limitsOf(caller?.tenant ?? null, caller?.keyId ?? null).classOf(method, path);
      // With a key the address of an event counts for nothing.
      const isByKey = limitClass.before === 'without_key' && caller !== null && userOf(caller) === null;
      const name = isByKey ? `${method} ${path}|${caller.tenant}|${caller.keyId}` : nameOf(request);
      let plan = known.get(name);
      if (plan === undefined) {
        plan = make(request, limitClass);
        known.set(name, plan);
      }
      return plan;
    },
  };
}

function callerOf({ caller, method, path, hasFailed = false, only }: LimitedRequest, hash: PlansOptions['hash']): PlanCaller | null {
  if (caller === null || hasFailed || only !== undefined) return null;
  const user = userOf(caller);
  const { tenant, keyId } = caller;
  return { tenant, key: user === null ? keyId : null, user: user === null ? null : hash(`user ${user}`), route: `${method} ${path}` };
}

function nameOf({ client, method, path, caller, hasFailed, account = '', only }: LimitedRequest): string {
  const who = caller === null ? '' : `${caller.tenant}|${caller.keyId}|${userOf(caller) ?? ''}`;
  return `${method} ${path}|${client.address}|${who}|${hasFailed === true ? '!' : ''}|${only ?? ''}|${account}`;
}

function subjectOf({ client, caller, account }: LimitedRequest): LimitSubject {
  const userId = caller === null ? null : userOf(caller);
  return {
    address: client.address,
    network: client.network,
    tenant: caller?.tenant ?? null,
    keyId: caller === null || userId !== null ? null : caller.keyId,
    userId,
    account: account ?? null,
  };
}
