/**
 * Brings announcements (rollups.v1) into the chunks of Redis.
 *
 * Every instance of the service reads every partition and does all of it: applying a cell twice is harmless (only a newer
 * state wins) and progress moves only from a commit to the one after it, so instances need not agree on who does what, and
 * one that dies leaves no gap. What another one has done already (`resumeAt`) is skipped.
 *
 * For the records that were fetched together, and what holds if the process dies after a step:
 * 1. cells into the chunks that exist, where newer   progress still names the earlier commits; done again by anyone
 * 2. the marks of what changed are removed, and with them, in one step, progress of the partitions moves, only if the commit
 *    before each is materialised
 * A hole, a term that begins below what is materialised, or a server that forgot everything begins a new epoch: chunks of
 * the old one count as absent, progress is what Postgres holds. It is read before the epoch begins, and chunks of the epoch
 * are loaded after, so no chunk can miss a commit that progress names.
 */
import type { Announcement, ChangedEntities } from '@tidegate/core';
import { decodeAnnouncement } from '@tidegate/core';
import type { CountedProgress } from '@tidegate/postgres';
import type { Advance, ChangedMarks, PartitionProgress, TenantNames } from '@tidegate/redis';
import type { ChangedNames } from './changed-names.ts';
import { gatherCells } from './chunks.ts';
import type { GatheredCells, GatheredChunk } from './chunks.ts';
import { createUpdateChunks } from './update-chunks.ts';
import type { UpdateChunksDeps } from './update-chunks.ts';

export type EpochReason = 'hole' | 'term' | 'lost' | 'start';

export interface MaterialiseDeps extends UpdateChunksDeps {
  /** Of the primary. */
  readonly readProgress: () => Promise<readonly CountedProgress[]>;
  readonly newEpochId: () => string;
  readonly onEpoch: (reason: EpochReason) => void;
  readonly names: Pick<ChangedNames, 'ofChanges'>;
  /** Cells of these chunks, whether there or not, and these commits are materialised. */
  readonly onMaterialised?: (
    chunks: readonly Pick<GatheredChunk, 'name'>[],
    advances: readonly Advance[],
    /** Of all that changed, rows of entities too. */
    changed: readonly TenantNames[],
  ) => void;
}

export interface AnnouncementRecord {
  readonly partition: number;
  readonly offset: number;
  /** Not kept beyond the call. */
  readonly bytes: Uint8Array;
}

export interface Materialise {
  /** Records of one or more partitions; of each partition one call at a time, in the order of the log. */
  (records: readonly AnnouncementRecord[]): Promise<void>;
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

/** What records that were fetched together say. */
interface Gathered {
  readonly cells: GatheredCells;
  readonly entities: readonly ChangedEntities[];
  /** Of each commit whose parts were all seen. */
  readonly advances: readonly Advance[];
  readonly isPartMissed: boolean;
}

export function createMaterialise(deps: MaterialiseDeps): Materialise {
  const positions = new Map<number, Position>();
  const updateChunks = createUpdateChunks(deps);
  /** Changed by parts of commits that are not whole yet: their marks fall when progress moves next. */
  let waiting: readonly ChangedMarks[] = [];
  const positionOf = (partition: number): Position => {
    const known = positions.get(partition) ?? { next: 0, resumeAt: 0, parts: 0 };
    positions.set(partition, known);
    return known;
  };

  async function materialise(records: readonly AnnouncementRecord[]): Promise<void> {
    const { cells, entities, advances, isPartMissed } = gather(records, positionOf);
    const chunks = cells.chunks();
    await updateChunks(chunks);
    const names = chunks.map(({ name }) => name);
    const changed = deps.names.ofChanges(names, entities);
    const ending = await advance(advances, changed);
    deps.onMaterialised?.(chunks, advances, changed);
    if (ending !== null || isPartMissed) await beginEpoch(ending ?? 'hole');
  }

  /** Why a new epoch is needed; null: it is not. */
  async function advance(advances: readonly Advance[], changed: readonly ChangedMarks[]): Promise<EpochReason | null> {
    const dropped = [...waiting, ...changed];
    waiting = advances.length === 0 ? dropped : [];
    if (advances.length === 0) return null;
    const outcomes = await deps.untilDone(async () => deps.store.advance(advances, dropped));
    let reason: EpochReason | null = null;
    for (const [at, { outcome, resumeAt }] of outcomes.entries()) {
      if (outcome === 'hole' || outcome === 'term' || outcome === 'lost') reason ??= outcome;
      else positionOf(advances[at]?.progress.partition ?? 0).resumeAt = resumeAt;
    }
    return reason;
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

function gather(records: readonly AnnouncementRecord[], positionOf: (partition: number) => Position): Gathered {
  const cells = gatherCells();
  const entities: ChangedEntities[] = [];
  const advances: Advance[] = [];
  let isPartMissed = false;
  for (const { partition, offset, bytes } of records) {
    const position = positionOf(partition);
    position.next = offset + 1;
    // What cannot be decoded is missed, and the record after it shows a hole.
    const announcement = decodeAnnouncement(partition, bytes);
    if (announcement === null) continue;
    if (offset >= position.resumeAt) {
      cells.add(announcement);
      entities.push(...announcement.entities);
    }
    const place = takePart(position, announcement);
    if (place === 'missed') isPartMissed = true;
    if (place !== 'whole') continue;
    advances.push({ progress: progressOf(announcement, position.next), offset, previousCommitNo: announcement.previousCommitNo });
  }
  return { cells, entities, advances, isPartMissed };
}

/** Where a commit stands once this part of it was seen; `missed` is told with its last part. */
function takePart(position: Position, { part, parts }: Announcement): 'open' | 'whole' | 'missed' {
  position.parts = part === 0 ? 1 : position.parts === part ? part + 1 : -1;
  if (part < parts - 1) return 'open';
  return position.parts === -1 ? 'missed' : 'whole';
}

function progressOf(announcement: Announcement, rollupsOffset: number): PartitionProgress {
  const { partition, term, commitNo, nextOffset, logGeneration, backfill, completeThroughMs, sealed } = announcement;
  return { partition, term, commitNo, nextOffset, logGeneration, backfill, completeThroughMs, sealed, rollupsOffset };
}

function toMaterialised(counted: CountedProgress): Omit<PartitionProgress, 'rollupsOffset'> {
  const { partition, term, commitNo, nextOffset, logGeneration, backfill, completeThroughMs, sealed } = counted;
  return { partition, term, commitNo, nextOffset, logGeneration, backfill, completeThroughMs: completeThroughMs ?? 0, sealed };
}
