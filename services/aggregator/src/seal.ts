/** Making coarse cells out of finer ones when their bucket closes: what is due, and what a slice makes of the cells it read. */
import { bucketStartS, compareBytes, createState, decodeState, encodeState, FINER_GRAIN, GRAINS, mergeState } from '@tidegate/core';
import type { CoarseGrain, CompiledMetric, RollupState, SealState, SeriesEntry } from '@tidegate/core';
import type { CellWrite, SealedCells, SealSlice, SourceCell, SourceCells, SourceRead } from '@tidegate/postgres';

export interface DueSeal {
  readonly grain: CoarseGrain;
  /** Start of the first bucket that is not sealed, and end of those that are closed. */
  readonly fromS: number;
  readonly toS: number;
}

export interface SealAsk {
  readonly completeThroughMs: number | null;
  /** Whether a metric that this process knows keeps minutes: else no quarter of an hour is made of any. */
  readonly hasMinutes: boolean;
  /** A bucket is closed so long after its end. */
  readonly closedAfterS: number;
}

/**
 * What is to be sealed next; null: nothing. The bucket under way first, then what is closed of the quarter hours that are made
 * of minutes, then hours that are closed and whose quarters are there, then days whose hours are sealed. Closed is what ended
 * long enough before everything that the partition is complete through.
 */
export function nextSeal({ through, open }: SealState, { completeThroughMs, hasMinutes, closedAfterS }: SealAsk): DueSeal | null {
  if (completeThroughMs === null) return null;
  const closedS = bucketStartS(completeThroughMs / 1_000 - closedAfterS, 'hour');
  const due: readonly DueSeal[] = [
    // An hour's quarters at once: four slices of a quarter each would be four commits.
    ...(hasMinutes || open?.grain === 'quarter_hour'
      ? [{ grain: 'quarter_hour', fromS: through.quarter_hour, toS: closedS } as const]
      : []),
    { grain: 'hour', fromS: through.hour, toS: hasMinutes ? Math.min(closedS, bucketStartS(through.quarter_hour, 'hour')) : closedS },
    { grain: 'day', fromS: through.day, toS: bucketStartS(through.hour, 'day') },
  ];
  const underWay = hasMinutes && isPutOff({ through, open }) ? undefined : due.find(({ grain }) => grain === open?.grain);
  // Complete-through may have gone back in a failover: a bucket that was begun is ended even so.
  if (underWay !== undefined) return { ...underWay, toS: Math.max(underWay.toS, underWay.fromS + GRAINS[underWay.grain].seconds) };
  return due.find(({ fromS, toS }) => fromS < toS) ?? null;
}

/** Minutes came to be kept in the middle of an hour: it is begun anew once its quarters are made of them. */
function isPutOff({ through, open }: SealState): boolean {
  return open?.grain === 'hour' && through.quarter_hour < through.hour + GRAINS.hour.seconds;
}

/** How much a slice of a seal may read. */
export interface SealSize {
  readonly cells: number;
  readonly buckets: number;
}

export interface SliceOfSeal extends SealSlice {
  /** What it made; null before its transaction has read. */
  made(): SliceResult | null;
}

export interface SliceResult extends SealedCells {
  /** Of each write its series. */
  readonly series: readonly SeriesEntry[];
  readonly cellsRead: number;
}

export interface SealSliceAsk {
  readonly seals: SealState;
  readonly due: DueSeal;
  readonly size: SealSize;
  /** Null: no known pack names this version of the metric, so nobody can ask for it. */
  readonly metricOf: (series: SeriesEntry) => CompiledMetric | null;
}

export function createSealSlice({ seals, due, size, metricOf }: SealSliceAsk): SliceOfSeal {
  const { grain, fromS, toS } = due;
  const finerPerBucket = GRAINS[grain].seconds / GRAINS[FINER_GRAIN[grain]].seconds;
  const read: SourceRead = {
    grain,
    fromS,
    toS,
    bucketsMax: size.buckets,
    afterSeries: seals.open?.grain === grain ? seals.open.afterSeries : null,
    cellsMax: Math.max(1, Math.floor(size.cells / finerPerBucket / size.buckets)),
  };
  let made: SliceResult | null = null;
  return {
    read,
    resolve: (found) => (made = merge({ seals, due, read, metricOf }, found)),
    made: () => made,
  };
}

type MergeAsk = Omit<SealSliceAsk, 'size'> & { readonly read: SourceRead };

function merge(ask: MergeAsk, found: SourceCells | null): SliceResult {
  const { seals, due, read } = ask;
  const { grain, toS } = due;
  const reached = found === null ? { throughS: toS, afterSeries: null } : reach(read, found);
  const after: SealState = {
    through: { ...seals.through, [grain]: reached.throughS },
    open: reached.afterSeries === null ? null : { grain, afterSeries: reached.afterSeries },
  };
  const taken = (found?.cells ?? []).filter((cell) => isReached(grain, reached, cell));
  return {
    ...mergeCells(ask, taken),
    seals: after,
    task: reached.throughS >= toS ? null : { grain, toS },
    cellsRead: found?.cells.length ?? 0,
  };
}

interface Reached {
  /** Buckets that begin before it are whole. */
  readonly throughS: number;
  /** Of the bucket that begins there the series up to this one were read whole. */
  readonly afterSeries: Uint8Array | null;
}

/** A finer bucket of which as many cells came as were asked for may have more: up to its last series everything was read. */
function reach({ grain, toS, bucketsMax, cellsMax }: SourceRead, { firstS, cells }: SourceCells): Reached {
  const { seconds } = GRAINS[grain];
  const cutAfter = new Map<number, Uint8Array>();
  for (const finer of Map.groupBy(cells, (cell) => cell.bucketS).values()) {
    const last = finer.at(-1);
    if (last === undefined || finer.length < cellsMax) continue;
    const bucketS = bucketStartS(last.bucketS, grain);
    const known = cutAfter.get(bucketS);
    if (known === undefined || compareBytes(last.series.id, known) < 0) cutAfter.set(bucketS, last.series.id);
  }
  const [first] = [...cutAfter].toSorted(([a], [b]) => a - b);
  if (first !== undefined) return { throughS: first[0], afterSeries: first[1] };
  return { throughS: Math.min(toS, firstS + bucketsMax * seconds), afterSeries: null };
}

function isReached(grain: CoarseGrain, { throughS, afterSeries }: Reached, { bucketS, series }: SourceCell): boolean {
  const startS = bucketStartS(bucketS, grain);
  return startS < throughS || (startS === throughS && afterSeries !== null && compareBytes(series.id, afterSeries) <= 0);
}

interface Merging {
  readonly entry: SeriesEntry;
  readonly bucketS: number;
  readonly state: RollupState;
  revision: number;
}

/** The coarse cells as they are now: nothing is added to what may be stored of them. */
function mergeCells({ due, metricOf }: MergeAsk, cells: readonly SourceCell[]): { writes: CellWrite[]; series: SeriesEntry[] } {
  const { code } = GRAINS[due.grain];
  const merging = new Map<string, Merging>();
  for (const cell of cells) {
    const metric = metricOf(cell.series);
    if (metric?.grains.includes(due.grain) !== true) continue;
    const bucketS = bucketStartS(cell.bucketS, due.grain);
    const key = `${Buffer.from(cell.series.id).toString('latin1')}${bucketS}`;
    const into = merging.get(key) ?? { entry: cell.series, bucketS, state: createState(metric.measures), revision: 0 };
    merging.set(key, into);
    const state = decodeState(cell.state, metric.measures);
    if (state === null) throw new Error(`a cell of metric ${metric.metric} version ${metric.version} holds a state that cannot be read`);
    mergeState(into.state, state);
    into.revision += cell.revision;
  }
  const made = [...merging.values()];
  return {
    writes: made.map(({ entry, bucketS, state, revision }) => ({
      ...{ seriesId: entry.id, grain: code, bucketS, revision },
      state: encodeState(state),
    })),
    series: made.map(({ entry }) => entry),
  };
}
