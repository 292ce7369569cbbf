import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDedupWindow } from '../dedup/window.ts';
import { exactNumber, parseExact } from '../event/exact-number.ts';
import type { CompiledMetric } from '../pack/compiled.ts';
import type { EventView } from './event-view.ts';
import { createFoldPlan } from './fold-plan.ts';
import type { FoldPlan } from './fold-plan.ts';
import { createFolder } from './folder.ts';
import type { FoldedBatch } from './folder-shape.ts';
import { seriesId } from './series.ts';
import { createState, encodeState, mergeState, readMeasureAt } from './state.ts';
import type { RollupState } from './state.ts';

const UNFILTERED: CompiledMetric = {
  tenant: 'acme',
  pack: 'shop',
  metric: 'shop.orders',
  version: 3,
  eventTypes: ['order'],
  dimensions: [
    { name: 'city', type: 'string' },
    { name: 'robot', type: 'boolean' },
  ],
  sets: [
    { setNo: 0, dimensions: ['city', 'robot'], bySubject: false },
    { setNo: 1, dimensions: ['city'], bySubject: true },
  ],
  grains: ['quarter_hour', 'hour', 'day'],
  measures: [
    { name: 'largest', kind: 'max', field: 'price', numbers: 'exact' },
    { name: 'orders', kind: 'count', numbers: 'exact' },
    { name: 'size', kind: 'quantile', field: 'price', numbers: 'exact' },
    { name: 'total', kind: 'sum', field: 'price', numbers: 'exact' },
  ],
};

const METRIC: CompiledMetric = { ...UNFILTERED, where: { robot: { eq: false } } };
/** Its cells are of a minute. */
const MINUTES: CompiledMetric = {
  ...UNFILTERED,
  metric: 'shop.rush',
  grains: ['minute', 'quarter_hour'],
  sets: [{ setNo: 0, dimensions: ['city'], bySubject: false }],
};
const ALL: CompiledMetric = { ...UNFILTERED, metric: 'shop.visits', sets: [{ setNo: 0, dimensions: [], bySubject: false }] };

interface Event {
  readonly id: number;
  readonly subject: string;
  readonly timeMs: number;
  readonly city: string | null;
  readonly robot: boolean;
  /** Digits, or null where the member is absent. */
  readonly price: string | null;
}

const events: fc.Arbitrary<Event[]> = fc
  .array(
    fc.record({
      subject: fc.constantFrom('', 'p1', 'p2'),
      // Two days around 1970, so that buckets before the epoch are met too.
      timeMs: fc.integer({ min: -86_400_000, max: 86_400_000 }),
      city: fc.constantFrom(null, '', 'oslo', 'bergen'),
      robot: fc.boolean(),
      price: fc.option(
        fc.oneof(
          fc.integer({ min: -(10 ** 6), max: 10 ** 6 }).map(String),
          fc.constantFrom('0.1', '9007199254740993', '-0.30', '1e3', '12345678901234567890.5'),
        ),
      ),
    }),
    { maxLength: 40 },
  )
  .map((all) => all.map((event, id) => ({ ...event, id })));

function view(event: Event): EventView {
  const member = (field: string) =>
    field === 'price' ? event.price : field === 'city' ? event.city : field === 'robot' ? String(event.robot) : null;
  const exact = (field: string) => (field === 'price' && event.price !== null ? parseExact(event.price) : null);
  return {
    tenant: () => 'acme',
    type: () => 'order',
    subject: () => event.subject,
    timeMs: () => event.timeMs,
    kind: (field) => (field === 'robot' ? 'boolean' : member(field) === null ? 'absent' : field === 'price' ? 'number' : 'string'),
    text: (field) => (field === 'city' ? (event.city ?? '') : ''),
    boolean: (field) => field === 'robot' && event.robot,
    exact,
    double: (field) => Number(member(field) ?? Number.NaN),
    dimension: member,
    // No measure here asks for these.
    valueHash: () => 0,
    subjectHash: () => 0,
    ...{ id: () => '', source: () => '', json: () => '' },
    copyId: () => 0,
  };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Cells by "series id, grain, bucket": what a store would hold. */
type Cells = Map<string, RollupState>;

function store(cells: Cells, batch: FoldedBatch): void {
  for (const { series, grain, bucketS, state } of batch.deltas) {
    const entry = batch.series[series];
    const key = `${hex(entry?.id ?? new Uint8Array(0))} ${grain} ${bucketS}`;
    const cell = cells.get(key) ?? createState(METRIC.measures);
    mergeState(cell, state);
    cells.set(key, cell);
  }
}

function encoded(cells: Cells): Map<string, string> {
  return new Map([...cells].map(([key, state]) => [key, hex(encodeState(state))] as const).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const PLAN: FoldPlan = createFoldPlan([METRIC, ALL, MINUTES]);

function foldAtOnce(all: readonly Event[]): Cells {
  const folder = createFolder(() => PLAN);
  for (const event of all) folder.fold(view(event), 0);
  const cells: Cells = new Map();
  store(cells, folder.take());
  return cells;
}

test('every cell equals a recount of its events, and no cell is missing or too many', () => {
  fc.assert(
    fc.property(events, (all) => {
      const expected = new Map<string, Event[]>();
      const expect1 = (metric: CompiledMetric, setNo: number, of: { subject: string; dims: (string | null)[]; event: Event }) => {
        const id = seriesId({ tenant: 'acme', metric: metric.metric, version: 3, setNo, subject: of.subject, dims: of.dims });
        const isByMinute = metric === MINUTES;
        const widthMs = isByMinute ? 60_000 : 900_000;
        const key = `${hex(id)} ${isByMinute ? 'minute' : 'quarter_hour'} ${(Math.floor(of.event.timeMs / widthMs) * widthMs) / 1_000}`;
        expected.set(key, [...(expected.get(key) ?? []), of.event]);
      };
      for (const event of all) {
        expect1(ALL, 0, { subject: '', dims: [], event });
        expect1(MINUTES, 0, { subject: '', dims: [event.city], event });
        if (event.robot) continue;
        expect1(METRIC, 0, { subject: '', dims: [event.city, 'false'], event });
        expect1(METRIC, 1, { subject: event.subject, dims: [event.city], event });
      }
      const cells = foldAtOnce(all);
      expect([...cells.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [key, state] of cells) expectRecount(state, expected.get(key) ?? []);
    }),
  );
});

/** Prices have at most one place after the point. */
function tenths(price: string): bigint {
  const exact = parseExact(price);
  return BigInt(exact?.unscaled ?? 0) * 10n ** BigInt(1 - (exact?.scale ?? 0));
}

function expectRecount(state: RollupState, all: readonly Event[]): void {
  const prices = all.flatMap(({ price }) => (price === null ? [] : [tenths(price)]));
  expect(readMeasureAt(state, 1)).toBe(all.length);
  expect(readMeasureAt(state, 3)).toEqual(
    exactNumber(
      prices.reduce((sum, price) => sum + price, 0n),
      1,
    ),
  );
  const largest = prices.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)).at(-1);
  expect(readMeasureAt(state, 0)).toEqual(largest === undefined ? null : exactNumber(largest, 1));
}

test('any split, order and duplication of the events, with flushes that fail between, gives the same cells', () => {
  fc.assert(
    fc.property(
      events,
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 8 }), fc.boolean()), { maxLength: 12 }),
      fc.infiniteStream(fc.nat()),
      (all, flushes, picks) => {
        const log = shuffled([...all, ...all.filter((event) => event.id % 3 === 0)], picks);
        const folder = createFolder(() => PLAN, { seriesMax: 3 });
        const window = createDedupWindow({ closeAt: 1_000_000, windowMs: 1, filterBytesMax: 0, closed: [] });
        const cells: Cells = new Map();
        let next = 0;
        for (const [, count, fails] of [...flushes, ...Array.from({ length: log.length }, () => [0, 8, false] as const)]) {
          const layer = window.begin();
          for (const event of log.slice(next, next + count)) {
            if (window.offer(identity(event.id), 0) === 'first') folder.fold(view(event), 0);
          }
          if (fails) {
            // The flush did not happen: its layer and its deltas go, and reading starts again at the same place.
            window.abort(layer);
            folder.discard();
          } else {
            window.seal(layer);
            window.commit(layer, { arrivalFromMs: 0, arrivalToMs: 0 });
            store(cells, folder.take());
            next += count;
          }
        }
        expect(encoded(cells)).toEqual(encoded(foldAtOnce(all)));
      },
    ),
  );
});

function identity(id: number): Uint8Array {
  return Uint8Array.from({ length: 12 }, (_, i) => (i === 11 ? id + 1 : 0));
}

function shuffled<T>(all: T[], picks: Iterable<number>): T[] {
  const rest = [...all];
  const out: T[] = [];
  for (const pick of picks) {
    if (rest.length === 0) break;
    out.push(...rest.splice(pick % rest.length, 1));
  }
  return out;
}

test('a batch names each series and each cell once, also when the plan is replaced within it', () => {
  let plan = createFoldPlan([METRIC]);
  const folder = createFolder(() => plan);
  const event: Event = { id: 0, subject: '', timeMs: 0, city: 'oslo', robot: false, price: '1' };
  folder.fold(view(event), 0);
  plan = createFoldPlan([METRIC, ALL]);
  folder.fold(view(event), 0);
  const batch = folder.take();
  expect(batch.series).toHaveLength(3);
  expect(batch.deltas).toHaveLength(3);
  expect(folder.take()).toEqual({ events: 0, series: [], deltas: [], days: [], entities: [] });
});

test('a batch says which arrival days hold which event days, also of events that no metric counts', () => {
  const folder = createFolder(() => null);
  const day = 86_400_000;
  const at = (timeMs: number): EventView => view({ id: 0, subject: '', timeMs, city: null, robot: false, price: null });
  folder.fold(at(-1), 5 * day);
  folder.fold(at(0), 5 * day);
  folder.fold(at(-day), 5 * day + 1);
  folder.fold(at(0), 6 * day);
  expect(folder.take()).toMatchObject({
    events: 4,
    deltas: [],
    days: [
      { arrivalDay: 5, eventDay: -1, tenant: 'acme' },
      { arrivalDay: 5, eventDay: 0, tenant: 'acme' },
      { arrivalDay: 6, eventDay: 0, tenant: 'acme' },
    ],
  });
});
