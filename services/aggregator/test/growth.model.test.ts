import fc from 'fast-check';
import { expect, it } from 'vitest';
import { storedCells } from './ledger.ts';
import { identityOf } from './records.ts';
import type { TestEvent } from './records.ts';
import { recount } from './recount.ts';
import { PARTITIONS, START_MS, until, World } from './world.ts';

/** `TIDEGATE_MODEL_RUNS=2000 TIDEGATE_SEED=7 vitest run --project unit services/aggregator/test/growth.model.test.ts` */
const runs = Number(process.env['TIDEGATE_MODEL_RUNS'] ?? 12);
const seed = Number(process.env['TIDEGATE_SEED'] ?? 1);

const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('send' as const), id: fc.nat(25), age: fc.nat(2), isBackfill: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('switch' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('topics' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('death' as const), point: fc.constantFrom('flush.fenced', 'flush.committed') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('start' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const eventOf = (id: number): TestEvent => ({ id: `e-${id}`, region: 'north', cents: 100 + id, timeMs: START_MS - id * 900_000 });

/** Senders that know any of the counts there ever were, owners that die, and two growths at most. */
class GrowingLog {
  readonly world: World;
  readonly sent = new Map<number, TestEvent>();
  /** All counts that the log of a partition may be asked by; the last is the topics'. */
  private readonly counts = [PARTITIONS];
  private switched = PARTITIONS;
  private starts = 0;
  private deathAt: string | null = null;

  constructor(world: World) {
    this.world = world;
  }

  async start(): Promise<void> {
    this.starts += 1;
    await this.world.start(`p-${this.starts}`, (point) => {
      if (point !== this.deathAt) return 'go on';
      this.deathAt = null;
      return 'die';
    });
  }

  async run(one: Step): Promise<void> {
    if (one.kind === 'send') await this.send(one);
    else if (one.kind === 'switch') this.switch();
    else if (one.kind === 'topics') await this.growTopics();
    else if (one.kind === 'death') this.deathAt = one.point;
    else if (one.kind === 'start') await this.start();
    else await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** `age`: by which of the counts, from the newest. */
  private async send({ id, age, isBackfill }: Extract<Step, { readonly kind: 'send' }>): Promise<void> {
    const event = eventOf(id);
    this.sent.set(id, event);
    const count = this.counts.at(-1 - Math.min(age, this.counts.length - 1)) ?? PARTITIONS;
    const key = identityOf(event.id);
    const partition = Buffer.from(key).readUInt32LE(0) % count;
    await this.world.send(event, { partition, key, lane: isBackfill ? 'backfill' : 'live' });
  }

  private switch(): void {
    const isOwned = Array.from({ length: this.switched }, (_, partition) => this.world.database.live.has(partition)).every(Boolean);
    if (!isOwned || this.switched !== this.counts.at(-1) || this.counts.length === 3) return;
    this.world.grow(this.switched, this.switched * 2);
    this.switched *= 2;
  }

  private async growTopics(): Promise<void> {
    if (this.switched === this.counts.at(-1)) return;
    await this.world.growTopics(this.switched);
    this.counts.push(this.switched);
  }

  async end(): Promise<void> {
    this.deathAt = null;
    await this.growTopics();
    await this.start();
    await until('all is counted', () => this.world.isCounted(), 20_000);
  }
}

it(
  `schedules of growths, senders by any count, deaths and lost answers: no gap, nothing twice (seed ${seed})`,
  async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
      const world = await World.create();
      try {
        await world.tellPack();
        const log = new GrowingLog(world);
        await log.start();
        await until('all are owned', () => world.database.live.size === PARTITIONS);
        for (const one of steps) await log.run(one);
        await log.end();
        const rows = world.database.rawRows.map(({ eventId }) => eventId).toSorted();
        expect(rows).toEqual([...log.sent.values()].map(({ id }) => id).toSorted());
        expect(storedCells(world)).toEqual(recount(log.sent.values()));
      } finally {
        await world.close();
      }
    });
    await fc.assert(property, { numRuns: runs, seed, endOnFailure: true });
  },
  60_000 + runs * 20_000,
);
