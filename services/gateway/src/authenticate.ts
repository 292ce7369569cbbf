import type { IncomingHttpHeaders } from 'node:http';
import type { FaultCode } from '@tidegate/core';
import type { Caller } from '@tidegate/http';
import type { ApiKeyRecord } from '@tidegate/postgres';
import { readApiKey } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';
import { LRUCache } from 'lru-cache';
import type { KeyDirectory } from './keys.ts';
import { socketCredential } from './socket-protocols.ts';
import { looksLikeToken } from './tokens/token-form.ts';
import type { ReadToken } from './tokens/tokens.ts';

export type Authentication =
  | { readonly ok: true; readonly caller: Caller }
  | {
      readonly ok: false;
      readonly code: Extract<FaultCode, 'credentials_missing' | 'credentials_invalid' | 'issuer_unreachable' | 'not_ready'>;
    };

export interface AuthenticateDependencies {
  readonly keys: Pick<KeyDirectory, 'find'>;
  readonly readToken: ReadToken;
  readonly isLoaded: () => boolean;
  readonly clock: Clock;
}

export type Authenticate = (headers: IncomingHttpHeaders) => Authentication | Promise<Authentication>;

/** A key that was taken before: its hash, and who it was by which record. */
interface TakenKey {
  readonly sha256Hex: string;
  readonly record: ApiKeyRecord;
  readonly authentication: Extract<Authentication, { ok: true }>;
}

const TAKEN_MAX = 10_000;

/**
 * Who calls, by what the headers hold: an API key or a token. A typo of a key is refused by its checksum, before any look-up;
 * unknown, expired and revoked keys are told apart by nobody. Before all keys and issuers are known the answer is 503: a good
 * one must never be called bad. Of keys, and of tokens that were checked before, it is known at once; no promise is made.
 */
export function createAuthenticate({ keys, readToken, isLoaded, clock }: AuthenticateDependencies): Authenticate {
  // Only of keys that are good is the hash remembered, and what the directory says of it is asked each time. The caller is the same
  // object for as long as the record is, so what is worked out of it (signature, limits) is found again.
  const taken = new LRUCache<string, TakenKey>({ max: TAKEN_MAX });

  function authenticateKey(credential: string): Authentication {
    const known = taken.get(credential);
    const sha256Hex = known?.sha256Hex ?? hashOf(credential);
    if (sha256Hex === null) return INVALID;
    if (!isLoaded()) return { ok: false, code: 'not_ready' };
    const record = keys.find(sha256Hex);
    if (record === null || !isGood(record, clock.nowMs())) {
      taken.delete(credential);
      return INVALID;
    }
    if (known?.record === record) return known.authentication;
    const authentication = { ok: true, caller: callerOf(record) } as const;
    taken.set(credential, { sha256Hex, record, authentication });
    return authentication;
  }

  return function authenticate(headers) {
    const credential = credentialOf(headers);
    if (credential === null) return { ok: false, code: 'credentials_missing' };
    if (!looksLikeToken(credential)) return authenticateKey(credential);
    return isLoaded() ? readToken(credential) : { ok: false, code: 'not_ready' };
  };
}

const INVALID = { ok: false, code: 'credentials_invalid' } as const satisfies Authentication;

function callerOf({ tenant, key_id: keyId, scopes, routes, k }: ApiKeyRecord): Caller {
  const rows = k === undefined ? {} : { rows: { metrics: null, where: {}, subject: null, k } };
  return { tenant, keyId, scopes, ...rows, ...(routes === undefined ? {} : { routes }) };
}

function hashOf(credential: string): string | null {
  const key = readApiKey(credential);
  return key.ok ? key.sha256Hex : null;
}

function isGood({ state, expires_at_ms: expiresMs }: ApiKeyRecord, nowMs: number): boolean {
  return state === 'active' && (expiresMs === null || expiresMs > nowMs);
}

/** `Authorization: Bearer`, `X-API-Key`, `Authorization: Basic` with the key as user name, or a subprotocol of a WebSocket. */
function credentialOf(headers: IncomingHttpHeaders): string | null {
  const authorization = headers.authorization;
  if (authorization === undefined) {
    const header = headers['x-api-key'];
    return typeof header === 'string' && header !== '' ? header.trim() : socketCredential(headers);
  }
  const [scheme = '', value = ''] = authorization.trim().split(/ +/, 2);
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return value;
    case 'basic':
      return Buffer.from(value, 'base64').toString('utf8').split(':', 1)[0] ?? '';
    default:
      // A scheme that is not spoken here is a wrong credential, not an absent one.
      return '';
  }
}
