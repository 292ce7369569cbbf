import { EntityChanges } from '../entity/entity-changes.ts';
import type { CompiledMeasure } from '../pack/compiled.ts';
import type { EventView } from './event-view.ts';
import type { FoldPlan, PlannedAdds, PlannedInput, PlannedMetric } from './fold-plan.ts';
import type { CellDelta, DayOfEvents, FoldedBatch, FoldPlanSource, Folder } from './folder-shape.ts';
import { bucketStart } from './grain.ts';
import { addMore } from './more-adds.ts';
import { absentInput, toDouble } from './number-input.ts';
import type { NumberInput } from './number-input.ts';
import type { CountState, ExtremeState, QuantileState, SumState } from './number-states.ts';
import { SeriesTable } from './series-table.ts';
import type { KnownSeries } from './series-table.ts';
import { createState } from './state.ts';
import type { RollupState } from './state.ts';
import { EventStamp, ValueInput } from './value-input.ts';

const DAY_MS = 86_400_000;
/** Known series beyond which those that were not met lately are forgotten between two batches; a million would be some 500 MB. */
const SERIES_MAX = 200_000;

/** A plan with this folder's tables. */
interface BoundPlan {
  readonly plan: FoldPlan;
  readonly values: (string | null)[];
  readonly inputs: readonly NumberInput[];
  readonly fields: readonly ValueInput[];
  readonly stamp: EventStamp | null;
  readonly metrics: readonly BoundMetric[];
}

interface BoundMetric {
  readonly planned: PlannedMetric;
  readonly tables: readonly SeriesTable[];
}

export function createFolder(planOf: FoldPlanSource, options: { readonly seriesMax?: number } = {}): Folder {
  const seriesMax = options.seriesMax ?? SERIES_MAX;
  const tables = new Map<string, SeriesTable>();
  const bound = new WeakMap<FoldPlan, BoundPlan>();
  const stamp = new EventStamp();
  let batch = new OpenBatch(0);

  /** Two versions of a pack share the tables of the metric versions that both have, so a batch names each cell once. */
  function tableOf(planned: PlannedMetric, setNo: number): SeriesTable {
    const { tenant, metric, version } = planned.metric;
    const name = `${tenant} ${metric} ${version} ${setNo}`;
    const known = tables.get(name);
    if (known !== undefined) return known;
    const made = new SeriesTable(planned.metric, setNo);
    tables.set(name, made);
    return made;
  }

  function bind(plan: FoldPlan): BoundPlan {
    const known = bound.get(plan);
    if (known !== undefined) return known;
    const made: BoundPlan = {
      plan,
      values: plan.dimensions.map(() => null),
      inputs: plan.inputs.map(absentInput),
      fields: plan.values.map((field) => new ValueInput(field)),
      stamp: plan.needsStamp ? stamp : null,
      metrics: plan.metrics.map((planned) => ({ planned, tables: planned.sets.map((set) => tableOf(planned, set.setNo)) })),
    };
    bound.set(plan, made);
    return made;
  }

  function nextBatch(): OpenBatch {
    const done = batch;
    let known = 0;
    for (const table of tables.values()) known += table.size;
    // Two ages together hold so many.
    if (known > seriesMax / 2) for (const table of tables.values()) table.age();
    batch = new OpenBatch(done.number + 1);
    return done;
  }

  return {
    fold(event, arrivedAtMs) {
      const timeMs = event.timeMs();
      batch.countDay(event.tenant(), timeMs, arrivedAtMs);
      const plan = planOf(event.tenant(), event.type());
      if (plan === null) return;
      const to = bind(plan);
      readEvent(event, to);
      const quarterS = bucketStart(timeMs, 'quarter_hour');
      const minuteS = plan.hasMinutes ? bucketStart(timeMs, 'minute') : quarterS;
      for (const metric of to.metrics) {
        if (metric.planned.where !== null && !metric.planned.where(event)) continue;
        addToSets(event, metric, { to, batch, bucketS: metric.planned.isByMinute ? minuteS : quarterS });
      }
      if (plan.entities.length > 0) batch.entities.add(event, plan.entities);
    },
    cells: () => batch.cells,
    take: () => nextBatch().finish(),
    discard: () => void nextBatch().finish(),
  };
}

function readEvent(event: EventView, to: BoundPlan): void {
  const { dimensions, typeSlot, inputs } = to.plan;
  for (let i = 0; i < dimensions.length; i += 1) to.values[i] = event.dimension(dimensions[i] ?? '');
  if (typeSlot >= 0) to.values[typeSlot] = event.type();
  for (let i = 0; i < inputs.length; i += 1) {
    const planned = inputs[i];
    const input = to.inputs[i];
    if (planned !== undefined && input !== undefined) readInput(event, planned, input);
  }
  for (const field of to.fields) field.look(event);
  to.stamp?.look(event);
}

function readInput(event: EventView, planned: PlannedInput, into: NumberInput): void {
  into.bin = Number.NaN;
  if (planned.numbers === 'double') {
    into.double = event.double(planned.field);
    into.isPresent = !Number.isNaN(into.double);
    return;
  }
  const exact = event.exact(planned.field);
  into.exact = exact;
  into.isPresent = exact !== null;
  if (exact !== null) into.double = toDouble(exact);
}

interface FoldTarget {
  readonly to: BoundPlan;
  readonly batch: OpenBatch;
  readonly bucketS: number;
}

function addToSets(event: EventView, metric: BoundMetric, target: FoldTarget): void {
  const { planned, tables } = metric;
  for (let i = 0; i < planned.sets.length; i += 1) {
    const set = planned.sets[i];
    const table = tables[i];
    if (set === undefined || table === undefined) continue;
    // Events without a subject have the series "" of their own in a set by subject, so that the set adds up to all events.
    const subject = set.bySubject ? event.subject() : '';
    const series = table.find(subject, target.to.values, set.slots);
    const state = target.batch.cell(series, target.bucketS, planned.metric.measures);
    addValues(state, planned.adds, target.to.inputs);
    if (planned.adds.more !== null) addMore(state, planned.adds.more, target.to);
  }
}

const NO_INPUT = absentInput();

/** The casts hold because the plan and the state are made from the same list of measures. */
function addValues(state: RollupState, adds: PlannedAdds, inputs: readonly NumberInput[]): void {
  for (const { measure } of adds.counts) (state[measure] as CountState).add(NO_INPUT);
  for (const { measure, input } of adds.sums) (state[measure] as SumState).add(inputs[input] ?? NO_INPUT);
  for (const { measure, input } of adds.extremes) (state[measure] as ExtremeState).add(inputs[input] ?? NO_INPUT);
  for (const { measure, input } of adds.quantiles) (state[measure] as QuantileState).add(inputs[input] ?? NO_INPUT);
}

/** What was folded since the last take. */
class OpenBatch {
  readonly number: number;
  readonly entities = new EntityChanges();
  private events = 0;
  private readonly deltas: CellDelta[] = [];
  private readonly days: DayOfEvents[] = [];
  private readonly series: KnownSeries[] = [];

  constructor(number: number) {
    this.number = number;
  }

  get cells(): number {
    return this.deltas.length;
  }

  /** What the known series hold of this batch is let go: it would stay until each of them is met again. */
  finish(): FoldedBatch {
    for (const series of this.series) {
      series.cells = null;
      series.lastState = null;
    }
    const series = this.series.map(({ entry }) => entry);
    return { events: this.events, series, deltas: this.deltas, days: this.days, entities: this.entities.take() };
  }

  countDay(tenant: string, timeMs: number, arrivedAtMs: number): void {
    this.events += 1;
    const eventDay = Math.floor(timeMs / DAY_MS);
    const arrivalDay = Math.floor(arrivedAtMs / DAY_MS);
    // A batch holds few days and tenants; the newest come last and are met first.
    for (let i = this.days.length - 1; i >= 0; i -= 1) {
      const known = this.days[i];
      if (known?.eventDay === eventDay && known.arrivalDay === arrivalDay && known.tenant === tenant) return;
    }
    this.days.push({ arrivalDay, eventDay, tenant });
  }

  cell(series: KnownSeries, bucketS: number, measures: readonly CompiledMeasure[]): RollupState {
    if (series.batch !== this.number) this.adopt(series);
    if (series.lastBucketS === bucketS && series.lastState !== null) return series.lastState;
    let state = series.cells?.get(bucketS);
    if (state === undefined) {
      state = createState(measures);
      if (series.lastState !== null) {
        series.cells ??= new Map([[series.lastBucketS, series.lastState]]);
        series.cells.set(bucketS, state);
      }
      this.deltas.push({ series: series.place, grain: series.grain, bucketS, state });
    }
    series.lastBucketS = bucketS;
    series.lastState = state;
    return state;
  }

  private adopt(series: KnownSeries): void {
    series.batch = this.number;
    series.place = this.series.push(series) - 1;
  }
}
