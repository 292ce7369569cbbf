import { bucketStartS, encodeAnnouncement, FINER_GRAIN, GRAINS, leastSealed, NEVER_SEALED, NOTHING_SEALED } from '@tidegate/core';
import type { AnnouncedCell, CellFloors, CoarseGrain, SealedThrough, StoredGrain } from '@tidegate/core';
import type { CountedProgress, ReadStore } from '@tidegate/postgres';
import type { PlacedCell } from '@tidegate/redis';
import { createMemoryCells } from '@tidegate/redis/cells-memory';
import { LRUCache } from 'lru-cache';
import { createAnswerCache } from '../src/answer-cache.ts';
import type { DecodedChunk } from '../src/decoded-chunk.ts';
import { createLoadChunks } from '../src/load-chunks.ts';
import { createMaterialise } from '../src/materialise.ts';
import { createMadeAnswers } from '../src/made-answers.ts';
import { createRead } from '../src/read.ts';
import type { ReadResult } from '../src/read.ts';
import {
  countState,
  createFakePrimary,
  METRIC,
  NAMES,
  pageSeries,
  planOf,
  SILENT_METER,
  readingCells,
  withCells,
  NO_TURNS,
} from './fixtures.ts';

export const PARTITIONS = 2;

interface CountedCell extends PlacedCell {
  readonly grain: StoredGrain;
  readonly count: number;
}

interface Commit extends CountedProgress {
  readonly previousCommitNo: number;
  readonly isFlush: boolean;
  readonly cells: readonly CountedCell[];
}

/**
 * Owners that count one page and seal, Postgres with what they committed, Redis with what was announced so far, and a process
 * that answers from it. Announcements wait until `deliver`.
 */
export class SealedHouse {
  private readonly cells = new Map<string, CountedCell>();
  private readonly progress: CountedProgress[] = Array.from({ length: PARTITIONS }, (_, partition) => ({
    ...{ partition, term: 1, commitNo: 0, nextOffset: 0, logGeneration: 1, completeThroughMs: 1_000, hasGap: false },
    backfill: null,
    sealed: NOTHING_SEALED,
  }));
  private undelivered: Commit[] = [];
  private ids = 0;
  /** Cells that Postgres was asked for, in all. */
  cellsRead = 0;
  /** What is counted, per bucket of the finest grain. */
  readonly truth = new Map<number, number>();
  private readonly grains: readonly StoredGrain[];
  /** What is dropped. */
  private floors: CellFloors = {};
  private readonly store = createMemoryCells({ nowMs: () => 0 });
  private readonly primary: ReadStore = {
    ...createFakePrimary(PARTITIONS),
    readProgress: async () => [...this.progress],
    ...readingCells(async ({ fromS, toS }, _cellsMax, piecesOf) => {
      const pieces = piecesOf?.(leastSealed(this.progress.map(({ sealed }) => sealed))) ?? [{ grain: 2, fromS, toS }];
      const series = pageSeries('a');
      const pieceOf = (cell: { readonly grain: StoredGrain; readonly bucketS: number }): number =>
        pieces.findIndex((piece) => piece.grain === GRAINS[cell.grain].code && cell.bucketS >= piece.fromS && cell.bucketS < piece.toS);
      const cells = [...this.cells.values()].filter((cell) => pieceOf(cell) >= 0).map((cell) => ({ ...cell, seriesId: series.id }));
      this.cellsRead += cells.length;
      return { progress: [...this.progress], ...withCells([series], cells, pieceOf), isCut: false, isReplica: false };
    }),
  };
  private readonly materialise = createMaterialise({
    store: this.store,
    readProgress: this.primary.readProgress,
    newEpochId: () => `e${(this.ids += 1)}`,
    untilDone: async (action) => action(),
    onEpoch: () => undefined,
    names: NAMES,
    onCells: () => undefined,
  });
  private readonly read = createRead({
    store: this.store,
    primary: this.primary,
    loadChunks: createLoadChunks({ store: this.store, primary: this.primary, newToken: () => `t${(this.ids += 1)}`, cellsMax: 100_000 }),
    answers: createAnswerCache({ store: this.store, nowMs: () => 0, ttlMs: 600_000, bytesMax: 1_000_000, meter: SILENT_METER }),
    made: createMadeAnswers({ nowMs: () => 0, valuesMax: 100_000, ttlMs: 600_000 }),
    decoded: new LRUCache<string, DecodedChunk>({ maxSize: 1_000_000 }),
    cacheBudgetMs: 1_000,
    ...{ chunksMax: 40, cellsMax: 100_000, takeTurn: NO_TURNS },
    meter: SILENT_METER,
    step: (_name, action) => action(),
  });

  /** @param grains of the cells, finest first */
  constructor(grains: readonly StoredGrain[] = METRIC.grains) {
    this.grains = grains;
  }

  /** Drops the minutes before a second, as retention does: of what is sealed on every partition. */
  dropMinutes(beforeS: number): void {
    const floorS = Math.min(beforeS, leastSealed(this.progress.map(({ sealed }) => sealed)).quarter_hour);
    if (floorS <= (this.floors.minute ?? 0)) return;
    this.floors = { minute: floorS };
    for (const [key, { grain, bucketS }] of this.cells) if (grain === 'minute' && bucketS < floorS) this.cells.delete(key);
  }

  /** Every cache of before counts as absent from here on. */
  async beginEpoch(): Promise<void> {
    await this.deliver();
    await this.materialise.beginEpoch('start');
  }

  private commit(partition: number, sealed: SealedThrough, cells: readonly Pick<CountedCell, 'grain' | 'bucketS' | 'count'>[]): void {
    const before = this.progress[partition];
    if (before === undefined) return;
    const commitNo = before.commitNo + 1;
    const now = { ...before, commitNo, nextOffset: commitNo, sealed };
    this.progress[partition] = now;
    const written = cells.map(({ grain, bucketS, count }) => ({
      ...{ grain, bucketS, count, partition, term: 1, commitNo, revision: 0 },
      ...{ seriesId: pageSeries('a').id, state: countState(count) },
    }));
    for (const cell of written) this.cells.set(`${partition} ${cell.grain} ${cell.bucketS}`, cell);
    this.undelivered.push({ ...now, previousCommitNo: before.commitNo, isFlush: sealed === before.sealed, cells: written });
  }

  private countAt(partition: number, grain: StoredGrain, bucketS: number): number {
    return this.cells.get(`${partition} ${grain} ${bucketS}`)?.count ?? 0;
  }

  /** A flush with one event: into the finest cell, and into what is sealed. */
  count(partition: number, bucketS: number): void {
    const [finest] = this.grains;
    const sealed = this.progress[partition]?.sealed ?? NOTHING_SEALED;
    const cells = this.grains
      .map((grain) => ({ grain, bucketS: bucketStartS(bucketS, grain) }))
      .filter((cell) => cell.grain === finest || (cell.grain !== 'minute' && cell.bucketS < sealed[cell.grain]))
      .map((cell) => ({ ...cell, count: this.countAt(partition, cell.grain, cell.bucketS) + 1 }));
    this.commit(partition, sealed, cells);
    this.truth.set(bucketS, (this.truth.get(bucketS) ?? 0) + 1);
  }

  /** Up to where there are all cells of the grain that there will be. */
  private madeThrough(grain: StoredGrain, sealed: SealedThrough): number {
    if (!this.grains.includes(grain)) return NEVER_SEALED;
    return grain === 'minute' || grain === this.grains[0] ? Infinity : sealed[grain];
  }

  /** A slice: the partition's cells of the grain up to `throughS`; of finer ones that are sealed. */
  seal(partition: number, grain: CoarseGrain, throughS: number): void {
    const sealed = this.progress[partition]?.sealed ?? NOTHING_SEALED;
    const finerGrain = FINER_GRAIN[grain];
    const endS = bucketStartS(Math.min(throughS, this.madeThrough(finerGrain, sealed)), grain);
    if (endS <= sealed[grain]) return;
    const finer = [...this.cells.values()].filter((cell) => cell.partition === partition && cell.grain === finerGrain);
    const made = new Map<number, number>();
    for (const { bucketS, count } of finer) {
      const startS = bucketStartS(bucketS, grain);
      if (startS >= sealed[grain] && startS < endS) made.set(startS, (made.get(startS) ?? 0) + count);
    }
    this.commit(
      partition,
      { ...sealed, [grain]: endS },
      [...made].map(([bucketS, count]) => ({ grain, bucketS, count })),
    );
  }

  async deliver(): Promise<void> {
    const commits = this.undelivered.splice(0);
    for (const { cells, ...commit } of commits) {
      const announced: AnnouncedCell[] = cells.map(({ grain, bucketS, state }) => ({
        ...{ series: 0, grain: GRAINS[grain].code, bucketS, revision: 0, state },
      }));
      const records = encodeAnnouncement({ ...commit, completeThroughMs: 1_000, series: [pageSeries('a')], cells: announced });
      await this.materialise(records.map((bytes) => ({ partition: commit.partition, offset: commit.commitNo, bytes })));
    }
  }

  /** Events that are committed and not announced. */
  undeliveredEvents(): number {
    return this.undelivered.filter(({ isFlush }) => isFlush).length;
  }

  async ask(question: Parameters<typeof planOf>[0], skipCache: boolean): Promise<ReadResult> {
    const plan = planOf({ measures: ['edits'], group_by: [], ...question }, { ...METRIC, grains: this.grains }, this.floors);
    const outcome = await this.read({ plan, subjectShown: null, skipCache });
    if (!outcome.ok) throw new Error(outcome.fault);
    return outcome.result;
  }
}
