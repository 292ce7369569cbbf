import type { LevelKind } from './bucket.ts';
import type { EffectiveClass, EffectiveLimits, EffectivePolicy } from './limits-tree.ts';
import { POLICY_OF_FAILURES } from './limits-shipped.ts';

/** What is known of who asks. */
export interface LimitSubject {
  /** Address, of IPv6 its /64. */
  readonly address: string;
  /** IPv6 /48; null for IPv4. */
  readonly network: string | null;
  /** Null: nobody was authenticated. */
  readonly tenant: string | null;
  readonly keyId: string | null;
  readonly userId: string | null;
  /** Hash of the account that somebody tries to sign in to. */
  readonly account: string | null;
}

export interface PlannedLevel {
  readonly policy: EffectivePolicy;
  readonly kind: LevelKind;
  /** Whose bucket of the policy it is; unique within the policy and, from `stage` 2 on, within the tenant. */
  readonly subject: string;
  /** 1: before it is known who asks. */
  readonly stage: 1 | 2;
}

export interface LevelsAsk {
  readonly limits: EffectiveLimits;
  readonly limitClass: EffectiveClass;
  /** Method and path template. */
  readonly route: string;
  readonly who: LimitSubject;
  /** The credential was a wrong one. */
  readonly hasFailed: boolean;
}

/** The levels of one request, those before authentication first. */
export function planLevels({ limits, limitClass, route, who, hasFailed }: LevelsAsk): readonly PlannedLevel[] {
  const { before } = limitClass;
  const asksBefore = before === 'always' || (before === 'without_key' && who.keyId === null);
  const failures = hasFailed ? limits.policies.get(POLICY_OF_FAILURES) : undefined;
  const first = [...(asksBefore ? limits.before : []), ...(failures === undefined ? [] : [failures])];
  const own = hasFailed ? [] : limitClass.policies;
  const tenants = before === 'never' || who.tenant === null || hasFailed ? [] : limits.ofTenant;
  return [
    ...[...first, ...own.filter(isBefore)].flatMap((policy) => level(policy, { who, route, stage: 1 })),
    ...[...tenants, ...own.filter((policy) => !isBefore(policy))].flatMap((policy) => level(policy, { who, route, stage: 2 })),
  ];
}

function isBefore({ scope }: EffectivePolicy): boolean {
  return scope === 'ip' || scope === 'network' || scope === 'auth_failure' || scope === 'global';
}

function level(policy: EffectivePolicy, at: { who: LimitSubject; route: string; stage: 1 | 2 }): PlannedLevel[] {
  const subject = subjectOf(policy, at);
  return subject === null ? [] : [{ policy, kind: policy.mode, subject, stage: at.stage }];
}

function subjectOf({ scope }: EffectivePolicy, { who, route }: { who: LimitSubject; route: string }): string | null {
  switch (scope) {
    case 'global':
      return 'all';
    case 'ip':
    case 'auth_failure':
      return who.address;
    case 'network':
      return who.network;
    case 'tenant':
      return who.tenant;
    case 'api_key':
      return who.keyId;
    case 'account':
      return who.account;
    case 'user':
      return userOrAddress(who);
    case 'endpoint': {
      const user = userOrAddress(who);
      return user === null ? null : `${route} ${user}`;
    }
  }
}

/** A key has a class of its own in place of those that count users. */
function userOrAddress({ userId, keyId, address }: LimitSubject): string | null {
  if (userId !== null) return `user ${userId}`;
  return keyId === null ? `address ${address}` : null;
}
