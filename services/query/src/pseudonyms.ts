import { createHmac } from 'node:crypto';
import { deriveKey } from '@tidegate/runtime';

const KEY_BYTES = 32;

/** The same pseudonym that ingest writes: HMAC-SHA-256 of the subject under the tenant's key, 64 hex characters. */
export function createPseudonyms(secret: Uint8Array): (tenant: string, subject: string) => string {
  const keys = new Map<string, Uint8Array>();
  return function pseudonymOf(tenant, subject) {
    const key = keys.get(tenant) ?? deriveKey(secret, `tidegate/pseudonym/${tenant}`, KEY_BYTES);
    keys.set(tenant, key);
    return createHmac('sha256', key).update(subject).digest('hex');
  };
}
