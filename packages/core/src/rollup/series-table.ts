import type { CompiledMetric } from '../pack/compiled.ts';
import type { SeriesEntry } from './announcement-shape.ts';
import { storedValue } from './dimension-budget.ts';
import type { StoredGrain } from './grain.ts';
import { seriesEntry } from './series.ts';
import type { RollupState } from './state.ts';

/** A series that this folder has met, with its cells of the open batch. */
export interface KnownSeries {
  readonly entry: SeriesEntry;
  /** Of its cells: the finest that the metric keeps. */
  readonly grain: StoredGrain;
  /** Batch in which `place` was set; of an earlier batch it means nothing. */
  batch: number;
  /** Index among the batch's series. */
  place: number;
  /** By bucket, once a batch holds more than one. */
  cells: Map<number, RollupState> | null;
  /** The cell that was touched last: most events follow one into the same bucket. */
  lastBucketS: number;
  lastState: RollupState | null;
}

type Branch = Map<string | null, Branch | KnownSeries>;

/**
 * The series of one set of one metric version: a tree over subject and dimension values, so that a series that was seen
 * before costs one look-up a value and neither a hash nor a new string. It is kept in two ages: what is met again moves into the
 * younger one, and what was not met for a whole age is forgotten.
 */
export class SeriesTable {
  private root: Branch = new Map();
  private earlier: Branch = new Map();
  private known = 0;
  private readonly metric: CompiledMetric;
  private readonly setNo: number;

  constructor(metric: CompiledMetric, setNo: number) {
    this.metric = metric;
    this.setNo = setNo;
  }

  /** Series of the younger age. */
  get size(): number {
    return this.known;
  }

  /** Begins a new age: what the one before the last knew, and was not met in the last, is forgotten. */
  age(): void {
    this.earlier = this.root;
    this.root = new Map();
    this.known = 0;
  }

  /** `slots` picks the set's dimensions out of `values`. */
  find(subject: string, values: readonly (string | null)[], slots: readonly number[]): KnownSeries {
    let branch = this.root;
    let value: string | null = subject;
    for (const slot of slots) {
      let next = branch.get(value);
      if (next === undefined) branch.set(value, (next = new Map()));
      branch = next as Branch;
      value = values[slot] ?? null;
    }
    const leaf = branch.get(value) as KnownSeries | undefined;
    if (leaf !== undefined) return leaf;
    const found =
      this.findEarlier(subject, values, slots) ??
      this.create(
        subject,
        slots.map((slot) => storedOrNull(values[slot] ?? null)),
      );
    this.known += 1;
    branch.set(value, found);
    return found;
  }

  private findEarlier(subject: string, values: readonly (string | null)[], slots: readonly number[]): KnownSeries | undefined {
    let branch: Branch | undefined = this.earlier;
    let value: string | null = subject;
    for (const slot of slots) {
      branch = branch.get(value) as Branch | undefined;
      if (branch === undefined) return undefined;
      value = values[slot] ?? null;
    }
    return branch.get(value) as KnownSeries | undefined;
  }

  private create(subject: string, dims: readonly (string | null)[]): KnownSeries {
    const { tenant, metric, version, grains } = this.metric;
    return {
      entry: seriesEntry({ tenant, metric, version, setNo: this.setNo, subject, dims }),
      grain: grains[0] ?? 'quarter_hour',
      batch: -1,
      place: 0,
      cells: null,
      lastBucketS: 0,
      lastState: null,
    };
  }
}

function storedOrNull(value: string | null): string | null {
  return value === null ? null : storedValue(value);
}
