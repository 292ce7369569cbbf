import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CompiledMetric } from '../pack/compiled.ts';
import { GRAINS } from '../rollup/grain.ts';
import type { CellFloors, CoarseGrain, StoredGrain } from '../rollup/grain.ts';
import { leastSealed, NEVER_SEALED, NOTHING_SEALED } from '../rollup/sealed.ts';
import type { SealedThrough } from '../rollup/sealed.ts';
import { createAnswer } from './answer.ts';
import type { AnswerTable } from './answer.ts';
import type { StateAlgebra } from './measure-value.ts';
import { missingUntilS, piecesOfPlan, planPieces } from './pieces.ts';
import { planQuestion } from './plan.ts';
import type { Plan } from './plan.ts';
import { parseQuestion } from './question.ts';
import type { QuestionInput } from './question.ts';

const ZONES = Intl.supportedValuesOf('timeZone');
const START_S = Date.UTC(2025, 9, 20) / 1_000;
const DAYS = 12;
const PARTITIONS = 3;
const ALL: readonly StoredGrain[] = ['quarter_hour', 'hour', 'day'];
const METRIC: CompiledMetric = {
  ...{ tenant: 'acme', pack: 'wiki', metric: 'wiki.edits', version: 1, eventTypes: ['wiki.edit'], dimensions: [] },
  sets: [{ setNo: 0, dimensions: [], bySubject: false }],
  grains: ALL,
  measures: [
    { name: 'edits', kind: 'count', numbers: 'exact' },
    { name: 'mean', kind: 'avg', field: 'ratio', numbers: 'double' },
    { name: 'top', kind: 'max', field: 'ratio', numbers: 'double' },
  ],
};
const COUNTS: StateAlgebra<number> = {
  empty: () => 0,
  merge: (into, from) => into + from,
  read: (state) => ({ unscaled: state, scale: 0 }),
};

interface Cell {
  readonly partition: number;
  readonly bucketS: number;
  readonly count: number;
}

/** What an event adds where a cell should not have been read: nothing that a right answer could hold. */
const POISON = 1_000_000;

/** The cells of a grain: right where the partition has it sealed, poisoned elsewhere, as cells half made would be. */
function coarseCells(quarters: readonly Cell[], grain: CoarseGrain, sealed: readonly SealedThrough[]): Cell[] {
  const { seconds } = GRAINS[grain];
  const cells = new Map<string, Cell>();
  for (const { partition, bucketS, count } of quarters) {
    const startS = Math.floor(bucketS / seconds) * seconds;
    const key = `${partition} ${startS}`;
    const known = cells.get(key)?.count ?? (startS < (sealed[partition]?.[grain] ?? NEVER_SEALED) ? 0 : POISON);
    cells.set(key, { partition, bucketS: startS, count: known + count });
  }
  return [...cells.values()];
}

function planOf(input: QuestionInput, metric = METRIC, floors: CellFloors = {}): Plan {
  const parsed = parseQuestion(input);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const plan = planQuestion({
    question: parsed.question,
    metric,
    subject: null,
    cursor: null,
    nowMs: START_S * 1_000,
    bucketsMax: 20_000,
    floors,
  });
  if (!plan.ok) throw new Error(JSON.stringify(plan.fault));
  return plan.value;
}

function answer(plan: Plan, cells: readonly Cell[]): AnswerTable {
  const builder = createAnswer(plan, COUNTS, null);
  const sink = builder.series({ subject: '', dims: [] });
  for (const { bucketS, count } of cells) sink?.(bucketS, count, count);
  return builder.finish();
}

const seconds = fc.integer({ min: 0, max: DAYS * 86_400 });
/** On the grid of its grain, somewhere around the data, or never. */
const sealedAt = (grain: CoarseGrain): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant(NEVER_SEALED) },
    { weight: 6, arbitrary: seconds.map((after) => Math.floor((START_S + after) / GRAINS[grain].seconds) * GRAINS[grain].seconds) },
  );
const seals = fc.array(fc.record({ quarter_hour: fc.constant(NEVER_SEALED), hour: sealedAt('hour'), day: sealedAt('day') }), {
  minLength: PARTITIONS,
  maxLength: PARTITIONS,
});
const events = fc.array(fc.record({ partition: fc.nat(PARTITIONS - 1), after: seconds }), { maxLength: 120, size: 'max' });
const asks = fc.record({
  zone: fc.constantFrom(...ZONES),
  grain: fc.constantFrom('quarter_hour', 'hour', 'day', 'week', 'month', null),
  edges: fc.tuple(seconds, seconds).filter(([a, b]) => a !== b),
  // Off the grid too: such an edge is moved to it, the same for every grain.
  isOnHours: fc.boolean(),
  grains: fc.constantFrom(ALL, ALL.slice(0, 2), ALL.slice(0, 1)),
});

describe('pieces of a range', () => {
  test('answers from coarse cells are those from quarter hours alone, in every zone, wherever each partition is sealed', () => {
    fc.assert(
      fc.property(events, seals, asks, (given, sealed, ask) => {
        const quarters = given.map(({ partition, after }) => ({ partition, bucketS: Math.floor((START_S + after) / 900) * 900, count: 1 }));
        const [from = 0, to = 0] = ask.edges
          .map((after) => START_S + (ask.isOnHours ? Math.floor(after / 3_600) * 3_600 : after))
          .toSorted((a, b) => a - b);
        fc.pre(from < to);
        const plan = planOf(
          {
            ...{ metric: 'wiki.edits', measures: ['edits'], zone: ask.zone },
            ...{ from: new Date(from * 1_000).toISOString(), to: new Date(to * 1_000).toISOString() },
            ...(ask.grain === null ? { kind: 'summary' } : { kind: 'series', grain: ask.grain }),
          },
          { ...METRIC, grains: ask.grains },
        );
        const stored: Readonly<Record<number, readonly Cell[]>> = {
          [GRAINS.quarter_hour.code]: quarters,
          [GRAINS.hour.code]: coarseCells(quarters, 'hour', sealed),
          [GRAINS.day.code]: coarseCells(quarters, 'day', sealed),
        };
        const pieces = piecesOfPlan(plan, leastSealed(sealed));
        const read = pieces.flatMap(({ grain, fromS, toS }) =>
          (stored[grain] ?? []).filter(({ bucketS }) => bucketS >= fromS && bucketS < toS),
        );
        expect(answer(plan, read)).toEqual(answer(plan, quarters));
        // By adding up the events themselves: the range was widened to the grid of the quarter hours.
        const inRange = quarters.filter(({ bucketS }) => bucketS >= Math.floor(from / 900) * 900 && bucketS < to);
        expect(answer(plan, read).revision).toBe(inRange.length);
      }),
      { numRuns: 400 },
    );
  });

  test('with minutes, of which some are dropped, answers are those from all minutes; what is missing is said and lies in front', () => {
    const dropped = fc.oneof(
      fc.constant(null),
      seconds.map((after) => Math.floor((START_S + after) / 3_600) * 3_600),
    );
    const minuteAsks = fc.record({
      zone: fc.constantFrom('UTC', 'Europe/Oslo', 'Asia/Kolkata', 'Asia/Kathmandu'),
      grain: fc.constantFrom('minute', 'quarter_hour', 'hour', 'day', null),
      edges: fc.tuple(seconds, seconds).filter(([a, b]) => a !== b),
      step: fc.constantFrom(1, 60, 900, 3_600),
    });
    fc.assert(
      fc.property(events, seals, dropped, minuteAsks, (given, through, minuteFloor, ask) => {
        // Minutes are dropped where their quarters are sealed, and quarters are sealed before their hours.
        const sealed = through.map((one) => ({ ...one, quarter_hour: Math.max(one.hour, minuteFloor ?? NEVER_SEALED) }));
        const floors: CellFloors = minuteFloor === null ? {} : { minute: minuteFloor };
        const minutes = given.map(({ partition, after }) => ({ partition, bucketS: Math.floor((START_S + after) / 60) * 60, count: 1 }));
        const [from = 0, to = 0] = ask.edges.map((after) => START_S + Math.floor(after / ask.step) * ask.step).toSorted((a, b) => a - b);
        fc.pre(from < to);
        const plan = planOf(
          {
            ...{ metric: 'wiki.edits', measures: ['edits'], zone: ask.zone },
            ...{ from: new Date(from * 1_000).toISOString(), to: new Date(to * 1_000).toISOString() },
            ...(ask.grain === null ? { kind: 'summary' } : { kind: 'series', grain: ask.grain, limit: 10_000 }),
          },
          { ...METRIC, grains: ['minute', ...ALL] },
          floors,
        );
        const stored: Readonly<Record<number, readonly Cell[]>> = {
          1: minutes.filter(({ bucketS }) => bucketS >= (minuteFloor ?? 0)),
          2: coarseCells(minutes, 'quarter_hour', sealed),
          3: coarseCells(minutes, 'hour', sealed),
          4: coarseCells(minutes, 'day', sealed),
        };
        const pieces = piecesOfPlan(plan, leastSealed(sealed));
        const read = pieces.flatMap(({ grain, fromS, toS }) =>
          (stored[grain] ?? []).filter(({ bucketS }) => bucketS >= fromS && bucketS < toS),
        );
        const missing = missingUntilS(pieces, plan.range);
        const isWhole = missing === null;
        // Only minutes can answer between two quarters, so only a series by the minute can lack what was dropped.
        if (!isWhole) expect([ask.grain, missing <= (minuteFloor ?? 0)]).toEqual(['minute', true]);
        const from1 = missing ?? Number.NEGATIVE_INFINITY;
        const expected = answer(
          plan,
          minutes.filter(({ bucketS }) => bucketS >= from1),
        );
        const found = answer(
          plan,
          read.filter(({ bucketS }) => bucketS >= from1),
        );
        expect(found).toEqual(expected);
        if (isWhole && ask.grain === 'minute')
          expect(found.revision).toBe(minutes.filter(({ bucketS }) => bucketS >= Math.floor(from / 60) * 60 && bucketS < to).length);
      }),
      { numRuns: 400 },
    );
  });

  test('pieces tile the range in order, lie on the grid of their grain, and neighbours of one grain are one', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: -2_000, max: 2_000 }), { minLength: 2, maxLength: 12 }), seals, (quarters, sealed) => {
        const edgesS = quarters.toSorted((a, b) => a - b).map((at) => START_S + at * 900);
        const pieces = planPieces({ edgesS, grains: ALL, sealed: leastSealed(sealed) });
        let at = edgesS[0];
        for (const [i, { grain, fromS, toS }] of pieces.entries()) {
          const width = grain === 2 ? 900 : grain === 3 ? 3_600 : 86_400;
          expect(fromS).toBe(at);
          expect([fromS % width, toS % width, toS > fromS, pieces[i - 1]?.grain === grain]).toEqual([0, 0, true, false]);
          at = toS;
        }
        expect(at).toBe(edgesS.at(-1));
      }),
    );
  });

  test('a year by days is read from days in UTC, from hours in Oslo, and from hours and the quarters at half past in Kolkata', () => {
    // Everything is sealed. Cells of one series: 365 days; 365 days are 8,760 hours, of which Oslo's edges cut none; Kolkata is
    // 5:30 ahead, so the hour of each of its 366 edges is 4 quarters in place of 1 hour, but for the half hours outside of the year.
    const cellsOf = (zone: string): number =>
      piecesOfPlan(planOf({ metric: 'wiki.edits', measures: ['edits'], from: '2025-01-01', to: '2026-01-01', grain: 'day', zone }), {
        quarter_hour: NEVER_SEALED,
        hour: Infinity,
        day: Infinity,
      }).reduce((sum, { grain, fromS, toS }) => sum + (toS - fromS) / (grain === 2 ? 900 : grain === 3 ? 3_600 : 86_400), 0);
    expect(cellsOf('UTC')).toBe(365);
    expect(cellsOf('Europe/Oslo')).toBe(8_760);
    expect(cellsOf('Asia/Kolkata')).toBe(365 * 23 + 365 * 4);
  });

  test('a sum of doubles is made of the finest cells alone, other measures of doubles are not', () => {
    const sealed = { ...NOTHING_SEALED, hour: Infinity, day: Infinity };
    const grainsOf = (measure: string): number[] =>
      piecesOfPlan(
        planOf({ metric: 'wiki.edits', measures: [measure], from: '2025-01-01', to: '2025-02-01', kind: 'summary' }),
        sealed,
      ).map(({ grain }) => grain);
    expect(grainsOf('mean')).toEqual([2]);
    const byMinute = piecesOfPlan(
      planOf(
        { metric: 'wiki.edits', measures: ['mean'], from: '2025-01-01', to: '2025-02-01', kind: 'summary' },
        { ...METRIC, grains: ['minute', ...ALL] },
      ),
      { ...sealed, quarter_hour: Date.UTC(2025, 0, 31) / 1_000 },
    );
    expect(byMinute.map(({ grain }) => grain)).toEqual([2, 1]);
    expect(grainsOf('top')).toEqual([4]);
  });

  test('what is sealed on every partition is the least of each grain; on none it is nothing', () => {
    const a = { quarter_hour: 900, hour: 7_200, day: NEVER_SEALED };
    const b = { quarter_hour: NEVER_SEALED, hour: 3_600, day: 86_400 };
    expect(leastSealed([a, b])).toEqual({ quarter_hour: NEVER_SEALED, hour: 3_600, day: NEVER_SEALED });
    expect(leastSealed([])).toEqual(NOTHING_SEALED);
  });
});
