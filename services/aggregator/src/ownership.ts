import type { LogReader, RecordSlab, TopicNames } from '@tidegate/kafka';
import type { Random } from '@tidegate/runtime';
import { backoffMs } from '@tidegate/runtime';
import type { Logger } from '@tidegate/telemetry';
import { makeRoom } from './owned-partition.ts';
import type { OwnedPartition } from './owned-partition.ts';

const DRAIN_MAX_MS = 5_000;
const BACKOFF = { firstMs: 100, capMs: 5_000 };

export interface OwnershipDeps {
  readonly reader: Pick<LogReader, 'assign' | 'unassign'>;
  /** Of the backfill lane: its fetches go over connections of their own, so that none of them is waited for by a live one. */
  readonly backfillReader: Pick<LogReader, 'assign' | 'unassign'>;
  readonly takeOver: (partition: number) => Promise<OwnedPartition>;
  /** Flushes and announces what is folded. */
  readonly drain: () => Promise<void>;
  readonly topics: Pick<TopicNames, 'events' | 'backfill' | 'rejected'>;
  readonly pause: (ms: number) => Promise<void>;
  readonly random: Random;
  readonly onTakenOver: (owned: OwnedPartition) => void;
  readonly log: Logger;
}

export interface Ownership {
  /** The group gives partitions: each is taken over, however often that has to be tried. */
  assign(partitions: readonly number[]): void;
  /** The group takes partitions back: what is folded is committed, then they are let go. */
  revoke(partitions: readonly number[]): Promise<void>;
  /** What this process holds of the partition is void; while the group gives it, it is taken over anew. */
  lost(owned: OwnedPartition): void;
  /** Reads all lanes again from what is committed. */
  restart(owned: OwnedPartition): void;
  stopReading(owned: OwnedPartition): void;
  /** The partition that a slab belongs to, where it is read here and now. */
  ownerOf(slab: Pick<RecordSlab, 'partition'>): OwnedPartition | null;
  all(): readonly OwnedPartition[];
  /** Lets all partitions go as they are and takes none any more. */
  end(): void;
}

/** Which partitions this process owns: what the group says, what was taken over, and what was lost again. */
export function createOwnership(deps: OwnershipDeps): Ownership {
  /** What the group gives, with how often each was lost since. */
  const assigned = new Map<number, number>();
  const owned = new Map<number, OwnedPartition>();
  const reading = createReading(deps);
  const open = createOpen(deps, {
    isWanted: (partition) => assigned.has(partition) && !owned.has(partition),
    taken: (taken) => {
      owned.set(taken.partition, taken);
      deps.onTakenOver(taken);
      reading.start(taken);
    },
  });

  function letGo(taken: OwnedPartition): void {
    taken.state = 'released';
    if (owned.get(taken.partition) === taken) {
      owned.delete(taken.partition);
      reading.stop(taken);
    }
    makeRoom(taken);
  }

  async function revokeOne(partition: number): Promise<void> {
    assigned.delete(partition);
    const taken = owned.get(partition);
    if (taken === undefined) return;
    reading.stop(taken);
    if (taken.state === 'running') taken.state = 'stopped';
    makeRoom(taken);
    // A database that does not answer must not hold the group up: what is not committed is read again by the next owner.
    await Promise.race([deps.drain(), deps.pause(DRAIN_MAX_MS)]);
    letGo(taken);
  }

  return {
    assign(partitions) {
      for (const partition of partitions) {
        assigned.set(partition, 0);
        void open(partition);
      }
    },
    revoke: async (partitions) => void (await Promise.all(partitions.map(revokeOne))),
    lost(taken) {
      deps.log.warn('partition_lost', { detail: { partition: taken.partition, term: taken.term } });
      letGo(taken);
      const before = assigned.get(taken.partition);
      if (before === undefined) return;
      assigned.set(taken.partition, before + 1);
      // One of the two is out of the group and does not know yet; taking it from each other at once, neither would commit.
      void open(taken.partition, backoffMs(BACKOFF, before + 1, deps.random));
    },
    restart: (taken) => {
      if (taken.state === 'running' && owned.get(taken.partition) === taken) reading.start(taken);
    },
    stopReading: reading.stop,
    ownerOf: ({ partition }) => runningOrNull(owned.get(partition)),
    all: () => [...owned.values()],
    end: () => {
      assigned.clear();
      for (const taken of owned.values()) letGo(taken);
    },
  };
}

function runningOrNull(taken: OwnedPartition | undefined): OwnedPartition | null {
  return taken?.state === 'running' ? taken : null;
}

interface OpenTarget {
  readonly isWanted: (partition: number) => boolean;
  readonly taken: (owned: OwnedPartition) => void;
}

/** Takes a partition over, again and again while it is wanted; once at a time per partition. */
function createOpen(deps: OwnershipDeps, target: OpenTarget): (partition: number, pauseMs?: number) => Promise<void> {
  const opening = new Set<number>();

  async function tryOnce(partition: number, attempt: number): Promise<void> {
    try {
      const taken = await deps.takeOver(partition);
      if (target.isWanted(partition)) target.taken(taken);
    } catch (error) {
      deps.log.warn('take_over_failed', { error, detail: { partition, attempt } });
      await deps.pause(backoffMs(BACKOFF, attempt, deps.random));
    }
  }

  return async function open(partition, pauseMs = 0) {
    if (opening.has(partition)) return;
    opening.add(partition);
    if (pauseMs > 0) await deps.pause(pauseMs);
    for (let attempt = 1; target.isWanted(partition); attempt += 1) await tryOnce(partition, attempt);
    opening.delete(partition);
  };
}

function createReading({ reader, backfillReader, topics }: OwnershipDeps): Record<'start' | 'stop', (owned: OwnedPartition) => void> {
  return {
    start: ({ partition, live, backfill, rejected }) => {
      reader.assign(topics.events, partition, live.folded);
      backfillReader.assign(topics.backfill, partition, backfill.folded);
      reader.assign(topics.rejected, partition, rejected.folded);
    },
    stop: ({ partition }) => {
      reader.unassign(topics.events, partition);
      backfillReader.unassign(topics.backfill, partition);
      reader.unassign(topics.rejected, partition);
    },
  };
}

/** Gauges and liveness look at the owned partitions before there is anything that owns. */
export function lateOwnership(): { owned: () => readonly OwnedPartition[]; bind: (ownership: Ownership) => void } {
  let bound: Ownership | null = null;
  return { owned: () => bound?.all() ?? [], bind: (ownership) => void (bound = ownership) };
}
