import type { Clock } from '@tidegate/runtime';
import type { CryptoKey, JWK } from 'jose';
import { importJWK } from 'jose';
import { z } from 'zod';

/** Asks an address for its keys; rejects where it does not answer with JSON in time. */
export type FetchKeys = (uri: string) => Promise<unknown>;

export type KeyFinding =
  | { readonly kind: 'found'; readonly key: CryptoKey; readonly kid: string }
  /** The issuer has no such key, as far as anybody knows. */
  | { readonly kind: 'unknown' }
  /** Nobody knows the issuer's keys: it has not answered yet, or not for longer than keys are believed. */
  | { readonly kind: 'unreachable' };

/**
 * The keys of one issuer.
 *
 * | age of the set  | asked for a key that it has        | for one that it lacks                                   |
 * |-----------------|------------------------------------|---------------------------------------------------------|
 * | none            | waits for the first fetch          | the same                                                |
 * | up to 10 min    | at once                            | waits for a fetch, within the budget; else `unknown`     |
 * | up to 24 h      | at once, a fetch goes on behind it | the same                                                |
 * | beyond          | waits for a fetch                  | the same                                                |
 *
 * One fetch at a time. After one that failed none is begun for 1 s, doubling to 60 s. Fetches for unknown keys: one in 20 s,
 * so a flood of made-up key ids costs the issuer three requests a minute, and any of them brings a new key to all.
 */
export interface KeySet {
  find(kid: string | null, alg: string): KeyFinding | Promise<KeyFinding>;
  /** Whether the key is still believed: what it vouched for ends with it. Looks for a newer set, behind the answer, like `find`. */
  has(kid: string): boolean;
}

export interface KeySetOptions {
  readonly uri: string;
  readonly fetchKeys: FetchKeys;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

const FRESH_MS = 600_000;
const BELIEVED_MS = 86_400_000;
const UNKNOWN_EVERY_MS = 20_000;
const FIRST_BACKOFF_MS = 1_000;
const BACKOFF_MS_MAX = 60_000;
const KEYS_MAX = 100;

const JWKS = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(KEYS_MAX) });

interface HeldKey {
  readonly kid: string;
  readonly jwk: JWK;
  /** By algorithm; a key serves few. */
  readonly imported: Map<string, Promise<CryptoKey | null>>;
}

export function createKeySet(options: KeySetOptions): KeySet {
  const { clock } = options;
  let keys: ReadonlyMap<string, HeldKey> = new Map();
  let fetchedMs = Number.NEGATIVE_INFINITY;
  let askedForUnknownMs = Number.NEGATIVE_INFINITY;
  const refresh = createRefresh(options, (set) => {
    keys = set;
    fetchedMs = clock.monotonicMs();
  });

  const ageMs = (): number => clock.monotonicMs() - fetchedMs;

  function mayAskForUnknown(): boolean {
    if (clock.monotonicMs() - askedForUnknownMs < UNKNOWN_EVERY_MS) return false;
    askedForUnknownMs = clock.monotonicMs();
    return true;
  }

  async function findAfterFetch(kid: string | null, alg: string): Promise<KeyFinding> {
    const isBelieved = ageMs() <= BELIEVED_MS;
    if (isBelieved && !refresh.isRunning() && !mayAskForUnknown()) return { kind: 'unknown' };
    await refresh.run();
    if (ageMs() > BELIEVED_MS) return { kind: 'unreachable' };
    const held = choose(keys, kid, alg);
    return held === null ? { kind: 'unknown' } : importHeld(held, alg);
  }

  return {
    find(kid, alg) {
      const age = ageMs();
      if (age > BELIEVED_MS) return findAfterFetch(kid, alg);
      if (age > FRESH_MS) void refresh.run();
      const held = choose(keys, kid, alg);
      return held === null ? findAfterFetch(kid, alg) : importHeld(held, alg);
    },
    has(kid) {
      const age = ageMs();
      if (age > FRESH_MS) void refresh.run();
      return age <= BELIEVED_MS && keys.has(kid);
    },
  };
}

interface Refresh {
  /** Resolves when the fetch is over, at once where none may be begun now. Never rejects. */
  run(): Promise<void>;
  isRunning(): boolean;
}

function createRefresh({ uri, fetchKeys, clock, onError }: KeySetOptions, onSet: (keys: ReadonlyMap<string, HeldKey>) => void): Refresh {
  let running: Promise<void> | null = null;
  let backoffMs = 0;
  let notBeforeMs = Number.NEGATIVE_INFINITY;

  async function fetchOnce(): Promise<void> {
    try {
      onSet(toHeld(await fetchKeys(uri)));
      backoffMs = 0;
    } catch (error) {
      backoffMs = Math.min(BACKOFF_MS_MAX, Math.max(FIRST_BACKOFF_MS, backoffMs * 2));
      notBeforeMs = clock.monotonicMs() + backoffMs;
      onError(error);
    } finally {
      running = null;
    }
  }

  return {
    run() {
      if (running === null && clock.monotonicMs() < notBeforeMs) return Promise.resolve();
      running ??= fetchOnce();
      return running;
    },
    isRunning: () => running !== null,
  };
}

/** Signing keys of an asymmetric kind, by key id. A key that is a secret has no place in a public set, and is not taken. */
function toHeld(answered: unknown): ReadonlyMap<string, HeldKey> {
  const held = new Map<string, HeldKey>();
  for (const [index, jwk] of JWKS.parse(answered).keys.entries()) {
    if (jwk.kty === 'oct' || (jwk['use'] !== undefined && jwk['use'] !== 'sig')) continue;
    const kid = typeof jwk['kid'] === 'string' ? jwk['kid'] : `#${index}`;
    if (!held.has(kid)) held.set(kid, { kid, jwk: toPublic(jwk), imported: new Map() });
  }
  if (held.size === 0) throw new Error('the key set holds no key that signatures could be checked by');
  return held;
}

/** Only what a public key consists of: a set that shows private members by mistake must not make a signing key of ours. */
function toPublic(jwk: Readonly<Record<string, unknown>>): JWK {
  const { kty, crv, x, y, n, e, alg } = jwk as JWK;
  return Object.fromEntries(Object.entries({ kty, crv, x, y, n, e, alg }).filter(([, value]) => value !== undefined)) as JWK;
}

/** The key that a token names; where it names none, the one key that the algorithm fits. */
function choose(keys: ReadonlyMap<string, HeldKey>, kid: string | null, alg: string): HeldKey | null {
  if (kid !== null) {
    const held = keys.get(kid);
    return held !== undefined && fits(held.jwk, alg) ? held : null;
  }
  const [first, ...others] = [...keys.values()].filter(({ jwk }) => fits(jwk, alg));
  return first === undefined || others.length > 0 ? null : first;
}

const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

function fits({ kty, crv, alg: declared }: JWK, alg: string): boolean {
  if (declared !== undefined && declared !== alg) return false;
  if (alg === 'EdDSA' || alg === 'Ed25519') return kty === 'OKP' && crv === 'Ed25519';
  if (alg.startsWith('ES')) return kty === 'EC' && crv === CURVES[alg];
  return kty === 'RSA';
}

async function importHeld({ kid, jwk, imported }: HeldKey, alg: string): Promise<KeyFinding> {
  let importing = imported.get(alg);
  if (importing === undefined) {
    importing = importJWK(jwk, alg).then(
      (key) => (key instanceof Uint8Array ? null : key),
      () => null,
    );
    imported.set(alg, importing);
  }
  const key = await importing;
  return key === null ? { kind: 'unknown' } : { kind: 'found', key, kid };
}
