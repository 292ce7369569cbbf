/** One event day of a person: its raw rows and what they added to cells (docs/design/erasure.md, section 4). */
import { bucketStartS, createRawFold, createState, decodeState, encodeState, GRAINS, subtractState, versionName } from '@tidegate/core';
import type { BudgetedDimension, CompiledMetric, RollupState, SeriesEntry } from '@tidegate/core';
import { cellKeyText } from '@tidegate/postgres';
import type {
  CellKey,
  CellWrite,
  DataStore,
  Erasure,
  PersonDay,
  PersonRow,
  RestatedBucket,
  StoredCell,
  StoredEvent,
} from '@tidegate/postgres';
import { createAdmissions } from '../admissions.ts';
import type { OwnedPartition } from '../owned-partition.ts';
import { createExpectedCells } from '../recount/expected-cells.ts';
import type { ExpectedCell } from '../recount/expected-cells.ts';
import { placeFolded } from '../recount/place-folded.ts';
import { foldDay } from '../recount/recount-unit.ts';
import type { Cut } from '../recount/recount-unit.ts';
import type { Registry } from '../registry.ts';
import { isClosed } from '../restated.ts';
import type { PreparedSlice } from '../task-kind.ts';

export interface EraseDayDeps {
  readonly store: DataStore;
  readonly registry: Pick<Registry, 'counted' | 'making'>;
  readonly budgetedOf: (series: SeriesEntry) => readonly BudgetedDimension[];
  readonly closedAfterS: number;
  readonly nowMs: () => number;
  /** Throws where the walk is to end. */
  readonly step: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface DayAsk {
  readonly owned: OwnedPartition;
  readonly erasure: Erasure;
  readonly day: PersonDay;
  readonly cut: Cut;
}

/** A cell that the person's rows are in, and what it is to be without them. */
interface Restatement {
  readonly entry: SeriesEntry;
  readonly key: CellKey;
  /** Null: it was changed meanwhile. */
  without(stored: StoredCell): RollupState | null;
}

export interface ErasableDay {
  /** Nothing is left of the day. */
  readonly isEmpty: boolean;
  /** Some of its rows may be left: they were too many for one commit. */
  readonly isPart: boolean;
  /** Made between two flushes; `isVoid` tells afterwards whether something had changed and nothing was erased. */
  slice(): PreparedSlice;
  isVoid(): boolean;
}

const DAY_S = 86_400;
const ROWS_MAX = 2_000;
const CELLS_MAX = 1_000_000;

/** What can be taken out of a state again, to the last byte of what a recount gives. */
const TAKEN_OUT: ReadonlySet<string> = new Set(['count', 'histogram', 'quantile']);
const TAKEN_OUT_EXACT: ReadonlySet<string> = new Set(['sum', 'avg', 'variance']);

export async function prepareDay(deps: EraseDayDeps, ask: DayAsk): Promise<ErasableDay> {
  const { owned, erasure, day } = ask;
  const { partition } = owned;
  const rows = await deps.step(() => deps.store.readPersonRows({ ...erasure, ...day, partition, rowsMax: ROWS_MAX }));
  const restatements: Restatement[] = [];
  for (const metric of rows.length === 0 ? [] : countedBy(deps, owned, rows))
    restatements.push(...(await restate(deps, { ...ask, metric, rows })));
  let isVoid = false;
  return {
    isEmpty: rows.length === 0,
    isPart: rows.length === ROWS_MAX,
    isVoid: () => isVoid,
    slice: () => daySlice(deps, { ...ask, rows, restatements }, (was) => (isVoid = was)),
  };
}

/** Metric versions that have counted rows of these types on the partition. */
function countedBy({ registry }: EraseDayDeps, { versions }: OwnedPartition, rows: readonly PersonRow[]): readonly CompiledMetric[] {
  const types = new Set(rows.map(({ type }) => type));
  const notYet = new Set(
    registry
      .making()
      .map(versionName)
      .filter((name) => !versions.tasks.has(name)),
  );
  return registry
    .counted()
    .filter((metric) => metric.tenant === rows[0]?.tenant && metric.over === undefined && !notYet.has(versionName(metric)))
    .filter(({ eventTypes }) => eventTypes.some((type) => types.has(type)));
}

interface MetricAsk extends DayAsk {
  readonly metric: CompiledMetric;
  readonly rows: readonly PersonRow[];
}

async function restate(deps: EraseDayDeps, ask: MetricAsk): Promise<readonly Restatement[]> {
  const touched = await touchedBy(deps, ask);
  if (isTakenOut(ask.metric)) return [...touched.values()].map((cell) => takeOut(ask.metric, cell));
  // Where some of the day's raw rows are gone the others do not say what the cells should hold: the figures stay.
  return (await isDayKept(deps, ask)) ? recount(deps, ask, touched) : [];
}

function isTakenOut({ measures }: CompiledMetric): boolean {
  return measures.every(({ kind, numbers }) => TAKEN_OUT.has(kind) || (TAKEN_OUT_EXACT.has(kind) && numbers === 'exact'));
}

async function isDayKept({ store }: EraseDayDeps, { metric, day }: MetricAsk): Promise<boolean> {
  const days = await store.readEventDays({ tenant: metric.tenant, types: metric.eventTypes });
  return days.find(({ eventDay }) => eventDay === day.eventDay)?.isKept === true;
}

function coarseOf({ metric, day, cut }: MetricAsk) {
  return { metric, seals: [cut.seals], fromS: day.eventDay * DAY_S, toS: (day.eventDay + 1) * DAY_S };
}

/** The cells that the person's rows are in, each with what these alone add to it. */
async function touchedBy(deps: EraseDayDeps, ask: MetricAsk): Promise<ReadonlyMap<string, ExpectedCell>> {
  const expected = createExpectedCells({ afterSeries: null, cellsMax: CELLS_MAX });
  const fold = createRawFold([ask.metric]);
  for (const row of ask.rows) fold.fold(row);
  await placeFolded({ deps, admissions: createAdmissions(deps.budgetedOf) }, fold.take(), expected);
  return expected.cells(coarseOf(ask));
}

function takeOut({ measures }: CompiledMetric, { entry, grain, bucketS, state }: ExpectedCell): Restatement {
  return {
    entry,
    key: { seriesId: entry.id, grain: GRAINS[grain].code, bucketS },
    without(stored) {
      const left = decodeState(stored.state, measures);
      if (left === null) throw new Error('a cell of an erased person holds no state of its metric version');
      subtractState(left, state);
      return left;
    },
  };
}

/** What the day's other rows give. A cell that a later commit wrote holds what they do not. */
async function recount(deps: EraseDayDeps, ask: MetricAsk, touched: ReadonlyMap<string, ExpectedCell>): Promise<readonly Restatement[]> {
  const { owned, metric, rows, day, cut } = ask;
  const series = new Set([...touched.values()].map(({ entry }) => hexOf(entry)));
  const expected = createExpectedCells({ afterSeries: null, cellsMax: CELLS_MAX });
  const gone = new Set(rows.map(nameOf));
  const only: Pick<typeof expected, 'add'> = {
    add: (entry, delta) => {
      if (series.has(hexOf(entry))) expected.add(entry, delta);
    },
  };
  const unit = { partition: owned.partition, metric, eventDay: day.eventDay, toS: (day.eventDay + 1) * DAY_S, cut };
  const isLeftOut = (event: StoredEvent): boolean => event.subject === ask.erasure.subject && gone.has(nameOf(event));
  await foldDay(deps, { ...unit, isLeftOut }, only);
  const left = expected.cells(coarseOf(ask));
  return [...touched].map(([text, { entry, grain, bucketS }]) => ({
    entry,
    key: { seriesId: entry.id, grain: GRAINS[grain].code, bucketS },
    without: (stored) => (stored.commitNo > cut.commitNo ? null : (left.get(text)?.state ?? createState(metric.measures))),
  }));
}

function hexOf({ id }: SeriesEntry): string {
  return Buffer.from(id).toString('hex');
}

/** Of one person no two rows share it, but where an event came again long after. */
function nameOf({ source, eventId, logOffset }: Pick<PersonRow, 'source' | 'eventId' | 'logOffset'>): string {
  return JSON.stringify([source, eventId, logOffset]);
}

interface SliceAsk extends DayAsk {
  readonly rows: readonly PersonRow[];
  readonly restatements: readonly Restatement[];
}

/**
 * Deletes the rows and writes the cells without them, in one commit. Where a cell changed since it was recounted, or more is
 * sealed, nothing of it happens.
 */
function daySlice(deps: EraseDayDeps, ask: SliceAsk, onVoid: (isVoid: boolean) => void): PreparedSlice {
  const { owned, erasure, day, cut, rows, restatements } = ask;
  const keys = restatements.map(({ key }) => key);
  const restated: RestatedBucket[] = [];
  let written: readonly PlacedWrite[] | null = null;
  const isStale = owned.seals !== cut.seals;
  const closing = { arrivalToMs: deps.nowMs(), closedAfterS: deps.closedAfterS };

  function resolve(stored: readonly StoredCell[]): readonly CellWrite[] {
    restated.length = 0;
    written = isStale ? null : writesOf(restatements, stored, (bucketS) => isClosed(bucketS, closing));
    restated.push(...restatedBy(written ?? [], (bucketS) => isClosed(bucketS, closing)));
    return (written ?? []).map(({ write }) => write);
  }

  return {
    commit: {
      cells: { absent: keys, values: null, sealed: () => [], resolve },
      restated,
      erasure: {
        ...erasure,
        step: { kind: 'rows', day, places: () => (written === null ? [] : rows), restatedCells: () => written?.length ?? 0 },
      },
    },
    isMade: () => true,
    committed() {
      onVoid(written === null);
      owned.cells.forget(keys);
      const all = written ?? [];
      return { writes: all.map(({ write }) => write), series: all.map(({ entry }) => entry), records: rows.length };
    },
    failed: () => undefined,
  };
}

interface PlacedWrite {
  readonly write: CellWrite;
  readonly entry: SeriesEntry;
}

/** A cell that is not there is below a floor of retention. Null: one of them was changed meanwhile. */
function writesOf(
  restatements: readonly Restatement[],
  stored: readonly StoredCell[],
  isClosedAt: (bucketS: number) => boolean,
): readonly PlacedWrite[] | null {
  const now = new Map(stored.map((cell) => [cellKeyText(cell), cell]));
  const writes: PlacedWrite[] = [];
  for (const { key, entry, without } of restatements) {
    const cell = now.get(cellKeyText(key));
    if (cell === undefined) continue;
    const state = without(cell);
    if (state === null) return null;
    const revision = cell.revision + (isClosedAt(key.bucketS) ? 1 : 0);
    writes.push({ entry, write: { ...key, state: encodeState(state), revision } });
  }
  return writes;
}

/** Each closed bucket of a metric version once. */
function restatedBy(writes: readonly PlacedWrite[], isClosedAt: (bucketS: number) => boolean): readonly RestatedBucket[] {
  const found = new Map<string, RestatedBucket>();
  for (const { entry, write } of writes) {
    const { tenant, metric, version } = entry;
    const bucketS = bucketStartS(write.bucketS, 'quarter_hour');
    if (isClosedAt(bucketS)) found.set(`${versionName(entry)} ${bucketS}`, { tenant, metric, version, bucketS, cause: 'erasure' });
  }
  return [...found.values()];
}
