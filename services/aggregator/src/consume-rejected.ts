import { headerValue } from '@tidegate/kafka';
import type { RecordSlab } from '@tidegate/kafka';
import type { RejectedRow } from '@tidegate/postgres';
import type { OwnedPartition } from './owned-partition.ts';

const decoder = new TextDecoder();

export interface ConsumeRejectedDeps {
  readonly onWork: () => void;
  readonly onGap: (owned: OwnedPartition, at: { readonly expected: number; readonly found: number }) => void;
  readonly onUnknown: (owned: OwnedPartition, at: { readonly offset: number; readonly what: string }) => void;
}

/**
 * Takes a slab of rejected.v1: what ingest refused becomes a row in the transaction that moves the lane's offset. Records that
 * are marked `events` announce rows that are there already; they are passed over.
 */
export function createConsumeRejected(deps: ConsumeRejectedDeps) {
  return function consumeRejected(owned: OwnedPartition, slab: RecordSlab): void {
    for (let i = 0; i < slab.count && owned.state === 'running'; i += 1) {
      const offset = slab.offsets[i] ?? 0;
      if (offset < owned.rejected.folded) continue;
      if (offset > owned.rejected.folded) return deps.onGap(owned, { expected: owned.rejected.folded, found: offset });
      if (text(slab, i, 'kind') !== 'rejected') return deps.onUnknown(owned, { offset, what: 'kind' });
      if (text(slab, i, 'v') !== '1') return deps.onUnknown(owned, { offset, what: 'version' });
      if (text(slab, i, 'lane') !== 'events') owned.batch.rejected.push(toRow(owned, slab, i));
      owned.batch.records += 1;
      owned.batch.lastRejected = { slab, index: i };
      owned.rejected.folded = offset + 1;
    }
    deps.onWork();
  };
}

function toRow(owned: OwnedPartition, slab: RecordSlab, index: number): RejectedRow {
  const hash = headerValue(slab, index, 'event-id-hash');
  const lengthBytes = Number(text(slab, index, 'length'));
  return {
    tenant: decoder.decode(slab.bytes.subarray(slab.keyStart[index], slab.keyEnd[index])).replaceAll('\0', ''),
    topic: slab.topic,
    logGeneration: owned.rejected.logGeneration,
    partition: slab.partition,
    logOffset: slab.offsets[index] ?? 0,
    code: text(slab, index, 'code'),
    path: text(slab, index, 'path'),
    lane: 'ingest',
    lengthBytes: Number.isSafeInteger(lengthBytes) ? lengthBytes : 0,
    sha256: Uint8Array.from(headerValue(slab, index, 'sha256') ?? []),
    sealed: originalOf(slab, index),
    receivedAtMs: slab.timestampsMs[index] ?? 0,
    format: text(slab, index, 'format') || null,
    eventIdHash: hash === null || hash === undefined ? null : Uint8Array.from(hash),
  };
}

/** Null: the tenant's quota had no room for it. */
function originalOf({ bytes, valueStart, valueEnd }: RecordSlab, index: number): Uint8Array | null {
  const [start, end] = [valueStart[index] ?? -1, valueEnd[index] ?? -1];
  return start < 0 || end <= start ? null : bytes.slice(start, end);
}

/** Postgres text cannot hold U+0000, and a row of this lane must never be refused for its data. */
function text(slab: RecordSlab, index: number, name: string): string {
  const value = headerValue(slab, index, name);
  return value === null || value === undefined ? '' : decoder.decode(value).replaceAll('\0', '');
}
