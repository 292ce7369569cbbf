import { createCipheriv, createDecipheriv, createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { deriveKey } from './key-derivation.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** Authenticated encryption of small values: receipts, cursors, refused originals. */
export interface Sealer {
  /** AES-256-GCM: `nonce (12) | cipher | tag (16)`. */
  seal(plain: Uint8Array): Uint8Array;
  /** The plain bytes, or null where they were not sealed under this key or were changed on the way. */
  open(sealed: Uint8Array): Uint8Array | null;
}

/**
 * A random 96-bit nonce per call is safe for about 2^32 values under one key (NIST SP 800-38D, 8.3), which is why keys
 * are derived per tenant and use.
 * @throws RangeError unless the key has 32 bytes
 */
export function createSealer(key: Uint8Array): Sealer {
  return sealerWith(key, () => randomBytes(NONCE_BYTES));
}

/**
 * Seals equal values to equal bytes, for what must be the same whenever it says the same. The nonce is a keyed hash of the
 * value (as in RFC 8452), so it repeats under a key only with the value; that two values are equal is all that shows.
 * @throws RangeError unless the key has 32 bytes
 */
export function createRepeatableSealer(key: Uint8Array): Sealer {
  const nonceKey = createSecretKey(deriveKey(key, 'nonce', KEY_BYTES));
  return sealerWith(key, (plain) => createHmac('sha256', nonceKey).update(plain).digest().subarray(0, NONCE_BYTES));
}

function sealerWith(key: Uint8Array, nonceOf: (plain: Uint8Array) => Uint8Array): Sealer {
  if (key.length !== KEY_BYTES) throw new RangeError(`a sealing key has ${KEY_BYTES} bytes`);
  // Made once: from bytes Node makes a key object at each call, which takes five times as long as sealing (36 µs against 6 µs).
  const secret = createSecretKey(key);
  return {
    seal(plain) {
      const nonce = nonceOf(plain);
      const cipher = createCipheriv('aes-256-gcm', secret, nonce);
      return new Uint8Array(Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]));
    },
    open(sealed) {
      if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
      const decipher = createDecipheriv('aes-256-gcm', secret, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
      try {
        const head = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES));
        return new Uint8Array(Buffer.concat([head, decipher.final()]));
      } catch {
        return null;
      }
    },
  };
}

/** Of a tenant's files in the archive, one for each of FIELD_KEYS: a file may be older than the current one, which is the first. */
export function archiveSealers(fieldKeys: readonly Uint8Array[]): (tenant: string) => readonly Sealer[] {
  return (tenant) => fieldKeys.map((key) => createSealer(deriveKey(key, `tidegate/archive/${tenant}`, KEY_BYTES)));
}
