import { createState, encodeState, NOTHING_SEALED, packCells, seriesEntry } from '@tidegate/core';
import type { CellFloors, CompiledMetric, Plan, QuestionInput, SeriesEntry } from '@tidegate/core';
import { parseQuestion, planQuestion } from '@tidegate/core';
import type { CellSnapshot, CountedProgress, ReadStore } from '@tidegate/postgres';
import type { PlacedCell } from '@tidegate/redis';
import type { CacheMeter } from '../src/cache-meter.ts';
import { createChangedNames } from '../src/changed-names.ts';
import type { TakeTurn } from '@tidegate/runtime';

export const SILENT_METER: CacheMeter = { lookedUp: () => undefined, failed: () => undefined, dropped: () => undefined };
export const NAMES = createChangedNames(new Uint8Array(16));
export const TENANT = 'acme';
export const METRIC: CompiledMetric = {
  tenant: TENANT,
  pack: 'wiki',
  metric: 'wiki.edits',
  version: 1,
  eventTypes: ['wiki.edit'],
  dimensions: [{ name: 'page', type: 'string' }],
  sets: [
    { setNo: 0, dimensions: ['page'], bySubject: false },
    { setNo: 1, dimensions: [], bySubject: true },
  ],
  grains: ['quarter_hour', 'hour', 'day'],
  measures: [{ name: 'edits', kind: 'count', numbers: 'exact' }],
};
/** 2024-10-04. */
export const UTC_DAY = 20_000;
export const DAY_S = UTC_DAY * 86_400;

export function pageSeries(page: string): SeriesEntry {
  return seriesEntry({ tenant: TENANT, metric: 'wiki.edits', version: 1, setNo: 0, subject: '', dims: [page] });
}

export function countState(count: number): Uint8Array {
  const state = createState(METRIC.measures);
  for (const measure of state) if (measure.kind === 'count') measure.n = count;
  return encodeState(state);
}

/** Postgres in memory: commits of partitions, each raising the count of one page in one bucket. */
export interface FakePrimary extends ReadStore {
  commit(partition: number, page: string, count: number): { readonly cell: PlacedCell; readonly progress: CountedProgress };
  readonly reads: () => number;
  isReplica: boolean;
  /** Called inside a reading, after its snapshot was taken. */
  onSnapshot: (() => Promise<void>) | null;
}

export function createFakePrimary(partitions: number): FakePrimary {
  const progress = new Map<number, CountedProgress>();
  const cells = new Map<string, PlacedCell>();
  const pages = new Set<string>();
  let reads = 0;
  for (let partition = 0; partition < partitions; partition += 1) {
    progress.set(partition, {
      partition,
      term: 1,
      commitNo: 0,
      nextOffset: 0,
      logGeneration: 1,
      completeThroughMs: 1_000,
      hasGap: false,
      backfill: null,
      sealed: NOTHING_SEALED,
    });
  }
  const primary: FakePrimary = {
    isReplica: false,
    onSnapshot: null,
    reads: () => reads,
    commit(partition, page, count) {
      const known = progress.get(partition);
      if (known === undefined) throw new Error('no such partition');
      const commitNo = known.commitNo + 1;
      const next = { ...known, commitNo, nextOffset: known.nextOffset + count, completeThroughMs: 1_000 + commitNo };
      const key = `${page}/${partition}`;
      const before = cells.get(key);
      const total = count + (before === undefined ? 0 : (countOf.get(before.state) ?? 0));
      const state = countState(total);
      countOf.set(state, total);
      const cell = { seriesId: pageSeries(page).id, bucketS: DAY_S, partition, term: known.term, commitNo, revision: 0, state };
      progress.set(partition, next);
      cells.set(key, cell);
      pages.add(page);
      return { cell, progress: next };
    },
    readProgress: async () => [...progress.values()],
    readGaps: async () => [],
    readEndedLogs: async () => [],
    countRejected: async () => 0,
    ...{ readTasks: async () => [], readRecentEvents: async () => [] },
    ...readingCells(async (_range, _cellsMax, piecesOf) => {
      reads += 1;
      piecesOf?.(NOTHING_SEALED);
      const snapshot = {
        progress: [...progress.values()],
        ...withCells([...pages].map(pageSeries), [...cells.values()]),
        isCut: false,
        isReplica: primary.isReplica,
      };
      await primary.onSnapshot?.();
      return snapshot;
    }),
  };
  return primary;
}

/** Both ways of reading cells by one: what is known of pieces is asked for as they are. */
export function readingCells(readCells: ReadStore['readCells']): Pick<ReadStore, 'readCells' | 'readPieces'> {
  return {
    readCells,
    async readPieces(of, cellsMax, pieces) {
      const [fromS, toS] = [Math.min(...pieces.map((piece) => piece.fromS)), Math.max(...pieces.map((piece) => piece.toS))];
      const { progress: _progress, ...read } = await readCells({ ...of, fromS, toS }, cellsMax, () => pieces);
      return read;
    },
  };
}

/** Series and their cells as the real reader gives them: by piece, under the very array that is the id of the series. */
export function withCells<Cell extends PlacedCell>(
  series: readonly SeriesEntry[],
  cells: readonly Cell[],
  pieceOf: (cell: Cell) => number = () => 0,
): Pick<CellSnapshot, 'series' | 'cells'> {
  const ids = new Map(series.map(({ id }) => [String(id), id]));
  const pieces = [...new Set(cells.map(pieceOf))];
  const packed = pieces.flatMap((piece) => packCells(cells.filter((cell) => pieceOf(cell) === piece)).map((one) => ({ ...one, piece })));
  return { series, cells: packed.map((one) => ({ ...one, seriesId: ids.get(String(one.seriesId)) ?? one.seriesId })) };
}

const countOf = new WeakMap<Uint8Array, number>();

export function planOf(input: Partial<QuestionInput> = {}, metric: CompiledMetric = METRIC, floors: CellFloors = {}): Plan {
  const question = parseQuestion({
    metric: 'wiki.edits',
    kind: 'table',
    from: '2024-10-04',
    to: '2024-10-05',
    group_by: ['page'],
    ...input,
  });
  if (!question.ok) throw new Error(JSON.stringify(question.errors));
  const plan = planQuestion({ question: question.question, metric, subject: null, cursor: null, nowMs: 0, bucketsMax: 20_000, floors });
  if (!plan.ok) throw new Error(JSON.stringify(plan.fault));
  return plan.value;
}

/** Nobody waits for a turn. */
export const NO_TURNS: TakeTurn = async (_tenant, action) => action();
