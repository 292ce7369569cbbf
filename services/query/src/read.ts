/**
 * Reads the cells of a plan: from chunks, else from Postgres. Progress is read before the chunks, or in the same snapshot as
 * the cells, so an answer never claims a commit that it does not hold.
 */
import type { AnswerTable, RangePiece, RollupState, SealedThrough } from '@tidegate/core';
import {
  createAnswer,
  createStateAlgebra,
  decodeState,
  GRAINS,
  mergeState,
  missingUntilS,
  PackedReader,
  piecesOfPlan,
  StateReader,
  unpackCells,
} from '@tidegate/core';
import type { CellSnapshot, CountedLane, ReadStore } from '@tidegate/postgres';
import type { ChunkName, MaterialisedProgress } from '@tidegate/redis';
import type { Step } from '@tidegate/telemetry';
import { chunksOf } from './chunks.ts';
import type { DecodedChunk } from './decoded-chunk.ts';
import { inMergeOrder, isOrderSeen } from './merge-order.ts';
import type { ReadAsk } from './read-ask.ts';
import { createReadChunks } from './read-chunks.ts';
import type { ChunkShape, ChunksRead, ReadChunksDeps } from './read-chunks.ts';
import type { OnReplica } from './on-replica.ts';
import { Overloaded } from '@tidegate/runtime';
import { inTurn } from './lanes.ts';
import type { TakeTurn } from '@tidegate/runtime';
import { createIsWanted } from './wanted-buckets.ts';

/** What an answer is known to hold of a partition. */
export interface HeldProgress {
  readonly partition: number;
  readonly nextOffset: number;
  readonly logGeneration: number;
  readonly completeThroughMs: number | null;
  /** Of the backfill lane; null or absent: not known. */
  readonly backfill?: CountedLane | null;
  /** Accepted events are gone, as told by the snapshot that the answer is made of; Redis does not tell. */
  readonly hasGap?: boolean;
}

export interface ReadResult {
  readonly table: AnswerTable;
  /** What began before it may be missing: the cells that would answer are dropped. Null: nothing is. */
  readonly historyFromS: number | null;
  readonly held: readonly HeldProgress[];
  readonly cache: ChunksRead['cache'] | { readonly state: 'bypass'; readonly ageMs: 0 };
  readonly isOfReplica?: true;
}

export type ReadOutcome = { readonly ok: true; readonly result: ReadResult } | { readonly ok: false; readonly fault: 'range_too_large' };

export interface ReadDeps extends ReadChunksDeps {
  /** Of the primary: a replica may lie behind what progress in Redis names, and nothing may be kept from it. */
  readonly primary: ReadStore;
  /** For what may lag and is not kept; absent: there is no replica. */
  readonly onReplica?: OnReplica;
  /** Most chunks of one answer. */
  readonly chunksMax: number;
  readonly step: Step;
  readonly cellsMax: number;
  readonly takeTurn: TakeTurn;
}

export type Read = (ask: ReadAsk) => Promise<ReadOutcome>;

export function createRead(deps: ReadDeps): Read {
  const readChunks = createReadChunks(deps);
  return async function read(ask) {
    const { plan } = ask;
    const bySubject = plan.metric.sets.find(({ setNo }) => setNo === plan.range.setNo)?.bySubject === true;
    if (!ask.skipCache) {
      try {
        const byChunks = (sealed: SealedThrough): ChunkShape | null => shapeOf(ask, sealed, { bySubject, chunksMax: deps.chunksMax });
        const read = await deps.step('check_cache', async () => readChunks(ask, byChunks));
        if (read !== null)
          return { ok: true, result: { table: read.table, historyFromS: null, held: heldOf(read.progress), cache: read.cache } };
      } catch (error) {
        if (error instanceof Overloaded) throw error;
        // Redis is away or slow: time is lost, the answer is not.
        deps.meter.failed('chunks', error);
      }
    }
    return inTurn(deps.takeTurn, { ...ask, tenant: plan.metric.tenant }, async () => readPostgres(deps, ask));
  };
}

/**
 * Which chunks answer, while this is sealed; null where some of the range is missing: Postgres may know more to be sealed, and
 * says what is not there.
 */
function shapeOf(ask: ReadAsk, sealed: SealedThrough, options: Parameters<typeof chunksOf>[2]): ChunkShape | null {
  const pieces = piecesOfPlan(ask.plan, sealed);
  if (missingUntilS(pieces, ask.plan.range) !== null) return null;
  const names = chunksOf(ask.plan.range, pieces, options);
  return names === null ? null : { names, answerFrom: (chunks) => answerFrom(ask, pieces, { names, chunks }) };
}

function answerFrom(
  { plan, subjectShown }: ReadAsk,
  pieces: readonly RangePiece[],
  { names, chunks }: { readonly names: readonly ChunkName[]; readonly chunks: readonly DecodedChunk[] },
): AnswerTable {
  const answer = createAnswer<RollupState>(plan, createStateAlgebra(plan.merged), subjectShown);
  const wanted = new Map([...new Set(names.map(({ grain }) => grain))].map((grain) => [grain, createIsWanted(pieces, grain)]));
  const inOrder = isOrderSeen(plan);
  for (const [at, chunk] of chunks.entries()) {
    const isWanted = wanted.get(names[at]?.grain ?? GRAINS.quarter_hour.code);
    if (isWanted !== undefined) chunk.feed(answer, { isWanted, inOrder });
  }
  return answer.finish();
}

/** What an answer holds that was made behind this progress. */
export function heldOf({ partitions }: MaterialisedProgress): HeldProgress[] {
  return [...partitions.values()].map(({ partition, nextOffset, logGeneration, backfill, completeThroughMs }) => ({
    partition,
    nextOffset,
    logGeneration,
    backfill,
    completeThroughMs: completeThroughMs === 0 ? null : completeThroughMs,
  }));
}

async function readPostgres({ primary, onReplica, cellsMax }: ReadDeps, { plan, subjectShown, mayLag }: ReadAsk): Promise<ReadOutcome> {
  let pieces: readonly RangePiece[] = [];
  const reading = async (from: Pick<ReadStore, 'readCells'>): Promise<CellSnapshot> =>
    from.readCells(plan.range, cellsMax, (sealed) => (pieces = piecesOfPlan(plan, sealed)));
  const lagging = mayLag === true ? await onReplica?.(async ({ cells }) => reading(cells)) : null;
  const snapshot = lagging ?? (await reading(primary));
  if (snapshot.isCut) return { ok: false, fault: 'range_too_large' };
  const table = answerFromSnapshot({ plan, subjectShown }, snapshot, pieces);
  const historyFromS = missingUntilS(pieces, plan.range);
  const ofReplica = lagging === null || lagging === undefined ? {} : { isOfReplica: true as const };
  return { ok: true, result: { table, historyFromS, held: snapshot.progress, cache: { state: 'bypass', ageMs: 0 }, ...ofReplica } };
}

function answerFromSnapshot(
  { plan, subjectShown }: Pick<ReadAsk, 'plan' | 'subjectShown'>,
  { series, cells }: CellSnapshot,
  pieces: readonly RangePiece[],
): AnswerTable {
  const answer = createAnswer<RollupState>(plan, createStateAlgebra(plan.merged), subjectShown);
  const { measures } = plan.metric;
  const sinks = new Map(series.map((entry) => [entry.id, answer.series(entry)]));
  if (!isOrderSeen(plan)) {
    for (const { seriesId, bytes } of cells) {
      const sink = sinks.get(seriesId);
      const reader = new PackedReader(bytes);
      const states = new StateReader(bytes, measures);
      while (reader.next()) sink?.(reader.bucketS, surely(states.read(reader.stateFrom, reader.stateTo)), reader.revision);
    }
    return answer.finish();
  }
  for (const [first, ...others] of inMergeOrder(unpackCells(cells), { range: plan.range, pieces })) {
    if (first === undefined) continue;
    const state = surely(decodeState(first.state, measures));
    for (const other of others) mergeState(state, surely(decodeState(other.state, measures)));
    const revision = others.reduce((sum, other) => sum + other.revision, first.revision);
    sinks.get(first.seriesId)?.(first.bucketS, state, revision);
  }
  return answer.finish();
}

/** @throws Error where a state cannot be decoded: an answer without it were wrong */
function surely(state: RollupState | null): RollupState {
  if (state === null) throw new Error('the state of a cell cannot be decoded');
  return state;
}
