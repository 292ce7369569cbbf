import { NOTHING_SEALED, unpackCells } from '@tidegate/core';
import type { GrainCode, RangePiece } from '@tidegate/core';
import { createMemoryCells } from '@tidegate/redis/cells-memory';
import type { MemoryCells } from '@tidegate/redis/cells-memory';
import type { ChunkName } from '@tidegate/redis';
import { beforeEach, expect, test } from 'vitest';
import { createLoadChunks, createLoadOnce } from '../src/load-chunks.ts';
import type { AbsentChunk, LoadChunks, LoadOutcome } from '../src/load-chunks.ts';
import { countState, pageSeries, readingCells, TENANT, UTC_DAY, withCells } from './fixtures.ts';

const DAY_S = 86_400;
const EPOCH = 'e1';
const QUARTER = 2;
const HOUR = 3;

/** What the primary holds: the page and grain of a cell, and when its bucket begins. */
interface Held {
  readonly page: string;
  readonly grain: GrainCode;
  readonly bucketS: number;
}

let store: MemoryCells;
let held: Held[];
/** Pieces of each reading of the primary. */
let piecesRead: (readonly RangePiece[])[];

beforeEach(async () => {
  store = createMemoryCells({ nowMs: () => 0 });
  await store.beginEpoch({ seen: null, epoch: EPOCH, progress: [] });
  held = [];
  piecesRead = [];
});

/** As the real one: cells of the pieces, at most one more than are wanted, and the series that have one. */
const primary = readingCells(async (range, cellsMax, piecesOf = () => []) => {
  const pieces = piecesOf(NOTHING_SEALED);
  piecesRead.push(pieces);
  const pieceOf = ({ grain, bucketS }: Omit<Held, 'page'>): number =>
    pieces.findIndex(
      (piece) => piece.grain === grain && bucketS >= Math.max(piece.fromS, range.fromS) && bucketS < Math.min(piece.toS, range.toS),
    );
  const wanted = held.filter((one) => pieceOf(one) >= 0);
  const cells = wanted.map(({ page, grain, bucketS }) => ({
    ...{ seriesId: pageSeries(page).id, grain, bucketS, partition: 0, term: 1, commitNo: 1, revision: 0 },
    state: countState(bucketS),
  }));
  return {
    ...{ progress: [], isReplica: false, isCut: wanted.length > cellsMax },
    ...withCells([...new Set(wanted.map(({ page }) => page))].map(pageSeries), cells, pieceOf),
  };
});

const absent = (grain: GrainCode, utcDay: number): AbsentChunk => ({
  name: { tenant: TENANT, metric: 'wiki.edits', version: 1, setNo: 0, grain, utcDay, subject: null },
  epoch: EPOCH,
  brokenToken: null,
});
const load = (cellsMax = 100): LoadChunks => createLoadChunks({ store, primary, newToken: () => 'token', cellsMax });

/** Bucket and page of each cell of a chunk, and its pages. */
async function contentOf(name: ChunkName): Promise<{ cells: string[]; pages: string[] }> {
  const reading = await store.read(name, { epoch: EPOCH, known: null });
  if (reading.kind !== 'full') throw new Error(`the chunk is ${reading.kind}`);
  const { series, packed } = reading.content;
  const pageOf = new Map(series.map((entry) => [String(entry.id), String(entry.dims[0])]));
  const named = unpackCells(packed).map(({ seriesId, bucketS }) => `${bucketS} ${pageOf.get(String(seriesId))}`);
  return { cells: named.sort(), pages: [...pageOf.values()].sort() };
}

test('the chunks of a question are read together, of whatever grain, and each chunk is filled with what is its own', async () => {
  const day = UTC_DAY * DAY_S;
  held = [
    { page: 'a', grain: QUARTER, bucketS: day },
    { page: 'b', grain: QUARTER, bucketS: day + 900 },
    { page: 'a', grain: QUARTER, bucketS: day + 2 * DAY_S },
    // Begins with a quarter of an hour, and is a cell of its own.
    { page: 'c', grain: HOUR, bucketS: day },
    // Between the days that are asked for.
    { page: 'd', grain: QUARTER, bucketS: day + DAY_S },
  ];
  const asked = [absent(QUARTER, UTC_DAY), absent(QUARTER, UTC_DAY + 2), absent(QUARTER, UTC_DAY + 3), absent(HOUR, UTC_DAY)];
  const outcomes = await load()(asked);
  expect(outcomes.map(({ kind }) => kind)).toEqual(['filled', 'filled', 'filled', 'filled']);
  // What is handed out is what the chunk holds.
  const readings = await Promise.all(asked.map(async ({ name }) => store.read(name, { epoch: EPOCH, known: null })));
  expect(readings.map((reading) => (reading.kind === 'full' ? [reading.version, reading.content.packed] : reading.kind))).toEqual(
    outcomes.map((outcome) => outcome.kind === 'filled' && [outcome.loaded?.version, outcome.loaded?.base.packed]),
  );
  expect(piecesRead.map((pieces) => pieces.map(({ grain, fromS }) => `${grain} ${(fromS - day) / DAY_S}`))).toEqual([
    ['2 0', '2 2', '2 3', '3 0'],
  ]);
  expect(await Promise.all(asked.map(({ name }) => contentOf(name)))).toEqual([
    { cells: [`${day} a`, `${day + 900} b`], pages: ['a', 'b'] },
    { cells: [`${day + 2 * DAY_S} a`], pages: ['a'] },
    { cells: [], pages: [] },
    { cells: [`${day} c`], pages: ['c'] },
  ]);
});

test('many days are read by two statements side by side, those about a person by one', async () => {
  const days = Array.from({ length: 9 }, (_, day) => absent(QUARTER, UTC_DAY + day));
  held = days.map(({ name }) => ({ page: 'Oslo', grain: QUARTER, bucketS: name.utcDay * DAY_S }));
  expect((await load()(days)).map(({ kind }) => kind)).toEqual(days.map(() => 'filled'));
  expect(piecesRead.map((pieces) => pieces.length)).toEqual([4, 5]);
  for (const { name } of days) expect((await contentOf(name)).cells).toEqual([`${name.utcDay * DAY_S} Oslo`]);
  piecesRead = [];
  const ofPerson = days.map((day) => ({ ...day, name: { ...day.name, subject: 'p-1' } }));
  await load()(ofPerson);
  expect(piecesRead.map((pieces) => pieces.length)).toEqual([9]);
});

test('what is too much together is read in halves; a chunk that is too much alone is not kept', async () => {
  const day = UTC_DAY * DAY_S;
  // 1, 3, 1 and 1 cells in four days, of which two may be read at once.
  held = [0, DAY_S, DAY_S + 900, DAY_S + 1_800, 2 * DAY_S, 3 * DAY_S].map((afterS) => ({
    page: 'a',
    grain: QUARTER,
    bucketS: day + afterS,
  }));
  const asked = [0, 1, 2, 3].map((days) => absent(QUARTER, UTC_DAY + days));
  expect((await load(2)(asked)).map(({ kind }) => kind)).toEqual(['filled', 'unfit', 'filled', 'filled']);
  // All, the first half, its days, the second half.
  expect(piecesRead.map((pieces) => pieces.length)).toEqual([4, 2, 1, 1, 2]);
});

test('a chunk that is being loaded is not loaded again; the others of a question are', async () => {
  const loads: string[][] = [];
  let end = (): void => undefined;
  const once = createLoadOnce(async (chunks) => {
    loads.push(chunks.map(({ name }) => String(name.utcDay)));
    await new Promise<void>((resolve) => (end = resolve));
    return chunks.map(({ name }): LoadOutcome => (name.utcDay === 2 ? { kind: 'unfit' } : { kind: 'filled', loaded: null }));
  });
  const first = once([absent(QUARTER, 1), absent(QUARTER, 2)]);
  const endFirst = end;
  const second = once([absent(QUARTER, 2), absent(QUARTER, 3)]);
  endFirst();
  expect((await first).map(({ kind }) => kind)).toEqual(['filled', 'unfit']);
  end();
  expect((await second).map(({ kind }) => kind)).toEqual(['unfit', 'filled']);
  expect(loads).toEqual([['1', '2'], ['3']]);
});
