import type { Sealer } from '@tidegate/runtime';
import { createSealer, deriveKey } from '@tidegate/runtime';

/** Ids of persons who are to be erased, kept until what names them is found. */
export interface SubjectSealer {
  seal(tenant: string, subject: string): Uint8Array;
  /** Null where none of the keys opens it. */
  open(tenant: string, sealed: Uint8Array): string | null;
}

const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder() };

/** `fieldKeys`: the first one seals, all of them open. */
export function createSubjectSealer(fieldKeys: readonly Uint8Array[]): SubjectSealer {
  const sealersOf = (tenant: string): readonly Sealer[] =>
    fieldKeys.map((key) => createSealer(deriveKey(key, `tidegate/erased-subjects/${tenant}`, 32)));
  return {
    seal(tenant, subject) {
      const [sealer] = sealersOf(tenant);
      if (sealer === undefined) throw new Error('FIELD_KEYS holds no key');
      return sealer.seal(utf8.encoder.encode(subject));
    },
    open(tenant, sealed) {
      for (const sealer of sealersOf(tenant)) {
        const plain = sealer.open(sealed);
        if (plain !== null) return utf8.decoder.decode(plain);
      }
      return null;
    },
  };
}
