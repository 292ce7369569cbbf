/** Ids that the server makes: of a thing that a request brings, and of the event that tells of it. */
import { siphash128 } from '@tidegate/core';
import { v7 as uuidv7 } from 'uuid';

export interface IdSource {
  /** Null: none was sent, and the id is new. */
  readonly idempotencyKey: string | null;
  /** What makes two requests under one key the same: whose it is, which write, its parameters and body. */
  readonly of: readonly string[];
}

/** Without a key UUIDv7, which rises with time; with one a UUID (version 8) of key and request, so that the same request is the same event. */
export function createWriteIds(hashKey: Uint8Array): (source: IdSource) => string {
  return function idOf({ idempotencyKey, of }) {
    if (idempotencyKey === null) return uuidv7();
    const hash = siphash128(hashKey, Buffer.from(JSON.stringify([idempotencyKey, ...of])));
    return toUuid(Buffer.from(hash));
  };
}

const VERSION_8 = 0x80;
const VARIANT = 0x80;

function toUuid(bytes: Buffer): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | VERSION_8;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | VARIANT;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
