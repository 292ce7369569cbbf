import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * `tg_<live|pub>_<27 random base62 characters><6 characters of checksum>`: the prefix tells people and scanners what was
 * found, the checksum lets a gateway refuse a typo or garbage without looking anything up. 27 × log2(62) = 160.8 bits.
 */
export type ApiKeyKind = 'live' | 'pub';

/** A key as it is given out, once, and what is kept of it. */
export interface MintedApiKey {
  readonly secret: string;
  readonly sha256: Uint8Array;
  readonly last4: string;
}

export type ApiKeyReading = { readonly ok: true; readonly kind: ApiKeyKind; readonly sha256Hex: string } | { readonly ok: false };

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_CHARS = 27;
const CHECKSUM_CHARS = 6;
const FORM = /^tg_(live|pub)_[0-9A-Za-z]{33}$/;
/** The largest multiple of 62 below 256: bytes from there on would favour the first characters. */
const UNBIASED_BYTES = 248;

export function mintApiKey(kind: ApiKeyKind): MintedApiKey {
  const body = `tg_${kind}_${randomBase62(RANDOM_CHARS)}`;
  return describeApiKey(body + checksum(body));
}

/** What is kept of a secret that exists already. */
export function describeApiKey(secret: string): MintedApiKey {
  return { secret, sha256: new Uint8Array(sha256(secret)), last4: secret.slice(-4) };
}

/** Whether a text can be a key at all, and by which hash it is known. Looks nothing up. */
export function readApiKey(text: string): ApiKeyReading {
  const kind = FORM.exec(text)?.[1];
  if (kind !== 'live' && kind !== 'pub') return { ok: false };
  const body = text.slice(0, -CHECKSUM_CHARS);
  if (!text.endsWith(checksum(body))) return { ok: false };
  return { ok: true, kind, sha256Hex: sha256(text).toString('hex') };
}

/** An id that is not part of the secret, so that logs and lists never hold a piece of it. */
export function newKeyId(): string {
  return newId('key');
}

/** An id by chance that says of what it is. */
export function newId(kind: 'key' | 'usr' | 'ses'): string {
  return `${kind}_${randomBase62(16)}`;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** CRC-32 in base62; 62^6 exceeds 2^32, so six characters always hold it. */
function checksum(body: string): string {
  let rest = crc32(body);
  let digits = '';
  for (let i = 0; i < CHECKSUM_CHARS; i++) {
    digits = (ALPHABET[rest % 62] ?? '') + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) if (byte < UNBIASED_BYTES && text.length < length) text += ALPHABET[byte % 62];
  }
  return text;
}
