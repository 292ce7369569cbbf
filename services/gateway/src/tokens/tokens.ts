import { hash } from 'node:crypto';
import type { Caller } from '@tidegate/http';
import type { Clock } from '@tidegate/runtime';
import type { CryptoKey } from 'jose';
import { errors, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { IssuerDirectory, TrustedIssuer } from './issuers.ts';
import type { LocalTokens } from './local-tokens.ts';
import { LOCAL_ISSUER } from './local-tokens.ts';
import { callerOf } from './token-caller.ts';
import type { TokenForm } from './token-form.ts';
import { readTokenForm } from './token-form.ts';

export type TokenReading =
  { readonly ok: true; readonly caller: Caller } | { readonly ok: false; readonly code: 'credentials_invalid' | 'issuer_unreachable' };

/** Who a token stands for. A token that was checked before is known at once, without a promise. */
export type ReadToken = (token: string) => TokenReading | Promise<TokenReading>;

export interface TokenOptions {
  readonly issuers: Pick<IssuerDirectory, 'find' | 'holds'>;
  readonly localTokens: Pick<LocalTokens, 'read'>;
  readonly clock: Clock;
}

/** What was found out of a token, and what it stands on. */
interface Checked {
  readonly reading: Extract<TokenReading, { ok: true }>;
  readonly untilMs: number;
  /** Whether that is still so. */
  readonly isHeld: () => boolean;
}

/** Clocks of the issuer and of this machine may differ by so much. */
const LEEWAY_S = 30;
/** Some 500 bytes each. */
const KEPT_MAX = 20_000;
const INVALID = { ok: false, code: 'credentials_invalid' } as const satisfies TokenReading;
const UNREACHABLE = { ok: false, code: 'issuer_unreachable' } as const satisfies TokenReading;

/**
 * Checks tokens of our own and of trusted issuers: form → whose → their key → signature, algorithm, issuer, audience, times → caller.
 *
 * What was checked is kept until the token ends, by the token's hash, and holds only as long as the issuer is trusted
 * unchanged and still shows the key. Failures are not kept: a key may come, and made-up tokens would push out real ones.
 */
export function createReadToken({ issuers, localTokens, clock }: TokenOptions): ReadToken {
  const kept = new LRUCache<string, Checked>({ max: KEPT_MAX });

  function recall(id: string): TokenReading | null {
    const checked = kept.get(id);
    if (checked === undefined) return null;
    if (clock.nowMs() < checked.untilMs && checked.isHeld()) return checked.reading;
    kept.delete(id);
    return null;
  }

  function keep(id: string, caller: Caller, { untilMs, isHeld }: Pick<Checked, 'untilMs' | 'isHeld'>): TokenReading {
    const reading = { ok: true, caller } as const;
    kept.set(id, { reading, untilMs, isHeld });
    return reading;
  }

  async function check(token: string, id: string): Promise<TokenReading> {
    const form = readTokenForm(token);
    if (form === null) return INVALID;
    if (form.claims['iss'] !== LOCAL_ISSUER) return checkIssued(token, form, id);
    const local = await localTokens.read(token, form.kid);
    return local === null ? INVALID : keep(id, local.caller, local);
  }

  async function checkIssued(token: string, form: TokenForm, id: string): Promise<TokenReading> {
    const issuer = issuers.find(form.claims);
    if (issuer === null || !issuer.record.algorithms.includes(form.alg)) return INVALID;
    const finding = await issuer.keys.find(form.kid, form.alg);
    if (finding.kind !== 'found') return finding.kind === 'unreachable' ? UNREACHABLE : INVALID;
    const { key, kid } = finding;
    const claims = await verify(token, { issuer, form, key, nowMs: clock.nowMs() });
    const caller = claims === null ? null : callerOf(issuer.record, claims);
    if (claims === null || caller === null) return INVALID;
    const untilMs = (Number(claims['exp']) + LEEWAY_S) * 1_000;
    return keep(id, caller, { untilMs, isHeld: () => issuers.holds(issuer) && issuer.keys.has(kid) });
  }

  return function readToken(token) {
    const id = hash('sha256', token, 'base64url');
    return recall(id) ?? check(token, id);
  };
}

interface Verification {
  readonly issuer: TrustedIssuer;
  readonly form: TokenForm;
  readonly key: CryptoKey;
  readonly nowMs: number;
}

/** The claims, or null where anything of the token is not as it must be. */
async function verify(token: string, { issuer, form, key, nowMs }: Verification): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    const { payload } = await jwtVerify(token, key, {
      // The one that the token names: the record was asked about it, and the key was made for it alone.
      algorithms: [form.alg],
      issuer: issuer.record.issuer,
      audience: [...issuer.record.audiences],
      clockTolerance: LEEWAY_S,
      requiredClaims: ['exp'],
      currentDate: new Date(nowMs),
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
    throw error;
  }
}
