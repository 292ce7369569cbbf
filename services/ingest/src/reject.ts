import { createHash } from 'node:crypto';
import type { Fault } from '@tidegate/core';
import { hashParts, partitionOf } from '@tidegate/core';
import { encodeHeaders } from '@tidegate/kafka';
import type { Sealer } from '@tidegate/runtime';
import { ORIGINAL_BYTES_MAX, rejectedSealer, SEALED_ORIGINAL_VERSION } from '@tidegate/runtime';
import type { Appender, PendingBatch } from './append.ts';
import type { OriginalQuota } from './original-quota.ts';
import type { OriginalFormat } from './original-format.ts';
import { formatName } from './original-format.ts';

const encoder = new TextEncoder();

export interface RejectDeps {
  readonly appender: Appender;
  readonly topic: string;
  readonly quota: OriginalQuota;
  readonly onLeftOut: () => void;
  readonly partitions: () => number;
  /** The current one of FIELD_KEYS. */
  readonly fieldKey: Uint8Array;
  /** Hides the event id in the header. */
  readonly identityKey: Uint8Array;
}

/** A refused event with what is known of it. */
export interface Refused {
  readonly tenant: string;
  readonly index: number;
  readonly id: string;
  readonly fault: Fault;
  /** The bytes as they came, or as many of them as were kept. */
  readonly original: Uint8Array;
  /** Length of the original, kept or not. */
  readonly lengthBytes: number;
  readonly format: OriginalFormat;
}

const LEFT_OUT = new Uint8Array(0);

/**
 * Seals the original under its tenant's key and puts it on its way into rejected.v1; returns the batch that carries it. Beyond the
 * tenant's quota of the day the record goes without it: that the event was refused, and why, is told all the same.
 */
export function createReject(deps: RejectDeps): (refused: Refused) => PendingBatch {
  const sealers = new Map<string, Sealer>();
  const sealerOf = (tenant: string): Sealer => {
    const sealer = sealers.get(tenant) ?? rejectedSealer(deps.fieldKey, tenant);
    sealers.set(tenant, sealer);
    return sealer;
  };
  const sealedOf = ({ tenant, original }: Refused): Uint8Array => {
    const sealed = sealerOf(tenant).seal(original.subarray(0, ORIGINAL_BYTES_MAX));
    const value = new Uint8Array(sealed.length + 1);
    value[0] = SEALED_ORIGINAL_VERSION;
    value.set(sealed, 1);
    return value;
  };
  return function reject(refused) {
    const sha256 = createHash('sha256').update(refused.original).digest();
    const isKept = deps.quota.take(refused.tenant, Math.min(refused.original.length, ORIGINAL_BYTES_MAX));
    if (!isKept) deps.onLeftOut();
    const value = isKept ? sealedOf(refused) : LEFT_OUT;
    const lane = deps.appender.lane(deps.topic, partitionOf(sha256, deps.partitions()));
    return lane.add(encoder.encode(refused.tenant), value, headersOf(refused, sha256, deps.identityKey));
  };
}

function headersOf(refused: Refused, sha256: Uint8Array, identityKey: Uint8Array): Uint8Array {
  const text = (name: string, value: string): { name: string; value: Uint8Array } => ({ name, value: encoder.encode(value) });
  return encodeHeaders([
    text('kind', 'rejected'),
    text('v', '1'),
    text('code', refused.fault.code),
    text('path', refused.fault.path ?? ''),
    text('length', String(refused.lengthBytes)),
    { name: 'sha256', value: sha256 },
    text('lane', 'ingest'),
    text('index', String(refused.index)),
    text('format', formatName(refused.format)),
    { name: 'event-id-hash', value: hashParts(identityKey, [refused.tenant, refused.id]) },
  ]);
}
