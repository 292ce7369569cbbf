/** Making coarse cells out of finer ones when their bucket closes: what is due, and what a slice makes of the cells it read. */
import { bucketStartS, createState, decodeState, encodeState, GRAINS, mergeState } from '@tidegate/core';
import type { CoarseGrain, CompiledMetric, RollupState, SealState, SeriesEntry } from '@tidegate/core';
import type { CellWrite, SealedCells, SealSlice, SourceCell, SourceCells } from '@tidegate/postgres';

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
  /** Most finer cells that are read. */
  readonly cellsMax: number;
  /** Null: no known pack names this version of the metric, so nobody can ask for it. */
  readonly metricOf: (series: SeriesEntry) => CompiledMetric | null;
}

export function createSealSlice({ seals, due, cellsMax, metricOf }: SealSliceAsk): SliceOfSeal {
  const { grain, fromS, toS } = due;
  const afterSeries = seals.open?.grain === grain ? seals.open.afterSeries : null;
  let made: SliceResult | null = null;
  return {
    read: { grain, fromS, toS, afterSeries, cellsMax },
    resolve: (found) => (made = merge({ seals, due, metricOf }, found)),
    made: () => made,
  };
}

type MergeAsk = Omit<SealSliceAsk, 'cellsMax'>;

function merge({ seals, due, metricOf }: MergeAsk, { throughS, throughSeries, series }: SourceCells): SliceResult {
  const { grain, toS } = due;
  const merged = series.flatMap(({ entry, cells }) => {
    const metric = metricOf(entry);
    return metric?.grains.includes(grain) === true ? mergeSeries({ entry, metric, grain }, cells).map((write) => ({ entry, write })) : [];
  });
  return {
    writes: merged.map(({ write }) => write),
    series: merged.map(({ entry }) => entry),
    seals: {
      through: { ...seals.through, [grain]: throughS },
      open: throughSeries === null ? null : { grain, afterSeries: throughSeries },
    },
    task: throughS >= toS ? null : { grain, toS },
    cellsRead: series.reduce((sum, { cells }) => sum + cells.length, 0),
  };
}

interface SeriesAsk {
  readonly entry: SeriesEntry;
  readonly metric: CompiledMetric;
  readonly grain: CoarseGrain;
}

/** The coarse cells as they are now: nothing is added to what may be stored of them. */
function mergeSeries({ entry, metric, grain }: SeriesAsk, cells: readonly SourceCell[]): CellWrite[] {
  const merging = new Map<number, { readonly state: RollupState; revision: number }>();
  for (const cell of cells) {
    const bucketS = bucketStartS(cell.bucketS, grain);
    const into = merging.get(bucketS) ?? { state: createState(metric.measures), revision: 0 };
    merging.set(bucketS, into);
    const state = decodeState(cell.state, metric.measures);
    if (state === null) throw new Error(`a cell of metric ${metric.metric} version ${metric.version} holds a state that cannot be read`);
    mergeState(into.state, state);
    into.revision += cell.revision;
  }
  const { code } = GRAINS[grain];
  return [...merging].map(([bucketS, { state, revision }]) => ({
    ...{ seriesId: entry.id, grain: code, bucketS, revision },
    state: encodeState(state),
  }));
}
