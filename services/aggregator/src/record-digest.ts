import { createHash } from 'node:crypto';
import type { RecordSlab } from '@tidegate/kafka';

/** A record of a slab. */
export interface RecordAt {
  readonly slab: RecordSlab;
  readonly index: number;
}

/**
 * By which the last committed record is known again: SHA-256 over its append time, key and value. The append time is part of
 * it, so that the same event at the same offset of a log made anew is not taken for it.
 */
export function recordDigest({ slab, index }: RecordAt): Uint8Array {
  const hash = createHash('sha256');
  hash.update(`${slab.timestampsMs[index] ?? 0}:${(slab.keyEnd[index] ?? 0) - (slab.keyStart[index] ?? 0)}:`);
  hash.update(field(slab.bytes, slab.keyStart[index], slab.keyEnd[index]));
  hash.update(field(slab.bytes, slab.valueStart[index], slab.valueEnd[index]));
  return hash.digest();
}

function field(bytes: Uint8Array, start = -1, end = -1): Uint8Array {
  return start < 0 ? new Uint8Array(0) : bytes.subarray(start, end);
}
