import { encodeAnnouncement, NOTHING_SEALED } from '@tidegate/core';
import { createMemoryCells } from '@tidegate/redis/cells-memory';
import type { MemoryCells } from '@tidegate/redis/cells-memory';
import { CHANGES_KEPT } from '@tidegate/redis';
import type { ChunkName } from '@tidegate/redis';
import { LRUCache } from 'lru-cache';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createAnswerCache } from '../src/answer-cache.ts';
import { continues } from '../src/announcements.ts';
import type { DecodedChunk } from '../src/decoded-chunk.ts';
import { createLoadChunks } from '../src/load-chunks.ts';
import { createMaterialise } from '../src/materialise.ts';
import type { Materialise } from '../src/materialise.ts';
import { createMadeAnswers } from '../src/made-answers.ts';
import { createRead } from '../src/read.ts';
import type { Read, ReadResult } from '../src/read.ts';
import { Overloaded } from '@tidegate/runtime';
import { NAMES, SILENT_METER, createFakePrimary, pageSeries, planOf, TENANT, UTC_DAY, NO_TURNS } from './fixtures.ts';
import type { FakePrimary } from './fixtures.ts';

const FIRST_LOG = { logGeneration: 1, backfill: null, sealed: NOTHING_SEALED };
const CHUNK: ChunkName = { tenant: TENANT, metric: 'wiki.edits', version: 1, setNo: 0, grain: 2, utcDay: UTC_DAY, subject: null };

let nowMs = 1_800_000_000_000;
let primary: FakePrimary;
let store: MemoryCells;
let materialise: Materialise;
let read: Read;
let ids = 0;
const epochs: string[] = [];
/** Announced commits that the materialiser has not been given yet, as the topic holds them. */
let topic: { partition: number; offset: number; bytes: Uint8Array }[] = [];
const commits = new Map<number, number>();

beforeEach(async () => {
  nowMs = 1_800_000_000_000;
  ids = 0;
  epochs.length = 0;
  topic = [];
  commits.clear();
  primary = createFakePrimary(2);
  store = createMemoryCells({ nowMs: () => nowMs });
  materialise = createMaterialise({
    store,
    readProgress: async () => primary.readProgress(),
    names: NAMES,
    newEpochId: () => `e${(ids += 1)}`,
    untilDone: async (action) => action(),
    onEpoch: (reason) => void epochs.push(reason),
    onCells: () => undefined,
  });
  read = reader();
  await materialise.beginEpoch('start');
  epochs.length = 0;
});

function reader(cellsMax = 1_000, takeTurn = NO_TURNS): Read {
  const answers = createAnswerCache({ store, nowMs: () => nowMs, ttlMs: 60_000, bytesMax: 10_000_000, meter: SILENT_METER });
  return createRead({
    store,
    primary,
    step: (_name, action) => action(),
    loadChunks: createLoadChunks({ store, primary, newToken: () => `t${(ids += 1)}`, cellsMax }),
    answers,
    made: createMadeAnswers({ nowMs: () => nowMs, valuesMax: 100_000, ttlMs: 600_000 }),
    decoded: new LRUCache<string, DecodedChunk>({ maxSize: 100_000 }),
    cacheBudgetMs: 1_000,
    takeTurn,
    chunksMax: 10,
    cellsMax,
    meter: SILENT_METER,
  });
}

/** Commits to Postgres and announces; the announcement lies in the topic until `deliver`. */
function commit(partition: number, page: string, count: number): void {
  const { cell, progress } = primary.commit(partition, page, count);
  const announcement = {
    partition,
    term: progress.term,
    commitNo: progress.commitNo,
    previousCommitNo: progress.commitNo - 1,
    nextOffset: progress.nextOffset,
    completeThroughMs: progress.completeThroughMs ?? 0,
    ...FIRST_LOG,
    series: [pageSeries(page)],
    cells: [{ series: 0, grain: 2 as const, bucketS: cell.bucketS, revision: 0, state: cell.state }],
  };
  const offset = commits.get(partition) ?? 0;
  commits.set(partition, offset + 1);
  for (const bytes of encodeAnnouncement(announcement)) topic.push({ partition, offset, bytes });
}

async function deliver(): Promise<void> {
  const records = topic;
  topic = [];
  await materialise(records);
}

async function ask(): Promise<ReadResult> {
  const outcome = await read({ plan: planOf(), subjectShown: null, skipCache: false });
  if (!outcome.ok) throw new Error(outcome.fault);
  return outcome.result;
}

function counts({ table }: ReadResult): Record<string, number> {
  return Object.fromEntries(table.rows.map(([page, edits]) => [String(page), Number(edits)]));
}

/** Events that an answer claims to hold, by its progress: each commit of a partition moved the offset by its count. */
function claimed({ held }: ReadResult): number {
  return held.reduce((sum, { nextOffset }) => sum + nextOffset, 0);
}

function total(result: ReadResult): number {
  return Object.values(counts(result)).reduce((sum, one) => sum + one, 0);
}

test('a question is refused a turn only where something has to be read from Postgres for it, and then nothing is', async () => {
  commit(0, 'a', 3);
  await deliver();
  let [refused, isFull] = [0, true];
  const inTurn = reader(1_000, async (_tenant, action) => {
    refused += isFull ? 1 : 0;
    return isFull ? Promise.reject(new Overloaded(3)) : action();
  });
  const readings = [vi.spyOn(primary, 'readCells'), vi.spyOn(primary, 'readPieces')];
  const asked = { plan: planOf(), subjectShown: null, skipCache: false, takesTurns: true };
  await expect(inTurn(asked)).rejects.toThrow(Overloaded);
  await expect(inTurn({ ...asked, skipCache: true })).rejects.toThrow(Overloaded);
  expect([refused, ...readings.map(({ mock }) => mock.calls.length)]).toEqual([2, 0, 0]);
  // Who takes no turn is not refused.
  expect((await inTurn({ ...asked, takesTurns: false })).ok).toBe(true);
  isFull = false;
  store.evict(CHUNK);
  expect((await inTurn(asked)).ok).toBe(true);
  isFull = true;
  expect((await inTurn(asked)).ok).toBe(true);
  expect(refused).toBe(2);
});

describe('chunks and progress', () => {
  test('the first answer fills the chunk from Postgres, the next comes from it and follows announcements', async () => {
    commit(0, 'a', 3);
    await deliver();
    expect(await ask()).toMatchObject({ cache: { state: 'fill' } });
    commit(1, 'a', 2);
    commit(0, 'b', 5);
    await deliver();
    const result = await ask();
    expect([counts(result), result.cache.state, claimed(result)]).toEqual([{ a: 5, b: 5 }, 'miss', 10]);
    expect(primary.reads()).toBe(1);
    expect((await ask()).cache.state).toBe('hit');
  });

  test('a commit between the loader\u2019s reading and its filling is in the answer that claims it', async () => {
    commit(0, 'a', 1);
    await deliver();
    primary.onSnapshot = async () => {
      primary.onSnapshot = null;
      commit(0, 'a', 10);
      await deliver();
    };
    const result = await ask();
    expect([total(result), claimed(result)]).toEqual([11, 11]);
  });

  test('a slow loader whose chunk was evicted and loaded anew meanwhile puts nothing old into the new one', async () => {
    commit(0, 'a', 1);
    await deliver();
    primary.onSnapshot = async () => {
      primary.onSnapshot = null;
      store.evict(CHUNK);
      commit(0, 'a', 10);
      await deliver();
      const other = reader();
      await other({ plan: planOf(), subjectShown: null, skipCache: false });
    };
    const result = await ask();
    expect([total(result), claimed(result)]).toEqual([11, 11]);
  });

  test('an answer never claims more than its rows hold, when a commit is materialised at any step of it', async () => {
    // The commit comes in before the n-th call of the store, for every n that an answer has.
    for (let step = 1; step <= 12; step += 1) {
      commit(0, 'a', 1);
      await deliver();
      let calls = 0;
      let answered: Promise<unknown> = Promise.resolve();
      const watched = { ...store };
      for (const name of ['readProgress', 'read', 'create', 'fill', 'readAnswer'] as const) {
        const call = store[name] as (...args: unknown[]) => Promise<unknown>;
        const callAtStep = async (...args: unknown[]): Promise<unknown> => {
          calls += 1;
          if (calls === step) {
            commit(1, 'a', 100);
            await deliver();
          }
          return call(...args);
        };
        // As on a connection: what is asked first is answered first.
        Object.assign(watched, { [name]: async (...args: unknown[]) => (answered = answered.then(async () => callAtStep(...args))) });
      }
      const plain = store;
      store = watched;
      const watchedRead = reader();
      store = plain;
      // The chunk lies nowhere; in Redis alone; in this process as it is in Redis; in this process as it was.
      for (const place of ['nowhere', 'redis', 'here', 'here, behind']) {
        if (place === 'nowhere') store.evict(CHUNK);
        if (place === 'here, behind') commit(0, 'a', 1);
        await deliver();
        calls = 0;
        const asking = place === 'redis' ? reader() : watchedRead;
        const outcome = await asking({ plan: planOf(), subjectShown: null, skipCache: false });
        if (!outcome.ok) throw new Error(outcome.fault);
        expect(total(outcome.result)).toBeGreaterThanOrEqual(claimed(outcome.result));
      }
    }
  });

  test('a chunk that is decoded here costs one round trip: what changed comes with progress, rows are not asked for', async () => {
    commit(0, 'a', 3);
    await deliver();
    await ask();
    const rowsAsked = vi.spyOn(store, 'readAnswer');
    const chunksAsked = vi.spyOn(store, 'read');
    const again = await ask();
    expect([counts(again), again.cache]).toEqual([{ a: 3 }, { state: 'hit', ageMs: 0 }]);
    commit(0, 'a', 4);
    await deliver();
    const changed = await ask();
    expect([counts(changed), changed.cache.state, claimed(changed)]).toEqual([{ a: 7 }, 'miss', 7]);
    expect([rowsAsked.mock.calls.length, chunksAsked.mock.calls.length]).toEqual([0, 2]);
  });

  test('a chunk that changed more often than its changes are kept is read whole', async () => {
    commit(0, 'a', 1);
    await deliver();
    await ask();
    for (let at = 0; at < 2 * CHANGES_KEPT; at += 1) commit(0, 'a', 1);
    await deliver();
    const result = await ask();
    expect([total(result), claimed(result), result.cache.state]).toEqual([1 + 2 * CHANGES_KEPT, 1 + 2 * CHANGES_KEPT, 'miss']);
  });

  test('cells of chunks that nobody asked for are not sent, and one that is loaded meanwhile holds the commit all the same', async () => {
    const update = vi.spyOn(store, 'update');
    const findPresent = store.findPresent;
    store.findPresent = async (names) => {
      const found = await findPresent(names);
      // Between this look and the progress that names the commit.
      if (topic.length === 0) await reader()({ plan: planOf(), subjectShown: null, skipCache: false });
      return found;
    };
    commit(0, 'a', 5);
    await deliver();
    expect(update).not.toHaveBeenCalled();
    const result = await ask();
    expect([total(result), claimed(result)]).toEqual([5, 5]);
    commit(0, 'a', 1);
    await deliver();
    expect(update).toHaveBeenCalledTimes(1);
    expect([total(await ask()), claimed(await ask())]).toEqual([6, 6]);
  });

  test('a chunk of many cells that is decoded here is not asked for again: what changed came with the look', async () => {
    const pages = 20_001;
    for (let page = 0; page < pages; page += 1) commit(0, `p${page}`, 1);
    await deliver();
    read = reader(50_000);
    const whole = async (): Promise<ReadResult> => {
      const outcome = await read({ plan: planOf({ kind: 'summary', group_by: [] }), subjectShown: null, skipCache: false });
      if (!outcome.ok) throw new Error(outcome.fault);
      return outcome.result;
    };
    const edits = ({ table }: ReadResult): unknown => table.rows[0]?.[0];
    expect(edits(await whole())).toBe(pages);
    const chunksAsked = vi.spyOn(store, 'read');
    commit(1, 'p1', 5);
    await deliver();
    const changed = await whole();
    expect([edits(changed), changed.cache.state, claimed(changed), chunksAsked.mock.calls.length]).toEqual([
      pages + 5,
      'miss',
      pages + 5,
      1,
    ]);
    const same = await whole();
    expect([edits(same), same.cache.state, chunksAsked.mock.calls.length]).toEqual([pages + 5, 'hit', 2]);
  });

  test('an update for an evicted chunk does not bring it back: what is not loaded is not answered from', async () => {
    commit(0, 'a', 7);
    await deliver();
    await ask();
    store.evict(CHUNK);
    commit(0, 'b', 1);
    await deliver();
    const result = await ask();
    expect([counts(result), result.cache.state]).toEqual([{ a: 7, b: 1 }, 'fill']);
  });

  test('an eviction between two steps of an answer costs another load, not a wrong number', async () => {
    commit(0, 'a', 7);
    await deliver();
    await ask();
    const readChunk = store.read;
    let evictions = 2;
    store.read = async (name, as) => {
      if (evictions > 0) {
        evictions -= 1;
        store.evict(CHUNK);
      }
      return readChunk(name, as);
    };
    commit(0, 'a', 1);
    await deliver();
    const result = await ask();
    expect([total(result), claimed(result)]).toEqual([8, 8]);
  });

  test('a hole in the announcements begins a new epoch, and no chunk of the old one answers any more', async () => {
    commit(0, 'a', 1);
    await deliver();
    await ask();
    commit(0, 'a', 10);
    topic.pop();
    commit(0, 'a', 100);
    await deliver();
    expect(epochs).toEqual(['hole']);
    const result = await ask();
    expect([total(result), claimed(result), result.cache.state]).toEqual([111, 111, 'fill']);
  });

  test('an announcement that misses one of its parts is a hole', async () => {
    commit(0, 'a', 1);
    const [record] = topic;
    if (record === undefined) throw new Error('nothing announced');
    topic = [];
    const cells = ['b', 'c'].map((page, series) => ({
      series,
      grain: 2 as const,
      bucketS: 0,
      revision: 0,
      state: new Uint8Array(60).fill(page.charCodeAt(0)),
    }));
    const whole = { ...FIRST_LOG, partition: 0, term: 1, commitNo: 1, previousCommitNo: 0, nextOffset: 1, completeThroughMs: 1 };
    const parts = encodeAnnouncement({ ...whole, series: [pageSeries('b'), pageSeries('c')], cells }, 120);
    expect(parts.length).toBe(2);
    await materialise([{ partition: 0, offset: 0, bytes: parts[1] ?? record.bytes }]);
    expect(epochs).toEqual(['hole']);
  });

  test('a server that forgot everything costs a load', async () => {
    commit(0, 'a', 4);
    await deliver();
    await ask();
    store.flush();
    expect((await ask()).cache.state).toBe('bypass');
    commit(0, 'a', 1);
    await deliver();
    expect(epochs).toEqual(['lost']);
    const result = await ask();
    expect([total(result), claimed(result), result.cache.state]).toEqual([5, 5, 'fill']);
  });

  test('chunks that came back from a snapshot under another run id are loaded again', async () => {
    commit(0, 'a', 4);
    await deliver();
    await ask();
    store.restart();
    expect((await ask()).cache.state).toBe('fill');
  });

  test('nothing is kept from a replica, and its answer claims no more than it holds', async () => {
    commit(0, 'a', 4);
    await deliver();
    primary.isReplica = true;
    const result = await ask();
    expect([result.cache.state, total(result), claimed(result)]).toEqual(['bypass', 4, 4]);
    primary.isReplica = false;
    expect((await ask()).cache.state).toBe('fill');
  });

  test('while the store is away or slow Postgres answers', async () => {
    commit(0, 'a', 4);
    await deliver();
    store.readProgress = async () => Promise.reject(new Error('connection lost'));
    expect([(await ask()).cache.state, counts(await ask())]).toEqual(['bypass', { a: 4 }]);
    store.readProgress = async () => new Promise(() => undefined);
    expect((await ask()).cache.state).toBe('bypass');
  });

  test('a kept answer holds rows and no claim: its progress is that of the request', async () => {
    commit(0, 'a', 4);
    await deliver();
    await ask();
    const first = await ask();
    // An idle announcement changes no cell: the rows are the same, what they are complete through is not.
    const idle = { ...FIRST_LOG, partition: 1, term: 1, commitNo: 0, previousCommitNo: 0, nextOffset: 0, completeThroughMs: 99_000 };
    await materialise([
      { partition: 1, offset: 50, bytes: encodeAnnouncement({ ...idle, series: [], cells: [] })[0] ?? new Uint8Array(0) },
    ]);
    nowMs += 2_500;
    // Of another process, which has nothing decoded.
    read = reader();
    const second = await ask();
    expect([first.cache.state, second.cache]).toEqual(['hit', { state: 'hit', ageMs: 2_500 }]);
    const through = (result: ReadResult): number | null | undefined =>
      result.held.find(({ partition }) => partition === 1)?.completeThroughMs;
    expect([through(first), through(second)]).toEqual([1_000, 99_000]);
  });

  test('two materialisers that do the same work, at any distance, leave the same chunks', async () => {
    commit(0, 'a', 1);
    await deliver();
    await ask();
    for (let at = 0; at < 5; at += 1) commit(at % 2, 'a', 10);
    const records = [...topic];
    await deliver();
    const other = createMaterialise({
      store,
      readProgress: async () => primary.readProgress(),
      names: NAMES,
      newEpochId: () => `e${(ids += 1)}`,
      untilDone: async (action) => action(),
      onEpoch: (reason) => void epochs.push(reason),
      onCells: () => undefined,
    });
    for (const record of records) await other([record]);
    const result = await ask();
    expect([total(result), claimed(result), epochs]).toEqual([51, 51, []]);
  });

  test('chunks are taken over at a start only where no commit can have been missed', async () => {
    commit(0, 'a', 1);
    commit(1, 'a', 1);
    await deliver();
    const known = await store.readProgress();
    if (known === null) throw new Error('no progress');
    const counted = await primary.readProgress();
    const log = (start: number, end: number): Map<number, { start: number; end: number }> =>
      new Map([0, 1].map((partition) => [partition, { start, end }]));
    expect(continues(known, counted, log(0, 9))).toBe(true);
    // Deleted by retention; made anew; Postgres lost a commit; a partition nobody materialised.
    expect(continues(known, counted, log(2, 9))).toBe(false);
    expect(continues(known, counted, log(0, 0))).toBe(false);
    expect(
      continues(
        known,
        counted.map((one) => ({ ...one, commitNo: 0 })),
        log(0, 9),
      ),
    ).toBe(false);
    expect(continues({ ...known, partitions: new Map() }, counted, log(0, 9))).toBe(false);
  });
});

describe('what is damaged in the cache', () => {
  test('a cell whose state is no state costs a load of its chunk, once', async () => {
    commit(0, 'a', 3);
    commit(0, 'b', 4);
    await deliver();
    await ask();
    const damaged = { ...primary.commit(1, 'b', 5).cell, commitNo: 99, state: new Uint8Array([7, 7, 7]) };
    await store.update(CHUNK, { series: [], cells: [damaged] });
    const [before, result] = [primary.reads(), await ask()];
    expect([counts(result), result.cache.state, primary.reads() - before]).toEqual([{ a: 3, b: 9 }, 'fill', 1]);
    const next = await ask();
    expect([counts(next), next.cache.state, primary.reads() - before]).toEqual([{ a: 3, b: 9 }, 'hit', 1]);
  });

  test.each([
    ['no JSON', () => '{"v":1'],
    ['bytes that are no text', () => new Uint8Array([0xff, 0xfe])],
    ['a version to come', (kept: string) => kept.replace(/^\{"v":\d+/, '{"v":99')],
    ['rows of another width', (kept: string) => kept.replace('["a",3]', '["a",3,1]')],
    ['a mark of the next page that is none', (kept: string) => kept.replace('"next":null', '"next":{"v":1}')],
  ])('kept rows that cannot be read (%s) count as a miss, and are replaced', async (_, damage) => {
    commit(0, 'a', 3);
    await deliver();
    const write = vi.spyOn(store, 'writeAnswer');
    await ask();
    const [tenant, key, { bytes }] = write.mock.calls[0] ?? ['', '', { bytes: new Uint8Array(0) }];
    const damaged = damage(Buffer.from(bytes).toString());
    expect(damaged).not.toBe(Buffer.from(bytes).toString());
    await store.writeAnswer(tenant, key, { bytes: Buffer.from(damaged), ttlMs: 60_000 });
    const elsewhere = async (): Promise<ReadResult> => {
      const outcome = await reader()({ plan: planOf(), subjectShown: null, skipCache: false });
      if (!outcome.ok) throw new Error(outcome.fault);
      return outcome.result;
    };
    const first = await elsewhere();
    expect([counts(first), first.table.next, first.cache.state]).toEqual([{ a: 3 }, null, 'miss']);
    expect((await elsewhere()).cache.state).toBe('hit');
  });
});
