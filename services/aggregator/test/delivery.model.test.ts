import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budgetFaults, ownRegions, shownBy } from './budget-recount.ts';
import { REGIONS_MAX, Schedule, schedules } from './delivery-schedule.ts';
import type { Step } from './delivery-schedule.ts';
import { DeliveryWatch } from './delivery-watch.ts';
import { staleCells, storedCells } from './ledger.ts';
import { recount } from './recount.ts';
import { World } from './world.ts';

/** `TIDEGATE_MODEL_RUNS=2000 TIDEGATE_SEED=7 vitest run --project unit services/aggregator/test/delivery.model.test.ts` */
const runs = Number(process.env['TIDEGATE_MODEL_RUNS'] ?? 8);
const seed = Number(process.env['TIDEGATE_SEED'] ?? 1);

interface Outcome {
  readonly world: World;
  readonly schedule: Schedule;
  readonly watch: DeliveryWatch;
}

async function carryOut(steps: readonly Step[], check: (outcome: Outcome) => void): Promise<void> {
  const world = await World.create();
  try {
    await world.tellPack();
    const schedule = new Schedule(world);
    const watch = new DeliveryWatch(world);
    for (const step of [{ kind: 'assign' } as const, ...steps]) {
      await schedule.run(step);
      watch.look();
    }
    await schedule.end();
    watch.look();
    check({ world, schedule, watch });
  } finally {
    await world.close();
  }
}

describe('the delivery protocol under schedules of deliveries, failures, lost answers, rebalances, pauses and deaths', () => {
  it(
    `loses nothing, doubles nothing, keeps cells equal to a recount and leads readers to them (seed ${seed})`,
    async () => {
      const property = fc.asyncProperty(schedules, (steps) =>
        carryOut(steps, ({ world, schedule, watch }) => {
          const { counted, poison, unreadable, refusedAtIngest } = schedule.sent;
          expect(watch.faults).toEqual([]);
          expect(world.database.rawRows.map((row) => row.eventId).toSorted()).toEqual([...counted.keys()].toSorted());
          const expected = recount(counted.values(), shownBy(ownRegions(world)));
          for (const version of schedule.wholeVersions()) expect([version, storedCells(world, version)]).toEqual([version, expected]);
          expect(budgetFaults(world, counted.values(), REGIONS_MAX)).toEqual([]);
          const rejected = [...world.database.rejected.values()];
          expect(rejected.filter((row) => row.code === 'event_unreadable')).toHaveLength(unreadable);
          expect(rejected.filter((row) => row.code === 'event_unstorable')).toHaveLength(poison.size);
          expect(rejected.filter((row) => row.lane === 'ingest')).toHaveLength(refusedAtIngest);
          expect(staleCells(world)).toEqual([]);
        }),
      );
      // Not shrunk: each attempt waits for real turns of the event loop. The steps and the seed are in the message.
      await fc.assert(property, { numRuns: runs, seed, endOnFailure: true });
    },
    60_000 + runs * 10_000,
  );
});
