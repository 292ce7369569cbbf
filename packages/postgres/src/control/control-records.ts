import { z } from 'zod';

/**
 * Keys and values of the control topic. A key is `kind/tenant/name`; tenant is `-` for what belongs to the installation.
 * Values stand alone and carry a version; a reader takes a value only if its version is greater.
 */
export const CONTROL_KEYS = {
  tenant: (tenant: string): string => `tenant/${tenant}/-`,
  apiKey: (tenant: string, keyId: string): string => `key/${tenant}/${keyId}`,
  pack: (tenant: string, pack: string): string => `pack/${tenant}/${pack}`,
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
