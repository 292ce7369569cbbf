import { z } from 'zod';

/**
 * Keys and values of the control topic. A key is `kind/tenant/name`; tenant is `-` for what belongs to the installation.
 * Values stand alone and carry a version; a reader takes a value only if its version is greater.
 */
export const CONTROL_KEYS = {
  tenant: (tenant: string): string => `tenant/${tenant}/-`,
  apiKey: (tenant: string, keyId: string): string => `key/${tenant}/${keyId}`,
  /** Whose tokens a tenant takes. */
  issuer: (tenant: string, name: string): string => `issuer/${tenant}/${name}`,
  /** Tokens that are taken no longer; a fixed number of records holds all of them. */
  denied: (slot: number): string => `denied/-/${slot}`,
  /** Of the installation: `limits/-/-`. */
  limits: (tenant: string): string => `limits/${tenant}/-`,
  /** Pages that may read answers. */
  origins: (tenant: string): string => `origins/${tenant}/-`,
  pack: (tenant: string, pack: string): string => `pack/${tenant}/${pack}`,
  /** A person who is erased, by the pseudonym; never deleted. */
  erased: (tenant: string, subject: string): string => `erased/${tenant}/${subject}`,
  /** Partition count of the events topic. */
  partitions: 'partitions/-/events',
  /** Written each second by the publisher, so that readers know that nothing newer is being held back. */
  beat: 'beat/-/publisher',
} as const;

const API_KEY_RECORD = z.object({
  key_id: z.string(),
  tenant: z.string(),
  kind: z.enum(['live', 'pub']),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  scopes: z.array(z.string()),
  /** Names of the routes that it may come to, as rights name them; absent: all that its scopes open. */
  routes: z.array(z.string()).optional(),
  /** Groups of fewer persons are withheld from it; absent: none is. */
  k: z.int().optional(),
  state: z.enum(['active', 'revoked']),
  expires_at_ms: z.number().nullable(),
  /** Secrets that a rotation put aside, each with its end. Records from before rotation have none. */
  earlier: z.array(z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), ends_at_ms: z.number() })).default([]),
});

/** What every gateway knows of a key: enough to recognise it, nothing to make it from. */
export type ApiKeyRecord = z.infer<typeof API_KEY_RECORD>;

/** Null where the value is not such a record. */
export function parseApiKeyRecord(value: unknown): ApiKeyRecord | null {
  const read = API_KEY_RECORD.safeParse(value);
  return read.success ? read.data : null;
}

const TOKEN_ISSUER_RECORD = z.object({
  tenant: z.string(),
  name: z.string(),
  /** `iss` of its tokens, letter by letter. */
  issuer: z.string(),
  /** One of them must stand in `aud`. */
  audiences: z.array(z.string()).min(1),
  jwks_uri: z.string(),
  algorithms: z.array(z.string()).min(1),
  /** Which claim names the person. */
  subject_claim: z.string(),
  /** Scopes that every token of it has. */
  scopes: z.array(z.string()),
  /** Which claim holds the issuer's own words for rights; null: none is read. */
  scopes_claim: z.string().nullable(),
  /** What those words give; a word that does not stand here gives nothing. */
  scopes_by_word: z.record(z.string(), z.array(z.string())),
  /** Where one issuer serves several tenants: the claim and its value by which a token is this tenant's. */
  tenant_claim: z.object({ claim: z.string(), value: z.string() }).nullable(),
});

/** Whose tokens a tenant takes, and what they may do. */
export type TokenIssuerRecord = z.infer<typeof TOKEN_ISSUER_RECORD>;

/** Null where the value is not such a record. */
export function parseTokenIssuerRecord(value: unknown): TokenIssuerRecord | null {
  const read = TOKEN_ISSUER_RECORD.safeParse(value);
  return read.success ? read.data : null;
}

const DENIED_RECORD = z.object({
  denied: z.array(z.object({ id: z.string(), until_ms: z.number(), below: z.number().optional() })),
});

/** Tokens that are refused until they would have ended by themselves. */
export interface Denial {
  /** Of a token (`jti`), of a session, or of a user. */
  readonly id: string;
  readonly untilMs: number;
  /** Of a user: tokens made at an earlier revision; absent: all. */
  readonly below?: number;
}

/** Null where the value is not such a record. */
export function parseDenials(value: unknown): readonly Denial[] | null {
  const read = DENIED_RECORD.safeParse(value);
  if (!read.success) return null;
  return read.data.denied.map(({ id, until_ms: untilMs, below }) => ({ id, untilMs, ...(below === undefined ? {} : { below }) }));
}

export function toDenialsRecord(denials: readonly Denial[]): z.infer<typeof DENIED_RECORD> {
  return { denied: denials.map(({ id, untilMs, below }) => ({ id, until_ms: untilMs, ...(below === undefined ? {} : { below }) })) };
}

const ORIGINS_RECORD = z.object({ origins: z.array(z.string()) });

/** Pages that may read answers of a tenant. */
export type OriginsRecord = z.infer<typeof ORIGINS_RECORD>;

/** Null where the value is not such a record. */
export function parseOriginsRecord(value: unknown): OriginsRecord | null {
  const read = ORIGINS_RECORD.safeParse(value);
  return read.success ? read.data : null;
}

const ERASED_RECORD = z.object({ request_id: z.uuid(), partition: z.number().int().min(0) });

export interface ErasedRecord {
  readonly requestId: string;
  readonly partition: number;
}

/** Null where the value is not such a record. */
export function parseErasedRecord(value: unknown): ErasedRecord | null {
  const read = ERASED_RECORD.safeParse(value);
  return read.success ? { requestId: read.data.request_id, partition: read.data.partition } : null;
}
