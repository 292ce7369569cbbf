import { createPseudonymHmac } from '@tidegate/runtime';

/** The same pseudonyms that ingest writes; a tenant's key is derived once. */
export function createPseudonyms(secret: Uint8Array): (tenant: string, subject: string) => string {
  const tenants = new Map<string, (subject: string) => string>();
  return function pseudonymOf(tenant, subject) {
    const hmac = tenants.get(tenant) ?? createPseudonymHmac(secret, tenant);
    tenants.set(tenant, hmac);
    return hmac(subject);
  };
}
