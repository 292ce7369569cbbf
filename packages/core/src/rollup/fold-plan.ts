import type { CompiledMetric, CompiledPack } from '../pack/compiled.ts';
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

export interface PlannedMetric {
  readonly metric: CompiledMetric;
  /** Null: every event counts. */
  readonly where: EventPredicate | null;
  /** Per measure, its place in the plan's `inputs`; -1 for counts. */
  readonly inputs: readonly number[];
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
    inputs: metric.measures.map((measure) => (measure.field === undefined ? -1 : inputSlot(measure.field, measure.numbers))),
    sets: metric.sets.map((set) => ({ setNo: set.setNo, bySubject: set.bySubject, slots: set.dimensions.map(dimensionSlot) })),
  }));
  return { dimensions, inputs, metrics: planned };
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
