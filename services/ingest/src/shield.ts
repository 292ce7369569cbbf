import type { FieldAction } from '@tidegate/core';
import { createPseudonymHmac } from '@tidegate/runtime';
import { LRUCache } from 'lru-cache';

/** Replaces what says who somebody is, for one tenant. */
export interface TenantShield {
  /** HMAC-SHA-256 of the subject under the tenant's key, 64 hex characters; "" for no subject. */
  pseudonym(subject: string): string;
  /** The text that stands in place of a field's own, by the field's action. */
  treat(action: FieldAction, field: string, text: string): string;
}

export interface ShieldOptions {
  readonly pseudonymSecret: Uint8Array;
  /** Pseudonyms kept; one costs an HMAC, and people send more than one event. */
  readonly cacheEntries: number;
}

/** Returns the shield of a tenant; made once per tenant, since its key is derived. */
export function createShield({ pseudonymSecret, cacheEntries }: ShieldOptions): (tenant: string) => TenantShield {
  const shields = new Map<string, TenantShield>();
  const cache = new LRUCache<string, string>({ max: cacheEntries });
  return function shieldOf(tenant) {
    const known = shields.get(tenant);
    if (known !== undefined) return known;
    const shield = createTenantShield(tenant, createPseudonymHmac(pseudonymSecret, tenant), cache);
    shields.set(tenant, shield);
    return shield;
  };
}

function createTenantShield(tenant: string, hmac: (text: string) => string, cache: LRUCache<string, string>): TenantShield {
  const pseudonym = (subject: string): string => {
    if (subject === '') return '';
    const cacheKey = `${tenant}/${subject}`;
    const known = cache.get(cacheKey);
    if (known !== undefined) return known;
    const fresh = hmac(subject);
    cache.set(cacheKey, fresh);
    return fresh;
  };
  return {
    pseudonym,
    // The name of the field keeps equal values of different fields apart; pseudonyms are the same as the subject's, to be joined by.
    treat: (action, field, text) => (action === 'pseudonymise' ? pseudonym(text) : hmac(`field/${field}/${text}`)),
  };
}
