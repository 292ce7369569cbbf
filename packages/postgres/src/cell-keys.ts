import type { GrainCode } from '@tidegate/core';
import type { CellKey } from './store.ts';

/** Version byte, then per key 16 bytes series id, 1 byte grain, 8 bytes bucket start (big-endian, two's complement). */
const VERSION = 1;
const KEY_BYTES = 25;

/** Cell keys as the commit journal keeps them (column `cells`). */
export function encodeCellKeys(keys: readonly CellKey[]): Uint8Array {
  const out = Buffer.allocUnsafe(1 + keys.length * KEY_BYTES);
  out[0] = VERSION;
  let at = 1;
  for (const key of keys) {
    out.set(key.seriesId, at);
    out[at + 16] = key.grain;
    out.writeBigInt64BE(BigInt(key.bucketS), at + 17);
    at += KEY_BYTES;
  }
  return out;
}

export function decodeCellKeys(bytes: Uint8Array): readonly CellKey[] {
  if (bytes[0] !== VERSION) throw new Error(`journal block of unknown version ${String(bytes[0])}`);
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const keys: CellKey[] = [];
  for (let at = 1; at < view.length; at += KEY_BYTES) {
    keys.push({
      seriesId: Uint8Array.from(view.subarray(at, at + 16)),
      grain: toGrain(view[at + 16]),
      bucketS: Number(view.readBigInt64BE(at + 17)),
    });
  }
  return keys;
}

function toGrain(code: number | undefined): GrainCode {
  if (code === 1 || code === 2 || code === 3 || code === 4) return code;
  throw new Error(`unknown grain code ${String(code)}`);
}

/** A key that two equal cells share, for maps. */
export function cellKeyText(key: CellKey): string {
  return `${Buffer.from(key.seriesId.buffer, key.seriesId.byteOffset, 16).toString('latin1')}${key.grain}:${key.bucketS}`;
}
