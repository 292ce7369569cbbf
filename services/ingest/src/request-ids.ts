import { siphash128 } from '@tidegate/core';

/** Makes the id of an event from its bytes. */
export type MakeId = (bytes: Uint8Array, start: number, end: number) => string;

/**
 * Ids for the events of one request that bring none: key, keyed hash of the event's bytes, and its ordinal among equal events of the
 * request. A whole request that is sent again gets the same ids, however it is cut into pieces; events that are equal count once each;
 * another event under a key that was used before, by mistake, is another event.
 */
export function createRequestIds(key: string, hashKey: Uint8Array): MakeId {
  const seen = new Map<string, number>();
  return function makeId(bytes, start, end) {
    const hash = Buffer.from(siphash128(hashKey, bytes.subarray(start, end))).toString('hex');
    const ordinal = seen.get(hash) ?? 0;
    seen.set(hash, ordinal + 1);
    return `${key}.${hash}.${String(ordinal)}`;
  };
}
