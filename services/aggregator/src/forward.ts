import { partitionAt } from '@tidegate/core';
import { createRecordBatch } from '@tidegate/kafka';
import type { LogProducer, RecordBatch, RecordSlab } from '@tidegate/kafka';
import { VERDICT } from './fold.ts';
import type { Slice } from './fold.ts';
import type { OwnedPartition } from './owned-partition.ts';

export interface ForwardDeps {
  readonly producer: Pick<LogProducer, 'append'>;
  readonly onForwarded: (events: number) => void;
}

/** Well below Kafka's default `message.max.bytes`, whatever the last record adds. */
const BATCH_BYTES_MAX = 500_000;
const KEY_BYTES_MIN = 4;

/**
 * Sends on what lies here by a count of before, or of a sender that has not heard of the growth: appended to the lane of the partition
 * where its copies go, and passed over here. It is in that log before the batch commits that passes it: a crash in between sends it
 * again, and there the one window drops the second. A failure of the log rejects: nothing of the slice is counted then.
 */
export function createForward(deps: ForwardDeps): (owned: OwnedPartition, slice: Slice) => Promise<void> {
  return async function forward(owned, slice) {
    const batches = gather(owned, slice);
    if (batches.length === 0) return;
    await Promise.all(batches.map(({ partition, batch }) => deps.producer.append(slice.cursor.topic, partition, batch)));
    deps.onForwarded(batches.reduce((sum, { batch }) => sum + batch.count, 0));
  };
}

interface BatchTo {
  readonly partition: number;
  readonly batch: RecordBatch;
}

/** In the order of the log for each partition; their records are marked. */
function gather({ partition, grown }: OwnedPartition, { slab, from, to, verdicts }: Slice): readonly BatchTo[] {
  const batches: BatchTo[] = [];
  const open = new Map<number, RecordBatch>();
  if (grown === null) return batches;
  for (let i = from; i < to; i += 1) {
    const target = targetOf(slab, i, grown.count);
    if (target === null || target === partition) continue;
    verdicts[i - from] = VERDICT.foreign;
    let batch = open.get(target);
    if (batch === undefined || batch.sizeBytes > BATCH_BYTES_MAX) {
      batch = createRecordBatch();
      open.set(target, batch);
      batches.push({ partition: target, batch });
    }
    batch.add(
      slab.bytes.subarray(slab.keyStart[i], slab.keyEnd[i]),
      valueOf(slab, i),
      slab.bytes.subarray(slab.headersStart[i], slab.headersEnd[i]),
    );
  }
  return batches;
}

/** Null: the record has no key that tells. */
function targetOf(slab: RecordSlab, index: number, count: number): number | null {
  const start = slab.keyStart[index] ?? -1;
  return start < 0 || (slab.keyEnd[index] ?? 0) - start < KEY_BYTES_MIN ? null : partitionAt(slab.bytes, start, count);
}

function valueOf(slab: RecordSlab, index: number): Uint8Array | null {
  const start = slab.valueStart[index] ?? -1;
  return start < 0 ? null : slab.bytes.subarray(start, slab.valueEnd[index]);
}
