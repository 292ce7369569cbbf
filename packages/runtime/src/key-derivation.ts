import { hkdfSync } from 'node:crypto';

/**
 * HKDF-SHA-256 (RFC 5869) with an empty salt and `label` as info. One secret serves many uses this way: who learns a
 * derived key learns neither the secret nor the keys of other labels.
 */
export function deriveKey(secret: Uint8Array, label: string, bytes: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), label, bytes));
}
