import type { KeyObject } from 'node:crypto';
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { K_SCHEMA } from '@tidegate/core';
import type { RowScope } from '@tidegate/core';
import type { Clock } from '@tidegate/runtime';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';

/** Name of the header in which the gateway tells a service who calls. The gateway drops it from every client's request. */
export const CALLER_HEADER = 'x-tidegate-caller';

/** Older than this a signed header is refused: longer than any queue in front of a service, far shorter than a key's life. */
const AGE_MS_MAX = 60_000;
/** Clocks of two machines may differ by this much. */
const AHEAD_MS_MAX = 5_000;

/** Who asks, as the gateway found out. Holds nothing that a client wrote. */
export interface Caller {
  readonly tenant: string;
  readonly keyId: string;
  readonly scopes: readonly string[];
  /** Plain id of the person that the credential stands for; absent where it stands for a program. */
  readonly subject?: string;
  /** What it may see beside that; absent: all. */
  readonly rows?: RowScope;
  /** Names of the routes that it may come to; absent: all that its scopes open. */
  readonly routes?: readonly string[];
  /** Of a token that the gateway made: what it alone has to do with. Not told to services. */
  readonly token?: OwnToken;
}

/** A token that the gateway made itself. */
export interface OwnToken {
  /** `jti`. */
  readonly id: string;
  readonly endsMs: number;
  /** Of a user who signed in, whose id is the caller's `keyId`; absent: made with a key. */
  readonly session?: { readonly id: string; readonly roles: readonly string[] };
}

/** Whom the limits of users count; null: a program. */
export function userOf({ keyId, subject, token }: Pick<Caller, 'keyId' | 'subject' | 'token'>): string | null {
  return token?.session === undefined ? (subject ?? null) : keyId;
}

/** What a token or a signed header may show; a member too many is refused, for it may take something away. */
export const ROW_SCOPE_SCHEMA = z.strictObject({
  metrics: z.array(z.string()).nullable(),
  where: z.record(z.string(), z.array(z.union([z.string(), z.number(), z.boolean()])).min(1)),
  subject: z.string().min(1).nullable(),
  k: K_SCHEMA.optional(),
});

/** A member that a service does not know could be one that takes rights away: such a header is refused whole. */
const CALLER_SCHEMA = z.strictObject({
  tenant: z.string().min(1),
  key_id: z.string().min(1),
  scopes: z.array(z.string()),
  subject: z.string().min(1).optional(),
  rows: ROW_SCOPE_SCHEMA.optional(),
  routes: z.array(z.string()).optional(),
  iat_ms: z.number(),
});

export type CallerReading =
  { readonly ok: true; readonly caller: Caller } | { readonly ok: false; readonly reason: 'missing' | 'malformed' | 'forged' | 'stale' };

/** `key` is 32 bytes derived from `SECRET_KEY` under the label `tidegate/caller`; as a key object where calls are many. */
export function signCaller(key: KeyObject | Uint8Array, caller: Caller, nowMs: number): string {
  const claims = {
    tenant: caller.tenant,
    key_id: caller.keyId,
    scopes: caller.scopes,
    subject: caller.subject,
    rows: caller.rows,
    routes: caller.routes,
    iat_ms: nowMs,
  };
  const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${body}.${mac(key, body).toString('base64url')}`;
}

/** A gateway sends the same header for a second; these are the headers of thousands of callers. */
const VERIFIED_CHARS_MAX = 4_000_000;

/** What the gateway has signed, read and not changed by anybody since. */
interface SignedCaller {
  readonly reading: Extract<CallerReading, { ok: true }>;
  readonly issuedMs: number;
}

/**
 * Makes the check that a service runs on each request: only the gateway can have written the header, and only lately. The signature
 * of the same text is checked once (a MAC and a schema are a tenth of what a held answer costs), its age each time.
 */
export function createCallerVerifier(key: Uint8Array, clock: Clock): (header: string | undefined) => CallerReading {
  const secret = createSecretKey(key);
  const verified = new LRUCache<string, SignedCaller>({ maxSize: VERIFIED_CHARS_MAX });
  return function verifyCaller(header) {
    if (header === undefined) return { ok: false, reason: 'missing' };
    let signed = verified.get(header);
    if (signed === undefined) {
      const read = readSigned(secret, header);
      if ('ok' in read) return read;
      verified.set(header, read, { size: header.length });
      signed = read;
    }
    const ageMs = clock.nowMs() - signed.issuedMs;
    return ageMs > AGE_MS_MAX || ageMs < -AHEAD_MS_MAX ? { ok: false, reason: 'stale' } : signed.reading;
  };
}

function readSigned(secret: KeyObject, header: string): SignedCaller | Extract<CallerReading, { ok: false }> {
  const dot = header.indexOf('.');
  if (dot <= 0) return { ok: false, reason: 'malformed' };
  const body = header.slice(0, dot);
  const given = Buffer.from(header.slice(dot + 1), 'base64url');
  const expected = mac(secret, body);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return { ok: false, reason: 'forged' };
  const claims = CALLER_SCHEMA.safeParse(decodeJson(Buffer.from(body, 'base64url').toString('utf8')));
  if (!claims.success) return { ok: false, reason: 'malformed' };
  const { tenant, key_id: keyId, scopes, subject, rows, routes, iat_ms: issuedMs } = claims.data;
  const person = subject === undefined ? {} : { subject };
  const shown = rows === undefined ? {} : { rows };
  const caller = { tenant, keyId, scopes, ...person, ...shown, ...(routes === undefined ? {} : { routes }) };
  return { reading: { ok: true, caller }, issuedMs };
}

/**
 * What of the answers the caller may see; null: all. A person sees their own rows, unless the token may read every event
 * (`events:read`) or says itself what it shows. Asked by the gateway, and again by the service that answers.
 */
export function visibleRows({ rows, subject, scopes }: Caller): RowScope | null {
  if (rows !== undefined) return rows;
  if (subject === undefined || scopes.includes('events:read')) return null;
  return { metrics: null, where: {}, subject };
}

/** What has to be known of a route to let a caller ask it. */
export interface ScopedRoute {
  readonly scope: string;
  /** Whether it is about one person, whom each call names. */
  readonly isOfPerson?: boolean;
}

/**
 * Whether the caller holds what the route takes. The scope of a view of a person is for seeing others: who signs in as a person,
 * sees their own rows alone and may ask questions needs none for themself; the service refuses everybody else's name.
 */
export function mayAsk({ scope, isOfPerson = false }: ScopedRoute, caller: Caller): boolean {
  if (caller.scopes.includes(scope)) return true;
  const isPerson = caller.rows === undefined && (visibleRows(caller)?.subject ?? null) !== null;
  return isOfPerson && isPerson && caller.scopes.includes('query:read');
}

/** The one person whom the caller may send events about; null: any. */
export function writableSubject({ subject, scopes }: Caller): string | null {
  return subject === undefined || scopes.includes('ingest:write_any') ? null : subject;
}

/** From bytes Node makes a key object at each call, which takes six times as long as the MAC itself (26 µs against 4 µs). */
function mac(key: KeyObject | Uint8Array, body: string): Buffer {
  return createHmac('sha256', key).update(body).digest();
}

function decodeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
