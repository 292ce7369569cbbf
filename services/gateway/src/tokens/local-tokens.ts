import { createHash, createSecretKey, randomUUID } from 'node:crypto';
import type { RowScope } from '@tidegate/core';
import type { Caller } from '@tidegate/http';
import { ROW_SCOPE_SCHEMA, scopesOfRoles } from '@tidegate/http';
import type { Clock } from '@tidegate/runtime';
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { KeyDirectory } from '../keys.ts';
import type { Denied } from './denied.ts';

/** `iss` and `aud` of the tokens that the gateway makes itself. */
export const LOCAL_ISSUER = 'tidegate';
const LEEWAY_S = 30;
/** Life of an access token of a user (H-69). */
export const ACCESS_TOKEN_S = 1_800;

/** What a token of ours gives: less than the key has that it was made with. */
export interface TokenGrant {
  readonly tenant: string;
  /** The key that asks for it; its end is the token's. */
  readonly keyId: string;
  readonly rows: RowScope;
  /** Names of the routes it may come to; null: all that hold to its rows. */
  readonly routes: readonly string[] | null;
  readonly lifeS: number;
}

/** A user who signed in. */
export interface SessionGrant {
  readonly tenant: string;
  readonly userId: string;
  readonly revision: number;
  readonly sessionId: string;
  readonly roles: readonly string[];
  /** Plain id of the person; null: the user is nobody of the data. */
  readonly subject: string | null;
}

export interface LocalTokens {
  mint(grant: TokenGrant): Promise<{ readonly token: string; readonly expiresAtMs: number }>;
  /** An access token of half an hour. */
  mintAccess(grant: SessionGrant): Promise<string>;
  /** Null where it is none of ours, or has ended. */
  read(token: string, kid: string | null): Promise<LocalReading | null>;
}

export interface LocalReading {
  readonly caller: Caller;
  readonly untilMs: number;
  /** Whether what it was made with is still taken. */
  readonly isHeld: () => boolean;
}

const OF_KEY = z.object({
  tenant: z.string().min(1),
  key_id: z.string().min(1),
  exp: z.number(),
  jti: z.string(),
  rows: ROW_SCOPE_SCHEMA,
  routes: z.array(z.string()).nullable(),
});

const OF_USER = z.object({
  tenant: z.string().min(1),
  sub: z.string().min(1),
  exp: z.number(),
  jti: z.string(),
  sid: z.string().min(1),
  rev: z.int(),
  roles: z.array(z.string()),
  subject: z.string().min(1).optional(),
});

export interface LocalTokenOptions {
  /** 32 bytes derived from `SECRET_KEY` under the label `tidegate/token`. */
  readonly secret: Uint8Array;
  readonly keys: Pick<KeyDirectory, 'isActive'>;
  readonly denied: Pick<Denied, 'covers'>;
  readonly clock: Clock;
}

/** HS256 under a secret that only gateways have. `kid` tells two secrets apart, and tells nothing of either. */
export function createLocalTokens({ secret, keys, denied, clock }: LocalTokenOptions): LocalTokens {
  const key = createSecretKey(secret);
  const kid = createHash('sha256').update('kid').update(secret).digest('hex').slice(0, 16);

  async function sign(claims: Readonly<Record<string, unknown>>, lifeS: number): Promise<{ token: string; expiresAtMs: number }> {
    const issuedS = Math.floor(clock.nowMs() / 1_000);
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid, typ: 'at+jwt' })
      .setIssuer(LOCAL_ISSUER)
      .setAudience(LOCAL_ISSUER)
      .setJti(randomUUID())
      .setIssuedAt(issuedS)
      .setExpirationTime(issuedS + lifeS)
      .sign(key);
    return { token, expiresAtMs: (issuedS + lifeS) * 1_000 };
  }

  function ofKey({ tenant, key_id: keyId, exp, jti: id, rows, routes }: z.infer<typeof OF_KEY>): LocalReading {
    const untilMs = (exp + LEEWAY_S) * 1_000;
    const allowed = routes === null ? {} : { routes };
    return {
      caller: { tenant, keyId, scopes: ['query:read'], rows, ...allowed, token: { id, endsMs: untilMs } },
      untilMs,
      isHeld: () => keys.isActive(tenant, keyId, clock.nowMs()) && !denied.covers({ id }),
    };
  }

  function ofUser({
    tenant,
    sub: userId,
    exp,
    jti: id,
    sid: sessionId,
    rev: revision,
    roles,
    subject,
  }: z.infer<typeof OF_USER>): LocalReading {
    const untilMs = (exp + LEEWAY_S) * 1_000;
    const person = subject === undefined ? {} : { subject };
    const token = { id, endsMs: untilMs, session: { id: sessionId, roles } };
    return {
      // By the roles as they are defined now: a scope that a role loses ends with this program's start, not with the token.
      caller: { tenant, keyId: userId, scopes: scopesOfRoles(roles), ...person, token },
      untilMs,
      isHeld: () => !denied.covers({ id, sessionId, userId, revision }),
    };
  }

  return {
    mint: ({ tenant, keyId, rows, routes, lifeS }) => sign({ tenant, key_id: keyId, scope: 'query:read', rows, routes }, lifeS),
    async mintAccess({ tenant, userId, revision, sessionId, roles, subject }) {
      const person = subject === null ? {} : { subject };
      const scope = scopesOfRoles(roles).join(' ');
      const { token } = await sign({ tenant, sub: userId, sid: sessionId, rev: revision, roles, scope, ...person }, ACCESS_TOKEN_S);
      return token;
    },
    async read(token, tokenKid) {
      if (tokenKid !== kid) return null;
      const payload = await verify(token, key, clock.nowMs());
      const [byKey, byUser] = [OF_KEY.safeParse(payload), OF_USER.safeParse(payload)];
      const reading = byKey.success ? ofKey(byKey.data) : byUser.success ? ofUser(byUser.data) : null;
      return reading?.isHeld() === true ? reading : null;
    },
  };
}

async function verify(token: string, key: ReturnType<typeof createSecretKey>, nowMs: number): Promise<unknown> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      issuer: LOCAL_ISSUER,
      audience: LOCAL_ISSUER,
      typ: 'at+jwt',
      clockTolerance: LEEWAY_S,
      requiredClaims: ['exp', 'jti'],
      currentDate: new Date(nowMs),
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
}
