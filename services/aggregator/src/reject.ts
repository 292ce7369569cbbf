import { createHash } from 'node:crypto';
import { createRecordBatch, encodeHeaders } from '@tidegate/kafka';
import type { LogProducer, RecordSlab } from '@tidegate/kafka';
import type { RejectedRow } from '@tidegate/postgres';
import type { EventCursor } from './owned-partition.ts';

/** Codes of events that were accepted but cannot be counted. */
export type RejectionCode = 'event_unreadable' | 'event_unstorable' | 'erased';

/** No tenant can be read from a record that cannot be read. */
const NO_TENANT = '-';
const ORIGINAL_BYTES_MAX = 64 * 1_024;
const encoder = new TextEncoder();

export interface RejectDeps {
  /** Seals an original under the key of the tenant. */
  readonly seal: (tenant: string, original: Uint8Array) => Uint8Array;
}

/** Makes the row of a record of events.v1 or backfill.v1 that cannot be counted; it goes into the transaction of its offset. */
export function createReject({ seal }: RejectDeps) {
  return function reject(
    slab: RecordSlab,
    index: number,
    why: { readonly code: RejectionCode; readonly tenant?: string; readonly cursor: EventCursor },
  ): RejectedRow {
    const start = slab.valueStart[index] ?? -1;
    // Of a person who is erased nothing is kept, sealed or not.
    const isKept = why.code !== 'erased';
    const original = start < 0 || !isKept ? new Uint8Array(0) : slab.bytes.subarray(start, slab.valueEnd[index]);
    const tenant = why.tenant ?? NO_TENANT;
    return {
      tenant,
      topic: slab.topic,
      logGeneration: why.cursor.logGeneration,
      partition: slab.partition,
      logOffset: slab.offsets[index] ?? 0,
      code: why.code,
      path: '',
      lane: why.cursor.lane === 'live' ? 'events' : 'backfill',
      lengthBytes: original.length,
      sha256: createHash('sha256').update(original).digest(),
      sealed: isKept ? seal(tenant, original.subarray(0, ORIGINAL_BYTES_MAX)) : null,
      receivedAtMs: slab.timestampsMs[index] ?? 0,
      format: null,
    };
  };
}

export interface AnnounceRejectedDeps {
  readonly producer: LogProducer;
  readonly topic: string;
}

/**
 * Tells rejected.v1 of the rows of a flush before its transaction: a crash in between announces them twice, never not at all.
 * The header `lane` = `events` marks them, so that the readers of that topic do not make rows of them again.
 */
export function createAnnounceRejected({ producer, topic }: AnnounceRejectedDeps) {
  return async function announceRejected(rows: readonly RejectedRow[]): Promise<void> {
    for (const row of rows) {
      if (row.lane === 'ingest') continue;
      const batch = createRecordBatch();
      batch.add(encoder.encode(row.tenant), row.sealed, markedHeaders(row));
      // Into the partition that the same owner reads: both topics have as many.
      await producer.append(topic, row.partition, batch);
    }
  };
}

function markedHeaders(row: RejectedRow): Uint8Array {
  const text = (name: string, value: string) => ({ name, value: encoder.encode(value) });
  return encodeHeaders([
    text('kind', 'rejected'),
    text('v', '1'),
    text('code', row.code),
    text('path', row.path),
    text('length', String(row.lengthBytes)),
    { name: 'sha256', value: row.sha256 },
    // The mark, whatever the lane: readers pass it over.
    text('lane', 'events'),
    text('index', '0'),
  ]);
}
