import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DAY_S } from './fixtures.ts';
import { PARTITIONS, SealedHouse } from './sealed-house.ts';

const DAYS = 9;
const partition = fc.nat(PARTITIONS - 1);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('count' as const), partition, minute: fc.nat(DAYS * 1_440 - 1) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('seal' as const),
      partition,
      grain: fc.constantFrom('quarter_hour' as const, 'hour' as const, 'day' as const),
      hours: fc.integer({ min: 1, max: DAYS * 24 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), hours: fc.integer({ min: 1, max: DAYS * 24 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('deliver' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('epoch' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      zone: fc.constantFrom('UTC', 'Europe/Oslo', 'Asia/Kolkata'),
      grain: fc.constantFrom('hour', 'day', 'week', null),
      hours: fc.tuple(fc.nat(DAYS * 24), fc.nat(DAYS * 24)).filter(([a, b]) => a !== b),
      isDelivered: fc.boolean(),
    }),
  },
);

interface Asked {
  readonly zone: string;
  readonly grain: 'hour' | 'day' | 'week' | null;
  readonly hours: readonly [number, number];
  readonly isDelivered: boolean;
}

const total = (rows: readonly (readonly unknown[])[]): number => rows.reduce((sum, row) => sum + Number(row.at(-1)), 0);

/** Asks Postgres and the cache; returns how the cache answered. */
async function compare(house: SealedHouse, { zone, grain, hours, isDelivered }: Asked): Promise<string> {
  const [fromS = 0, toS = 0] = hours.map((after) => DAY_S + after * 3_600).toSorted((a, b) => a - b);
  const question = {
    ...{ from: new Date(fromS * 1_000).toISOString(), to: new Date(toS * 1_000).toISOString(), zone },
    ...(grain === null ? { kind: 'summary' as const } : { kind: 'series' as const, grain }),
  };
  const inRange = [...house.truth].filter(([bucketS]) => bucketS >= fromS && bucketS < toS);
  const bare = await house.ask(question, true);
  expect(total(bare.table.rows)).toBe(inRange.reduce((sum, [, count]) => sum + count, 0));
  if (isDelivered) await house.deliver();
  const cached = await house.ask(question, false);
  if (isDelivered) expect(cached.table.rows).toEqual(bare.table.rows);
  // What is not announced yet may be missing from chunks, and nothing else.
  const lack = total(bare.table.rows) - total(cached.table.rows);
  expect(lack).toBeGreaterThanOrEqual(0);
  expect(lack).toBeLessThanOrEqual(house.undeliveredEvents());
  return cached.cache.state;
}

test.each([
  ['quarter hours', ['quarter_hour', 'hour', 'day'] as const],
  ['minutes, of which the old ones are dropped', ['minute', 'quarter_hour', 'hour', 'day'] as const],
])(
  'an answer holds every event of its range once, from chunks and from Postgres, whatever is sealed and announced meanwhile: of %s',
  async (_name, grains) => {
    const widthS = grains[0] === 'minute' ? 60 : 900;
    const ways = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 50, size: 'max' }), async (steps) => {
        const house = new SealedHouse(grains);
        await house.beginEpoch();
        for (const one of steps) {
          if (one.kind === 'count') house.count(one.partition, DAY_S + Math.floor((one.minute * 60) / widthS) * widthS);
          else if (one.kind === 'seal') house.seal(one.partition, one.grain, DAY_S + one.hours * 3_600);
          else if (one.kind === 'drop') house.dropMinutes(DAY_S + one.hours * 3_600);
          else if (one.kind === 'deliver') await house.deliver();
          else if (one.kind === 'epoch') await house.beginEpoch();
          else ways.add(await compare(house, one));
        }
      }),
      { numRuns: 60 },
    );
    expect([...ways].toSorted()).toEqual(expect.arrayContaining(['fill', 'hit', 'miss']));
  },
);

test('a year by days of one series is read from days where it is sealed: 734 cells of two partitions in place of 3,650', async () => {
  const house = new SealedHouse();
  await house.beginEpoch();
  // Five quarter hours of each day on both partitions: 2 · 365 · 5 = 3,650 cells.
  for (let day = 0; day < 365; day += 1)
    for (const quarter of [0, 1, 40, 41, 95]) for (const one of [0, 1]) house.count(one, DAY_S + day * 86_400 + quarter * 900);
  const year = { kind: 'series' as const, grain: 'day' as const, from: '2024-10-04', to: '2025-10-04', limit: 1_000 };
  const before = await house.ask(year, true);
  expect(house.cellsRead).toBe(3_650);
  // All but the last day, of which the first hours are sealed too: 2 · (364 days + hours 0 and 10 + the quarter hour 23:45).
  for (const one of [0, 1]) {
    house.seal(one, 'hour', DAY_S + 364 * 86_400 + 12 * 3_600);
    house.seal(one, 'day', DAY_S + 365 * 86_400);
  }
  house.cellsRead = 0;
  const after = await house.ask(year, true);
  expect(house.cellsRead).toBe(2 * (364 + 2 + 1));
  expect(after.table.rows).toEqual(before.table.rows);
  await house.deliver();
  expect((await house.ask(year, false)).table.rows).toEqual(before.table.rows);
});
