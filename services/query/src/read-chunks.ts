/**
 * The chunks of a plan as they are now in Redis, through what this process holds of them decoded.
 *
 * 1. One round trip asks for progress and, after it, for what changed in each chunk since it was decoded here.
 * 2. Absent chunks are loaded from the primary, decoded, and everything is looked at again.
 * 3. Where this process made the answer of these very versions before, it is that one.
 * 4. Changes are taken over. Where all chunks are decoded and hold little, the answer is made of them at once.
 * 5. Else it may be kept in Redis, under the versions of its chunks; else the chunks that are not decoded yet are read whole.
 */
import { leastSealed, NOTHING_SEALED } from '@tidegate/core';
import type { AnswerTable, Plan, SealedThrough } from '@tidegate/core';
import type { CellStore, ChunkName, ChunkReading, MaterialisedProgress } from '@tidegate/redis';
import type { LRUCache } from 'lru-cache';
import type { AnswerCache } from './answer-cache.ts';
import { within } from './budget.ts';
import type { CacheMeter } from './cache-meter.ts';
import { chunkId } from './chunks.ts';
import { ChunkDamaged, createDecodedChunk } from './decoded-chunk.ts';
import type { DecodedChunk } from './decoded-chunk.ts';
import { createLoadOnce } from './load-chunks.ts';
import type { LoadChunks, LoadedChunk } from './load-chunks.ts';
import type { MadeAnswers } from './made-answers.ts';
import { keyOfRead } from './read-ask.ts';
import type { ReadAsk } from './read-ask.ts';
import { inTurn } from './lanes.ts';
import type { TakeTurn } from '@tidegate/runtime';

/** Cells that are merged and read in about the time of one round trip: looking for a kept answer would cost more. */
const QUICK_CELLS_MAX = 20_000;
const LOOKS_MAX = 3;

export interface ReadChunksDeps {
  readonly store: CellStore;
  readonly loadChunks: LoadChunks;
  readonly answers: AnswerCache;
  readonly made: MadeAnswers;
  /** Decoded chunks of this process, by chunk. */
  readonly decoded: LRUCache<string, DecodedChunk>;
  readonly cacheBudgetMs: number;
  readonly meter: CacheMeter;
  readonly takeTurn: TakeTurn;
}

export interface ChunksRead {
  readonly table: AnswerTable;
  /** Every commit up to it is in the table. */
  readonly progress: MaterialisedProgress;
  readonly cache: { readonly state: 'hit' | 'miss' | 'fill'; readonly ageMs: number };
}

/** The chunks of an answer, and how it is made of them; they come in the order of their names. */
export interface ChunkShape {
  readonly names: readonly ChunkName[];
  readonly answerFrom: (chunks: readonly DecodedChunk[]) => AnswerTable;
}

/** By what is sealed on every partition; null where chunks cannot answer. */
export type ShapeOf = (sealed: SealedThrough) => ChunkShape | null;

/** Null: the chunks could not be had; Postgres answers. */
export type ReadChunks = (ask: ReadAsk, shapeOf: ShapeOf) => Promise<ChunksRead | null>;

/** A chunk as a question found it: what this process held of it, and what Redis said to that. */
interface Look<Reading extends ChunkReading = ChunkReading> {
  readonly name: ChunkName;
  readonly known: DecodedChunk | null;
  readonly reading: Reading;
}

type PresentLook = Look<Exclude<ChunkReading, { readonly kind: 'absent' }>>;

export function createReadChunks(deps: ReadChunksDeps): ReadChunks {
  const load = createLoadOnce(deps.loadChunks);
  const lookAt = createLookAt(deps);

  async function loadAbsent(ask: ReadAsk, looks: readonly Look[], epoch: string): Promise<boolean> {
    const { metric } = ask.plan;
    const absent = looks.flatMap(({ name, reading }) =>
      reading.kind === 'absent' ? [{ name, epoch, brokenToken: reading.brokenToken }] : [],
    );
    const outcomes = await inTurn(deps.takeTurn, { ...ask, tenant: metric.tenant }, async () => load(absent));
    for (const [at, outcome] of outcomes.entries()) {
      const name = absent[at]?.name;
      if (outcome.kind === 'filled' && outcome.loaded !== null && name !== undefined) keepLoaded(deps, metric, { name, ...outcome.loaded });
    }
    return outcomes.every(({ kind }) => kind !== 'unfit');
  }

  /** What one look at everything comes to; `again`: what was missing is there now, or a chunk has gone. */
  async function tryOnce(ask: PresentAsk['ask'], { progress, shape, looks }: Looked, isLoaded: boolean): Promise<Tried> {
    const { epoch } = progress;
    const { answerFrom } = shape;
    const present = looks.filter(isPresent);
    const read =
      present.length < looks.length ? { missing: looks } : await readPresent(deps, { ask, looks: present, epoch, answerFrom, isLoaded });
    if (read === null) return 'again';
    if ('table' in read) return read;
    // Around again: what a loader read is as of its own time, so progress is read anew and the chunks after it.
    return (await loadAbsent(ask, read.missing, epoch)) ? 'filled' : 'unfit';
  }

  return async function readChunks(ask, shapeOf) {
    let made: 'miss' | 'fill' = 'miss';
    for (let attempt = 0; attempt < LOOKS_MAX; attempt += 1) {
      const seen = await lookAt(shapeOf);
      if (seen === null) return null;
      const hits = seen.looks.filter(isPresent).length;
      if (attempt === 0) deps.meter.lookedUp('chunks', { hits, misses: seen.looks.length - hits });
      const tried = await tryOnce(ask, seen, made === 'fill');
      if (tried === 'unfit') return null;
      if (tried === 'filled') made = 'fill';
      if (typeof tried === 'string') continue;
      const { table, keptForMs } = tried;
      return { table, progress: seen.progress, cache: { state: keptForMs === null ? made : 'hit', ageMs: keptForMs ?? 0 } };
    }
    return null;
  };
}

interface Looked {
  readonly progress: MaterialisedProgress;
  readonly shape: ChunkShape;
  readonly looks: readonly Look[];
}

/** `keptForMs`: the answer was made so long ago and is as good as new; null: it was made now. */
interface MadeAnswer {
  readonly table: AnswerTable;
  readonly keptForMs: number | null;
}

type Tried = MadeAnswer | 'filled' | 'unfit' | 'again';

type LookAt = (shapeOf: ShapeOf) => Promise<Looked | null>;

/**
 * Looks under the epoch that was seen last, at the chunks that answer by what was sealed then: within an epoch more is sealed
 * and never less, so what was sealed at any reading of it still is. Where progress is of another epoch, or where other chunks
 * might do what these cannot, again. Null: there is no epoch, or chunks cannot answer.
 */
function createLookAt({ store, decoded, cacheBudgetMs }: ReadChunksDeps): LookAt {
  let last = { epoch: '', sealed: NOTHING_SEALED };
  const look = async (name: ChunkName, epoch: string): Promise<Look> => {
    const known = decoded.get(chunkId(name)) ?? null;
    return { name, known, reading: await store.read(name, { epoch, known: known?.version() ?? null, changesOnly: true }) };
  };
  return async function lookAt(shapeOf): Promise<Looked | null> {
    const { epoch, sealed } = last;
    const shape = shapeOf(sealed);
    // Answered in this order, so what the chunks hold is at least what progress says.
    const asked = async (): Promise<[MaterialisedProgress | null, ...Look[]]> =>
      Promise.all([store.readProgress(), ...(shape?.names ?? []).map(async (name) => look(name, epoch))]);
    const [progress, ...looks] = await within(cacheBudgetMs, asked);
    if (progress === null) return null;
    last = { epoch: progress.epoch, sealed: leastSealed([...progress.partitions.values()].map((one) => one.sealed)) };
    if (progress.epoch !== epoch) return lookAt(shapeOf);
    if (shape !== null) return { progress, shape, looks };
    return isSame(last.sealed, sealed) ? null : lookAt(shapeOf);
  };
}

function isSame(a: SealedThrough, b: SealedThrough): boolean {
  return a.quarter_hour === b.quarter_hour && a.hour === b.hour && a.day === b.day;
}

function isPresent(look: Look): look is PresentLook {
  return look.reading.kind !== 'absent';
}

interface PresentAsk {
  readonly ask: ReadAsk;
  readonly looks: readonly PresentLook[];
  readonly epoch: string;
  readonly answerFrom: ChunkShape['answerFrom'];
  /** For this very question. */
  readonly isLoaded: boolean;
}

type PresentRead =
  | MadeAnswer
  /** As good as absent: they hold what cannot be decoded. */
  | { readonly missing: readonly Look[] };

/** Null: a chunk has gone. */
async function readPresent(deps: ReadChunksDeps, { ask, looks, epoch, answerFrom, isLoaded }: PresentAsk): Promise<PresentRead | null> {
  const { answers, made } = deps;
  const question = keyOfRead(ask);
  const versions = looks.map(({ reading }) => reading.version);
  const held = made.find(question, versions);
  if (held !== null) return { table: held.table, keptForMs: held.ageMs };
  const known = looks.map((look) => takeOver(deps, ask.plan, look));
  const isQuick = isSmall(known);
  if (!isQuick) {
    const kept = await within(deps.cacheBudgetMs, async () => answers.read(ask, answers.keyOf(ask, versions)));
    if (kept !== null) {
      made.keep(question, versions, kept);
      return { table: kept.table, keptForMs: kept.ageMs };
    }
  }
  const chunks = await readUnknown(deps, { ask, looks, known, epoch });
  if (chunks === null) return null;
  try {
    const table = answerFrom(chunks);
    made.keep(question, versions, { table, ageMs: 0 });
    if (isQuick && !isLoaded && looks.every(({ reading }) => reading.kind === 'same')) return { table, keptForMs: 0 };
    answers.write(ask, answers.keyOf(ask, versions), table);
    return { table, keptForMs: null };
  } catch (error) {
    return { missing: [dropDamaged(deps, looks, { chunks, error })] };
  }
}

/** The damaged chunk, as good as absent. @throws what was raised where it was about something else */
function dropDamaged(
  { decoded, meter }: ReadChunksDeps,
  looks: readonly PresentLook[],
  { chunks, error }: { readonly chunks: readonly DecodedChunk[]; readonly error: unknown },
): Look {
  const look = error instanceof ChunkDamaged ? looks[chunks.indexOf(error.chunk)] : undefined;
  if (look === undefined) throw error;
  decoded.delete(chunkId(look.name));
  meter.dropped('chunks');
  return { name: look.name, known: null, reading: { kind: 'absent', brokenToken: look.reading.version.token } };
}

/** Whether all chunks are decoded here and hold little. */
function isSmall(chunks: readonly (DecodedChunk | null)[]): boolean {
  let cells = 0;
  for (const chunk of chunks) cells += chunk?.cellCount() ?? Infinity;
  return cells <= QUICK_CELLS_MAX;
}

/**
 * The chunks, those that are not known whole read from Redis. One after another: decoding a chunk takes time of this process,
 * which must not be counted against Redis.
 */
async function readUnknown(
  deps: ReadChunksDeps,
  { ask, looks, known, epoch }: Omit<PresentAsk, 'answerFrom' | 'isLoaded'> & { readonly known: readonly (DecodedChunk | null)[] },
): Promise<readonly DecodedChunk[] | null> {
  const chunks: DecodedChunk[] = [];
  for (const [at, { name, known: before }] of looks.entries()) {
    const version = before?.version() ?? null;
    const read = async (): Promise<ChunkReading> =>
      within(deps.cacheBudgetMs, async () => deps.store.read(name, { epoch, known: version }));
    const chunk = known[at] ?? takeOver(deps, ask.plan, { name, known: before, reading: await read() });
    if (chunk === null) return null;
    chunks.push(chunk);
  }
  return chunks;
}

/** As of the loader's reading: what was announced since comes with the next look. */
function keepLoaded(
  { decoded }: ReadChunksDeps,
  { measures }: Plan['metric'],
  { name, version, base }: LoadedChunk & { name: ChunkName },
): void {
  if (decoded.get(chunkId(name))?.version()?.token === version.token) return;
  const chunk = createDecodedChunk(measures);
  chunk.apply(version, { ...base, cells: [] });
  decoded.set(chunkId(name), chunk, { size: Math.max(1, chunk.cellCount()) });
}

/** The decoded chunk with what a reading says; null where the reading does not tell enough. */
function takeOver({ decoded }: ReadChunksDeps, { metric }: Plan, { name, known, reading }: Look): DecodedChunk | null {
  if (reading.kind === 'absent' || reading.kind === 'version') return null;
  if (reading.kind === 'same') return known;
  // Another token is another chunk: it may lack what Postgres has lost since.
  const chunk = known?.version()?.token === reading.version.token ? known : createDecodedChunk(metric.measures);
  chunk.apply(reading.version, reading.content);
  decoded.set(chunkId(name), chunk, { size: Math.max(1, chunk.cellCount()) });
  return chunk;
}
