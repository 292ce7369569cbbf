import type { LogAdmin } from '@tidegate/kafka';
import type { DataStore } from '@tidegate/postgres';
import type { Announcer } from './announce.ts';
import { standingOf } from './announce.ts';
import type { OwnedPartition } from './owned-partition.ts';

/** Clocks of broker and aggregator may differ by this much before complete-through would claim too much. */
const CLOCK_TOLERANCE_MS = 1_000;

export interface IdleDeps {
  readonly admin: Pick<LogAdmin, 'offsets'>;
  readonly store: Pick<DataStore, 'touch'>;
  readonly announcer: Announcer;
  readonly eventsTopic: string;
  readonly owned: () => readonly OwnedPartition[];
  readonly onLost: (owned: OwnedPartition) => void;
  readonly nowMs: () => number;
}

/**
 * What partitions tell while nothing arrives: where everything up to the end offset is counted, the partition is complete
 * through the moment at which that end was asked for.
 */
export function createIdleProgress(deps: IdleDeps) {
  return async function tellIdle(): Promise<void> {
    const partitions = deps.owned();
    if (partitions.length === 0) return;
    const askedAtMs = deps.nowMs();
    const ranges = await deps.admin.offsets(
      deps.eventsTopic,
      partitions.map((owned) => owned.partition),
    );
    const idle = partitions.filter((owned) => {
      const end = ranges.get(owned.partition)?.end;
      if (end === undefined || owned.state === 'released') return false;
      owned.endOffset = Math.max(owned.endOffset, end);
      return owned.live.committed >= end;
    });
    const completeThroughMs = askedAtMs - CLOCK_TOLERANCE_MS;
    const held = new Set(await deps.store.touch(idle.map(({ partition, token }) => ({ partition, token, completeThroughMs }))));
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
