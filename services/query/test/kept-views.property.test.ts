/**
 * Kept answers against a model: commits, announcements to two instances, lost announcements, fills, evictions, restarts and
 * flushes of the cache, and readers, in every order in which their commands can reach the servers.
 */
import { encodeAnnouncement, NOTHING_SEALED } from '@tidegate/core';
import type { CellStore } from '@tidegate/redis';
import { createMemoryCells } from '@tidegate/redis/cells-memory';
import type { MemoryCells } from '@tidegate/redis/cells-memory';
import { createSealer } from '@tidegate/runtime';
import fc from 'fast-check';
import { LRUCache } from 'lru-cache';
import { expect, test } from 'vitest';
import { createAnswerCache } from '../src/answer-cache.ts';
import type { DecodedChunk } from '../src/decoded-chunk.ts';
import { freshClaims } from '../src/fresh-claims.ts';
import { createFreshness } from '../src/freshness.ts';
import { createLoadChunks } from '../src/load-chunks.ts';
import { createMaterialise } from '../src/materialise.ts';
import type { AnnouncementRecord } from '../src/materialise.ts';
import { createMadeAnswers } from '../src/made-answers.ts';
import { createRead } from '../src/read.ts';
import { createKeptViews } from '../src/views/kept-views.ts';
import type { RunView, ViewAsk } from '../src/views/run-view.ts';
import { createFakePrimary, NAMES, pageSeries, planOf, readingCells, SILENT_METER, TENANT, UTC_DAY, NO_TURNS } from './fixtures.ts';

const CHUNK = { tenant: TENANT, metric: 'wiki.edits', version: 1, setNo: 0, grain: 2, utcDay: UTC_DAY, subject: null } as const;
const MAX_STALENESS_MS = 40;
const TTL_MS = 100;
/** Of the fake primary: complete through is so much and the number of the commit. */
const COMPLETE_BASE_MS = 1_000;

const VIEW = {
  ...{ pack: 'wiki', view: 'totals', title: '', route: null, scope: 'query:read', params: [], window: null, queries: [], exists: null },
  ...{ lets: [], cacheKey: null, asksLast: false, namesCaller: false },
  cache: { name: 'edits', ttlMs: TTL_MS, maxStalenessMs: 0, env: null, hitAimPct: null },
} as unknown as ViewAsk['view'];

type Step =
  | { readonly kind: 'commit'; readonly page: string; readonly count: number }
  | { readonly kind: 'deliver' | 'lose' | 'ask' | 'begin epoch'; readonly instance: 0 | 1 }
  | { readonly kind: 'evict chunk' | 'evict mark' | 'restart' | 'flush' }
  | { readonly kind: 'pass'; readonly ms: number }
  /** Everything that was begun comes to its end. */
  | { readonly kind: 'settle' };

const instance = fc.constantFrom(0 as const, 1 as const);
const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('commit' as const),
        page: fc.constantFrom('a', 'b'),
        count: fc.integer({ min: 1, max: 9 }),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('deliver' as const), instance }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('ask' as const), instance }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('lose' as const, 'begin epoch' as const), instance }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constantFrom('evict chunk' as const, 'evict mark' as const, 'restart' as const, 'flush' as const) }),
    },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 60 }) }) },
  ),
  { minLength: 3, maxLength: 30 },
);

/** Of fast-check; each command waits for its turn. */
interface Scheduler {
  schedule<T>(task: Promise<T>, label?: string): Promise<T>;
}

interface Seen {
  readonly total: number;
  /** Commits that the answer claims to hold. */
  readonly claimed: number;
  readonly ageMs: number;
  readonly state: string;
  /** Commits in the progress when it was asked for. */
  readonly materialised: number;
}

/** How old an answer may be that has changed: by its class, and by the query that read what changed. */
interface MayAge {
  readonly class: number;
  readonly reading: number;
}
const AT_NO_AGE: MayAge = { class: 0, reading: 0 };

class World {
  readonly counts: number[] = [];
  readonly seen: Seen[] = [];
  nowMs = 1_800_000_000_000;
  /** Run once, before the next cells reach a chunk. */
  beforeUpdate: (() => Promise<unknown>) | null = null;
  private ids = 0;
  private readonly primary = createFakePrimary(1);
  private readonly server: MemoryCells;
  private readonly topic: AnnouncementRecord[] = [];
  private readonly instances;
  private readonly mayAgeMs: MayAge;

  constructor(scheduler: Scheduler, mayAgeMs: MayAge) {
    this.mayAgeMs = mayAgeMs;
    this.server = createMemoryCells({ nowMs: () => this.nowMs });
    this.instances = [this.instance(scheduler), this.instance(scheduler)] as const;
  }

  async begin(): Promise<void> {
    await this.instances[0].materialise.beginEpoch('start');
  }

  /** What a step begins that goes on beside the next ones; null: nothing does. */
  take(step: Exclude<Step, { readonly kind: 'settle' }>): Promise<unknown> | null {
    switch (step.kind) {
      case 'commit':
        this.commit(step.page, step.count);
        return null;
      case 'deliver':
        return this.instances[step.instance].deliver();
      case 'lose':
        this.instances[step.instance].next += 1;
        return null;
      case 'begin epoch':
        return this.instances[step.instance].materialise.beginEpoch('hole');
      case 'ask':
        return this.ask(step.instance);
      case 'pass':
        this.nowMs += step.ms;
        return null;
      default:
        this.trouble(step.kind);
        return null;
    }
  }

  totalOf(commits: number): number {
    return this.counts.slice(0, commits).reduce((sum, one) => sum + one, 0);
  }

  private trouble(kind: 'evict chunk' | 'evict mark' | 'restart' | 'flush'): void {
    if (kind === 'evict chunk') this.server.evict(CHUNK);
    if (kind === 'evict mark') this.server.evictMark(TENANT, NAMES.ofMetric('wiki.edits', null));
    if (kind === 'restart') this.server.restart();
    if (kind === 'flush') this.server.flush();
  }

  private commit(page: string, count: number): void {
    const { cell, progress } = this.primary.commit(0, page, count);
    this.counts.push(count);
    const announcement = {
      ...{ partition: 0, term: progress.term, commitNo: progress.commitNo, previousCommitNo: progress.commitNo - 1 },
      ...{ nextOffset: progress.nextOffset, completeThroughMs: progress.completeThroughMs ?? 0, logGeneration: 1, backfill: null },
      ...{ sealed: NOTHING_SEALED, series: [pageSeries(page)] },
      cells: [{ series: 0, grain: 2 as const, bucketS: cell.bucketS, revision: 0, state: cell.state }],
    };
    for (const bytes of encodeAnnouncement(announcement)) this.topic.push({ partition: 0, offset: this.topic.length, bytes });
  }

  private async ask(at: 0 | 1): Promise<void> {
    const materialised = (await this.server.readProgress())?.partitions.get(0)?.commitNo ?? 0;
    const asker = { tenant: TENANT, rows: null, signal: new AbortController().signal };
    const values = { params: {}, pseudonyms: {}, window: null, ofNow: [], wait: {}, includesSensitive: false };
    const outcome = await this.instances[at].keptView({ view: VIEW, values, asker, callerSubject: null });
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.problem));
    const { body, meta } = outcome.answer;
    const claimed = meta.complete_through === null ? 0 : Date.parse(meta.complete_through ?? '') - COMPLETE_BASE_MS;
    const { age_ms: ageMs = 0, state = '' } = meta.cache ?? {};
    this.seen.push({ total: Number(body['total']), claimed, ageMs, state, materialised });
  }

  private instance(scheduler: Scheduler) {
    const [reading, writing] = [this.connection(scheduler, 'reader'), this.connection(scheduler, 'materialiser')];
    const newId = (): string => `i${(this.ids += 1)}`;
    const materialise = createMaterialise({
      store: writing,
      readProgress: async () => scheduler.schedule(Promise.resolve(), 'progress').then(async () => this.primary.readProgress()),
      newEpochId: newId,
      untilDone: async (action) => action(),
      onEpoch: () => undefined,
      onCells: () => undefined,
      names: NAMES,
    });
    let delivering: Promise<unknown> = Promise.resolve();
    const self = {
      materialise,
      next: 0,
      keptView: createKeptViews(this.viewDeps(scheduler, reading)),
      deliver: async (): Promise<void> => {
        const records = this.topic.slice(self.next);
        self.next = Math.max(self.next, this.topic.length);
        delivering = delivering.then(async () => materialise(records));
        await delivering;
      },
    };
    return self;
  }

  private viewDeps(scheduler: Scheduler, store: CellStore): Parameters<typeof createKeptViews>[0] {
    const nowMs = (): number => this.nowMs;
    const freshness = createFreshness(nowMs);
    const primary = {
      ...this.primary,
      ...readingCells(async (...asked) =>
        scheduler.schedule(Promise.resolve(), 'cells').then(async () => this.primary.readCells(...asked)),
      ),
    };
    const read = createRead({
      ...{ store, primary, cacheBudgetMs: 10_000, chunksMax: 10, cellsMax: 1_000, meter: SILENT_METER, takeTurn: NO_TURNS },
      step: (_name, action) => action(),
      loadChunks: createLoadChunks({ store, primary, newToken: () => `t${(this.ids += 1)}`, cellsMax: 1_000 }),
      answers: createAnswerCache({ store, nowMs, ttlMs: 60_000, bytesMax: 100_000, meter: SILENT_METER }),
      made: createMadeAnswers({ nowMs, valuesMax: 100_000, ttlMs: 600_000 }),
      decoded: new LRUCache<string, DecodedChunk>({ maxSize: 100_000 }),
    });
    const runView: RunView = async ({ asker }) => {
      await asker.reads?.mayAge(this.mayAgeMs.reading).metric('wiki.edits', null);
      const outcome = await read({ plan: planOf(), subjectShown: null, skipCache: false });
      if (!outcome.ok) throw new Error(outcome.fault);
      const { table, held, cache } = outcome.result;
      const total = table.rows.reduce((sum, [, edits]) => sum + Number(edits), 0);
      const meta = { ...freshClaims({ freshness, nowMs }, held, null), cache: { state: cache.state, age_ms: cache.ageMs } };
      return { ok: true, answer: { body: { total }, meta, mayAgeMs: 0, persons: [] } };
    };
    return {
      ...{ runView, store, freshness, nowMs, names: NAMES, meter: SILENT_METER, cacheBudgetMs: 10_000 },
      lifetimeOf: () => ({ of: 'wiki.edits', ttlMs: TTL_MS, maxStalenessMs: this.mayAgeMs.class }),
      registry: { fingerprint: () => '' },
      kept: { fingerprint: () => '' },
      entryKey: new Uint8Array(32),
      entrySealer: createSealer(new Uint8Array(32)),
      ...{ figures: { count: () => undefined }, index: { note: async () => false }, pseudonymOf: (_tenant, id) => id },
    };
  }

  /** Commands of a connection reach the server in their order; those of others come in between. */
  private connection(scheduler: Scheduler, label: string): CellStore {
    let last: Promise<unknown> = Promise.resolve();
    const send = async <T>(call: () => Promise<T>): Promise<T> => {
      const reached = last.then(async () => scheduler.schedule(Promise.resolve(), label));
      const answered = reached.then(call);
      last = answered.catch(() => undefined);
      return answered;
    };
    const { server } = this;
    return {
      findPresent: async (...args) => send(async () => server.findPresent(...args)),
      update: async (...args) => {
        const { beforeUpdate } = this;
        this.beforeUpdate = null;
        await beforeUpdate?.();
        return send(async () => server.update(...args));
      },
      advance: async (...args) => send(async () => server.advance(...args)),
      beginEpoch: async (...args) => send(async () => server.beginEpoch(...args)),
      readProgress: async () => send(async () => server.readProgress()),
      create: async (...args) => send(async () => server.create(...args)),
      fill: async (...args) => send(async () => server.fill(...args)),
      read: async (...args) => send(async () => server.read(...args)),
      takeMarks: async (...args) => send(async () => server.takeMarks(...args)),
      dropMarks: async (...args) => send(async () => server.dropMarks(...args)),
      readMarks: async (...args) => send(async () => server.readMarks(...args)),
      readAnswer: async (...args) => send(async () => server.readAnswer(...args)),
      writeAnswer: async (...args) => send(async () => server.writeAnswer(...args)),
      close: async () => Promise.resolve(),
    };
  }
}

async function play(scheduler: fc.Scheduler, history: readonly Step[], mayAgeMs: MayAge): Promise<World> {
  const world = new World(scheduler, mayAgeMs);
  await scheduler.waitFor(world.begin());
  const driving = async (): Promise<void> => {
    const running: Promise<unknown>[] = [];
    for (const step of history) {
      await scheduler.schedule(Promise.resolve(), step.kind);
      if (step.kind === 'settle') await Promise.all(running);
      const begun = step.kind === 'settle' ? null : world.take(step);
      if (begun !== null) running.push(begun);
    }
    await Promise.all(running);
  };
  await scheduler.waitFor(driving());
  return world;
}

test('no answer is older than it says, nor than what was materialised when it was asked for', async () => {
  let hits = 0;
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), steps, async (scheduler, history) => {
      const world = await play(scheduler, history, AT_NO_AGE);
      for (const { total, claimed, materialised, state } of world.seen) {
        hits += state === 'hit' ? 1 : 0;
        expect(total).toBeGreaterThanOrEqual(world.totalOf(claimed));
        expect(total).toBeGreaterThanOrEqual(world.totalOf(materialised));
      }
    }),
    { numRuns: 150 },
  );
  // Else nothing was tried.
  expect(hits).toBeGreaterThan(0);
});

test.each([
  ['a class', { class: MAX_STALENESS_MS, reading: 0 }],
  ['a query', { class: 0, reading: MAX_STALENESS_MS }],
  ['a query more than the class', { class: 1, reading: MAX_STALENESS_MS }],
])('where %s lets answers be old, none is older than that, and each says what it held', async (_who, mayAgeMs) => {
  let old = 0;
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), steps, async (scheduler, history) => {
      const world = await play(scheduler, history, mayAgeMs);
      for (const { total, claimed, ageMs, materialised } of world.seen) {
        expect(total).toBeGreaterThanOrEqual(world.totalOf(claimed));
        if (total < world.totalOf(materialised)) {
          old += 1;
          expect(ageMs).toBeLessThanOrEqual(MAX_STALENESS_MS);
        }
      }
    }),
    { numRuns: 100 },
  );
  // Else nothing was tried.
  expect(old).toBeGreaterThan(0);
});

/** Every command at once, in the order in which it is given. */
const AT_ONCE: Scheduler = { schedule: async (task) => task };
const COMMIT = { kind: 'commit', page: 'a', count: 3 } as const;
const DELIVER = { kind: 'deliver', instance: 0 } as const;
const ASK = { kind: 'ask', instance: 0 } as const;

async function playInOrder(
  history: readonly Exclude<Step, { readonly kind: 'settle' }>[],
  world = new World(AT_ONCE, AT_NO_AGE),
): Promise<World> {
  await world.begin();
  for (const step of history) await world.take(step);
  return world;
}

test('an answer that is made while cells are on their way to the chunks is not given once progress names them', async () => {
  const world = await playInOrder([COMMIT, DELIVER, ASK, COMMIT]);
  world.beforeUpdate = async () => world.take(ASK);
  await world.take(DELIVER);
  await world.take(ASK);
  expect(world.seen.map(({ total, claimed }) => [total, claimed])).toEqual([
    [3, 1],
    [3, 1],
    [6, 2],
  ]);
});

test('what an announcement that was missed changed is in every answer of the epoch that begins for it', async () => {
  const world = await playInOrder([COMMIT, DELIVER, ASK, COMMIT, { kind: 'lose', instance: 0 }, { kind: 'begin epoch', instance: 0 }, ASK]);
  expect(world.seen.map(({ total, claimed }) => [total, claimed])).toEqual([
    [3, 1],
    [6, 2],
  ]);
});
