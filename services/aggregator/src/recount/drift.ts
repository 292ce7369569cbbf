/** A cell that is not what a recount gave. */
import { createState, findMeasure, formatExact, GRAINS, mergeState, readMeasureAt, subtractState } from '@tidegate/core';
import type { CompiledMeasure, CompiledMetric, RollupState, SeriesEntry, StateValue, StoredGrain } from '@tidegate/core';
import type { CellKey, DriftKind, DriftRow, StoredCell } from '@tidegate/postgres';

export interface Drift {
  readonly kind: DriftKind;
  readonly entry: SeriesEntry;
  readonly grain: StoredGrain;
  readonly bucketS: number;
  /** Null: no cell should be there. */
  readonly expected: RollupState | null;
  /** As it was compared; null: there was none. */
  readonly stored: StoredCell | null;
  readonly found: RollupState | null;
  /** What other partitions hold of the same cell, which is compared together with theirs; null: nothing. */
  readonly others: RollupState | 'unreadable' | null;
}

export function driftKey({ entry, grain, bucketS }: Pick<Drift, 'entry' | 'grain' | 'bucketS'>): CellKey {
  return { seriesId: entry.id, grain: GRAINS[grain].code, bucketS };
}

/**
 * What the partition is to hold: where no cell should be the state of no events, for nobody can be told that one is gone. Where others
 * hold some of it, what is left; null where that cannot be known.
 */
export function rightState({ expected, others }: Drift, { measures }: CompiledMetric): RollupState | null {
  if (others === 'unreadable') return null;
  if (others === null) return expected ?? createState(measures);
  const state = createState(measures);
  if (expected !== null) mergeState(state, expected);
  subtractState(state, others);
  return state;
}

export function toDriftRow(drift: Drift, metric: CompiledMetric, isRepaired: boolean): DriftRow {
  const { entry, kind, expected, found } = drift;
  const names = metric.sets.find(({ setNo }) => setNo === entry.setNo)?.dimensions ?? [];
  return {
    ...driftKey(drift),
    ...{ tenant: entry.tenant, metric: entry.metric, version: entry.version, subject: entry.subject, kind, isRepaired },
    dims: Object.fromEntries(names.map((name, place) => [name, entry.dims[place] ?? null])),
    expected: expected === null ? null : valuesOf(expected, metric.measures),
    found: found === null ? null : valuesOf(found, metric.measures),
  };
}

/** Of measures that have several figures those that a person looks at first. */
const FIGURES: Readonly<Partial<Record<CompiledMeasure['kind'], readonly string[]>>> = {
  quantile: ['p50', 'p99'],
  variance: ['count', 'mean', 'stddev'],
};

function valuesOf(state: RollupState, measures: readonly CompiledMeasure[]): Readonly<Record<string, unknown>> {
  const names = measures.flatMap(({ name, kind }) => FIGURES[kind]?.map((figure) => `${name}.${figure}`) ?? [name]);
  return Object.fromEntries(
    names.map((name) => {
      const place = findMeasure(measures, name);
      return [name, place === null ? null : toJson(readMeasureAt(state, place.index, place))];
    }),
  );
}

function toJson(value: StateValue): unknown {
  return typeof value === 'object' && value !== null && 'unscaled' in value ? formatExact(value) : value;
}
