/**
 * Loads absent chunks: create under tokens → read the primary once → fill. The order is what makes it right: from its creation
 * on a chunk takes announced cells, so a commit is either in the reading of the primary or reaches the chunk by itself.
 *
 * | after this step the process dies | what is there | who goes on |
 * |---|---|---|
 * | create | unfilled chunks, absent to readers | the next loader, under the same tokens |
 * | reading the primary | the same | the same |
 * | a part of the filling | some filled; others still unfilled | the same; cells are taken only if newer |
 *
 * The chunks of a question are read in one transaction for each grain: one about a person reaches over a month of days of few
 * cells, and a transaction for each day was all that such an answer cost. The loader hands out no cells: who asked reads the
 * chunks again, after his own reading of progress.
 */
import { GRAINS } from '@tidegate/core';
import type { CellRange, GrainCode, SeriesEntry } from '@tidegate/core';
import type { CellSnapshot, ReadStore } from '@tidegate/postgres';
import type { CellStore, ChunkContent, ChunkName, PlacedCell } from '@tidegate/redis';
import { chunkId, firstDay, rangeOfChunk } from './chunks.ts';
import { seriesKey } from './merge-order.ts';

export interface LoadChunksDeps {
  readonly store: CellStore;
  /** Of the primary. */
  readonly primary: ReadStore;
  readonly newToken: () => string;
  readonly cellsMax: number;
}

export interface AbsentChunk {
  readonly name: ChunkName;
  readonly epoch: string;
  readonly brokenToken: string | null;
}

/** `lost`: evicted meanwhile, worth another try; `unfit`: not to be cached (a replica, or more cells than one answer may have). */
export type LoadOutcome = 'filled' | 'lost' | 'unfit';

/** Of one set of one metric version and subject; outcomes in their order. */
export type LoadChunks = (absent: readonly AbsentChunk[]) => Promise<readonly LoadOutcome[]>;

interface OpenChunk {
  readonly name: ChunkName;
  readonly token: string;
}

type FillOutcome = LoadOutcome | 'split';

export function createLoadChunks(deps: LoadChunksDeps): LoadChunks {
  async function create({ name, epoch, brokenToken }: AbsentChunk): Promise<OpenChunk | null> {
    const { kind, token } = await deps.store.create(name, { token: deps.newToken(), epoch, brokenToken });
    return kind === 'filled' ? null : { name, token };
  }

  return async function loadChunks(absent) {
    const created = await Promise.all(absent.map(create));
    const outcomes = new Map<OpenChunk, LoadOutcome>();
    for (const open of byGrain(created.filter((one) => one !== null))) {
      const filled = await fillFrom(deps, open);
      for (const [at, one] of open.entries()) outcomes.set(one, await settle(deps, one, filled[at]));
    }
    return created.map((one) => (one === null ? 'filled' : (outcomes.get(one) ?? 'lost')));
  };
}

/** Too much for one chunk: it was split, and the primary is read again now that the parts take announced cells. */
async function settle(deps: LoadChunksDeps, open: OpenChunk, outcome: FillOutcome = 'lost'): Promise<LoadOutcome> {
  if (outcome !== 'split') return outcome;
  const [again = 'lost'] = await fillFrom(deps, [open]);
  return again === 'split' ? 'lost' : again;
}

/** Cells of different grains may begin at the same instant, and a reading does not tell them apart. */
function byGrain(open: readonly OpenChunk[]): readonly (readonly OpenChunk[])[] {
  const groups = new Map<GrainCode, OpenChunk[]>();
  for (const one of open) groups.set(one.name.grain, [...(groups.get(one.name.grain) ?? []), one]);
  return [...groups.values()];
}

/** What is too much together may fit in halves. */
async function fillFrom(deps: LoadChunksDeps, open: readonly OpenChunk[]): Promise<readonly FillOutcome[]> {
  const ranges = open.map(({ name }) => rangeOfChunk(name));
  const [first] = ranges;
  if (first === undefined) return [];
  const pieces = ranges.flatMap((range) => range.pieces);
  const range: CellRange = {
    ...first.range,
    fromS: Math.min(...pieces.map((piece) => piece.fromS)),
    toS: Math.max(...pieces.map((piece) => piece.toS)),
  };
  const snapshot = await deps.primary.readCells(range, deps.cellsMax, () => pieces);
  if (snapshot.isReplica || (snapshot.isCut && open.length === 1)) return open.map(() => 'unfit');
  if (snapshot.isCut) {
    const middle = open.length >> 1;
    return [...(await fillFrom(deps, open.slice(0, middle))), ...(await fillFrom(deps, open.slice(middle)))];
  }
  const contents = contentsOf(open, snapshot);
  return Promise.all(open.map(async ({ name, token }) => deps.store.fill(name, token, contents.get(name.utcDay) ?? NOTHING)));
}

const NOTHING: ChunkContent = { series: [], cells: [] };

interface Filling {
  readonly series: Set<SeriesEntry>;
  readonly cells: PlacedCell[];
}

/** What of a snapshot belongs into which chunk, by the first day of the chunk: all are of one grain. */
function contentsOf(open: readonly OpenChunk[], { series, cells }: CellSnapshot): ReadonlyMap<number, ChunkContent> {
  const entries = new Map(series.map((entry) => [seriesKey(entry.id), entry]));
  const byDay = new Map<number, Filling>(open.map(({ name }) => [name.utcDay, { series: new Set(), cells: [] }]));
  const grain = open[0]?.name.grain ?? GRAINS.quarter_hour.code;
  for (const cell of cells) {
    const filling = byDay.get(firstDay(cell.bucketS, grain));
    const entry = entries.get(seriesKey(cell.seriesId));
    filling?.cells.push(cell);
    if (entry !== undefined) filling?.series.add(entry);
  }
  return new Map([...byDay].map(([day, filling]) => [day, { series: [...filling.series], cells: filling.cells }]));
}

/** Loads a chunk once at a time: who asks for one that is being loaded shares its outcome. */
export function createLoadOnce(load: LoadChunks): LoadChunks {
  // No `Map`: entries come and go with each question (see `createInFlight`).
  const running = Object.create(null) as Record<string, Promise<LoadOutcome> | undefined>;
  return async function loadOnce(absent) {
    const fresh = absent.filter((one) => running[keyOf(one)] === undefined);
    const loading = fresh.length === 0 ? Promise.resolve([]) : load(fresh);
    for (const [at, one] of fresh.entries()) {
      const key = keyOf(one);
      running[key] = loading.then((outcomes) => outcomes[at] ?? 'lost').finally(() => Reflect.deleteProperty(running, key));
    }
    return Promise.all(absent.map(async (one) => running[keyOf(one)] ?? 'lost'));
  };
}

function keyOf({ epoch, name }: AbsentChunk): string {
  return `${epoch} ${chunkId(name)}`;
}
