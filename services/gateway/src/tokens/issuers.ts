import type { TokenIssuerRecord } from '@tidegate/postgres';
import { CONTROL_KEYS } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';
import type { Logger } from '@tidegate/telemetry';
import type { TokenForm } from './token-form.ts';
import type { FetchKeys, KeySet } from './key-set.ts';
import { createKeySet } from './key-set.ts';

/** One issuer as one tenant takes it. */
export interface TrustedIssuer {
  readonly record: TokenIssuerRecord;
  readonly keys: KeySet;
}

/** Whose tokens are taken, of all tenants, in memory. */
export interface IssuerDirectory {
  /** Takes what the control topic says; null: it is taken no longer. */
  put(controlKey: string, record: TokenIssuerRecord | null): void;
  /** Whose the token says it is, unchecked. */
  find(claims: TokenForm['claims']): TrustedIssuer | null;
  /** Whether this very issuer is still taken, unchanged. */
  holds(issuer: TrustedIssuer): boolean;
}

export interface IssuerOptions {
  readonly fetchKeys: FetchKeys;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createIssuerDirectory({ fetchKeys, clock, log }: IssuerOptions): IssuerDirectory {
  const byControlKey = new Map<string, TrustedIssuer>();
  /** By `iss`: a token is looked up by it, whatever the number of tenants. */
  const byName = new Map<string, readonly TrustedIssuer[]>();

  function drop(controlKey: string): TrustedIssuer | undefined {
    const before = byControlKey.get(controlKey);
    if (before === undefined) return undefined;
    byControlKey.delete(controlKey);
    const others = (byName.get(before.record.issuer) ?? []).filter((one) => one !== before);
    if (others.length === 0) byName.delete(before.record.issuer);
    else byName.set(before.record.issuer, others);
    return before;
  }

  return {
    put(controlKey, record) {
      const before = drop(controlKey);
      if (record === null) return;
      const { jwks_uri: uri, issuer, tenant, name } = record;
      // A change of scopes or audiences does not unlearn the keys.
      const keys =
        before?.record.jwks_uri === uri
          ? before.keys
          : createKeySet({
              uri,
              fetchKeys,
              clock,
              onError: (error) => log.warn('issuer_keys_unread', { error, detail: { tenant, name } }),
            });
      const trusted: TrustedIssuer = { record, keys };
      byControlKey.set(controlKey, trusted);
      byName.set(issuer, [...(byName.get(issuer) ?? []), trusted]);
    },
    find(claims) {
      const { iss } = claims;
      if (typeof iss !== 'string') return null;
      return byName.get(iss)?.find((one) => isMeant(one.record, claims)) ?? null;
    },
    holds: (issuer) => byControlKey.get(CONTROL_KEYS.issuer(issuer.record.tenant, issuer.record.name)) === issuer,
  };
}

/** The store takes care that no token is meant for two tenants. */
function isMeant({ audiences, tenant_claim: condition }: TokenIssuerRecord, claims: TokenForm['claims']): boolean {
  if (!audienceOf(claims).some((audience) => audiences.includes(audience))) return false;
  return condition === null || claims[condition.claim] === condition.value;
}

function audienceOf({ aud }: TokenForm['claims']): readonly string[] {
  if (typeof aud === 'string') return [aud];
  return Array.isArray(aud) ? aud.filter((one): one is string => typeof one === 'string') : [];
}
