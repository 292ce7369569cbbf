import type { ApiKeyRecord } from '@tidegate/postgres';
import { CONTROL_KEYS } from '@tidegate/postgres';

/** Every API key of the installation, in memory: who calls is known without asking anyone. */
export interface KeyDirectory {
  /** By the SHA-256 of the secret, hex. */
  find(sha256Hex: string): ApiKeyRecord | null;
  /** Takes what the control topic says of a key; null: it is gone. */
  put(controlKey: string, record: ApiKeyRecord | null): void;
  /** Revokes ahead of the topic, for as long as nobody publishes. Never undone by an older record of the topic. */
  revoke(sha256Hex: string): void;
  /** Whether the key is taken now, whichever of its secrets comes. */
  isActive(tenant: string, keyId: string, nowMs: number): boolean;
  readonly size: number;
}

export function createKeyDirectory(): KeyDirectory {
  const byHash = new Map<string, ApiKeyRecord>();
  const hashes = new Map<string, readonly string[]>();
  const revoked = new Set<string>();
  function find(sha256Hex: string): ApiKeyRecord | null {
    const record = byHash.get(sha256Hex);
    if (record === undefined) return null;
    return revoked.has(sha256Hex) ? { ...record, state: 'revoked' } : record;
  }

  return {
    find,
    isActive(tenant, keyId, nowMs) {
      // The newest secret stands first and ends with the key itself.
      const record = find(hashes.get(CONTROL_KEYS.apiKey(tenant, keyId))?.[0] ?? '');
      return record?.state === 'active' && (record.expires_at_ms ?? Number.POSITIVE_INFINITY) > nowMs;
    },
    put(controlKey, record) {
      for (const hash of hashes.get(controlKey) ?? []) byHash.delete(hash);
      if (record === null) {
        hashes.delete(controlKey);
        return;
      }
      hashes.set(controlKey, [record.sha256, ...record.earlier.map(({ sha256 }) => sha256)]);
      // An earlier secret is the same key with a nearer end, so whoever asks needs to know nothing of rotation.
      for (const { sha256, ends_at_ms: endsMs } of record.earlier) {
        byHash.set(sha256, { ...record, expires_at_ms: Math.min(endsMs, record.expires_at_ms ?? endsMs) });
      }
      byHash.set(record.sha256, record);
    },
    revoke: (sha256Hex) => void revoked.add(sha256Hex),
    get size() {
      return byHash.size;
    },
  };
}
