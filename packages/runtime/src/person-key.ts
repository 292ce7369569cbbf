/** Values of one person, sealed field by field (docs/design/sealed-fields.md). */
import type { KeyObject } from 'node:crypto';
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { lengthPrefixed } from './length-prefixed.ts';

export const PERSON_KEY_BYTES = 32;
export const PERSON_KEY_ID_BYTES = 8;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';
/** Begins every sealed value and says its version. */
const PREFIX = 'tgs1.';
/** A value is sealed with spaces behind it up to a multiple of this, so that its length tells little. */
const PADDED_BYTES = 32;
const SPACE = 0x20;

/** What a sealed value belongs to. It opens nowhere else. */
export interface SealedPlace {
  readonly tenant: string;
  /** The pseudonym. */
  readonly subject: string;
  /** Of the event. */
  readonly type: string;
  readonly field: string;
}

export interface PersonKey {
  /** Stands in each value that was sealed with the key. */
  readonly id: Uint8Array;
  readonly secret: KeyObject;
}

/** @throws RangeError unless the id has 8 bytes and the key 32 */
export function personKeyOf(id: Uint8Array, bytes: Uint8Array): PersonKey {
  if (id.length !== PERSON_KEY_ID_BYTES || bytes.length !== PERSON_KEY_BYTES) throw new RangeError('a person’s key has 32 bytes, its id 8');
  return { id, secret: createSecretKey(bytes) };
}

/**
 * AES-256-GCM with a nonce of chance, 2^32 of which are safe under one key (NIST SP 800-38D, 8.3): far more than one person has
 * values. `json` is the value as JSON.
 */
export function sealField(key: PersonKey, place: SealedPlace, json: Uint8Array): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key.secret, nonce);
  cipher.setAAD(contextOf(place));
  const sealed = Buffer.concat([key.id, nonce, cipher.update(padded(json)), cipher.final(), cipher.getAuthTag()]);
  return PREFIX + sealed.toString('base64url');
}

/** Where the id of the person itself is sealed: as if an event without a type had it. */
const idPlace = ({ tenant, subject }: Pick<SealedPlace, 'tenant' | 'subject'>): SealedPlace => ({ tenant, subject, type: '', field: 'id' });

/** The id that a pseudonym was made of, so that who may read it can tell whom the pseudonym means. */
export function sealId(key: PersonKey, holder: Pick<SealedPlace, 'tenant' | 'subject'>, id: string): string {
  return sealField(key, idPlace(holder), Buffer.from(JSON.stringify(id)));
}

/** Null as in `openField`. */
export function openId(key: PersonKey, holder: Pick<SealedPlace, 'tenant' | 'subject'>, sealed: string): string | null {
  const json = openField(key, idPlace(holder), sealed);
  return json === null ? null : String(JSON.parse(Buffer.from(json).toString()));
}

/** The id of the key that opens the value; null where the text is no sealed value. */
export function keyIdOf(value: string): Uint8Array | null {
  return bytesOf(value)?.subarray(0, PERSON_KEY_ID_BYTES) ?? null;
}

/** The JSON that was sealed; null where it was sealed with another key or for another place, or was changed. */
export function openField(key: PersonKey, place: SealedPlace, value: string): Uint8Array | null {
  const bytes = bytesOf(value);
  if (bytes === null || Buffer.compare(bytes.subarray(0, PERSON_KEY_ID_BYTES), key.id) !== 0) return null;
  const cipherAt = PERSON_KEY_ID_BYTES + NONCE_BYTES;
  const decipher = createDecipheriv(CIPHER, key.secret, bytes.subarray(PERSON_KEY_ID_BYTES, cipherAt), { authTagLength: TAG_BYTES });
  decipher.setAAD(contextOf(place));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  try {
    return unpadded(Buffer.concat([decipher.update(bytes.subarray(cipherAt, bytes.length - TAG_BYTES)), decipher.final()]));
  } catch {
    return null;
  }
}

/** Null where the text is not of the form of a sealed value. */
function bytesOf(value: string): Buffer | null {
  if (!value.startsWith(PREFIX)) return null;
  const text = value.slice(PREFIX.length);
  const bytes = Buffer.from(text, 'base64url');
  // What the decoder passes over could be added to a value without changing what it opens to.
  const isExact = bytes.toString('base64url') === text && bytes.length >= PERSON_KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES;
  return isExact ? bytes : null;
}

function contextOf({ tenant, subject, type, field }: SealedPlace): Uint8Array {
  return lengthPrefixed([PREFIX, tenant, subject, type, field]);
}

function padded(json: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(json.length / PADDED_BYTES) * PADDED_BYTES).fill(SPACE, json.length);
  bytes.set(json);
  return bytes;
}

function unpadded(json: Uint8Array): Uint8Array {
  let end = json.length;
  while (end > 0 && json[end - 1] === SPACE) end -= 1;
  return new Uint8Array(json.subarray(0, end));
}
