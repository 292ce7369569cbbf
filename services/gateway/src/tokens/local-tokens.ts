import { createHash, createSecretKey, randomUUID } from 'node:crypto';
import type { RowScope } from '@tidegate/core';
import type { Caller } from '@tidegate/http';
import { ROW_SCOPE_SCHEMA } from '@tidegate/http';
import type { Clock } from '@tidegate/runtime';
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { KeyDirectory } from '../keys.ts';

/** `iss` and `aud` of the tokens that the gateway makes itself. */
export const LOCAL_ISSUER = 'tidegate';
const LEEWAY_S = 30;

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

export interface LocalTokens {
  mint(grant: TokenGrant): Promise<{ readonly token: string; readonly expiresAtMs: number }>;
  /** Null where it is none of ours, or has ended. */
  read(token: string, kid: string | null): Promise<LocalReading | null>;
}

export interface LocalReading {
  readonly caller: Caller;
  readonly untilMs: number;
  /** Whether the key that it was made with is still taken. */
  readonly isHeld: () => boolean;
}

const CLAIMS = z.object({
  tenant: z.string().min(1),
  key_id: z.string().min(1),
  exp: z.number(),
  rows: ROW_SCOPE_SCHEMA,
  routes: z.array(z.string()).nullable(),
});

export interface LocalTokenOptions {
  /** 32 bytes derived from `SECRET_KEY` under the label `tidegate/token`. */
  readonly secret: Uint8Array;
  readonly keys: Pick<KeyDirectory, 'isActive'>;
  readonly clock: Clock;
}

/** HS256 under a secret that only gateways have. `kid` tells two secrets apart, and tells nothing of either. */
export function createLocalTokens({ secret, keys, clock }: LocalTokenOptions): LocalTokens {
  const key = createSecretKey(secret);
  const kid = createHash('sha256').update('kid').update(secret).digest('hex').slice(0, 16);
  return {
    async mint({ tenant, keyId, rows, routes, lifeS }) {
      const issuedS = Math.floor(clock.nowMs() / 1_000);
      const token = await new SignJWT({ tenant, key_id: keyId, scope: 'query:read', rows, routes })
        .setProtectedHeader({ alg: 'HS256', kid, typ: 'at+jwt' })
        .setIssuer(LOCAL_ISSUER)
        .setAudience(LOCAL_ISSUER)
        .setJti(randomUUID())
        .setIssuedAt(issuedS)
        .setExpirationTime(issuedS + lifeS)
        .sign(key);
      return { token, expiresAtMs: (issuedS + lifeS) * 1_000 };
    },
    async read(token, tokenKid) {
      if (tokenKid !== kid) return null;
      const payload = await verify(token, key, clock.nowMs());
      const claims = CLAIMS.safeParse(payload);
      if (!claims.success) return null;
      const { tenant, key_id: keyId, exp, rows, routes } = claims.data;
      const isHeld = (): boolean => keys.isActive(tenant, keyId, clock.nowMs());
      const caller: Caller = { tenant, keyId, scopes: ['query:read'], rows, ...(routes === null ? {} : { routes }) };
      return isHeld() ? { caller, untilMs: (exp + LEEWAY_S) * 1_000, isHeld } : null;
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
