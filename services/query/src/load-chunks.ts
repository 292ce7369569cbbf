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
 * The chunks of a question are read by one statement, however many there are: a statement for each was all that an answer of few
 * cells cost. What was read is handed out under the version that the chunk has with it and nothing else: who asked looks at the
 * chunks again, after his own reading of progress, and is told what has come since.
 */
import type { ChunkBase, PackedCells, SeriesEntry } from '@tidegate/core';
import type { CellsRead, ReadStore } from '@tidegate/postgres';
import type { CellStore, ChunkName, ChunkVersion, FillOutcome } from '@tidegate/redis';
import { chunkId, rangeOfChunk } from './chunks.ts';

export interface LoadChunksDeps {
  readonly store: CellStore;
  /** Of the primary. */
  readonly primary: Pick<ReadStore, 'readPieces'>;
  readonly newToken: () => string;
  readonly cellsMax: number;
}

export interface AbsentChunk {
  readonly name: ChunkName;
  readonly epoch: string;
  readonly brokenToken: string | null;
}

/** What a chunk holds at a version. */
export interface LoadedChunk {
  readonly version: ChunkVersion;
  readonly base: ChunkBase;
}

/**
 * `filled`: `loaded` is null where what is in it is another loader's. `lost`: evicted meanwhile, worth another try. `unfit`: not
 * to be cached (a replica, or more cells than one answer may have).
 */
export type LoadOutcome = { readonly kind: 'filled'; readonly loaded: LoadedChunk | null } | { readonly kind: 'lost' | 'unfit' };

const FILLED_BEFORE = { kind: 'filled', loaded: null } as const;
const LOST = { kind: 'lost' } as const;
const UNFIT = { kind: 'unfit' } as const;

/** Of one set of one metric version and subject; outcomes in their order. */
export type LoadChunks = (absent: readonly AbsentChunk[]) => Promise<readonly LoadOutcome[]>;

interface OpenChunk {
  readonly name: ChunkName;
  readonly token: string;
}

type Filling = LoadOutcome | { readonly kind: 'split' };

export function createLoadChunks(deps: LoadChunksDeps): LoadChunks {
  async function create({ name, epoch, brokenToken }: AbsentChunk): Promise<OpenChunk | null> {
    const { kind, token } = await deps.store.create(name, { token: deps.newToken(), epoch, brokenToken });
    return kind === 'filled' ? null : { name, token };
  }

  return async function loadChunks(absent) {
    const created = await Promise.all(absent.map(create));
    const outcomes = new Map<OpenChunk, LoadOutcome>();
    const load = async (open: readonly OpenChunk[]): Promise<void> => {
      const filled = await fillFrom(deps, open);
      for (const [at, one] of open.entries()) outcomes.set(one, await settle(deps, one, filled[at]));
    };
    await Promise.all(sideBySide(created.filter((one) => one !== null)).map(load));
    return created.map((one) => (one === null ? FILLED_BEFORE : (outcomes.get(one) ?? LOST)));
  };
}

const SIDE_BY_SIDE_MIN = 8;

/**
 * Each chunk is right by itself, so many are read by two statements at once: Postgres packs cells on two cores, and while one half is
 * packed the other is filled (90 days by hour in no cache: 90 ms in place of 108 at the median, in turns on two cores). Not those about a person, which hold few cells each: a statement is what they cost.
 */
function sideBySide(open: readonly OpenChunk[]): readonly (readonly OpenChunk[])[] {
  if (open.length < SIDE_BY_SIDE_MIN || open.some(({ name }) => name.subject !== null)) return [open];
  const middle = open.length >> 1;
  return [open.slice(0, middle), open.slice(middle)];
}

/** Too much for one chunk: it was split, and the primary is read again now that the parts take announced cells. */
async function settle(deps: LoadChunksDeps, open: OpenChunk, outcome: Filling = LOST): Promise<LoadOutcome> {
  if (outcome.kind !== 'split') return outcome;
  const [again = LOST] = await fillFrom(deps, [open]);
  return again.kind === 'split' ? LOST : again;
}

/** What is too much together may fit in halves. */
async function fillFrom(deps: LoadChunksDeps, open: readonly OpenChunk[]): Promise<readonly Filling[]> {
  const ranges = open.map(({ name }) => rangeOfChunk(name));
  const [first] = ranges;
  if (first === undefined) return [];
  const pieces = ranges.flatMap((range) => range.pieces);
  const read = await deps.primary.readPieces(first.range, deps.cellsMax, pieces);
  if (read.isReplica || (read.isCut && open.length === 1)) return open.map(() => UNFIT);
  if (read.isCut) {
    const middle = open.length >> 1;
    return [...(await fillFrom(deps, open.slice(0, middle))), ...(await fillFrom(deps, open.slice(middle)))];
  }
  const bases = basesOf(open, read);
  return Promise.all(
    open.map(async ({ name, token }, at) => {
      const base = bases[at] ?? NOTHING;
      return toFilling(await deps.store.fill(name, token, base), base);
    }),
  );
}

const NOTHING: ChunkBase = { series: [], packed: [] };

function toFilling(outcome: FillOutcome, base: ChunkBase): Filling {
  if (outcome.kind !== 'filled') return outcome;
  return { kind: 'filled', loaded: outcome.version === null ? null : { version: outcome.version, base } };
}

/** What of a reading belongs into which chunk: each was a piece of it. */
function basesOf(open: readonly OpenChunk[], { series, cells }: CellsRead): readonly ChunkBase[] {
  const entries = new Map(series.map((entry) => [entry.id, entry]));
  const filling = open.map(() => ({ series: new Set<SeriesEntry>(), packed: new Array<PackedCells>() }));
  for (const { piece, ...packed } of cells) {
    const entry = entries.get(packed.seriesId);
    filling[piece]?.packed.push(packed);
    if (entry !== undefined) filling[piece]?.series.add(entry);
  }
  return filling.map((one) => ({ series: [...one.series], packed: one.packed }));
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
      running[key] = loading.then((outcomes) => outcomes[at] ?? LOST).finally(() => Reflect.deleteProperty(running, key));
    }
    return Promise.all(absent.map(async (one) => running[keyOf(one)] ?? LOST));
  };
}

function keyOf({ epoch, name }: AbsentChunk): string {
  return `${epoch} ${chunkId(name)}`;
}
