/** What cells should hold: folded raw events, some series at a time. */
import { bucketStartS, compareBytes, createState, GRAINS, isCellSealed, isCoarseGrain, mergeState } from '@tidegate/core';
import type { CellDelta, CompiledMetric, RollupState, SealState, SeriesEntry, StoredGrain } from '@tidegate/core';
import { cellKeyText } from '@tidegate/postgres';

export interface ExpectedCell {
  readonly entry: SeriesEntry;
  readonly grain: StoredGrain;
  readonly bucketS: number;
  readonly state: RollupState;
}

export interface ExpectedCells {
  add(entry: SeriesEntry, delta: CellDelta): void;
  /** Series up to this one are held whole; null: all of them. */
  through(): Uint8Array | null;
  /** By `cellKeyText`: the finest cells, and what is made of them. */
  cells(coarse: CoarseAsk): Map<string, ExpectedCell>;
}

export interface CoarseAsk {
  readonly metric: CompiledMetric;
  /** Of each partition whose cells are compared together. */
  readonly seals: readonly SealState[];
  /** Only buckets whole in the half-open range. */
  readonly fromS: number;
  readonly toS: number;
}

export interface ExpectedCellsOptions {
  /** Series up to this one are left out. */
  readonly afterSeries: Uint8Array | null;
  /** Beyond so many cells the series of the greater ids are let go: they are for another pass. */
  readonly cellsMax: number;
}

interface HeldSeries {
  readonly entry: SeriesEntry;
  readonly byBucket: Map<number, ExpectedCell>;
}

export function createExpectedCells({ afterSeries, cellsMax }: ExpectedCellsOptions): ExpectedCells {
  const held = new Map<string, HeldSeries>();
  let cells = 0;
  let through: Uint8Array | null = null;

  function isWanted({ id }: SeriesEntry): boolean {
    return (afterSeries === null || compareBytes(id, afterSeries) > 0) && (through === null || compareBytes(id, through) <= 0);
  }

  /** At least one series is kept, however many cells it has. */
  function letGo(): void {
    const sorted = [...held].toSorted(([, a], [, b]) => compareBytes(a.entry.id, b.entry.id));
    const kept = Math.max(1, Math.floor(sorted.length / 2));
    for (const [key, { byBucket }] of sorted.slice(kept)) {
      held.delete(key);
      cells -= byBucket.size;
    }
    through = sorted[kept - 1]?.[1].entry.id ?? null;
  }

  return {
    add(entry, { grain, bucketS, state }) {
      if (!isWanted(entry)) return;
      const key = Buffer.from(entry.id).toString('latin1');
      const series = held.get(key) ?? { entry, byBucket: new Map<number, ExpectedCell>() };
      held.set(key, series);
      const known = series.byBucket.get(bucketS);
      if (known !== undefined) return mergeState(known.state, state);
      series.byBucket.set(bucketS, { entry, grain, bucketS, state });
      cells += 1;
      if (cells > cellsMax && held.size > 1) letGo();
    },
    through: () => through,
    cells(ask) {
      const finest = [...held.values()].flatMap(({ byBucket }) => [...byBucket.values()]);
      return new Map([...finest, ...coarseOf(finest, ask)].map((cell) => [textOf(cell), cell]));
    },
  };
}

/** Whether a recount says what the coarse cell should hold: made by the cut, of buckets that all are in the range. */
export function isComparable(cell: Pick<ExpectedCell, 'entry' | 'grain' | 'bucketS'>, { metric, seals, fromS, toS }: CoarseAsk): boolean {
  const { entry, grain, bucketS } = cell;
  if (!metric.grains.includes(grain)) return false;
  if (bucketS < fromS || bucketS + GRAINS[grain].seconds > toS) return false;
  return (
    grain === metric.grains[0] ||
    !isCoarseGrain(grain) ||
    seals.every((sealed) => isCellSealed(sealed, grain, { bucketS, seriesId: entry.id }))
  );
}

function coarseOf(finest: readonly ExpectedCell[], ask: CoarseAsk): readonly ExpectedCell[] {
  const { grains, measures } = ask.metric;
  const made = new Map<string, ExpectedCell>();
  for (const { entry, bucketS: finestS, state } of finest) {
    for (const grain of grains.slice(1)) {
      const cell = { entry, grain, bucketS: bucketStartS(finestS, grain) };
      if (!isComparable(cell, ask)) continue;
      const into = made.get(textOf(cell)) ?? { ...cell, state: createState(measures) };
      mergeState(into.state, state);
      made.set(textOf(cell), into);
    }
  }
  return [...made.values()];
}

function textOf({ entry, grain, bucketS }: Pick<ExpectedCell, 'entry' | 'grain' | 'bucketS'>): string {
  return cellKeyText({ seriesId: entry.id, grain: GRAINS[grain].code, bucketS });
}
