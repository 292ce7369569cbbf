import type { CommitAnnouncement } from '@tidegate/core';
import { toAnnouncement } from './announce.ts';
import type { AggregatorParts } from './aggregator-parts.ts';
import { createCloseGenerations } from './close-generations.ts';
import type { FrozenBatch } from './frozen-batch.ts';
import type { OwnedPartition } from './owned-partition.ts';
import type { Ownership } from './ownership.ts';

/** What follows a commit: its announcement, progress, and the closing of dedup generations that are full. */
export function createAfterCommit(parts: AggregatorParts, ownership: Pick<Ownership, 'lost'>) {
  const { deps, announcer, instruments, tally, liveness, share, shared } = parts;
  const closing = new Set<OwnedPartition>();
  const closeGenerations = createCloseGenerations({
    store: deps.store,
    nowMs: () => deps.clock.nowMs(),
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    onLost: (owned) => ownership.lost(owned),
  });

  async function announce(committed: readonly FrozenBatch[]): Promise<void> {
    await deps.fault('announce.begun');
    await announcer.announce(committed.map(toAnnouncement));
    for (const { owned, commit } of committed) owned.announcedCommitNo = commit.commitNo;
    const moved = new Set(committed.filter(({ commit }) => commit.backfill !== null).map(({ owned }) => owned));
    await announcer.tellProgress(
      committed.map((frozen) => frozen.owned),
      (owned) => moved.has(owned),
    );
    await deps.fault('announce.done');
  }

  /** Beside the flushes; what fails is tried again after a later commit. */
  function closeBeside(owned: OwnedPartition): void {
    if (closing.has(owned)) return;
    closing.add(owned);
    void closeGenerations(owned)
      .catch((error: unknown) => deps.log.warn('generation_not_closed', { error, detail: { partition: owned.partition } }))
      .finally(() => closing.delete(owned));
  }

  return async function afterCommit(committed: readonly FrozenBatch[], durationMs: number): Promise<void> {
    liveness.committed(true);
    liveness.moved();
    instruments.flushed(committed, durationMs);
    deps.log.debug('flushed', { durationMs, detail: { partitions: committed.length, ...recordsOf(committed) } });
    tally.flushed(committed);
    share.flushed({ durationMs, ...recordsOf(committed) });
    try {
      await announce(committed);
    } catch (error) {
      if (!shared.isStopping) throw error;
      // The next owner finds that these commits are not announced and announces them.
      deps.log.warn('announcement_left_to_next_owner', { error });
    }
    for (const { owned } of committed) closeBeside(owned);
    // For lag tools only: positions come from Postgres, so a failure here means nothing.
    const offsets = new Map(committed.map(({ owned, commit }) => [owned.partition, commit.live.next]));
    shared.member?.commitOffsets(deps.topics.events, offsets).catch(() => undefined);
  };
}

function recordsOf(committed: readonly FrozenBatch[]): { readonly live: number; readonly backfill: number } {
  let [live, backfill] = [0, 0];
  for (const { commit } of committed) {
    live += commit.live.next - commit.live.expected;
    if (commit.backfill !== null) backfill += commit.backfill.next - commit.backfill.expected;
  }
  return { live, backfill };
}

/** The same of a slice's commit. */
export function createAnnounceSlice({ deps, announcer, shared }: AggregatorParts) {
  return async function announceSlice(owned: OwnedPartition, announcement: CommitAnnouncement): Promise<void> {
    try {
      await deps.fault('announce.begun');
      await announcer.announce([announcement]);
      owned.announcedCommitNo = announcement.commitNo;
      await announcer.tellProgress([owned], () => false);
      await deps.fault('announce.done');
    } catch (error) {
      if (!shared.isStopping) throw error;
      deps.log.warn('announcement_left_to_next_owner', { error });
    }
  };
}
