import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownRegions, shownBy } from './budget-recount.ts';
import { staleCells, storedCells } from './ledger.ts';
import { damages, foundIn, plant, recountAll } from './recount-damage.ts';
import type { Damage } from './recount-damage.ts';
import { recount } from './recount.ts';
import type { TestEvent } from './records.ts';
import { wrongCoarseCellsOf } from './sealed-cells.ts';
import { MEASURES } from './ledger.ts';
import { PARTITIONS, START_MS, until, World } from './world.ts';

const HOUR_MS = 3_600_000;
/** Events of the last five days: a bucket is closed a day after its end. */
const CLOSED_S = START_MS / 1_000 - 86_400;
/** More regions a day than its budget has room for. */
const LIMITS = { dimensionValuesMax: 1 };

const someEvents = fc.array(
  fc.record({
    region: fc.constantFrom('a', 'b', 'c', 'd', 'e', '_other', null),
    cents: fc.nat({ max: 9_999 }),
    quartersAgo: fc.nat({ max: 480 }),
  }),
  { minLength: 1, maxLength: 40 },
);

function toEvents(some: readonly { region: string | null; cents: number; quartersAgo: number }[], from = 0): TestEvent[] {
  return some.map(({ region, cents, quartersAgo }, i) => ({
    id: `e-${from + i}`,
    region,
    cents,
    timeMs: START_MS - quartersAgo * (HOUR_MS / 4) - 1,
  }));
}

async function inWorld(check: (world: World) => Promise<void>): Promise<void> {
  const world = await World.create();
  // Partitions without events are complete through a second before now.
  world.nowMs = START_MS + 60_000;
  try {
    await world.tellPack();
    await world.start('a', () => 'go on', LIMITS);
    await check(world);
  } finally {
    await world.close();
  }
}

async function count(world: World, events: readonly TestEvent[]): Promise<void> {
  for (const event of events) await world.send(event, { lane: event.cents % 5 === 0 ? 'backfill' : 'live' });
  await world.beat();
  await until('all is counted', () => world.isCounted());
}

/** What is closed is made of its finer cells: else a spoiled cell would go into coarser ones. */
async function sealed(world: World): Promise<void> {
  const isSealed = (): boolean =>
    [...world.database.live.values()].filter(({ seals }) => seals.through.day >= CLOSED_S - 86_400 && seals.through.hour >= CLOSED_S)
      .length === PARTITIONS;
  await until('closed buckets are sealed', isSealed);
}

function plantAll(world: World, all: readonly Damage[]): string[] {
  const to = { spoiled: new Set<string>(), closedS: CLOSED_S };
  return all.flatMap((damage) => plant(world, damage, to) ?? []).toSorted();
}

describe('a recount of the raw events', () => {
  it('finds each cell that was spoiled and no other, repairs it, tells readers, and finds nothing the next time', async () => {
    const property = fc.asyncProperty(someEvents, fc.array(damages, { maxLength: 6 }), (some, spoiling) =>
      inWorld(async (world) => {
        const events = toEvents(some);
        await count(world, events);
        await sealed(world);
        const planted = plantAll(world, spoiling);
        const first = await recountAll(world);
        expect(foundIn(world)).toEqual(planted);
        expect(world.database.drifts.filter(({ isRepaired }) => !isRepaired)).toEqual([]);
        expect(first.reduce((sum, { last }) => sum + (last?.repaired ?? 0), 0)).toBe(planted.length);
        const second = await recountAll(world);
        expect(second.map(({ last }) => [last?.drift, last?.cellsMoved])).toEqual(second.map(() => [0, 0]));
        const isCounted = ([, { n }]: [string, { n: number }]): boolean => n > 0;
        expect(new Map([...storedCells(world)].filter(isCounted))).toEqual(recount(events, shownBy(ownRegions(world))));
        await until('readers are told', () => staleCells(world).length === 0);
      }),
    );
    await fc.assert(property, { numRuns: 10, seed: 3, endOnFailure: true });
  }, 120_000);

  it('takes no event that comes meanwhile for drift', async () => {
    const property = fc.asyncProperty(someEvents, someEvents, (before, late) =>
      inWorld(async (world) => {
        await count(world, toEvents(before));
        const coming = count(world, toEvents(late, before.length));
        let isComing = true;
        void coming.finally(() => (isComing = false));
        do await recountAll(world);
        while (isComing);
        await coming;
        const quiet = await recountAll(world);
        expect(foundIn(world)).toEqual([]);
        const events = [...toEvents(before), ...toEvents(late, before.length)];
        expect(storedCells(world)).toEqual(recount(events, shownBy(ownRegions(world))));
        for (let partition = 0; partition < PARTITIONS; partition += 1)
          expect(wrongCoarseCellsOf(world.database, partition, MEASURES)).toEqual([]);
        const closed = events.filter(({ timeMs }) => timeMs < CLOSED_S * 1_000);
        expect(quiet.reduce((sum, { last }) => sum + (last?.buckets ?? 0), 0)).toBeGreaterThanOrEqual(Math.min(1, closed.length));
      }),
    );
    await fc.assert(property, { numRuns: 8, seed: 5, endOnFailure: true });
  }, 120_000);
});
