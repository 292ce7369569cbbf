import type { Sealer } from '@tidegate/runtime';
import { createSealer, deriveKey } from '@tidegate/runtime';

/** First byte of a sealed original: version of its format. */
export const SEALED_VERSION = 1;
/** Of a longer original only its beginning is kept. */
export const ORIGINAL_BYTES_MAX = 64 * 1_024;

/** Opens what was sealed as a tenant's refused original; null where none of the keys opens it. */
export type OpenOriginal = (tenant: string, sealed: Uint8Array) => Uint8Array | null;

/** `fieldKeys`: all of FIELD_KEYS, for a row may be older than the current one. */
export function createOpenOriginal(fieldKeys: readonly Uint8Array[]): OpenOriginal {
  return function openOriginal(tenant, sealed) {
    if (sealed[0] !== SEALED_VERSION) return null;
    for (const key of fieldKeys) {
      const plain = rejectedSealer(key, tenant).open(sealed.subarray(1));
      if (plain !== null) return plain;
    }
    return null;
  };
}

export function rejectedSealer(fieldKey: Uint8Array, tenant: string): Sealer {
  return createSealer(deriveKey(fieldKey, `tidegate/rejected/${tenant}`, 32));
}
