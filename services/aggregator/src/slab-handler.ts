import type { RecordSlab } from '@tidegate/kafka';
import type { AggregatorParts } from './aggregator-parts.ts';
import { createNoteCauses } from './causes.ts';
import { createConsumeRejected } from './consume-rejected.ts';
import { createConsume } from './consume.ts';
import { createDedupe } from './dedupe.ts';
import type { FlushLoop } from './flush-loop.ts';
import { createFold } from './fold.ts';
import { createForward } from './forward.ts';
import type { OwnedPartition } from './owned-partition.ts';
import type { Ownership } from './ownership.ts';
import { createReject } from './reject.ts';

/** Gives each slab to the steps of its lane, for the partition that owns it here and now. */
export function createSlabHandler(
  parts: AggregatorParts,
  to: { readonly ownership: Ownership; readonly loop: FlushLoop },
): (slab: RecordSlab) => Promise<void> {
  const { deps, instruments, liveness } = parts;
  const { ownership, loop } = to;
  const shared = {
    onWork: () => loop.wake(),
    onGap: (owned: OwnedPartition, at: { readonly expected: number; readonly found: number }) => {
      deps.log.error('offsets_skipped', { detail: { partition: owned.partition, expected: at.expected, found: at.found } });
      ownership.lost(owned);
    },
    onUnknown: (owned: OwnedPartition, at: { readonly offset: number; readonly what: string }) => {
      deps.log.error('record_unknown', { detail: { partition: owned.partition, offset: at.offset, what: at.what } });
      instruments.stoppedPartition();
      owned.state = 'stopped';
      ownership.stopReading(owned);
    },
  };
  const dedupe = createDedupe({ findIdentities: (...asked) => deps.store.findIdentities(...asked), onLookup: instruments.lookedUp });
  const fold = createFold({
    reader: deps.reader,
    registry: parts.registry,
    reject: createReject({ seal: deps.seal }),
    onPackWait: (_owned, isWaiting) => instruments.waitsForPack(isWaiting),
    nowMs: () => deps.clock.nowMs(),
  });
  const noteCauses = createNoteCauses(deps.tracing);
  const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const cellsMax = (): number => parts.flushSize.cellsPerPartition(ownership.all().length);
  const forward = createForward({ producer: parts.producer, onForwarded: instruments.forwarded });
  const consume = createConsume({ ...shared, forward, dedupe, fold, noteCauses, cellsMax, share: parts.share, breathe });
  const consumeRejected = createConsumeRejected(shared);

  return async function handleSlab(slab) {
    liveness.fetched(true);
    const owned = ownership.ownerOf(slab);
    if (owned === null) return;
    try {
      if (slab.topic === deps.topics.events) await consume(owned, owned.live, slab);
      else if (slab.topic === deps.topics.backfill) await consume(owned, owned.backfill, slab);
      else consumeRejected(owned, slab);
    } catch (error) {
      // Half a slab may be in the batch: nothing of it may be used.
      deps.log.error('slab_failed', { error, detail: { partition: owned.partition } });
      ownership.lost(owned);
    }
  };
}
