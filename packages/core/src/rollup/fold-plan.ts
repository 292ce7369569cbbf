import type { PlannedEntity } from '../entity/entity-changes.ts';
import type { CompiledEntity } from '../pack/compiled-entity.ts';
import type { CompiledMeasure, CompiledMetric, MeasureKind } from '../pack/compiled.ts';
import { TYPE_DIMENSION } from '../pack/event-members.ts';
import { isNumberType } from '../pack/field-type.ts';
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
  /** Null where the metric has none of these: most have none, and one look is less than five empty loops. */
  readonly more: MoreAdds | null;
}

/** Inputs of distincts, tops and texts are places in the plan's `values`, of the others in its `inputs`. */
export interface MoreAdds {
  readonly variances: readonly PlannedAdd[];
  readonly histograms: readonly PlannedAdd[];
  readonly distincts: readonly PlannedAdd[];
  readonly tops: readonly PlannedAdd[];
  /** First and last of numbers, and of what is text. */
  readonly numbers: readonly PlannedAdd[];
  readonly texts: readonly PlannedAdd[];
}

export interface PlannedMetric {
  readonly metric: CompiledMetric;
  /** Null: every event counts. */
  readonly where: EventPredicate | null;
  /** Whether its finest cells are of a minute; else they are of a quarter of an hour. */
  readonly isByMinute: boolean;
  readonly adds: PlannedAdds;
  readonly sets: readonly PlannedSet[];
}

/** What the events of one type add to: each dimension and number is read from the event once, however many metrics use it. */
export interface FoldPlan {
  readonly dimensions: readonly string[];
  /** Which of the dimensions is the type of the event; -1: none. */
  readonly typeSlot: number;
  readonly inputs: readonly PlannedInput[];
  /** Fields that some measure takes in as values among others, or `subject`. */
  readonly values: readonly string[];
  /** Whether a measure goes by the time and the id of events. */
  readonly needsStamp: boolean;
  readonly hasMinutes: boolean;
  readonly metrics: readonly PlannedMetric[];
  /** Entities whose rows the events change. */
  readonly entities: readonly PlannedEntity[];
}

/** The plan of an event type that counts into `metrics`. */
export function createFoldPlan(metrics: readonly CompiledMetric[], entities: readonly PlannedEntity[] = []): FoldPlan {
  const dimensions: string[] = [];
  const inputs: PlannedInput[] = [];
  const values: string[] = [];

  function dimensionSlot(name: string): number {
    const slot = dimensions.indexOf(name);
    return slot >= 0 ? slot : dimensions.push(name) - 1;
  }

  function inputSlot(field: string, numbers: 'exact' | 'double'): number {
    const slot = inputs.findIndex((input) => input.field === field && input.numbers === numbers);
    return slot >= 0 ? slot : inputs.push({ field, numbers }) - 1;
  }

  function valueSlot(field: string): number {
    const slot = values.indexOf(field);
    return slot >= 0 ? slot : values.push(field) - 1;
  }

  const planned = metrics.map((metric) => ({
    metric,
    isByMinute: metric.grains[0] === 'minute',
    where: metric.where === undefined ? null : compileWhere(metric.where),
    adds: planAdds(metric.measures, { inputSlot, valueSlot }),
    sets: metric.sets.map((set) => ({ setNo: set.setNo, bySubject: set.bySubject, slots: set.dimensions.map(dimensionSlot) })),
  }));
  const needsStamp = planned.some(({ adds: { more } }) => more !== null && more.numbers.length + more.texts.length > 0);
  const hasMinutes = planned.some(({ isByMinute }) => isByMinute);
  const typeSlot = dimensions.indexOf(TYPE_DIMENSION);
  return { dimensions, typeSlot, inputs, values, needsStamp, hasMinutes, metrics: planned, entities };
}

interface Slots {
  readonly inputSlot: (field: string, numbers: 'exact' | 'double') => number;
  readonly valueSlot: (field: string) => number;
}

function planAdds(measures: readonly CompiledMeasure[], slots: Slots): PlannedAdds {
  const adds = measures.map((measure, at) => ({ group: groupOf(measure), measure: at, input: inputOf(measure, slots) }));
  const of = (group: AddGroup): readonly PlannedAdd[] =>
    adds.flatMap((add) => (add.group === group ? { measure: add.measure, input: add.input } : []));
  const more: MoreAdds = {
    variances: of('variances'),
    histograms: of('histograms'),
    distincts: of('distincts'),
    tops: of('tops'),
    numbers: of('numbers'),
    texts: of('texts'),
  };
  return {
    counts: of('counts'),
    sums: of('sums'),
    extremes: of('extremes'),
    quantiles: of('quantiles'),
    more: Object.values(more).some((one: readonly PlannedAdd[]) => one.length > 0) ? more : null,
  };
}

type AddGroup = Exclude<keyof PlannedAdds, 'more'> | keyof MoreAdds;

const GROUPS: Readonly<Record<Exclude<MeasureKind, 'first' | 'last'>, AddGroup>> = {
  count: 'counts',
  sum: 'sums',
  avg: 'sums',
  min: 'extremes',
  max: 'extremes',
  quantile: 'quantiles',
  variance: 'variances',
  histogram: 'histograms',
  distinct: 'distincts',
  top_k: 'tops',
};

function groupOf({ kind, valueType }: CompiledMeasure): AddGroup {
  if (kind !== 'first' && kind !== 'last') return GROUPS[kind];
  return isNumberType(valueType) ? 'numbers' : 'texts';
}

/** -1 for counts, which take nothing in. */
function inputOf(measure: CompiledMeasure, { inputSlot, valueSlot }: Slots): number {
  const { field, numbers } = measure;
  if (field === undefined) return -1;
  const group = groupOf(measure);
  return group === 'distincts' || group === 'tops' || group === 'texts' ? valueSlot(field) : inputSlot(field, numbers);
}

/**
 * The plans of the event types that the metrics count or the entities are projected from, by type. A metric over an entity is
 * folded of its rows, not of events.
 */
export function foldPlansOf(metrics: Iterable<CompiledMetric>, entities: Iterable<CompiledEntity> = []): ReadonlyMap<string, FoldPlan> {
  const byType = new Map<string, { readonly metrics: CompiledMetric[]; readonly entities: PlannedEntity[] }>();
  const partsOf = (type: string): { readonly metrics: CompiledMetric[]; readonly entities: PlannedEntity[] } => {
    const parts = byType.get(type) ?? { metrics: [], entities: [] };
    byType.set(type, parts);
    return parts;
  };
  for (const metric of metrics) {
    if (metric.over === undefined) for (const type of metric.eventTypes) partsOf(type).metrics.push(metric);
  }
  for (const entity of entities) {
    for (const type of entity.events) partsOf(type).entities.push({ entity, isDeletion: false });
    for (const type of entity.deletedBy) partsOf(type).entities.push({ entity, isDeletion: true });
  }
  return new Map([...byType].map(([type, parts]) => [type, createFoldPlan(parts.metrics, parts.entities)]));
}
