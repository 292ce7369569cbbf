import type { LogAdmin, TopicNames } from '@tidegate/kafka';
import type { DataStore, EventLane, IdlePartition } from '@tidegate/postgres';
import type { Announcer } from './announce.ts';
import { standingOf } from './announce.ts';
import type { OwnedPartition } from './owned-partition.ts';

/** Clocks of broker and aggregator may differ by this much before complete-through would claim too much. */
const CLOCK_TOLERANCE_MS = 1_000;

/** The backfill lane's complete-through is written at so many turns once. */
const BACKFILL_EVERY = 60;

export interface IdleDeps {
  readonly admin: Pick<LogAdmin, 'offsets'>;
  readonly store: Pick<DataStore, 'touch'>;
  readonly announcer: Announcer;
  readonly topics: Pick<TopicNames, 'events' | 'backfill'>;
  readonly owned: () => readonly OwnedPartition[];
  readonly onLost: (owned: OwnedPartition) => void;
  readonly nowMs: () => number;
}

/**
 * What partitions tell while nothing arrives: where everything up to the end offset is counted, the partition is complete
 * through the moment at which that end was asked for. A partition whose row has lost commits in a failover is taken over anew: no
 * flush would find out, as nothing arrives.
 */
export function createIdleProgress(deps: IdleDeps) {
  let turn = 0;
  return async function tellIdle(): Promise<void> {
    const partitions = deps.owned();
    if (partitions.length === 0) return;
    const askedAtMs = deps.nowMs();
    const numbers = partitions.map((owned) => owned.partition);
    const { events, backfill } = deps.topics;
    const [ends, backfillEnds] = await Promise.all([deps.admin.offsets(events, numbers), deps.admin.offsets(backfill, numbers)]);
    const idle = partitions.filter((owned) => {
      const end = ends.get(owned.partition)?.end;
      if (end === undefined || owned.state === 'released') return false;
      owned.live.endOffset = Math.max(owned.live.endOffset, end);
      owned.backfill.endOffset = Math.max(owned.backfill.endOffset, backfillEnds.get(owned.partition)?.end ?? 0);
      return owned.live.committed >= end;
    });
    const completeThroughMs = askedAtMs - CLOCK_TOLERANCE_MS;
    const touched = idle.map((owned) => toIdle('live', owned, completeThroughMs));
    // Nobody asks for it but who closes arrival days.
    if (turn % BACKFILL_EVERY === 0) touched.push(...touchBackfill(partitions, backfillEnds, completeThroughMs));
    turn += 1;
    const held = new Set(await deps.store.touch(touched));
    for (const owned of idle) {
      if (!held.has(owned.partition)) deps.onLost(owned);
      else owned.completeThroughMs = Math.max(owned.completeThroughMs ?? 0, completeThroughMs);
    }
    // A commit whose cells are still on their way must not be overtaken by an announcement without them.
    const settled = idle.filter((owned) => held.has(owned.partition) && owned.announcedCommitNo === owned.commitNo);
    await deps.announcer.announce(settled.map(standingOf));
    await deps.announcer.tellProgress(partitions.filter((owned) => owned.state !== 'released'));
  };
}

function toIdle(lane: EventLane, { partition, token, commitNo }: OwnedPartition, completeThroughMs: number): IdlePartition {
  return { lane, partition, token, commitNo, completeThroughMs };
}

/** The backfill lanes that are counted to the ends that were asked for. */
function touchBackfill(
  partitions: readonly OwnedPartition[],
  ends: ReadonlyMap<number, { readonly end: number }>,
  completeThroughMs: number,
): IdlePartition[] {
  const counted = partitions.filter(
    ({ partition, state, backfill }) => state !== 'released' && backfill.committed >= (ends.get(partition)?.end ?? Infinity),
  );
  for (const owned of counted) owned.backfillThroughMs = Math.max(owned.backfillThroughMs ?? 0, completeThroughMs);
  return counted.map((owned) => toIdle('backfill', owned, completeThroughMs));
}
