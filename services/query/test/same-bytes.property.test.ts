import { createState, encodeAnnouncement, encodeState, exactNumber, NOTHING_SEALED, seriesEntry } from '@tidegate/core';
import type { CompiledMetric, SeriesEntry } from '@tidegate/core';
import type { ReadStore } from '@tidegate/postgres';
import type { CellStore, PlacedCell } from '@tidegate/redis';
import { createMemoryCells } from '@tidegate/redis/cells-memory';
import { createRepeatableSealer } from '@tidegate/runtime';
import { createSeededRandom } from '@tidegate/testkit';
import fc from 'fast-check';
import { LRUCache } from 'lru-cache';
import { expect, test } from 'vitest';
import { bodyOf, lasting } from '../src/answer-body.ts';
import { createAnswerCache } from '../src/answer-cache.ts';
import { createAsk } from '../src/ask.ts';
import type { Answer } from '../src/ask.ts';
import type { DecodedChunk } from '../src/decoded-chunk.ts';
import { createFreshness } from '../src/freshness.ts';
import { NOTHING_DROPPED } from '../src/kept-history.ts';
import { createLoadChunks } from '../src/load-chunks.ts';
import { createMaterialise } from '../src/materialise.ts';
import { createMadeAnswers } from '../src/made-answers.ts';
import { createRead } from '../src/read.ts';
import { createRegistry } from '../src/registry.ts';
import { NAMES, SILENT_METER, createFakePrimary, DAY_S, TENANT, readingCells, withCells, NO_TURNS } from './fixtures.ts';

const METRIC: CompiledMetric = {
  tenant: TENANT,
  pack: 'wiki',
  metric: 'wiki.edits',
  version: 1,
  eventTypes: ['wiki.edit'],
  dimensions: [
    { name: 'page', type: 'string' },
    { name: 'is_bot', type: 'boolean' },
  ],
  sets: [{ setNo: 0, dimensions: ['page', 'is_bot'], bySubject: false }],
  grains: ['quarter_hour', 'hour', 'day'],
  measures: [
    { name: 'added', kind: 'sum', field: 'size', numbers: 'exact' },
    // Fewer counters than values: which of them are held depends on the order of merging.
    { name: 'common', kind: 'top_k', field: 'size', numbers: 'exact', valueType: 'integer', k: 2, counters: 2 },
    { name: 'edits', kind: 'count', numbers: 'exact' },
    { name: 'heat', kind: 'sum', field: 'ratio', numbers: 'double' },
    { name: 'least', kind: 'min', field: 'ratio', numbers: 'double' },
    { name: 'mean', kind: 'avg', field: 'size', numbers: 'exact' },
    { name: 'most', kind: 'max', field: 'size', numbers: 'exact' },
    { name: 'spread', kind: 'quantile', field: 'ratio', numbers: 'double' },
    { name: 'spreads', kind: 'variance', field: 'ratio', numbers: 'double' },
    { name: 'warmth', kind: 'avg', field: 'ratio', numbers: 'double' },
  ],
};

/** Some events of one series in one bucket of one partition, as one commit. */
interface Commit {
  readonly partition: number;
  readonly page: string | null;
  readonly isBot: boolean;
  readonly quarter: number;
  readonly sizes: readonly number[];
  /** So far apart that compensated sums lose some, and others with another order. */
  readonly ratios: readonly number[];
}

const commits = fc.array(
  fc.record<Commit>({
    partition: fc.nat(3),
    page: fc.constantFrom('Oslo', 'Bergen', '=x', '', null),
    isBot: fc.boolean(),
    quarter: fc.constantFrom(0, 1, 2, 3, 50, 95, 96, 100),
    sizes: fc.array(fc.integer({ min: -3, max: 2 ** 40 }), { maxLength: 3 }),
    ratios: fc.array(
      fc.tuple(fc.constantFrom(1, -1), fc.constantFrom(1, 1e20, 1e40)).map(([x, scale]) => x * scale),
      { maxLength: 4 },
    ),
  }),
  { minLength: 1, maxLength: 40 },
);

const MEASURES = ['added', 'common', 'edits', 'heat', 'least', 'mean', 'most', 'spread.p50', 'spread.p99', 'spreads.stddev', 'warmth'];
const groupings = fc.constantFrom([], ['page'], ['is_bot'], ['page', 'is_bot']);
const shared = {
  measures: fc.uniqueArray(fc.constantFrom(...MEASURES), { minLength: 1 }),
  zone: fc.constantFrom('UTC', 'Europe/Oslo', 'Asia/Kolkata'),
  where: fc.constantFrom({}, { page: { exists: true } }, { is_bot: { eq: true } }),
};
const FROM_TO = { metric: 'wiki.edits', from: '2024-10-04', to: '2024-10-06' };
const questions = fc.oneof(
  fc
    .record({
      ...shared,
      group_by: groupings,
      grain: fc.constantFrom('hour', 'day'),
      fill: fc.constantFrom('none', 'zero'),
      limit: fc.constantFrom(3, 1_000),
    })
    .map((more) => ({ ...FROM_TO, kind: 'series', ...more })),
  fc
    .record({ ...shared, group_by: groupings, limit: fc.constantFrom(1, 2, 1_000) })
    .map((more) => ({ ...FROM_TO, kind: 'table', ...more })),
  fc.record(shared).map((more) => ({ ...FROM_TO, kind: 'summary', ...more })),
);

function addEvents(state: ReturnType<typeof createState>, { sizes, ratios }: Pick<Commit, 'sizes' | 'ratios'>): void {
  for (const [at, measure] of state.entries()) {
    if (measure.kind === 'top_k') for (const size of sizes) measure.add(oneOfSix(size));
    else if (measure.kind === 'count') measure.n += 1;
    else if (!('addNumber' in measure) && measure.kind !== 'distinct')
      for (const input of METRIC.measures[at]?.field === 'ratio' ? ratios.map(doubleOf) : sizes.map(exactOf)) measure.add(input);
  }
}

const doubleOf = (double: number) => ({ isPresent: true, exact: null, double, bin: Number.NaN });
const exactOf = (size: number) => ({ isPresent: true, exact: exactNumber(BigInt(size), 0), double: size, bin: Number.NaN });

/** Few different values, which come often enough to be held and let go again. */
function oneOfSix(size: number): { hash: () => number; text: () => string } {
  const value = (size + 3) % 6;
  return { hash: () => value + 1, text: () => String(value) };
}

/** Postgres, the owner of its partitions, Redis and any number of processes that answer. */
function createHouse(seed: number) {
  const random = createSeededRandom(seed);
  const cells = new Map<string, PlacedCell>();
  const states = new Map<string, ReturnType<typeof createState>>();
  const series = new Map<string, SeriesEntry>();
  const commitNos = [0, 0, 0, 0];
  let clockMs = 1_800_000_000_000;
  let ids = 0;
  const shuffled = <T>(list: readonly T[]): T[] =>
    list
      .map((one) => ({ one, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ one }) => one);
  const progress = (partition: number) => {
    const commitNo = commitNos[partition] ?? 0;
    return {
      partition,
      term: 1,
      commitNo,
      nextOffset: commitNo,
      logGeneration: 1,
      completeThroughMs: 1_000,
      hasGap: false,
      backfill: null,
      sealed: NOTHING_SEALED,
    };
  };
  const primary: ReadStore = {
    ...createFakePrimary(4),
    readProgress: async () => commitNos.map((_, partition) => progress(partition)),
    // In no order, and all cells whatever the range: an answer takes those of its range.
    ...readingCells(async ({ fromS, toS }, _cellsMax, piecesOf) => {
      const pieces = piecesOf?.(NOTHING_SEALED) ?? [];
      const pieceOf = ({ bucketS }: PlacedCell): number =>
        Math.max(
          0,
          pieces.findIndex((piece) => bucketS >= piece.fromS && bucketS < piece.toS),
        );
      const held = shuffled([...cells.values()].filter(({ bucketS }) => bucketS >= fromS && bucketS < toS));
      return {
        progress: commitNos.map((_, partition) => progress(partition)),
        ...withCells(shuffled([...series.values()]), held, pieceOf),
        isCut: false,
        isReplica: false,
      };
    }),
  };
  const store = createMemoryCells({ nowMs: () => clockMs });
  const materialise = createMaterialise({
    store,
    readProgress: primary.readProgress,
    newEpochId: () => `e${(ids += 1)}`,
    untilDone: async (action) => action(),
    onEpoch: () => undefined,
    names: NAMES,
    onCells: () => undefined,
  });
  return {
    begin: async () => materialise.beginEpoch('start'),
    tick: () => void (clockMs += 1_000),
    async commit({ partition, page, isBot, quarter, sizes, ratios }: Commit): Promise<void> {
      const dims = [page, String(isBot)];
      const made = seriesEntry({ tenant: TENANT, metric: METRIC.metric, version: 1, setNo: 0, subject: '', dims });
      const seriesKey = String(made.id);
      // The same array for a series and its cells, as the real reader gives it.
      const entry = series.get(seriesKey) ?? made;
      series.set(seriesKey, entry);
      const bucketS = DAY_S + quarter * 900;
      const key = `${seriesKey}/${bucketS}/${partition}`;
      const state = states.get(key) ?? createState(METRIC.measures);
      states.set(key, state);
      addEvents(state, { sizes, ratios });
      const before = progress(partition);
      const commitNo = (commitNos[partition] = before.commitNo + 1);
      const bytes = encodeState(state);
      cells.set(key, { seriesId: entry.id, bucketS, partition, term: 1, commitNo, revision: 1, state: bytes });
      const announced = encodeAnnouncement({
        ...progress(partition),
        previousCommitNo: before.commitNo,
        series: [entry],
        cells: [{ series: 0, grain: 2, bucketS, revision: 1, state: bytes }],
      });
      await materialise(announced.map((record) => ({ partition, offset: commitNo, bytes: record })));
    },
    /** A process that answers; without `cells` it has no Redis. */
    process(isCached = true): (question: unknown) => Promise<Answer> {
      const own: CellStore = isCached ? store : { ...store, readProgress: async () => null };
      const nowMs = (): number => clockMs;
      const read = createRead({
        store: own,
        primary,
        step: (_name, action) => action(),
        loadChunks: createLoadChunks({ store: own, primary, newToken: () => `t${(ids += 1)}`, cellsMax: 10_000 }),
        answers: createAnswerCache({ store: own, nowMs, ttlMs: 600_000, bytesMax: 1_000_000, meter: SILENT_METER }),
        made: createMadeAnswers({ nowMs, valuesMax: 100_000, ttlMs: 600_000 }),
        decoded: new LRUCache<string, DecodedChunk>({ maxSize: 100_000 }),
        cacheBudgetMs: 1_000,
        takeTurn: NO_TURNS,
        chunksMax: 10,
        cellsMax: 10_000,
        meter: SILENT_METER,
      });
      const ask = createAsk({
        registry: { ...createRegistry(() => undefined), metric: () => METRIC },
        read,
        receipts: { open: () => null, waitFor: unasked, stateOf: unasked, rejectedEvents: unasked },
        freshness: createFreshness(nowMs),
        kept: NOTHING_DROPPED,
        cursorSealer: createRepeatableSealer(new Uint8Array(32).fill(1)),
        pseudonymOf: () => '',
        nowMs,
        bucketsMax: 1_000,
      });
      return async (question) => {
        const outcome = await ask(question, { tenant: TENANT, rows: null, signal: AbortSignal.abort() });
        if (!outcome.ok) throw new Error(JSON.stringify(outcome.problem));
        return outcome.answer;
      };
    },
  };
}

async function unasked(): Promise<never> {
  throw new Error('no question of this test has a receipt');
}

test('an answer is the same bytes from Postgres, from chunks just filled, from chunks kept up and from kept rows', async () => {
  const ways = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(commits, fc.array(questions, { minLength: 1, maxLength: 3 }), fc.integer(), async (all, asked, seed) => {
      const house = createHouse(seed);
      await house.begin();
      const [long, bare] = [house.process(), house.process(false)];
      const half = Math.ceil(all.length / 2);
      for (const part of [all.slice(0, half), all.slice(half)]) {
        for (const commit of part) await house.commit(commit);
        for (const question of asked) {
          const fresh = await bare(question);
          const expected = (await bodyOf('json', lasting(fresh))).toString();
          for (const answerer of [long, long, house.process(), house.process()]) {
            house.tick();
            const answer = await answerer(question);
            const { state, age_ms: ageMs } = answer.meta.cache;
            const way = state === 'hit' && ageMs > 0 ? 'kept' : state;
            ways.set(way, (ways.get(way) ?? 0) + 1);
            expect((await bodyOf('json', lasting(answer))).toString()).toBe(expected);
          }
        }
      }
    }),
    { numRuns: 60 },
  );
  // Else the test compared less than it says.
  expect(['fill', 'miss', 'hit', 'kept'].filter((way) => (ways.get(way) ?? 0) <= 30)).toEqual([]);
});

const PAGES = ['a', 'b', 'c', 'd', 'e', 'f'];
const SPREADS: Readonly<Record<string, (at: number) => Pick<Commit, 'partition' | 'page' | 'quarter'>>> = {
  partitions: (at) => ({ partition: at % 4, page: 'a', quarter: Math.floor(at / 4) }),
  buckets: (at) => ({ partition: 0, page: 'a', quarter: at * 7 }),
  series: (at) => ({ partition: 0, page: PAGES[at] ?? null, quarter: 0 }),
  days: (at) => ({ partition: at % 4, page: PAGES[at % 2] ?? null, quarter: at * 30 }),
};

test.each(Object.keys(SPREADS))('doubles that add up differently in another order have one sum, spread over %s', async (name) => {
  const place = SPREADS[name] ?? (() => ({ partition: 0, page: null, quarter: 0 }));
  const ratios = [1e40, 1e20, 1, -1e40, -1e20, 3];
  const question = { ...FROM_TO, kind: 'summary', measures: ['heat', 'warmth'] };
  const sums = new Set<string>();
  for (let seed = 0; seed < 20; seed += 1) {
    const house = createHouse(seed);
    const random = createSeededRandom(seed);
    await house.begin();
    const all = ratios.map((ratio, at) => ({ ...place(at), isBot: false, sizes: [], ratios: [ratio] }));
    // Every process gets the cells in another order: announced one by one, or from Postgres in none.
    const process = house.process();
    for (const commit of all.map((one) => ({ one, at: random() })).sort((a, b) => a.at - b.at)) {
      await house.commit(commit.one);
      if (random() < 0.5) await process(question);
    }
    for (const answerer of [process, house.process(false)]) sums.add(JSON.stringify((await answerer(question)).rows));
  }
  expect(sums.size).toBe(1);
});
