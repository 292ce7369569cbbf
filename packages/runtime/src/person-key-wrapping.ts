/** Keys of persons as they are stored: wrapped by a key of their tenant, which is derived from FIELD_KEYS. */
import type { KeyObject } from 'node:crypto';
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { deriveKey } from './key-derivation.ts';
import { lengthPrefixed } from './length-prefixed.ts';
import type { PersonKey } from './person-key.ts';
import { PERSON_KEY_BYTES, PERSON_KEY_ID_BYTES, personKeyOf } from './person-key.ts';

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FIELD_KEY_ID_BYTES = 8;
const CIPHER = 'aes-256-gcm';

/** Whose key it is. */
export interface KeyHolder {
  readonly tenant: string;
  /** The pseudonym. */
  readonly subject: string;
}

export interface WrappedPersonKey extends KeyHolder {
  readonly keyId: Uint8Array;
  /** Names the one of FIELD_KEYS that wraps it; tells nothing of that key. */
  readonly fieldKeyId: Uint8Array;
  /** `1 | nonce (12) | cipher (32) | tag (16)`, bound to holder and key id. */
  readonly wrapped: Uint8Array;
}

export interface KeyWrapper {
  /** Of the first of FIELD_KEYS, which wraps what is made from now on. */
  readonly currentFieldKeyId: Uint8Array;
  /** A key of chance, wrapped by the current field key. */
  make(holder: KeyHolder): WrappedPersonKey;
  /** Null where the field key is not listed any more, or the row is another person's or was changed. */
  unwrap(row: WrappedPersonKey): PersonKey | null;
  /** The same key, wrapped by the current field key; null as in `unwrap`. */
  rewrap(row: WrappedPersonKey): WrappedPersonKey | null;
}

/** `fieldKeys`: FIELD_KEYS, the current one first. */
export function createKeyWrapper(fieldKeys: readonly Uint8Array[]): KeyWrapper {
  const known = fieldKeys.map((key) => ({
    wrappingKey: createWrappingKeys(key),
    id: deriveKey(key, 'tidegate/field-key-id', FIELD_KEY_ID_BYTES),
  }));
  const [current] = known;
  if (current === undefined) throw new RangeError('there is no field key');

  const wrap = (holder: KeyHolder, keyId: Uint8Array, key: Uint8Array): WrappedPersonKey => ({
    ...holder,
    keyId,
    fieldKeyId: current.id,
    wrapped: wrapWith(current.wrappingKey(holder.tenant), contextOf(holder, keyId), key),
  });
  const open = (row: WrappedPersonKey): Uint8Array | null => {
    const by = known.find(({ id }) => Buffer.compare(id, row.fieldKeyId) === 0);
    return by === undefined ? null : unwrapWith(by.wrappingKey(row.tenant), row);
  };
  return {
    currentFieldKeyId: current.id,
    make: (holder) => wrap(holder, randomBytes(PERSON_KEY_ID_BYTES), randomBytes(PERSON_KEY_BYTES)),
    unwrap(row) {
      const key = open(row);
      return key === null ? null : personKeyOf(row.keyId, key);
    },
    rewrap(row) {
      const key = open(row);
      return key === null ? null : wrap({ tenant: row.tenant, subject: row.subject }, row.keyId, key);
    },
  };
}

function wrapWith(wrapping: KeyObject, context: Uint8Array, key: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, wrapping, nonce);
  cipher.setAAD(context);
  return Buffer.concat([Uint8Array.of(VERSION), nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
}

function unwrapWith(key: KeyObject, { wrapped, keyId, ...holder }: WrappedPersonKey): Uint8Array | null {
  if (wrapped[0] !== VERSION || wrapped.length !== 1 + NONCE_BYTES + PERSON_KEY_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv(CIPHER, key, wrapped.subarray(1, 1 + NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(contextOf(holder, keyId));
  decipher.setAuthTag(wrapped.subarray(wrapped.length - TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(wrapped.subarray(1 + NONCE_BYTES, wrapped.length - TAG_BYTES)), decipher.final()]);
  } catch {
    return null;
  }
}

/** The keys of tenants: who learns one opens the keys of that tenant's persons alone. Each is derived once. */
function createWrappingKeys(fieldKey: Uint8Array): (tenant: string) => KeyObject {
  const keys = new Map<string, KeyObject>();
  return function wrappingKey(tenant) {
    const key = keys.get(tenant) ?? createSecretKey(deriveKey(fieldKey, `tidegate/person-keys/${tenant}`, PERSON_KEY_BYTES));
    keys.set(tenant, key);
    return key;
  };
}

function contextOf({ tenant, subject }: KeyHolder, keyId: Uint8Array): Uint8Array {
  return lengthPrefixed(['person-key', tenant, subject, Buffer.from(keyId).toString('hex')]);
}
