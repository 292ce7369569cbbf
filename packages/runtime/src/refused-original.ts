/** Originals of refused events: sealed under a key of their tenant, opened where a person or an operator has a right to them. */
import { deriveKey } from './key-derivation.ts';
import type { Sealer } from './sealing.ts';
import { createSealer } from './sealing.ts';

/** First byte of a sealed original: version of its format. */
export const SEALED_ORIGINAL_VERSION = 1;
/** Of a longer original only its beginning is kept. */
export const ORIGINAL_BYTES_MAX = 64 * 1_024;

/** Opens what was sealed as a tenant's refused original; null where none of the keys opens it. */
export type OpenOriginal = (tenant: string, sealed: Uint8Array) => Uint8Array | null;

/** `fieldKeys`: all of FIELD_KEYS, for a row may be older than the current one. */
export function createOpenOriginal(fieldKeys: readonly Uint8Array[]): OpenOriginal {
  return function openOriginal(tenant, sealed) {
    if (sealed[0] !== SEALED_ORIGINAL_VERSION) return null;
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

/** Somewhere in it the person is named: as a value of its JSON, or in quotes where it is no JSON. */
export function isAbout(original: Uint8Array | null, names: readonly string[]): boolean {
  if (original === null) return false;
  const text = new TextDecoder().decode(original);
  try {
    return holds(JSON.parse(text), names);
  } catch {
    return names.some((name) => text.includes(JSON.stringify(name)));
  }
}

function holds(value: unknown, names: readonly string[]): boolean {
  if (typeof value === 'string') return names.includes(value);
  if (typeof value === 'number') return names.includes(String(value));
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((one) => holds(one, names));
}
