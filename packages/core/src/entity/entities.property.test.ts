import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatExact } from '../event/exact-number.ts';
import type { ExactNumber } from '../event/exact-number.ts';
import { compilePack } from '../pack/compile.ts';
import type { CompiledMetric, CompiledPack } from '../pack/compiled.ts';
import { parsePack } from '../pack/parse.ts';
import { createAnswer } from '../query/answer.ts';
import { planQuestion } from '../query/plan.ts';
import { parseQuestion } from '../query/question.ts';
import { createStateAlgebra } from '../query/state-algebra.ts';
import type { SeriesEntry } from '../rollup/announcement-shape.ts';
import { createRawFold } from '../rollup/raw-fold.ts';
import type { RawEvent } from '../rollup/raw-record.ts';
import { createState, decodeState, encodeState, mergeState, readMeasureAt } from '../rollup/state.ts';
import type { RollupState } from '../rollup/state.ts';
import { DDSketch } from '../sketch/ddsketch.ts';
import type { EntityBatch } from './entity-changes.ts';
import { compareStamps, compareUtf8, isThere } from './entity-shape.ts';
import type { EntityState, EntityValue } from './entity-shape.ts';
import { createRowFold, projectRows } from './project.ts';
import type { RowFold } from './project.ts';
import { decodeEntityState, encodeEntityState } from './state-codec.ts';

const SOURCE = {
  pack: 'health',
  title: 'Health',
  events: {
    'goal.set': {
      subject: 'required',
      fields: {
        goal_id: { type: 'string' },
        status: { type: 'enum', values: ['active', 'done'], dimension: true, optional: true },
        target: { type: 'decimal', optional: true },
        due: { type: 'date', optional: true },
      },
    },
    'goal.dropped': { subject: 'required', fields: { goal_id: { type: 'string' } } },
  },
  entities: { goal: { id: 'goal_id', events: ['goal.set'], deleted_by: ['goal.dropped'] } },
  metrics: {
    goals: {
      over: 'goal',
      at: 'due',
      dimensions: ['status'],
      sets: [['status'], ['subject']],
      measures: {
        n: { measure: 'count' },
        total: { measure: 'sum', field: 'target' },
        mean: { measure: 'avg', field: 'target' },
        spread: { measure: 'variance', field: 'target' },
        sizes: { measure: 'histogram', field: 'target', bounds: [0, 10] },
        size: { measure: 'quantile', field: 'target' },
      },
    },
    first_seen: { over: 'goal', where: { status: { eq: 'active' } }, measures: { n: { measure: 'count' } } },
  },
};

function compiled(): CompiledPack {
  const parsed = parsePack(SOURCE);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  return compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value });
}

const PACK = compiled();
const METRICS = [...PACK.metrics.values()];
const DAY_MS = 86_400_000;
const RAW = createRawFold(METRICS);
const ALL = createRowFold(METRICS);
const FIRST = createRowFold(METRICS.slice(0, 1));

interface Told {
  readonly id: string;
  readonly timeMs: number;
  readonly subject: string;
  readonly goal: string;
  readonly isDeletion: boolean;
  readonly status: string | null;
  /** In tenths. */
  readonly target: number | null;
  /** Days since 1970. */
  readonly due: number | null;
}

/** Few goals, few instants and few ids, so that events meet: updates, deletions, equal instants, events that come back. */
const told: fc.Arbitrary<Told> = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'é', '\u{1F600}', 'ﬀ'),
  timeMs: fc.integer({ min: -3, max: 3 }).map((step) => step * 400_000),
  subject: fc.constantFrom('anna', 'bert'),
  goal: fc.constantFrom('g1', 'g2', 'g3'),
  isDeletion: fc.boolean(),
  status: fc.constantFrom('active', 'done', null),
  target: fc.option(fc.integer({ min: -50, max: 200 })),
  due: fc.option(fc.integer({ min: 100, max: 101 })),
});

function toRaw({ id, timeMs, subject, goal, isDeletion, status, target, due }: Told): RawEvent {
  const set = { goal_id: goal, status, target: target === null ? null : target / 10, due: due === null ? null : dayText(due) };
  return {
    ...{ tenant: 'acme', eventId: id, source: '', subject, occurredAtMs: timeMs, receivedAtMs: 0, packVersion: 1 },
    type: isDeletion ? 'goal.dropped' : 'goal.set',
    data: JSON.stringify(isDeletion ? { goal_id: goal } : set),
  };
}

function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** Rows and cells as a database would hold them: states as bytes, values as columns. */
class Kept {
  readonly rows = new Map<
    string,
    { readonly subject: string; readonly bytes: Uint8Array; readonly values: ReadonlyMap<string, EntityValue> }
  >();
  readonly cells = new Map<string, { readonly series: SeriesEntry; readonly bucketS: number; bytes: Uint8Array }>();

  commit(events: readonly Told[], metrics: readonly CompiledMetric[] = METRICS): void {
    for (const event of events) RAW.fold(toRaw(event));
    for (const batch of RAW.take().entities) this.project(batch, metrics.length === METRICS.length ? ALL : FIRST);
  }

  state(name: string): EntityState | undefined {
    const row = this.rows.get(name);
    return row === undefined ? undefined : (decodeEntityState(row.bytes, row.values) ?? undefined);
  }

  private project({ rows }: EntityBatch, fold: RowFold | null): void {
    const { rows: written, folded } = projectRows(rows, ({ key }) => this.state(`${key.subject} ${key.id}`), fold);
    for (const { key, state } of written) {
      const values = new Map([...state.values].map(([name, { value }]) => [name, value]));
      this.rows.set(`${key.subject} ${key.id}`, { subject: key.subject, bytes: encodeEntityState(state), values });
    }
    for (const { series, bucketS, state } of folded?.deltas ?? []) this.add(folded?.series[series], bucketS, state);
  }

  private add(series: SeriesEntry | undefined, bucketS: number, delta: RollupState): void {
    if (series === undefined) throw new Error('a delta without a series');
    const key = `${series.metric} ${series.version} ${series.setNo} ${series.subject} ${JSON.stringify(series.dims)} ${bucketS}`;
    const { measures } = METRICS.find(({ metric }) => metric === series.metric) ?? { measures: [] };
    const known = this.cells.get(key);
    const state = known === undefined ? createState(measures) : decodeState(known.bytes, measures);
    if (state === null) throw new Error('a cell that cannot be read');
    mergeState(state, delta);
    this.cells.set(key, { series, bucketS, bytes: encodeState(state) });
  }
}

/** The rows by brute force: all events of a row in the order of their stamps, the last word of each member stands. */
function bruteRows(events: readonly Told[]): ReadonlyMap<string, { state: Omit<Told, 'id' | 'timeMs' | 'isDeletion'>; createdMs: number }> {
  const rows = new Map<string, { state: Omit<Told, 'id' | 'timeMs' | 'isDeletion'>; createdMs: number }>();
  for (const [name, own] of Map.groupBy(events, ({ subject, goal }) => `${subject} ${goal}`)) {
    const sorted = own.toSorted((a, b) => a.timeMs - b.timeMs || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)));
    const sets = sorted.filter(({ isDeletion }) => !isDeletion);
    const [first, last, gone] = [sets[0], sets.at(-1), sorted.filter(({ isDeletion }) => isDeletion).at(-1)];
    if (first === undefined || last === undefined || (gone !== undefined && compareStamps(gone, last) >= 0)) continue;
    const state = { subject: last.subject, goal: last.goal, status: null, target: null, due: null };
    for (const member of ['status', 'target', 'due'] as const) {
      const said = sets.filter((set) => set[member] !== null);
      const stamp = said.at(-1);
      const equal = said.filter((set) => stamp !== undefined && compareStamps(set, stamp) === 0).map((set) => set[member]);
      // One id at one instant: the greater value, as its column holds it.
      if (stamp !== undefined) Object.assign(state, { [member]: member === 'target' ? greatestText(equal) : equal.toSorted(order).at(-1) });
    }
    rows.set(name, { state, createdMs: first.timeMs });
  }
  return rows;
}

function greatestText(tenths: readonly (number | string | null)[]): number | null {
  return (
    Number(
      tenths
        .map((one) => String(Number(one) / 10))
        .toSorted()
        .at(-1),
    ) * 10
  );
}

function order(a: number | string | null, b: number | string | null): number {
  return a === b ? 0 : (a ?? '') < (b ?? '') ? -1 : 1;
}

/** Cells as a recount of these rows gives them, in plain arithmetic. */
function bruteCells(rows: ReturnType<typeof bruteRows>): Record<string, unknown> {
  const counted: Record<string, number[]> = {};
  const put = (key: string, target: number | null): void => void (counted[key] ??= []).push(target ?? Number.NaN);
  for (const { state, createdMs } of rows.values()) {
    if (state.due !== null) {
      put(`goals 1 0  ${JSON.stringify([state.status])} ${state.due * 86_400}`, state.target);
      put(`goals 1 1 ${state.subject} [] ${state.due * 86_400}`, state.target);
    }
    if (state.status === 'active') put(`first_seen 1 0  [] ${Math.floor(createdMs / 900_000) * 900}`, null);
  }
  return Object.fromEntries(
    Object.entries(counted).map(([key, tenths]) => [key, key.startsWith('goals') ? figures(tenths) : { n: tenths.length }]),
  );
}

/** Tenths are whole numbers, so their sums are exact. */
function figures(tenths: readonly number[]): object {
  const values = tenths.filter((value) => !Number.isNaN(value));
  const sketch = new DDSketch();
  for (const value of values) sketch.add(value / 10);
  const sum = values.reduce((all, one) => all + one, 0);
  const squares = values.reduce((all, one) => all + one * one, 0);
  const variance = (values.length * squares - sum * sum) / (values.length * (values.length - 1)) / 100;
  return {
    n: tenths.length,
    total: sum,
    mean: values.length === 0 ? null : sum / values.length / 10,
    variance: values.length < 2 ? null : variance,
    sizes: [values.filter((v) => v < 0), values.filter((v) => v >= 0 && v < 100), values.filter((v) => v >= 100)].map((bin) => bin.length),
    median: sketch.quantile(0.5),
  };
}

function readCells({ cells }: Kept): Record<string, unknown> {
  const read = [...cells].map(([key, { series, bytes }]): [string, unknown] => {
    const { measures } = METRICS.find(({ metric }) => metric === series.metric) ?? { measures: [] };
    const state = decodeState(bytes, measures);
    if (state === null) throw new Error('a cell that cannot be read');
    if (series.metric === 'first_seen') return [key, { n: readMeasureAt(state, 0) }];
    const [mean, n, size, sizes, spread, total] = measures.map((_, at) => at);
    return [
      key,
      {
        n: readMeasureAt(state, n ?? 0),
        total: Number(formatExact(readMeasureAt(state, total ?? 0) as ExactNumber)) * 10,
        mean: readMeasureAt(state, mean ?? 0),
        variance: readMeasureAt(state, spread ?? 0, { figure: 'variance' }),
        sizes: (readMeasureAt(state, sizes ?? 0) as readonly { count: number }[]).map(({ count }) => count),
        median: readMeasureAt(state, size ?? 0),
      },
    ];
  });
  return Object.fromEntries(read.filter(([, figure]) => (figure as { n: number }).n !== 0));
}

/** Figures whose doubles are made by another order of operations. */
function rounded(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, one: unknown) => (typeof one === 'number' ? Number(one.toPrecision(10)) : one)));
}

function visible(kept: Kept): Record<string, unknown> {
  const rows = [...kept.rows.keys()].flatMap((name): [string, unknown][] => {
    const state = kept.state(name);
    if (state === undefined || !isThere(state)) return [];
    const at = (column: string): EntityValue | null => state.values.get(column)?.value ?? null;
    const target = at('target.numeric');
    return [
      [
        name,
        {
          status: at('status.text'),
          target: target === null ? null : Math.round(Number(target) * 10),
          due: at('due.date'),
          createdMs: state.createdMs,
        },
      ],
    ];
  });
  return Object.fromEntries(rows);
}

function expectedRows(rows: ReturnType<typeof bruteRows>): Record<string, unknown> {
  return Object.fromEntries(
    [...rows].map(([name, { state, createdMs }]) => [
      name,
      { status: state.status, target: state.target === null ? null : Math.round(state.target), due: state.due, createdMs },
    ]),
  );
}

/** A history with copies, in some order, cut into batches. */
const histories = fc
  .array(told, { maxLength: 25 })
  .chain((events) =>
    fc.tuple(
      fc.constant(events),
      fc.shuffledSubarray([...events, ...events], { minLength: events.length, maxLength: events.length * 2 }),
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 30, maxLength: 30 }),
    ),
  )
  .map(([events, some, cuts]) => ({ events, arrived: [...some, ...events.filter((event) => !some.includes(event))], cuts }));

function batchesOf(arrived: readonly Told[], cuts: readonly number[]): readonly (readonly Told[])[] {
  const batches: Told[][] = [];
  let at = 0;
  for (const cut of cuts) {
    batches.push(arrived.slice(at, at + cut));
    at += cut;
  }
  return [...batches, arrived.slice(at)].filter((batch) => batch.length > 0);
}

describe('rows of entities', () => {
  test('any order, any batches and any replay of the same events give the same rows', () => {
    fc.assert(
      fc.property(histories, ({ events, arrived, cuts }) => {
        const kept = new Kept();
        for (const batch of batchesOf(arrived, cuts)) kept.commit(batch);
        expect(visible(kept)).toEqual(expectedRows(bruteRows(events)));
      }),
      { numRuns: 200 },
    );
  });

  test('at every commit the cells of metrics over rows equal a recount of the rows', () => {
    fc.assert(
      fc.property(histories, ({ arrived, cuts }) => {
        const kept = new Kept();
        let seen: readonly Told[] = [];
        for (const batch of batchesOf(arrived, cuts)) {
          kept.commit(batch);
          seen = [...seen, ...batch];
          expect(rounded(readCells(kept))).toEqual(rounded(bruteCells(bruteRows(seen))));
        }
      }),
      { numRuns: 100 },
    );
  });

  test('a version that came later is whole once the events were read again, beside events that still come', () => {
    fc.assert(
      fc.property(histories, fc.nat(25), ({ arrived, cuts }, at) => {
        const kept = new Kept();
        const [before, after] = [arrived.slice(0, at), arrived.slice(at)];
        for (const batch of batchesOf(before, cuts)) kept.commit(batch, METRICS.slice(0, 1));
        for (const batch of batchesOf(after, cuts)) kept.commit(batch);
        for (const batch of batchesOf(before, cuts)) kept.commit(batch);
        expect(rounded(readCells(kept))).toEqual(rounded(bruteCells(bruteRows(arrived))));
      }),
      { numRuns: 100 },
    );
  });

  test('a version that is folded no more is neither put in nor taken out', () => {
    const set = { id: 'a', timeMs: 0, subject: 'anna', goal: 'g1', isDeletion: false, status: 'active', target: 10, due: 100 } as const;
    const kept = new Kept();
    kept.commit([set]);
    const before = [...kept.cells].find(([key]) => key.startsWith('first_seen'))?.[1].bytes;
    kept.commit([{ ...set, id: 'b', timeMs: 1, isDeletion: true }], METRICS.slice(0, 1));
    expect([...kept.cells].find(([key]) => key.startsWith('first_seen'))?.[1].bytes).toEqual(before);
    expect(readCells(kept)).toMatchObject({ 'first_seen 1 0  [] 0': { n: 1 } });
    expect(Object.keys(readCells(kept))).toHaveLength(1);
  });
});

test('an answer has no row for a group that all rows have left', () => {
  const set = { id: 'a', timeMs: 0, subject: 'anna', goal: 'g1', isDeletion: false, status: 'active', target: 10, due: 100 } as const;
  const kept = new Kept();
  kept.commit([set]);
  kept.commit([{ ...set, id: 'b', timeMs: 1, status: 'done' }]);
  const [metric] = METRICS;
  const range = { from: '1970-01-01T00:00:00Z', to: '1971-01-01T00:00:00Z' };
  const parsed = parseQuestion({ metric: 'goals', kind: 'table', measures: ['n', 'total'], group_by: ['status'], ...range });
  if (!parsed.ok || metric === undefined) throw new Error('a question that cannot be asked');
  const plan = planQuestion({ question: parsed.question, metric, subject: null, cursor: null, nowMs: 0, bucketsMax: 100 });
  if (!plan.ok) throw new Error(plan.fault.message);
  const answer = createAnswer<RollupState>(plan.value, createStateAlgebra(plan.value.measures), null);
  for (const { series, bucketS, bytes } of kept.cells.values()) {
    const sink = series.metric === 'goals' && series.setNo === 0 ? answer.series(series) : null;
    sink?.(bucketS, decodeState(bytes, metric.measures) ?? [], 0);
  }
  expect(kept.cells.size).toBeGreaterThan(2);
  expect(answer.finish().rows).toEqual([['done', 1, 1]]);
});

test('what changes nothing is not written', () => {
  const set = { id: 'a', timeMs: 5, subject: 'anna', goal: 'g1', isDeletion: false, status: 'active', target: 10, due: 100 } as const;
  const kept = new Kept();
  kept.commit([set]);
  const raw = createRawFold(METRICS);
  raw.fold(toRaw(set));
  const [batch] = raw.take().entities;
  const { rows, folded } = projectRows(batch?.rows ?? [], () => kept.state('anna g1'), createRowFold(METRICS));
  expect({ rows, folded }).toEqual({ rows: [], folded: null });
});

test('ids are compared by their UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test('a cell from which more is taken than it had is written with signed numbers, and the merge is right', () => {
  const { measures } = METRICS[0] ?? { measures: [] };
  const set = { id: 'a', timeMs: 0, subject: 'anna', goal: 'g1', isDeletion: false, status: 'active', target: 10, due: 100 } as const;
  const whole = cellOf([set], undefined);
  const before = new Kept();
  before.commit([set]);
  const taken = cellOf([{ ...set, id: 'b', timeMs: 1, isDeletion: true }], before.state('anna g1'));
  // Version 2; then of mean, which comes first by its name, the number of values: zigzag -1 is 1.
  expect([...taken.subarray(0, 2)]).toEqual([2, 1]);
  const sum = createState(measures);
  for (const bytes of [whole, taken]) mergeState(sum, decodeState(bytes, measures) ?? createState(measures));
  expect(encodeState(sum)).toEqual(encodeState(createState(measures)));
});

/** What these events of one row, over the row as it was, add to the cell by status. */
function cellOf(events: readonly Told[], stored: EntityState | undefined): Uint8Array {
  for (const event of events) RAW.fold(toRaw(event));
  const { folded } = projectRows(RAW.take().entities[0]?.rows ?? [], () => stored, FIRST);
  const delta = folded?.deltas.find(({ series }) => folded.series[series]?.setNo === 0);
  return encodeState(delta?.state ?? []);
}
