import { createHmac, createSecretKey } from 'node:crypto';
import { deriveKey } from './key-derivation.ts';

const KEY_BYTES = 32;

/**
 * The pseudonyms of one tenant: HMAC-SHA-256 of a text under the tenant's key, as 64 lower-case hex characters. Ingest writes
 * them and the query service finds events by them, so both make them here. A tenant's secret must never change.
 */
export function createPseudonymHmac(secret: Uint8Array, tenant: string): (text: string) => string {
  // A key object made once: from bytes Node makes one at each call, which takes six times as long as the HMAC itself.
  const key = createSecretKey(deriveKey(secret, `tidegate/pseudonym/${tenant}`, KEY_BYTES));
  return (text) => createHmac('sha256', key).update(text).digest('hex');
}
