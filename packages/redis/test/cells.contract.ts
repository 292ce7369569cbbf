import { createState, encodeState, NOTHING_SEALED, packCells, seriesEntry, unpackCells } from '@tidegate/core';
import type { ChunkBase, SeriesEntry } from '@tidegate/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type {
  CellLimits,
  CellStore,
  ChunkContent,
  ChunkName,
  ChunkReading,
  ChunkVersion,
  PartitionProgress,
  PlacedCell,
  ReadContent,
} from '../src/cell-store.ts';

/** A store under test, and what may happen to the server behind it. */
export interface CellsUnderTest {
  readonly store: CellStore;
  evict(name: ChunkName): Promise<void>;
  evictPart(name: ChunkName, part: number, parts: number): Promise<void>;
  forgetEverything(): Promise<void>;
  /** The server comes back with its data under another run id. */
  changeRun(name: ChunkName): Promise<void>;
  /** The same for the mark of a name. */
  changeRunOfMark(tenant: string, name: string): Promise<void>;
  close(): Promise<void>;
}

export const CONTRACT_LIMITS: CellLimits = { cellsMax: 20, bytesMax: 64 * 1_024, ttlMs: 60_000 };

const NAME: ChunkName = { tenant: 'acme', metric: 'wiki.edits', version: 1, setNo: 0, grain: 2, utcDay: 20_000, subject: null };
const DAY_S = 20_000 * 86_400;
const STATE = encodeState(createState([{ name: 'edits', kind: 'count', numbers: 'exact' }]));

function series(page: string | null): SeriesEntry {
  return seriesEntry({ tenant: 'acme', metric: 'wiki.edits', version: 1, setNo: 0, subject: '', dims: [page, null] });
}

function cell(page: string, changes: Partial<PlacedCell> = {}): PlacedCell {
  return { seriesId: series(page).id, bucketS: DAY_S, partition: 0, term: 1, commitNo: 1, revision: 0, state: STATE, ...changes };
}

function content(...cells: PlacedCell[]): ChunkContent {
  return { series: [], cells };
}

function base(...cells: PlacedCell[]): ChunkBase {
  return { series: [], packed: packCells(cells) };
}

/** What a reader has who takes of two states of a cell the newer one. */
function wholeOf({ series, packed, cells }: ReadContent): ChunkContent {
  const newest = new Map<string, PlacedCell>();
  for (const one of [...unpackCells(packed), ...cells]) {
    const key = `${String(one.seriesId)} ${one.bucketS} ${one.partition}`;
    const known = newest.get(key);
    if (known === undefined || one.term > known.term || (one.term === known.term && one.commitNo > known.commitNo)) newest.set(key, one);
  }
  return { series, cells: [...newest.values()] };
}

/** Cells as comparable lines, whatever their order. */
function lines({ cells }: ChunkContent): string[] {
  return cells
    .map((one) => [Buffer.from(one.seriesId).toString('hex'), one.bucketS, one.partition, one.term, one.commitNo].join(' '))
    .sort();
}

export function describeCellStore(label: string, open: () => Promise<CellsUnderTest>): void {
  describeProgress(label, open);
  describeMarks(label, open);
  describeChunks(label, open);
}

function describeChunks(label: string, open: () => Promise<CellsUnderTest>): void {
  describe(`cell store (${label})`, () => {
    let under: CellsUnderTest;
    let store: CellStore;
    beforeEach(async () => {
      under = await open();
      store = under.store;
    });
    afterEach(async () => under.close());

    const create = async (token: string, brokenToken: string | null = null): ReturnType<CellStore['create']> =>
      store.create(NAME, { token, epoch: 'e1', brokenToken });
    const readAll = async (): Promise<ChunkContent | null> => {
      const reading = await store.read(NAME, { epoch: 'e1', known: null });
      return reading.kind === 'full' ? wholeOf(reading.content) : null;
    };
    const versionOf = async (): Promise<ChunkVersion | null> => {
      const reading = await store.read(NAME, { epoch: 'e1', known: null, changesOnly: true });
      return reading.kind === 'version' ? reading.version : null;
    };

    test('an update never makes a chunk: what was evicted stays absent', async () => {
      expect(await store.update(NAME, content(cell('a')))).toBeNull();
      expect(await readAll()).toBeNull();
      await create('t1');
      await store.fill(NAME, 't1', base(cell('a')));
      await under.evict(NAME);
      expect(await store.update(NAME, content(cell('b')))).toBeNull();
      expect(await readAll()).toBeNull();
    });

    test('chunks that are loaded, being loaded or split are found among any others', async () => {
      const days = Array.from({ length: 1_200 }, (_, at) => ({ ...NAME, utcDay: NAME.utcDay + at }));
      const [loading, loaded] = [days[1_100] ?? NAME, days[3] ?? NAME];
      expect(await store.findPresent([])).toEqual([]);
      expect(await store.findPresent(days)).toEqual([]);
      await store.create(loading, { token: 't1', epoch: 'e1', brokenToken: null });
      await store.create(loaded, { token: 't2', epoch: 'e1', brokenToken: null });
      await store.fill(loaded, 't2', base(...Array.from({ length: 50 }, (_, at) => cell(`page-${at}`))));
      expect(await store.findPresent(days)).toEqual([loaded, loading]);
      expect(await store.findPresent([loading])).toEqual([loading]);
    });

    test('a chunk that is being loaded takes updates and is absent to readers until it is filled', async () => {
      expect(await create('t1')).toEqual({ kind: 'created', token: 't1' });
      expect(await store.update(NAME, { series: [series('a')], cells: [cell('a', { commitNo: 5 })] })).toBe(2);
      expect(await readAll()).toBeNull();
      // The loader read the primary before that commit: its older state must not win.
      const reading = { series: [series('a'), series(null)], packed: packCells([cell('a', { commitNo: 4 }), cell('b')]) };
      expect(await store.fill(NAME, 't1', reading)).toMatchObject({ kind: 'filled' });
      const all = await readAll();
      expect(lines(all ?? content())).toEqual(lines(content(cell('a', { commitNo: 5 }), cell('b'))));
      expect(all?.series.map(({ dims }) => dims)).toEqual(
        expect.arrayContaining([
          ['a', null],
          [null, null],
        ]),
      );
      expect(all?.cells[0]?.state).toEqual(STATE);
    });

    test('of two states of a cell the greater term wins, then the greater commit number, in any order of arrival', async () => {
      await create('t1');
      await store.fill(NAME, 't1', base());
      const versions = [
        [1, 9],
        [2, 3],
        [2, 300],
        [2, 20_000],
        [1, 70_000],
      ] as const;
      for (const order of [versions, versions.toReversed()]) {
        for (const [term, commitNo] of order) await store.update(NAME, content(cell('a', { term, commitNo })));
        expect(lines((await readAll()) ?? content())).toEqual(lines(content(cell('a', { term: 2, commitNo: 20_000 }))));
      }
      expect(await store.update(NAME, content(cell('a', { term: 2, commitNo: 20_000 })))).toBe(0);
    });

    test('cells of other buckets and partitions, before 1970 too, are cells of their own', async () => {
      await create('t1');
      const cells = [cell('a'), cell('a', { partition: 300 }), cell('a', { bucketS: -900 }), cell('a', { bucketS: DAY_S + 900 })];
      await store.fill(NAME, 't1', base(...cells));
      expect(lines((await readAll()) ?? content())).toEqual(lines(content(...cells)));
    });

    test('the second loader joins the first one under its token, and a loader whose token is gone fills nothing', async () => {
      await create('t1');
      expect(await create('t2')).toEqual({ kind: 'loading', token: 't1' });
      await under.evict(NAME);
      expect(await create('t3')).toEqual({ kind: 'created', token: 't3' });
      expect(await store.fill(NAME, 't1', base(cell('a')))).toMatchObject({ kind: 'lost' });
      expect(await readAll()).toBeNull();
      expect(await store.fill(NAME, 't3', base())).toMatchObject({ kind: 'filled' });
      expect(await create('t4')).toEqual({ kind: 'filled', token: 't3' });
    });

    test('a chunk of an earlier epoch or of another server run counts as absent and is made anew', async () => {
      await create('t1');
      await store.fill(NAME, 't1', base(cell('a')));
      expect(await store.read(NAME, { epoch: 'e2', known: null })).toMatchObject({ kind: 'absent' });
      await under.changeRun(NAME);
      expect(await readAll()).toBeNull();
      expect(await store.fill(NAME, 't1', base(cell('b')))).toMatchObject({ kind: 'lost' });
      expect(await create('t2')).toEqual({ kind: 'created', token: 't2' });
    });

    test('a reader that knows a counter gets what changed since, and the whole when that is too far back', async () => {
      await create('t1');
      await store.fill(NAME, 't1', base(cell('a'), cell('b')));
      const known = await versionOf();
      expect((await store.read(NAME, { epoch: 'e1', known })).kind).toBe('same');
      await store.update(NAME, content(cell('b', { commitNo: 2 })));
      await store.update(NAME, { series: [series('c')], cells: [cell('c'), cell('b', { commitNo: 3 })] });
      const reading = await store.read(NAME, { epoch: 'e1', known });
      if (reading.kind !== 'delta') throw new Error(`a ${reading.kind} instead of what changed`);
      expect(lines(reading.content)).toEqual(lines(content(cell('b', { commitNo: 3 }), cell('c'))));
      expect(reading.content.series.map(({ dims }) => dims[0])).toEqual(['c']);
      for (let commitNo = 4; commitNo < 70; commitNo += 1) await store.update(NAME, content(cell('b', { commitNo })));
      expect((await store.read(NAME, { epoch: 'e1', known })).kind).toBe('full');
    });

    test('who asks for changes only gets changes, and the version alone where only the whole would tell', async () => {
      await create('t1');
      await store.fill(NAME, 't1', base(cell('a')));
      const known = await versionOf();
      const changesSince = async (since: ChunkVersion | null): Promise<ChunkReading> =>
        store.read(NAME, { epoch: 'e1', known: since, changesOnly: true });
      expect(await changesSince(known)).toMatchObject({ kind: 'same' });
      await store.update(NAME, content(cell('b')));
      expect(await changesSince(known)).toMatchObject({ kind: 'delta', content: { cells: [cell('b')] } });
      for (let commitNo = 2; commitNo < 70; commitNo += 1) await store.update(NAME, content(cell('b', { commitNo })));
      expect(await changesSince(known)).toEqual({ kind: 'version', version: await versionOf() });
      expect(await changesSince(null)).toEqual({ kind: 'version', version: await versionOf() });
      expect(await store.read(NAME, { epoch: 'e2', known, changesOnly: true })).toMatchObject({ kind: 'absent' });
    });

    test('of two loaders the reading of the first one stays, and only he knows what the chunk holds', async () => {
      await create('t1');
      await store.update(NAME, content(cell('c')));
      const outcome = await store.fill(NAME, 't1', base(cell('a')));
      expect(outcome).toEqual({ kind: 'filled', version: { token: 't1', counters: [0] } });
      const known = outcome.kind === 'filled' ? outcome.version : null;
      expect(await store.fill(NAME, 't1', base(cell('b')))).toEqual({ kind: 'filled', version: null });
      expect(lines((await readAll()) ?? content())).toEqual(lines(content(cell('a'), cell('c'))));
      // At the version that he was told it is what he read; what was announced is a change since.
      const since = await store.read(NAME, { epoch: 'e1', known });
      if (since.kind !== 'delta') throw new Error(`a ${since.kind} instead of what changed`);
      expect([since.content.packed, lines(since.content)]).toEqual([[], lines(content(cell('c')))]);
    });

    test('a version never comes back: a chunk that was lost and loaded again has another one', async () => {
      const versions = new Set<string>();
      for (const token of ['t1', 't2', 't3']) {
        await create(token);
        await store.fill(NAME, token, base(cell('a')));
        versions.add(JSON.stringify(await versionOf()));
        await under.evict(NAME);
      }
      expect(versions.size).toBe(3);
    });

    describe('too much for one chunk', () => {
      const many = Array.from({ length: 50 }, (_, at) => cell(`page-${at}`));
      const load = async (token: string): Promise<void> => {
        await create(token);
        expect(await store.fill(NAME, token, base(...many))).toMatchObject({ kind: 'split' });
        expect(await readAll()).toBeNull();
        expect(await store.fill(NAME, token, base(...many))).toMatchObject({ kind: 'filled' });
      };

      test('lies in parts by series, is read whole, and updates reach the parts', async () => {
        await load('t1');
        expect(lines((await readAll()) ?? content())).toEqual(lines(content(...many)));
        const known = await versionOf();
        expect(known?.counters.length).toBe(5); // 50 cells, 20 a chunk: 2.5, doubled
        expect(await store.update(NAME, content(cell('page-7', { commitNo: 2 }), cell('page-8', { commitNo: 2 })))).toBe(2);
        const reading = await store.read(NAME, { epoch: 'e1', known });
        if (reading.kind !== 'delta') throw new Error(`a ${reading.kind} instead of what changed`);
        expect(lines(reading.content)).toEqual(lines(content(cell('page-7', { commitNo: 2 }), cell('page-8', { commitNo: 2 }))));
      });

      test('what is announced between split and fill is kept', async () => {
        await create('t1');
        await store.update(NAME, content(cell('page-1', { commitNo: 2 })));
        expect(await store.fill(NAME, 't1', base(...many))).toMatchObject({ kind: 'split' });
        await store.update(NAME, content(cell('page-2', { commitNo: 3 })));
        // The second reading of the primary holds commit 2 but was made before commit 3.
        const second = many.map((one, at) => (at === 1 ? { ...one, commitNo: 2 } : one));
        expect(await store.fill(NAME, 't1', base(...second))).toMatchObject({ kind: 'filled' });
        const expected = second.map((one, at) => (at === 2 ? { ...one, commitNo: 3 } : one));
        expect(lines((await readAll()) ?? content())).toEqual(lines(content(...expected)));
      });

      test('a loader under the same token whose reading would fit one chunk fills the parts that another one made', async () => {
        await create('t1');
        expect(await store.fill(NAME, 't1', base(...many))).toMatchObject({ kind: 'split' });
        const few = many.slice(0, 3);
        expect(await store.fill(NAME, 't1', base(...few))).toEqual({ kind: 'filled', version: { token: 't1', counters: [0, 0, 0, 0, 0] } });
        expect(lines((await readAll()) ?? content())).toEqual(lines(content(...few)));
        expect(await store.fill(NAME, 't1', base(...many))).toEqual({ kind: 'filled', version: null });
        expect(lines((await readAll()) ?? content())).toEqual(lines(content(...few)));
      });

      test('with one part evicted all of it is absent, and it can be loaded again', async () => {
        await load('t1');
        await under.evictPart(NAME, 2, 5);
        expect(await store.read(NAME, { epoch: 'e1', known: null })).toEqual({ kind: 'absent', brokenToken: 't1' });
        expect(await create('t2', 't1')).toEqual({ kind: 'created', token: 't2' });
      });
    });

    test('a chunk that outgrew its limit is dropped rather than kept', async () => {
      await create('t1');
      await store.fill(NAME, 't1', base());
      for (let at = 0; at < 100; at += 1) await store.update(NAME, content(cell('a', { bucketS: DAY_S + at * 900 })));
      expect(await readAll()).toBeNull();
    });

    test('an answer is found again under its own tenant only', async () => {
      const bytes = new Uint8Array([0, 255, 10, 13]);
      await store.writeAnswer('acme', 'k', { bytes, ttlMs: 60_000 });
      expect(new Uint8Array((await store.readAnswer('acme', 'k')) ?? [])).toEqual(bytes);
      expect(await store.readAnswer('other', 'k')).toBeNull();
    });
  });
}

function describeProgress(label: string, open: () => Promise<CellsUnderTest>): void {
  describe(`materialised progress (${label})`, () => {
    let under: CellsUnderTest;
    let store: CellStore;

    const at = (commitNo: number, changes: Partial<PartitionProgress> = {}): PartitionProgress => ({
      partition: 3,
      term: 2,
      commitNo,
      nextOffset: commitNo * 10,
      logGeneration: 1,
      backfill: { nextOffset: 2 ** 53 - 1, logGeneration: 3 },
      sealed: NOTHING_SEALED,
      completeThroughMs: 1_000 + commitNo,
      rollupsOffset: commitNo + 1,
      ...changes,
    });
    const advance = async (progress: PartitionProgress, previousCommitNo: number): Promise<string | undefined> =>
      (await store.advance([{ progress, offset: progress.rollupsOffset - 1, previousCommitNo }]))[0]?.outcome;
    const known = async (): Promise<PartitionProgress | undefined> => (await store.readProgress())?.partitions.get(3);

    beforeEach(async () => {
      under = await open();
      store = under.store;
      await store.beginEpoch({ seen: null, epoch: 'e1', progress: [at(10)] });
    });

    afterEach(async () => under.close());

    test('moves commit by commit, and an idle announcement moves no more than how far the log is complete', async () => {
      expect(await advance(at(11), 10)).toBe('advanced');
      expect(await known()).toEqual(at(11));
      const idle = at(11, { rollupsOffset: 13, completeThroughMs: 9_000 });
      expect(await advance(idle, 11)).toBe('advanced');
      expect(await known()).toEqual(idle);
    });

    test('never moves back, whoever announces again', async () => {
      await advance(at(11), 10);
      expect(await advance(at(11), 10)).toBe('old');
      expect(await advance(at(9, { rollupsOffset: 20 }), 8)).toBe('old');
      expect(await advance(at(10, { term: 1, rollupsOffset: 21 }), 9)).toBe('old');
      expect(await known()).toEqual(at(11));
    });

    test('stops at a hole: a commit whose forerunner was not seen, an idle announcement of an unseen commit', async () => {
      expect(await advance(at(12), 11)).toBe('hole');
      expect(await advance(at(11), 11)).toBe('hole');
      expect(await advance(at(13, { term: 3 }), 12)).toBe('hole');
      expect(await known()).toEqual(at(10));
    });

    test('stops at a term that begins below what was seen: Postgres lost commits', async () => {
      expect(await advance(at(9, { term: 3, rollupsOffset: 30 }), 8)).toBe('term');
      expect(await advance(at(12, { term: 1, rollupsOffset: 31 }), 11)).toBe('term');
      expect(await advance(at(11, { term: 3, rollupsOffset: 32 }), 10)).toBe('advanced');
    });

    test('knows nothing of a partition or of an epoch that was never begun', async () => {
      expect(await advance(at(11, { partition: 4 }), 10)).toBe('hole');
      await under.forgetEverything();
      expect(await store.readProgress()).toBeNull();
      expect(await advance(at(11), 10)).toBe('lost');
    });

    test('of two that begin an epoch one wins, and the other partitions keep their progress', async () => {
      expect(await store.beginEpoch({ seen: 'e1', epoch: 'e2', progress: [at(7, { partition: 5 })] })).toBe(true);
      expect(await store.beginEpoch({ seen: 'e1', epoch: 'e3', progress: [at(1)] })).toBe(false);
      const now = await store.readProgress();
      expect(now?.epoch).toBe('e2');
      expect([...(now?.partitions.keys() ?? [])].sort()).toEqual([3, 5]);
      expect(await known()).toEqual(at(10));
    });

    test('holds numbers up to 2^53 exactly', async () => {
      const large = 9_007_199_254_740_000;
      await store.beginEpoch({ seen: 'e1', epoch: 'e2', progress: [at(large, { rollupsOffset: large, nextOffset: 7 })] });
      expect(await advance(at(large + 1, { rollupsOffset: large + 1, nextOffset: 7 }), large)).toBe('advanced');
      expect((await known())?.commitNo).toBe(large + 1);
    });
  });
}

function describeMarks(label: string, open: () => Promise<CellsUnderTest>): void {
  describe(`marks (${label})`, () => {
    let under: CellsUnderTest;
    let store: CellStore;
    beforeEach(async () => {
      under = await open();
      store = under.store;
    });
    afterEach(async () => under.close());
    const of = (...names: string[]) => ({ tenant: 'acme', names });

    test('a mark is the same until what it stands for changes, and another one afterwards', async () => {
      const [a = '', b = ''] = await store.takeMarks(of('a', 'b'), 60_000);
      expect(a).not.toBe(b);
      expect(await store.takeMarks(of('b', 'a'), 60_000)).toEqual([b, a]);
      await store.advance([], [of('a'), { tenant: 'other', names: ['b'] }]);
      expect(await store.readMarks(of('a', 'b', 'c'))).toEqual(['', b, '']);
      const [again] = await store.takeMarks(of('a'), 60_000);
      expect(again).not.toBe(a);
    });

    test('more names than one call takes are all removed', async () => {
      const names = Array.from({ length: 2_500 }, (_, at) => `n${at}`);
      await store.takeMarks(of(...names), 60_000);
      expect(new Set(await store.readMarks(of(...names))).size).toBe(2_500);
      await store.advance([], [of(...names)]);
      expect(new Set(await store.readMarks(of(...names)))).toEqual(new Set(['']));
    });

    test('a mark stays as long as all that change something say what it ends with, and falls with the first that does not', async () => {
      const [mark = ''] = await store.takeMarks(of('told'), 60_000, '.l1');
      expect(mark.endsWith('.l1')).toBe(true);
      // Whoever takes it later asks for another ending, and sees that it has this one.
      expect(await store.takeMarks(of('told'), 60_000, '.l2')).toEqual([mark]);
      const unless = (ending: string) => ({ ...of('a'), unless: [{ name: 'told', ending }] });
      await store.takeMarks(of('a'), 60_000);
      await store.advance([], [unless('.l1')]);
      expect(await store.readMarks(of('told', 'a'))).toEqual([mark, '']);
      await store.advance([], [unless('.l1'), { ...of(), unless: [{ name: 'told', ending: '.l2' }] }]);
      expect(await store.readMarks(of('told'))).toEqual(['']);
    });

    test('of more such marks than one call takes none stays that should fall', async () => {
      const names = Array.from({ length: 1_500 }, (_, at) => `n${at}`);
      await store.takeMarks(of(...names), 60_000, '.l1');
      await store.advance([], [{ ...of('a'), unless: names.map((name) => ({ name, ending: '.l2' })) }]);
      expect(new Set(await store.readMarks(of(...names)))).toEqual(new Set(['']));
    });

    test('a mark of another run of the server is none: what should have removed it may have gone to the other', async () => {
      const [mark = ''] = await store.takeMarks(of('a'), 60_000);
      await under.changeRunOfMark('acme', 'a');
      expect(await store.readMarks(of('a'))).toEqual(['']);
      expect(await store.takeMarks(of('a'), 60_000)).not.toEqual([mark]);
    });
  });
}
