import type { LogReader, LogReaderOptions, RecordSlab } from '@tidegate/kafka';
import type { AggregatorParts } from './aggregator-parts.ts';
import type { Ownership } from './ownership.ts';

/** A small part of what a flush takes, so nobody sees it. */
const LIVE = { paceMs: 10 };
/**
 * Old events may wait; small fetches, because what lies in memory waits there for the lane's share. Where the lane is empty,
 * two long polls a second are all that it costs.
 */
const BACKFILL = { paceMs: 20, maxWaitMs: 500, maxPartitionBytes: 256 * 1_024 };

export interface Readers {
  /** Of events.v1 and rejected.v1. */
  readonly live: LogReader;
  /** Of backfill.v1, over connections of its own: a broker answers one after another what comes over one. */
  readonly backfill: LogReader;
  close(): Promise<void>;
}

export interface ReadersDeps {
  readonly parts: Pick<AggregatorParts, 'deps' | 'liveness'>;
  readonly onSlab: (slab: RecordSlab) => void | Promise<void>;
  readonly ownership: () => Pick<Ownership, 'ownerOf' | 'lost'>;
}

export function createReaders({ parts, onSlab, ownership }: ReadersDeps): Readers {
  const { client, log } = parts.deps;
  const options: LogReaderOptions = {
    onSlab,
    onOutOfRange: (at) => {
      const taken = ownership().ownerOf(at);
      log.error('offset_out_of_range', {
        detail: { partition: at.partition, requested: at.requested, start_offset: at.startOffset, end_offset: at.endOffset },
      });
      if (taken !== null) ownership().lost(taken);
    },
    onError: (error) => {
      parts.liveness.fetched(false);
      log.warn('fetch_failed', { error });
    },
  };
  const live = client.createReader({ ...options, ...LIVE });
  const backfill = client.createReader({ ...options, ...BACKFILL });
  return { live, backfill, close: async () => void (await Promise.all([live.close(), backfill.close()])) };
}
