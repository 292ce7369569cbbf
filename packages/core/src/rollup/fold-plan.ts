import type { CompiledMeasure, CompiledMetric, CompiledPack } from '../pack/compiled.ts';
import { compileWhere } from '../pack/where.ts';
import type { EventPredicate } from '../pack/where.ts';

/** A number field that some measure takes in, in the form that the measure holds numbers. */
export interface PlannedInput {
  readonly field: string;
  readonly numbers: 'exact' | 'double';
}

export interface PlannedSet {
  readonly setNo: number;
  readonly bySubject: boolean;
  /** Per dimension of the set, its place in the plan's `dimensions`. */
  readonly slots: readonly number[];
}

/** Where in a state a measure stands, and which of the plan's inputs it takes in. */
export interface PlannedAdd {
  readonly measure: number;
  readonly input: number;
}

/**
 * What one event adds to a cell, by kind of measure: a loop over measures of one kind calls one function, which the compiler
 * inlines, where a loop over all of them in their order calls another one each time.
 */
export interface PlannedAdds {
  readonly counts: readonly PlannedAdd[];
  readonly sums: readonly PlannedAdd[];
  readonly extremes: readonly PlannedAdd[];
  readonly quantiles: readonly PlannedAdd[];
}

export interface PlannedMetric {
  readonly metric: CompiledMetric;
  /** Null: every event counts. */
  readonly where: EventPredicate | null;
  readonly adds: PlannedAdds;
  readonly sets: readonly PlannedSet[];
}

/** What the events of one type add to: each dimension and number is read from the event once, however many metrics use it. */
export interface FoldPlan {
  readonly dimensions: readonly string[];
  readonly inputs: readonly PlannedInput[];
  readonly metrics: readonly PlannedMetric[];
}

/** The plan of an event type that counts into `metrics`. */
export function createFoldPlan(metrics: readonly CompiledMetric[]): FoldPlan {
  const dimensions: string[] = [];
  const inputs: PlannedInput[] = [];

  function dimensionSlot(name: string): number {
    const slot = dimensions.indexOf(name);
    return slot >= 0 ? slot : dimensions.push(name) - 1;
  }

  function inputSlot(field: string, numbers: 'exact' | 'double'): number {
    const slot = inputs.findIndex((input) => input.field === field && input.numbers === numbers);
    return slot >= 0 ? slot : inputs.push({ field, numbers }) - 1;
  }

  const planned = metrics.map((metric) => ({
    metric,
    where: metric.where === undefined ? null : compileWhere(metric.where),
    adds: planAdds(metric.measures, inputSlot),
    sets: metric.sets.map((set) => ({ setNo: set.setNo, bySubject: set.bySubject, slots: set.dimensions.map(dimensionSlot) })),
  }));
  return { dimensions, inputs, metrics: planned };
}

function planAdds(measures: readonly CompiledMeasure[], inputSlot: (field: string, numbers: 'exact' | 'double') => number): PlannedAdds {
  const adds = measures.map(({ kind, field, numbers }, measure) => ({
    kind,
    measure,
    input: field === undefined ? -1 : inputSlot(field, numbers),
  }));
  const of = (...kinds: readonly CompiledMeasure['kind'][]): readonly PlannedAdd[] => adds.filter(({ kind }) => kinds.includes(kind));
  return { counts: of('count'), sums: of('sum', 'avg'), extremes: of('min', 'max'), quantiles: of('quantile') };
}

/** The plans of a pack's event types; types that no metric counts have none. */
export function foldPlansOf(pack: CompiledPack): ReadonlyMap<string, FoldPlan> {
  const byType = new Map<string, CompiledMetric[]>();
  for (const metric of pack.metrics.values()) {
    for (const type of metric.eventTypes) {
      const metrics = byType.get(type);
      if (metrics === undefined) byType.set(type, [metric]);
      else metrics.push(metric);
    }
  }
  return new Map([...byType].map(([type, metrics]) => [type, createFoldPlan(metrics)]));
}
