import { GRAINS } from '@tidegate/core';
import { createMemoryDatabase, createMemoryStore } from '@tidegate/postgres/memory';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { wrongCoarseCellsOf } from './sealed-cells.ts';
import { BY_MINUTE, MEASURES, METRIC, SealingOwner, SERIES } from './sealing-owner.ts';

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('flush' as const),
      events: fc.array(fc.record({ series: fc.nat(SERIES.length - 1), hoursAgo: fc.double({ min: 0, max: 80, noNaN: true }) }), {
        maxLength: 8,
      }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('slice' as const),
      cellsMax: fc.constantFrom(1, 2, 4, 8, 24, 1_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('age' as const), hours: fc.integer({ min: 1, max: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('take over' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('fail' as const),
      at: fc.constantFrom('flush.fenced', 'flush.cells_read', 'flush.journaled', 'flush.committed'),
    }),
  },
);

it.each([
  ['quarter hours', METRIC],
  ['minutes', BY_MINUTE],
])(
  'whatever is sealed when, in slices of any size, between late events, failures and take-overs: sealed cells are the sum of their %s',
  async (_name, metric) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }), async (steps) => {
        const database = createMemoryDatabase();
        let failAt: string | null = null;
        const fault = (point: string): void => {
          if (point !== failAt) return;
          failAt = null;
          throw new Error(`failed at ${point}`);
        };
        const owner = new SealingOwner(createMemoryStore({ database, fault }), metric);
        await owner.takeOver();
        for (const one of steps) {
          if (one.kind === 'flush') await owner.flush(one.events);
          else if (one.kind === 'slice') await owner.slice(one.cellsMax);
          else if (one.kind === 'age') owner.nowMs += one.hours * 3_600_000;
          else if (one.kind === 'take over') await owner.takeOver();
          else failAt = one.at;
          expect(wrongCoarseCellsOf(database, 0, MEASURES)).toEqual([]);
        }
        // Everything that is due ends, each slice bringing it on.
        for (let slices = 0; await owner.slice(1); slices += 1) expect(slices).toBeLessThan(2_000);
        expect(wrongCoarseCellsOf(database, 0, MEASURES)).toEqual([]);
        const finest = GRAINS[metric.grains[0] ?? 'quarter_hour'].code;
        expect([...database.cells.values()].filter(({ grain }) => grain === finest)).toHaveLength(owner.truth.size);
      }),
      { numRuns: 60 },
    );
  },
);
