import { IDENTITY_BYTES } from '@tidegate/core';
import { encodeHeaders, headerValue } from '@tidegate/kafka';
import type { RecordSlab } from '@tidegate/kafka';

/** What the headers of a record of events.v1 say. `identityAt` is a position in the slab's bytes. */
export type EventHeaders =
  | { readonly kind: 'event'; readonly identityAt: number }
  /** An event without a usable identity: it cannot be deduplicated, so it is rejected. */
  | { readonly kind: 'no_identity' }
  /** Another kind of record or a newer version: only a newer aggregator may go on. */
  | { readonly kind: 'unknown'; readonly what: string };

const NOT_FAST = -1;
const NEWEST_VERSION = 1;
const encoder = new TextEncoder();

/** The header list that ingest writes, up to the identity; byte 0 is the count, which a `traceparent` raises. */
const PREFIX = (() => {
  const list = encodeHeaders([
    { name: 'kind', value: encoder.encode('event') },
    { name: 'v', value: encoder.encode('1') },
    { name: 'identity', value: new Uint8Array(IDENTITY_BYTES) },
  ]);
  return list.subarray(0, list.length - IDENTITY_BYTES);
})();

/** Length of the header list of a record that carries nothing but its event. */
export const EVENT_HEADERS_BYTES: number = PREFIX.length + IDENTITY_BYTES;

/** Position of the identity where the header list begins as ingest writes it, else -1: nearly every record is answered here. */
export function identityPosition(slab: RecordSlab, index: number): number {
  const start = slab.headersStart[index] ?? 0;
  if ((slab.headersEnd[index] ?? 0) - start < EVENT_HEADERS_BYTES) return NOT_FAST;
  for (let i = 1; i < PREFIX.length; i += 1) if (slab.bytes[start + i] !== PREFIX[i]) return NOT_FAST;
  return start + PREFIX.length;
}

/** The same for any header list; may allocate. */
export function readEventHeaders(slab: RecordSlab, index: number): EventHeaders {
  const kind = text(headerValue(slab, index, 'kind'));
  if (kind !== 'event') return { kind: 'unknown', what: 'kind' };
  const version = Number(text(headerValue(slab, index, 'v')));
  if (!(version >= 1 && version <= NEWEST_VERSION)) return { kind: 'unknown', what: 'version' };
  const identity = headerValue(slab, index, 'identity');
  if (identity?.length !== IDENTITY_BYTES) return { kind: 'no_identity' };
  return { kind: 'event', identityAt: identity.byteOffset - slab.bytes.byteOffset };
}

function text(value: Uint8Array | null | undefined): string | null {
  return value === null || value === undefined ? null : new TextDecoder().decode(value);
}
