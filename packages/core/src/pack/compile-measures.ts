import { parseExact } from '../event/exact-number.ts';
import type { CompiledField, CompiledMeasure, HistogramBounds } from './compiled.ts';
import type { MeasureSource, MetricSource } from './schema.ts';

/** The name by which a measure takes in the event's subject instead of a field. */
export const SUBJECT_FIELD = 'subject';

const EXACT_TO = 1_024;
export const TOP_K = 10;
/** Counters for each value of an answer, where a pack does not say. */
const COUNTERS_PER_VALUE = 10;

/** Sorted by name, which is the order of the state codec. */
export function compileMeasures(metric: MetricSource, fields: readonly CompiledField[]): readonly CompiledMeasure[] {
  return Object.entries(metric.measures)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, measure]) => {
      const field = fields.find((candidate) => candidate.name === measure.field);
      const unit = measure.unit ?? (TAKES_UNIT.has(measure.measure) ? field?.unit : undefined);
      return {
        name,
        kind: measure.measure,
        numbers: field?.type === 'number' ? 'double' : 'exact',
        ...(measure.field === undefined ? {} : { field: measure.field }),
        ...(unit === undefined ? {} : { unit }),
        ...compileOptions(measure, field),
      };
    });
}

/** A number of values has no unit, whatever the values have. */
const TAKES_UNIT: ReadonlySet<string> = new Set(['sum', 'min', 'max', 'avg', 'quantile', 'variance', 'histogram', 'first', 'last']);

function compileOptions(measure: MeasureSource, field: CompiledField | undefined): Partial<CompiledMeasure> {
  const valueType = field?.type ?? 'string';
  switch (measure.measure) {
    case 'histogram':
      return { bounds: compileBounds(measure.bounds ?? []) };
    case 'first':
    case 'last':
      return { valueType };
    case 'distinct':
      return { exactTo: measure.exact_to ?? EXACT_TO };
    case 'top_k':
      return { valueType, k: measure.k ?? TOP_K, counters: countersOf(measure) };
    default:
      return {};
  }
}

/** What of a measure's options decides over its cells: how many values an answer shows does not. */
export function cellOptions(measure: MeasureSource): readonly unknown[] {
  switch (measure.measure) {
    case 'histogram':
      return [measure.bounds];
    case 'distinct':
      return [measure.exact_to ?? EXACT_TO];
    case 'top_k':
      return [countersOf(measure)];
    default:
      return [];
  }
}

function countersOf({ k = TOP_K, counters = k * COUNTERS_PER_VALUE }: MeasureSource): number {
  return counters;
}

/** Texts that the lint has found to be exact numbers. */
function compileBounds(bounds: readonly string[]): HistogramBounds {
  return { exact: bounds.flatMap((bound) => parseExact(bound) ?? []), doubles: bounds.map(Number) };
}
