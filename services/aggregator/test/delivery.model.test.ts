import { createSeededRandom } from '@tidegate/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { FAULT_POINTS } from '../src/fault-points.ts';
import { staleCells, storedCells } from './ledger.ts';
import { rejectedHeaders } from './records.ts';
import type { TestEvent } from './records.ts';
import { recount } from './recount.ts';
import { PARTITIONS, START_MS, TOPICS, until, World } from './world.ts';
import type { TestProcess } from './world.ts';

/** What was put into the log, and what has to come of it. */
interface Ledger {
  readonly counted: Map<string, TestEvent>;
  unreadable: number;
  refusedAtIngest: number;
}

class Schedule {
  readonly world: World;
  readonly random: () => number;
  readonly ledger: Ledger = { counted: new Map(), unreadable: 0, refusedAtIngest: 0 };
  readonly poison = new Set<string>();
  readonly offsets = new Map<string, number>();
  private living: TestProcess[] = [];
  private made = 0;
  private isCalm = false;

  constructor(world: World, random: () => number) {
    this.world = world;
    this.random = random;
    world.refuses = (row) => this.poison.has(row.eventId);
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  async step(): Promise<void> {
    const choice = this.random();
    if (choice < 0.55) await this.sendSome();
    else if (choice < 0.7) await this.startOne();
    else if (choice < 0.8) await this.stopOne();
    else if (choice < 0.9) await this.killOne();
    else this.failAppends();
    this.living = this.living.filter((process) => !process.isDead);
    for (let turns = this.below(12); turns > 0; turns -= 1) await new Promise((resolve) => setTimeout(resolve, 1));
    this.checkOffsets();
  }

  private async sendSome(): Promise<void> {
    for (let left = 1 + this.below(25); left > 0; left -= 1) {
      this.world.nowMs += this.below(3) * 1_000;
      const kind = this.random();
      if (kind < 0.03) await this.sendUnreadable();
      else if (kind < 0.06) await this.sendRefused();
      else if (kind < 0.25) await this.sendAgain();
      else await this.sendNew(kind > 0.97);
    }
  }

  private async sendNew(isPoison: boolean): Promise<void> {
    const id = `e-${this.ledger.counted.size + this.poison.size}`;
    const lateMs = this.random() < 0.2 ? this.below(3 * 86_400_000) : 0;
    const region = ['north', 'south', null][this.below(3)] ?? null;
    const event = { id, region, cents: this.below(10_000), timeMs: this.world.nowMs - lateMs };
    if (isPoison) this.poison.add(id);
    else this.ledger.counted.set(id, event);
    await this.world.send(event);
  }

  private async sendAgain(): Promise<void> {
    const known = [...this.ledger.counted.values()];
    const event = known[this.below(known.length)];
    if (event !== undefined) await this.world.send(event);
  }

  private async sendUnreadable(): Promise<void> {
    this.ledger.unreadable += 1;
    const id = `broken-${this.ledger.unreadable}`;
    await this.world.send({ id, region: null, cents: 0, timeMs: START_MS }, { value: '{"specversion":"1.0","id":7' });
  }

  private async sendRefused(): Promise<void> {
    const isMarked = this.random() < 0.3;
    if (!isMarked) this.ledger.refusedAtIngest += 1;
    await this.world.append(TOPICS.rejected, this.below(PARTITIONS), {
      key: 'acme',
      value: 'sealed',
      headers: rejectedHeaders(isMarked ? 'events' : 'ingest'),
    });
  }

  async startOne(): Promise<void> {
    if (this.living.length >= 3) return;
    this.made += 1;
    const process = await this.world.start(`aggregator-${this.made}`, (point) => {
      if (this.isCalm) return 'go on';
      const chance = this.random();
      if (chance < 0.004) return 'die';
      return chance < 0.02 && FAULT_POINTS.includes(point) ? 'fail' : 'go on';
    });
    this.living.push(process);
  }

  private async stopOne(): Promise<void> {
    const [process] = this.living.splice(this.below(Math.max(1, this.living.length)), 1);
    await process?.aggregator.stop().catch(() => undefined);
  }

  private async killOne(): Promise<void> {
    const [process] = this.living.splice(this.below(Math.max(1, this.living.length)), 1);
    if (process !== undefined) await this.world.kill(process);
  }

  private failAppends(): void {
    let left = this.below(6);
    this.world.broker.failAppends(() => {
      if (this.world.isIngesting || left <= 0) return undefined;
      left -= 1;
      return { outcome: 'unknown', kept: this.random() < 0.5 };
    });
  }

  private checkOffsets(): void {
    for (const [lane, state] of this.world.database.lanes) {
      expect(state.nextOffset, `the offset of ${lane} never goes back`).toBeGreaterThanOrEqual(this.offsets.get(lane) ?? 0);
      this.offsets.set(lane, state.nextOffset);
    }
  }

  /** All faults end; one process lives; everything that was sent has to be counted. */
  async settle(): Promise<void> {
    this.isCalm = true;
    this.world.broker.failAppends(undefined);
    this.living = this.living.filter((process) => !process.isDead);
    await this.startOne();
    await until('everything is counted', () => this.world.isCounted());
    for (const process of this.living) await process.aggregator.stop();
  }
}

describe('the delivery protocol under a seeded schedule of deliveries, failures, rebalances and deaths', () => {
  let world: World | null = null;
  afterEach(async () => {
    await world?.close();
    world = null;
  });

  it.each(Array.from({ length: 6 }, (_, seed) => seed))(
    'seed %i: nothing lost, nothing doubled, cells equal a recount, announcements lead to them',
    async (seed) => {
      world = await World.create();
      await world.tellPack();
      const schedule = new Schedule(world, createSeededRandom(seed));
      await schedule.startOne();
      for (let i = 0; i < 30; i += 1) await schedule.step();
      await schedule.settle();

      const { counted, unreadable, refusedAtIngest } = schedule.ledger;
      const rawIds = world.database.rawRows.map((row) => row.eventId);
      expect(rawIds.toSorted()).toEqual([...counted.keys()].toSorted());
      expect(storedCells(world)).toEqual(recount(counted.values()));
      const rejected = [...world.database.rejected.values()];
      expect(rejected.filter((row) => row.code === 'event_unreadable')).toHaveLength(unreadable);
      expect(rejected.filter((row) => row.code === 'event_unstorable')).toHaveLength(schedule.poison.size);
      expect(rejected.filter((row) => row.lane === 'ingest')).toHaveLength(refusedAtIngest);
      expect(staleCells(world)).toEqual([]);
    },
  );
});
