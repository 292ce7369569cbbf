/**
 * Reads the cells of a plan: from chunks, else from Postgres. Progress is read before the chunks, or in the same snapshot as
 * the cells, so an answer never claims a commit that it does not hold.
 */
import type { AnswerTable, Plan, RollupState } from '@tidegate/core';
import { createAnswer, createStateAlgebra, decodeState } from '@tidegate/core';
import type { ReadStore } from '@tidegate/postgres';
import type { CellStore, ChunkName, ChunkReading, MaterialisedProgress } from '@tidegate/redis';
import type { LRUCache } from 'lru-cache';
import type { AnswerCache } from './answer-cache.ts';
import { within } from './budget.ts';
import { chunkId, chunksOf } from './chunks.ts';
import { createDecodedChunk } from './decoded-chunk.ts';
import type { DecodedChunk } from './decoded-chunk.ts';
import type { LoadChunk } from './load-chunk.ts';
import type { ReadAsk } from './read-ask.ts';
import { createSingleFlight } from './single-flight.ts';

/** What an answer is known to hold of a partition. */
export interface HeldProgress {
  readonly partition: number;
  readonly nextOffset: number;
  readonly logGeneration: number;
  readonly completeThroughMs: number | null;
  /** Accepted events are gone, as told by the snapshot that the answer is made of; Redis does not tell. */
  readonly hasGap?: boolean;
}

export interface ReadResult {
  readonly table: AnswerTable;
  readonly held: readonly HeldProgress[];
  readonly cache: { readonly state: 'hit' | 'miss' | 'fill' | 'bypass'; readonly ageMs: number };
}

export type ReadOutcome = { readonly ok: true; readonly result: ReadResult } | { readonly ok: false; readonly fault: 'range_too_large' };

export interface ReadDeps {
  readonly store: CellStore;
  /** Of the primary: a replica may lie behind what progress in Redis names. */
  readonly primary: ReadStore;
  readonly loadChunk: LoadChunk;
  readonly answers: AnswerCache;
  /** Decoded chunks of this process, by chunk. */
  readonly decoded: LRUCache<string, DecodedChunk>;
  readonly cacheBudgetMs: number;
  readonly daysMax: number;
  readonly cellsMax: number;
  readonly onCacheError: (error: unknown) => void;
  readonly onChunks: (counts: { readonly hits: number; readonly misses: number }) => void;
}

export type Read = (ask: ReadAsk) => Promise<ReadOutcome>;

export function createRead(deps: ReadDeps): Read {
  const once = createSingleFlight();
  const readChunks = createChunkReader(deps, once);
  return async function read(ask) {
    const { plan } = ask;
    const bySubject = plan.metric.sets.find(({ setNo }) => setNo === plan.range.setNo)?.bySubject === true;
    const names = ask.skipCache ? null : chunksOf(plan.range, { bySubject, daysMax: deps.daysMax });
    if (names !== null) {
      try {
        const result = await readChunks(ask, names);
        if (result !== null) return { ok: true, result };
      } catch (error) {
        // Redis is away or slow: time is lost, the answer is not.
        deps.onCacheError(error);
      }
    }
    return readPostgres(deps, ask);
  };
}

type ReadChunks = (ask: ReadAsk, names: readonly ChunkName[]) => Promise<ReadResult | null>;

/** Null: the chunks could not be had; Postgres answers. */
function createChunkReader(deps: ReadDeps, once: ReturnType<typeof createSingleFlight>): ReadChunks {
  const { store, answers } = deps;
  const budget = async <T>(action: () => Promise<T>): Promise<T> => within(deps.cacheBudgetMs, action);

  async function loadAbsent(names: readonly ChunkName[], readings: readonly ChunkReading[], epoch: string): Promise<boolean> {
    const loads = names.map(async (name, at) => {
      const reading = readings[at];
      if (reading?.kind !== 'absent') return 'filled';
      return once(`${epoch} ${chunkId(name)}`, async () => deps.loadChunk(name, { epoch, brokenToken: reading.brokenToken }));
    });
    return (await Promise.all(loads)).every((outcome) => outcome !== 'unfit');
  }

  async function peekAll(names: readonly ChunkName[], epoch: string): Promise<readonly ChunkReading[]> {
    return Promise.all(names.map(async (name) => store.read(name, { epoch, known: null, peek: true })));
  }

  /** One after another: decoding a chunk takes time of this process, which must not be counted against Redis. */
  async function readAll(plan: Plan, names: readonly ChunkName[], epoch: string): Promise<readonly DecodedChunk[] | null> {
    const chunks: DecodedChunk[] = [];
    for (const name of names) {
      const chunk = await readDecoded(deps, { plan, name, epoch });
      if (chunk === null) return null;
      chunks.push(chunk);
    }
    return chunks;
  }

  return async function readChunks(ask, names) {
    let isFilled = false;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const progress = await budget(async () => store.readProgress());
      if (progress === null) return null;
      const readings = await budget(async () => peekAll(names, progress.epoch));
      const absent = readings.filter(({ kind }) => kind === 'absent').length;
      if (attempt === 0) deps.onChunks({ hits: names.length - absent, misses: absent });
      if (absent > 0) {
        isFilled = true;
        if (!(await loadAbsent(names, readings, progress.epoch))) return null;
        // Around again: what a loader read is as of its own time, so progress is read anew and the chunks after it.
        continue;
      }
      const key = answers.keyOf(ask, readings);
      const cached = await budget(async () => answers.read(ask, key));
      if (cached !== null) return { table: cached.table, held: heldOf(progress), cache: { state: 'hit', ageMs: cached.ageMs } };
      const chunks = await readAll(ask.plan, names, progress.epoch);
      if (chunks === null) continue;
      const table = answerFrom(ask, chunks);
      answers.write(ask, key, table);
      return { table, held: heldOf(progress), cache: { state: isFilled ? 'fill' : 'miss', ageMs: 0 } };
    }
    return null;
  };
}

interface DecodedAsk {
  readonly plan: Plan;
  readonly name: ChunkName;
  readonly epoch: string;
}

/** The chunk as it is now in Redis, through what this process knows of it; null: absent. */
async function readDecoded({ store, decoded, cacheBudgetMs }: ReadDeps, { plan, name, epoch }: DecodedAsk): Promise<DecodedChunk | null> {
  const id = chunkId(name);
  const known = decoded.get(id) ?? null;
  const reading = await within(cacheBudgetMs, async () => store.read(name, { epoch, known: known?.version() ?? null }));
  if (reading.kind === 'absent') return null;
  if (reading.kind === 'same') return known;
  // Another token is another chunk: it may lack what Postgres has lost since.
  const chunk = known?.version()?.token === reading.version.token ? known : createDecodedChunk(plan.metric.measures);
  chunk.apply(reading.version, reading.content);
  decoded.set(id, chunk, { size: Math.max(1, chunk.cellCount()) });
  return chunk;
}

function answerFrom({ plan, subjectShown }: ReadAsk, chunks: readonly DecodedChunk[]): AnswerTable {
  const answer = createAnswer<RollupState>(plan, createStateAlgebra(plan.measures), subjectShown);
  for (const chunk of chunks) chunk.feed(answer, plan.range);
  return answer.finish();
}

function heldOf({ partitions }: MaterialisedProgress): HeldProgress[] {
  return [...partitions.values()].map(({ partition, nextOffset, logGeneration, completeThroughMs }) => ({
    partition,
    nextOffset,
    logGeneration,
    completeThroughMs: completeThroughMs === 0 ? null : completeThroughMs,
  }));
}

async function readPostgres({ primary, cellsMax }: ReadDeps, { plan, subjectShown }: ReadAsk): Promise<ReadOutcome> {
  const snapshot = await primary.readCells(plan.range, cellsMax);
  if (snapshot.isCut) return { ok: false, fault: 'range_too_large' };
  const { measures } = plan.metric;
  const answer = createAnswer<RollupState>(plan, createStateAlgebra(plan.measures), subjectShown);
  const sinks = new Map(snapshot.series.map((entry) => [entry.id, answer.series(entry)]));
  for (const { seriesId, bucketS, state, revision } of snapshot.cells) {
    const sink = sinks.get(seriesId) ?? null;
    if (sink === null) continue;
    const decodedState = decodeState(state, measures);
    if (decodedState === null) throw new Error('the state of a cell cannot be decoded');
    sink(bucketS, decodedState, revision);
  }
  return { ok: true, result: { table: answer.finish(), held: snapshot.progress, cache: { state: 'bypass', ageMs: 0 } } };
}
