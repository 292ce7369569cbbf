import { IDENTITY_BYTES } from '@tidegate/core';
import type { RecordHeader } from '@tidegate/kafka';
import { encodeHeaders } from '@tidegate/kafka';

const encoder = new TextEncoder();

export interface EventHeaders {
  /** Of every record but a request's first in a partition. */
  readonly plain: Uint8Array;
  /** Where in any of the lists the identity stands. */
  readonly identityAt: number;
  traced(traceparent: string): Uint8Array;
}

/** Headers of records of events.v1: a list is encoded once, and each record's identity written into its place before it is copied. */
export function createEventHeaders(): EventHeaders {
  const list = (extra: readonly RecordHeader[]): Uint8Array =>
    encodeHeaders([
      { name: 'kind', value: encoder.encode('event') },
      { name: 'v', value: encoder.encode('1') },
      { name: 'identity', value: new Uint8Array(IDENTITY_BYTES) },
      ...extra,
    ]);
  const plain = list([]);
  return {
    plain,
    identityAt: plain.length - IDENTITY_BYTES,
    traced: (traceparent) => list([{ name: 'traceparent', value: encoder.encode(traceparent) }]),
  };
}
