import type { SealedThrough } from '@tidegate/core';
import type { PartitionCommit } from '@tidegate/postgres';
import { announcementsOf, MEASURES } from './ledger.ts';
import { wrongCoarseCellsOf } from './sealed-cells.ts';
import { PARTITIONS, TOPICS } from './world.ts';
import type { World } from './world.ts';

interface Told {
  seen: number;
  term: number;
  commitNo: number;
  completeThroughMs: number;
}

/** Looks, after every step of a schedule, for what may at no moment be there. `faults` says what it found. */
export class DeliveryWatch {
  readonly faults: string[] = [];
  private readonly world: World;
  private readonly highest = new Map<string, number>();
  private readonly counted = new Set<string>();
  private rowsSeen = 0;
  private readonly sealedAt = new Map<string, SealedThrough>();
  private readonly told = new Map<number, Told>();

  constructor(world: World) {
    this.world = world;
  }

  look(): void {
    this.lookAtPositions();
    this.lookAtRows();
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      this.lookAtJournal(partition);
      this.lookAtSeals(partition);
      this.lookAtAnnouncements(partition);
    }
  }

  private never(isFault: boolean, what: string): void {
    if (isFault) this.faults.push(what);
  }

  private lookAtPositions(): void {
    const { lanes, live } = this.world.database;
    for (const [lane, { nextOffset }] of lanes) this.onlyForwards(`position of ${lane}`, nextOffset);
    for (const [partition, { term, commitNo, completeThroughMs }] of live) {
      this.onlyForwards(`term of ${partition}`, term);
      this.onlyForwards(`commit number of ${partition}`, commitNo);
      this.onlyForwards(`complete-through of ${partition}`, completeThroughMs ?? 0);
      this.never(
        (completeThroughMs ?? 0) > this.firstUncountedMs(partition),
        `partition ${partition} claims to be complete through an uncounted event`,
      );
    }
  }

  /** Append time of the first live record that is not counted. */
  private firstUncountedMs(partition: number): number {
    const slab = this.world.broker.read(TOPICS.events, partition);
    const next = this.world.database.lanes.get(`live/${partition}`)?.nextOffset ?? 0;
    const at = slab.offsets.findIndex((offset) => offset >= next);
    return at < 0 ? Infinity : (slab.timestampsMs[at] ?? Infinity);
  }

  private onlyForwards(what: string, now: number): void {
    const before = this.highest.get(what) ?? 0;
    this.never(now < before, `${what} went back from ${before} to ${now}`);
    this.highest.set(what, Math.max(now, before));
  }

  private lookAtRows(): void {
    const { rawRows } = this.world.database;
    for (const { eventId } of rawRows.slice(this.rowsSeen)) {
      this.never(this.counted.has(eventId), `${eventId} is counted twice`);
      this.counted.add(eventId);
    }
    this.rowsSeen = rawRows.length;
  }

  /**
   * Commits follow one another without a hole, each from where the one before ended. Where a generation was closed the announced
   * slices of seals are gone from among them: these move no offset.
   */
  private lookAtJournal(partition: number): void {
    const blocks = this.world.database.journal.get(partition) ?? [];
    const isWhole = ![...this.world.database.generations.values()].some((generation) => generation.partition === partition);
    const follows = (commitNo: number, before: number): boolean => (isWhole ? commitNo === before + 1 : commitNo > before);
    this.lookAtBackfill(partition, blocks);
    for (const [i, { commit }] of blocks.entries()) {
      const before = blocks[i - 1]?.commit;
      if (before === undefined) continue;
      this.never(!follows(commit.commitNo, before.commitNo), `commit ${commit.commitNo} of ${partition} follows ${before.commitNo}`);
      this.never(commit.live.expected !== before.live.next, `commit ${commit.commitNo} of ${partition} leaves a gap in the log`);
    }
    const last = blocks.at(-1)?.commit.commitNo;
    const live = this.world.database.live.get(partition)?.commitNo;
    this.never(
      last !== undefined && (isWhole ? last !== live : last > (live ?? 0)),
      `partition ${partition} stands at commit ${live}, its journal at ${last}`,
    );
  }

  private lookAtBackfill(partition: number, blocks: readonly { readonly commit: PartitionCommit }[]): void {
    const moves = blocks.flatMap(({ commit }) => (commit.backfill === null ? [] : [commit.backfill]));
    for (const [i, { expected }] of moves.entries())
      this.never(i > 0 && expected !== moves[i - 1]?.next, `a commit of ${partition} leaves a gap in the backfill log at ${expected}`);
  }

  /** At every commit sealed cells are what their quarter hours add up to; what is sealed grows. */
  private lookAtSeals(partition: number): void {
    this.faults.push(...wrongCoarseCellsOf(this.world.database, partition, MEASURES));
    const live = this.world.database.live.get(partition);
    if (live === undefined) return;
    const { hour, day } = live.seals.through;
    this.onlyForwards(`sealed hours of ${partition}`, Math.max(0, hour));
    this.onlyForwards(`sealed days of ${partition}`, Math.max(0, day));
    this.sealedAt.set(`${partition}/${live.commitNo}`, live.seals.through);
  }

  /** Readers are told of nothing that is not committed, and a reader that goes by versions sees complete-through only grow. */
  private lookAtAnnouncements(partition: number): void {
    const all = announcementsOf(this.world, partition);
    const known = this.told.get(partition) ?? { seen: 0, term: 0, commitNo: 0, completeThroughMs: 0 };
    const committed = this.world.database.live.get(partition)?.commitNo ?? 0;
    for (const { term, commitNo, completeThroughMs, sealed } of all.slice(known.seen)) {
      const then = this.sealedAt.get(`${partition}/${commitNo}`) ?? sealed;
      this.never(sealed.hour !== then.hour || sealed.day !== then.day, `commit ${commitNo} of ${partition} is announced with other seals`);
      this.never(commitNo > committed, `commit ${commitNo} of ${partition} is announced and not committed`);
      const isNewer = term > known.term || (term === known.term && commitNo >= known.commitNo);
      if (!isNewer) continue;
      this.never(completeThroughMs < known.completeThroughMs, `announced complete-through of ${partition} went back`);
      Object.assign(known, { term, commitNo, completeThroughMs });
    }
    this.told.set(partition, { ...known, seen: all.length });
  }
}
