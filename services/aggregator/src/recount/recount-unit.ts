/** One event day of a metric version on one partition, or all rows of the entity that it is over, recounted and compared (docs/design/reconciliation.md, section 1). */
import { compareBytes, createRawFold, createState, decodeState, GRAINS, isSameState, mergeState } from '@tidegate/core';
import type { BudgetedDimension, CompiledMetric, GrainCode, RollupState, SealState, SeriesEntry, StoredGrain } from '@tidegate/core';
import { cellKeyText } from '@tidegate/postgres';
import type { DataStore, RawStore, RecountStore, SpanCell, StoredCell, StoredEvent } from '@tidegate/postgres';
import { createAdmissions } from '../admissions.ts';
import type { EventCursor, OwnedPartition } from '../owned-partition.ts';
import { createRawPages } from '../raw-pages.ts';
import type { RawPagesAsk, RawPosition } from '../raw-pages.ts';
import type { Drift } from './drift.ts';
import { createExpectedCells, isComparable } from './expected-cells.ts';
import type { ExpectedCell, ExpectedCells } from './expected-cells.ts';
import { foldRows } from './fold-rows.ts';
import { placeFolded } from './place-folded.ts';

const DAY_S = 86_400;
const ROWS = 2_000;
/** How wide a window of the log a page may look at: events of a day may be few among those of its arrival days. */
const OFFSETS = { first: 20_000, most: 1_000_000 };
const SERIES_MAX = 2_000;
const STORED_GRAINS = Object.keys(GRAINS) as readonly StoredGrain[];

/** Where the partition stood when the recount began, all of one commit. */
export interface Cut {
  readonly commitNo: number;
  readonly bound: RawPagesAsk['bound'];
  readonly seals: SealState;
}

/** Nothing is awaited between these. */
export function cutOf({ commitNo, live, backfill, seals }: OwnedPartition): Cut {
  const boundOf = ({ logGeneration, committed: offset }: EventCursor) => ({ logGeneration, offset });
  return { commitNo, seals, bound: { live: boundOf(live), backfill: boundOf(backfill) } };
}

/** Another partition whose cells and rows are compared together with the own ones, as of one of its commits. */
export interface OtherCut {
  readonly partition: number;
  readonly commitNo: number;
  readonly seals: SealState;
}

export interface UnitAsk {
  readonly partition: number;
  readonly others: readonly OtherCut[];
  readonly metric: CompiledMetric;
  /** Null: the metric is over an entity, and a row may lie anywhere. */
  readonly eventDay: number | null;
  /** Cells of the half-open range are compared; of it only the event day has events. */
  readonly fromS: number;
  readonly toS: number;
  readonly cut: Cut;
  /** The last commit number that the owner has given, as of now. */
  readonly commitNoNow: () => number;
}

export interface UnitResult {
  /** False: raw rows of the day were dropped meanwhile, and nothing can be said. */
  readonly isKept: boolean;
  readonly buckets: number;
  readonly cells: number;
  readonly cellsMoved: number;
  readonly drifts: readonly Drift[];
}

export interface RecountUnitDeps {
  readonly store: RawStore & RecountStore & Pick<DataStore, 'readProgress'>;
  readonly budgetedOf: (series: SeriesEntry) => readonly BudgetedDimension[];
  /** Does one piece of the work, and rests after it. Throws where the work is to end. */
  readonly step: <T>(work: () => Promise<T>) => Promise<T>;
  readonly cellsMax: number;
}

type FoldDayDeps = Pick<RecountUnitDeps, 'budgetedOf' | 'step'> & { readonly store: RawStore & Pick<RecountStore, 'readSpentBudgets'> };

interface Compared {
  readonly buckets: Set<number>;
  readonly drifts: Drift[];
  cells: number;
  cellsMoved: number;
}

type Floors = ReadonlyMap<GrainCode, number>;

export async function recountUnit(deps: RecountUnitDeps, ask: UnitAsk): Promise<UnitResult> {
  const compared: Compared = { buckets: new Set(), drifts: [], cells: 0, cellsMoved: 0 };
  const floors = await deps.store.readFloorsOf(ask.metric);
  let afterSeries: Uint8Array | null = null;
  do {
    const expected = createExpectedCells({ afterSeries, cellsMax: deps.cellsMax });
    await fill(deps, ask, expected);
    await compare(
      deps,
      { ...ask, afterSeries, through: expected.through(), floors },
      { expected: expected.cells(coarseOf(ask)), compared },
    );
    afterSeries = expected.through();
  } while (afterSeries !== null);
  const { buckets, drifts, cells, cellsMoved } = compared;
  // Behind the cells: what retention took meanwhile is below a floor, or its raw day is gone.
  const after = await deps.store.readFloorsOf(ask.metric);
  const isKept = await isDayKept(deps, ask);
  return { isKept, buckets: buckets.size, cells, cellsMoved, drifts: drifts.filter((drift) => isAbove(after, drift)) };
}

function fill(deps: RecountUnitDeps, { eventDay, ...ask }: UnitAsk, expected: ExpectedCells): Promise<void> {
  if (eventDay !== null) return foldDay(deps, { ...ask, eventDay }, expected);
  return foldRows(deps, { metric: ask.metric, partitions: partitionsOf(ask) }, expected);
}

function partitionsOf({ partition, others }: Pick<UnitAsk, 'partition' | 'others'>): readonly number[] {
  return [partition, ...others.map((other) => other.partition)];
}

function coarseOf({ metric, cut, others, fromS, toS }: UnitAsk) {
  return { metric, seals: [cut.seals, ...others.map(({ seals }) => seals)], fromS, toS };
}

/** Rows of an entity are all there are, whenever they are read. */
async function isDayKept({ store }: RecountUnitDeps, { metric, eventDay }: UnitAsk): Promise<boolean> {
  if (eventDay === null) return true;
  const days = await store.readEventDays({ tenant: metric.tenant, types: metric.eventTypes });
  return days.find((day) => day.eventDay === eventDay)?.isKept === true;
}

function isAbove(floors: Floors, { grain, bucketS }: { readonly grain: StoredGrain; readonly bucketS: number }): boolean {
  return bucketS >= (floors.get(GRAINS[grain].code) ?? Number.NEGATIVE_INFINITY);
}

export interface DayAsk extends Pick<UnitAsk, 'partition' | 'metric' | 'toS' | 'cut'> {
  readonly eventDay: number;
  /** Default: none. */
  readonly isLeftOut?: (event: StoredEvent) => boolean;
}

/** Adds what the raw rows of the event day below the cut make, less those that are left out. */
export async function foldDay(deps: FoldDayDeps, ask: DayAsk, expected: Pick<ExpectedCells, 'add'>): Promise<void> {
  const { partition, metric, eventDay, toS, cut, isLeftOut = () => false } = ask;
  const occurred = { fromMs: eventDay * DAY_S * 1_000, toMs: Math.min(toS, (eventDay + 1) * DAY_S) * 1_000, eventDay };
  const pages = createRawPages(deps.store, {
    ...{ partition, tenant: metric.tenant, types: metric.eventTypes, bound: cut.bound, occurred },
  });
  const fold = createRawFold([metric]);
  const admissions = createAdmissions(deps.budgetedOf);
  let at: RawPosition | null = null;
  let offsets = OFFSETS.first;
  do {
    const from: RawPosition | null = at;
    const page = await deps.step(async () => {
      const read = await pages.read(from, { rows: ROWS, offsets });
      for (const event of read.events) if (!isLeftOut(event)) fold.fold(event);
      await placeFolded({ deps, admissions }, fold.take(), expected);
      return read;
    });
    offsets = page.events.length < ROWS / 4 ? Math.min(OFFSETS.most, offsets * 2) : OFFSETS.first;
    at = page.next;
  } while (at !== null);
}

interface CompareAsk extends UnitAsk {
  /** Series after the one and up to the other. */
  readonly afterSeries: Uint8Array | null;
  readonly through: Uint8Array | null;
  readonly floors: Floors;
}

interface Comparing {
  /** What is compared is taken out of it. */
  readonly expected: Map<string, ExpectedCell>;
  readonly compared: Compared;
}

async function compare(deps: RecountUnitDeps, ask: CompareAsk, to: Comparing): Promise<void> {
  const { metric, fromS, toS, through } = ask;
  const partitions = partitionsOf(ask);
  const grains = metric.grains.map((grain) => GRAINS[grain].code);
  let afterSeries = ask.afterSeries;
  do {
    const from = { afterSeries, seriesMax: SERIES_MAX };
    const page = await deps.step(() => deps.store.readSpanCells({ partitions, version: metric, grains, fromS, toS, ...from }));
    const given = await readGiven(deps, ask);
    const cells = page.cells.filter(({ seriesId }) => through === null || compareBytes(seriesId, through) <= 0);
    for (const same of Map.groupBy(cells, cellKeyText).values()) compareCell({ ...ask, given }, same, to);
    afterSeries = page.lastSeries;
  } while (afterSeries !== null && (through === null || compareBytes(afterSeries, through) < 0));
  for (const cell of to.expected.values()) {
    const { entry, grain, bucketS, state } = cell;
    if (!isAbove(ask.floors, cell)) continue;
    count(ask, cell, to.compared);
    to.compared.drifts.push({ kind: 'missing', entry, grain, bucketS, expected: state, stored: null, found: null, others: null });
  }
}

function count({ metric }: UnitAsk, { grain, bucketS }: Pick<ExpectedCell, 'grain' | 'bucketS'>, compared: Compared): void {
  compared.cells += 1;
  if (grain === metric.grains[0]) compared.buckets.add(bucketS);
}

/** By partition the last commit number that is given to any cell that has been read: one more of the own may be committed, and its answer be on the way. */
async function readGiven({ store }: RecountUnitDeps, { partition, others, commitNoNow }: UnitAsk): Promise<ReadonlyMap<number, number>> {
  const rows = others.length === 0 ? [] : await store.readProgress(others.map((other) => other.partition));
  return new Map([...rows.map((row) => [row.partition, row.commitNo] as const), [partition, commitNoNow() + 1]]);
}

interface CompareCellAsk extends CompareAsk {
  readonly given: ReadonlyMap<number, number>;
}

/** What partitions that are compared together hold of one cell: together it is what is expected. */
function compareCell(ask: CompareCellAsk, cells: readonly SpanCell[], { expected, compared }: Comparing): void {
  const [first] = cells;
  if (first === undefined) return;
  const text = cellKeyText(first);
  const wanted = expected.get(text)?.state ?? null;
  expected.delete(text);
  const at = { entry: first.series, grain: grainOf(first), bucketS: first.bucketS };
  if (!isComparable(at, coarseOf(ask)) || !isAbove(ask.floors, at)) return;
  if (cells.some((cell) => isMoved(ask, cell))) {
    compared.cellsMoved += 1;
    return;
  }
  count(ask, at, compared);
  const drift = driftOf(ask, cells, { ...at, expected: wanted });
  if (drift !== null) compared.drifts.push(drift);
}

/** Null: the cells are what is expected. */
function driftOf(ask: UnitAsk, cells: readonly SpanCell[], of: Pick<Drift, 'entry' | 'grain' | 'bucketS' | 'expected'>): Drift | null {
  const found = sumOf(cells, ask.metric);
  if (found === 'unreadable') return { kind: 'unreadable', ...of, ...apart(ask, cells), found: null };
  if (isSameState(of.expected ?? createState(ask.metric.measures), found ?? [])) return null;
  return { kind: of.expected === null ? 'stray' : 'differs', ...of, ...apart(ask, cells), found };
}

function apart({ partition, metric }: UnitAsk, cells: readonly SpanCell[]): Pick<Drift, 'stored' | 'others'> {
  const others = cells.filter((cell) => cell.partition !== partition);
  return { stored: cells.find((cell) => cell.partition === partition) ?? null, others: sumOf(others, metric) };
}

/** Null: of no cells. */
function sumOf(cells: readonly SpanCell[], { measures }: CompiledMetric): RollupState | 'unreadable' | null {
  let sum: RollupState | null = null;
  for (const cell of cells) {
    const state = decodeState(cell.state, measures);
    if (state === null) return 'unreadable';
    if (sum === null) sum = state;
    else mergeState(sum, state);
  }
  return sum;
}

export function grainOf({ grain: code }: StoredCell): StoredGrain {
  return STORED_GRAINS.find((grain) => GRAINS[grain].code === code) ?? 'quarter_hour';
}

/** A later commit wrote it: it holds what the rows below the cut do not. A number that was not given yet is damage. */
function isMoved({ cut, partition, others, given }: CompareCellAsk, { commitNo, partition: of }: SpanCell): boolean {
  const cutNo = of === partition ? cut.commitNo : others.find((other) => other.partition === of)?.commitNo;
  return commitNo > (cutNo ?? 0) && commitNo <= (given.get(of) ?? 0);
}
