/**
 * Brings announcements (rollups.v1) into the chunks of Redis.
 *
 * Every instance of the service reads every partition and does all of it: applying a cell twice is harmless (only a newer
 * state wins) and progress moves only from a commit to the one after it, so instances need not agree on who does what, and
 * one that dies leaves no gap. What another one has done already (`resumeAt`) is skipped.
 *
 * For each record, and what holds if the process dies after a step:
 * 1. cells into their chunks, only where newer      progress still names the earlier commit; done again by anyone
 * 2. progress of the partition, only if the commit before it is materialised
 * A hole, a term that begins below what is materialised, or a server that forgot everything begins a new epoch: chunks of
 * the old one count as absent, progress is what Postgres holds. It is read before the epoch begins, and chunks of the epoch
 * are loaded after, so no chunk can miss a commit that progress names.
 */
import type { Announcement } from '@tidegate/core';
import { decodeAnnouncement } from '@tidegate/core';
import type { CountedProgress } from '@tidegate/postgres';
import type { CellStore, PartitionProgress } from '@tidegate/redis';
import { chunksOfAnnouncement } from './chunks.ts';

export type EpochReason = 'hole' | 'term' | 'lost' | 'start';

export interface MaterialiseDeps {
  readonly store: CellStore;
  /** Of the primary. */
  readonly readProgress: () => Promise<readonly CountedProgress[]>;
  readonly newEpochId: () => string;
  /** Tries until it works or the service stops: a record that is skipped would be a hole. */
  readonly untilDone: <T>(action: () => Promise<T>) => Promise<T>;
  readonly onEpoch: (reason: EpochReason) => void;
  readonly onCells: (count: number) => void;
}

export interface AnnouncementRecord {
  readonly partition: number;
  readonly offset: number;
  /** Not kept beyond the call. */
  readonly bytes: Uint8Array;
}

export interface Materialise {
  /** One at a time per partition, in the order of the log. */
  (record: AnnouncementRecord): Promise<void>;
  /** Where reading of the partition begins or goes on; told before the first record, and after records were lost. */
  moveTo(partition: number, offset: number): void;
  beginEpoch(reason: EpochReason): Promise<void>;
}

interface Position {
  /** Offset of the next record. */
  next: number;
  /** Before this offset somebody has materialised everything. */
  resumeAt: number;
  /** Parts seen of a commit in parts; -1: one was missed. */
  parts: number;
}

export function createMaterialise(deps: MaterialiseDeps): Materialise {
  const positions = new Map<number, Position>();
  const positionOf = (partition: number): Position => {
    const known = positions.get(partition) ?? { next: 0, resumeAt: 0, parts: 0 };
    positions.set(partition, known);
    return known;
  };

  async function materialise(record: AnnouncementRecord): Promise<void> {
    const position = positionOf(record.partition);
    position.next = record.offset + 1;
    // What cannot be decoded is missed, and the record after it shows a hole.
    const announcement = decodeAnnouncement(record.partition, record.bytes);
    if (announcement === null) return;
    if (record.offset >= position.resumeAt) await applyCells(announcement);
    position.parts = announcement.part === 0 ? 1 : position.parts === announcement.part ? announcement.part + 1 : -1;
    if (announcement.part < announcement.parts - 1) return;
    if (position.parts === -1) return beginEpoch('hole');
    const { outcome, resumeAt } = await deps.untilDone(async () =>
      deps.store.advance({
        progress: progressOf(announcement, position.next),
        offset: record.offset,
        previousCommitNo: announcement.previousCommitNo,
      }),
    );
    if (outcome === 'hole' || outcome === 'term' || outcome === 'lost') return beginEpoch(outcome);
    position.resumeAt = resumeAt;
  }

  async function applyCells(announcement: Announcement): Promise<void> {
    const chunks = chunksOfAnnouncement(announcement);
    const changed = await Promise.all(
      chunks.map(async ({ name, content }) => deps.untilDone(async () => deps.store.update(name, content))),
    );
    deps.onCells(changed.reduce((sum, one) => sum + one, 0));
  }

  async function beginEpoch(reason: EpochReason): Promise<void> {
    await deps.untilDone(async () => {
      const seen = (await deps.store.readProgress())?.epoch ?? null;
      const counted = await deps.readProgress();
      const progress = counted.map((one) => ({ ...toMaterialised(one), rollupsOffset: positionOf(one.partition).next }));
      if (await deps.store.beginEpoch({ seen, epoch: deps.newEpochId(), progress })) deps.onEpoch(reason);
    });
  }

  return Object.assign(materialise, {
    beginEpoch,
    moveTo(partition: number, offset: number): void {
      positions.set(partition, { next: offset, resumeAt: 0, parts: 0 });
    },
  });
}

function progressOf(announcement: Announcement, rollupsOffset: number): PartitionProgress {
  const { partition, term, commitNo, nextOffset, logGeneration, completeThroughMs } = announcement;
  return { partition, term, commitNo, nextOffset, logGeneration, completeThroughMs, rollupsOffset };
}

function toMaterialised(counted: CountedProgress): Omit<PartitionProgress, 'rollupsOffset'> {
  const { partition, term, commitNo, nextOffset, logGeneration, completeThroughMs } = counted;
  return { partition, term, commitNo, nextOffset, logGeneration, completeThroughMs: completeThroughMs ?? 0 };
}
