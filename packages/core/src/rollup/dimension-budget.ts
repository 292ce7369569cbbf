/**
 * How many different values of a dimension get series of their own: so many a tenant, metric and event day. Values beyond
 * them are counted under `_other`, so that what an attacker or a mistake puts into a field cannot make series without end.
 */
import type { CompiledMetric } from '../pack/compiled.ts';
import { hashParts } from '../hash/hash-parts.ts';
import { PUBLIC_HASH_KEY } from '../hash/siphash.ts';
import type { SeriesEntry } from './announcement-shape.ts';
import { seriesEntry } from './series.ts';

/** Stands in a series for the values that its day's budget had no room for. */
export const OTHER_VALUE = '_other';

const LOOKS_LIKE_OTHER = /^_+other$/;
const UNDERSCORE = 0x5f;

/**
 * The text under which a dimension's value stands in its series. A value that is itself `_other` gets one underscore more, and
 * so does each that came about that way: no two values share a text, and none has that of the budget.
 */
export function storedValue(value: string): string {
  return value.charCodeAt(0) === UNDERSCORE && LOOKS_LIKE_OTHER.test(value) ? `_${value}` : value;
}

/** By which the value is remembered as admitted: 16 bytes, however long it is. */
export function valueId(stored: string): Uint8Array {
  return hashParts(PUBLIC_HASH_KEY, [stored]);
}

export interface BudgetedDimension {
  readonly name: string;
  /** In the series' `dims`. */
  readonly place: number;
  /** Values that a day admits. */
  readonly valuesMax: number;
}

/**
 * The dimensions of a set that may have more values than a day admits: the least of what the installation and the pack say.
 * Truth values and short enumerations cannot.
 */
export function budgetedDimensions(metric: CompiledMetric, setNo: number, valuesMax: number): readonly BudgetedDimension[] {
  const names = metric.sets.find((set) => set.setNo === setNo)?.dimensions ?? [];
  return names.flatMap((name, place) => {
    const dimension = metric.dimensions.find((one) => one.name === name);
    const most = Math.min(valuesMax, dimension?.valuesPerDay ?? valuesMax);
    const possible = dimension?.type === 'boolean' ? 2 : (dimension?.values?.length ?? Number.POSITIVE_INFINITY);
    return possible <= most ? [] : [{ name, place, valuesMax: most }];
  });
}

/** The series that takes in what has no room for its values at `places`. */
export function otherSeries(entry: SeriesEntry, places: readonly number[]): SeriesEntry {
  const { id: _id, ...key } = entry;
  return seriesEntry({ ...key, dims: entry.dims.map((value, place) => (places.includes(place) ? OTHER_VALUE : value)) });
}
