/** From a question and the metric's definition to what must be read and how it becomes rows. Pure: time is given. */
import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import { hashParts } from '../hash/hash-parts.ts';
import { PUBLIC_HASH_KEY } from '../hash/siphash.ts';
import type { CompiledMetric } from '../pack/compiled.ts';
import type { EventPredicate } from '../pack/where.ts';
import type { CellFloors } from '../rollup/grain.ts';
import { bucketsOf, widened, CELL_MS, MINUTE_MS } from '../time/buckets.ts';
import type { BucketAsk, Buckets } from '../time/buckets.ts';
import { createZone } from '../time/zone.ts';
import type { Zone } from '../time/zone.ts';
import { resolveRange } from './asked-range.ts';
import type { CursorMark } from './cursor.ts';
import { hourOfWeek } from './hour-of-week.ts';
import { planFigures } from './plan-figures.ts';
import type { SmallGroups } from './plan-figures.ts';
import { columnType, measureColumn } from './plan-measures.ts';
import { planOrder } from './plan-order.ts';
import type { PlannedOrder } from './plan-order.ts';
import { planFilters, planWhere } from './plan-where.ts';
import type { PlannedFilter } from './plan-where.ts';
import type { Question, QuestionGrain, QuestionKind } from './question.ts';
import type { AnswerColumn, AskedMeasure, CellRange, PlannedDimension } from './shape.ts';

/** Stands in `group_by` for the subject, which is no dimension: its place in a series is not among `dims`. */
export const SUBJECT_INDEX = -1;

export interface Plan {
  readonly kind: QuestionKind;
  readonly metric: CompiledMetric;
  readonly range: CellRange;
  /** What of the metric's cells is dropped. */
  readonly floors: CellFloors;
  /** The asked range before it was widened to the grid of the cells, epoch milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly zone: Zone;
  readonly grain: QuestionGrain | null;
  /** Null where the answer has no buckets. */
  readonly buckets: Buckets | null;
  /** Of each bucket the hour of the week that it goes into; null but for a heatmap. */
  readonly hoursOfWeek: readonly number[] | null;
  readonly edgesRounded: boolean;
  readonly measures: readonly AskedMeasure[];
  /** What is merged of a cell: the measures, and what counts its persons. */
  readonly merged: readonly AskedMeasure[];
  /** Null: every row is shown. */
  readonly smallGroups: SmallGroups | null;
  readonly groups: readonly PlannedDimension[];
  /** Dimensions of the set that is read, for `where`. */
  readonly dimensions: readonly PlannedDimension[];
  /** Null: every series counts. */
  readonly where: EventPredicate | null;
  /** The same, one dimension at a time. */
  readonly filters: readonly PlannedFilter[];
  readonly fill: Question['fill'];
  readonly order: PlannedOrder;
  readonly limit: number;
  /** Rows that are left out at the start. */
  readonly offset: number;
  readonly isRanked: boolean;
  readonly cursor: CursorMark | null;
  readonly columns: readonly AnswerColumn[];
  /** Same for two questions exactly when their rows are made in the same way from the same cells, page apart. */
  readonly identity: string;
}

export interface PlanAsk {
  readonly question: Question;
  /** Null: the tenant has no such metric. */
  readonly metric: CompiledMetric | null;
  /** Pseudonym of the subject that the question names. */
  readonly subject: string | null;
  readonly cursor: CursorMark | null;
  readonly nowMs: number;
  readonly bucketsMax: number;
  /** What of the metric's cells is dropped; nothing where absent. */
  readonly floors?: CellFloors;
}

export function planQuestion(ask: PlanAsk): Result<Plan> {
  const { question, metric } = ask;
  if (metric === null) return failed({ code: 'metric_unknown', path: 'metric', message: 'no pack of the tenant declares this metric' });
  const planned = planFigures(question, metric);
  if (!planned.ok) return planned;
  const { set, dimensions, ...figures } = planned.value;
  const where = planWhere(question.where, dimensions);
  if (!where.ok) return where;
  const time = planTime(ask, metric);
  if (!time.ok) return time;
  const groups = question.group_by.map((name) => dimensions.find((one) => one.name === name) ?? subjectGroup(name));
  const columns = planColumns(question, groups, figures.measures);
  const order = planOrder(question, columns, { groups, measures: figures.measures });
  if (!order.ok) return order;
  const range = rangeOf(ask, metric, { setNo: set.setNo, ...time.value });
  const { floors = {} } = ask;
  const cells = { kind: question.kind, metric, range, floors, ...time.value, ...figures };
  const plan = { ...cells, groups, dimensions, where: where.value, filters: planFilters(question.where, dimensions) };
  const identity = identityOf(question, range);
  if (ask.cursor !== null && ask.cursor.question !== identity) {
    return failed({ code: 'cursor_invalid', path: 'cursor', message: 'the cursor belongs to another question' });
  }
  return ok({ ...plan, fill: question.fill, order: order.value, ...pageOf(ask), columns, identity });
}

function pageOf({ question: { limit, offset, rank }, cursor }: PlanAsk): Pick<Plan, 'limit' | 'offset' | 'isRanked' | 'cursor'> {
  return { limit, offset: cursor === null ? offset : 0, isRanked: rank, cursor };
}

interface PlannedCells extends Pick<PlannedTime, 'fromMs' | 'toMs' | 'cellMs'> {
  readonly setNo: number;
}

function rangeOf({ question, subject }: PlanAsk, metric: CompiledMetric, { setNo, fromMs, toMs, cellMs }: PlannedCells): CellRange {
  return {
    ...{ tenant: metric.tenant, metric: metric.metric, version: metric.version, setNo, subject },
    ...(question.subjects === undefined ? {} : { among: question.subjects }),
    fromS: (Math.floor(fromMs / cellMs) * cellMs) / 1_000,
    toS: (Math.ceil(toMs / cellMs) * cellMs) / 1_000,
  };
}

function subjectGroup(name: string): PlannedDimension {
  return { name, type: 'string', index: SUBJECT_INDEX };
}

interface PlannedTime {
  readonly zone: Zone;
  readonly grain: QuestionGrain | null;
  readonly buckets: Buckets | null;
  readonly hoursOfWeek: readonly number[] | null;
  readonly edgesRounded: boolean;
  readonly fromMs: number;
  readonly toMs: number;
  /** Grid to which the range is widened. */
  readonly cellMs: number;
}

function planTime(ask: PlanAsk, metric: CompiledMetric): Result<PlannedTime> {
  const { question } = ask;
  const found = findZone(question.zone);
  if (!found.ok) return found;
  const zone = found.value;
  const grain = grainOf(question);
  if (grain === 'minute' && !metric.grains.includes('minute')) {
    return failed({ code: 'grain_not_stored', path: 'grain', message: 'the pack does not declare the grain minute for this metric' });
  }
  const range = ask.cursor === null ? resolveRange(ask, zone, grain) : ok({ fromMs: ask.cursor.fromMs, toMs: ask.cursor.toMs });
  return range.ok ? planBuckets(ask, metric, { zone, grain, ...range.value }) : range;
}

function grainOf({ kind, grain }: Question): QuestionGrain | null {
  if (kind === 'heatmap') return 'hour';
  return kind === 'series' ? (grain ?? 'day') : null;
}

interface RangeToCut {
  readonly zone: Zone;
  readonly grain: QuestionGrain | null;
  readonly fromMs: number;
  readonly toMs: number;
}

function planBuckets(ask: PlanAsk, metric: CompiledMetric, { zone, grain, fromMs, toMs }: RangeToCut): Result<PlannedTime> {
  const { bucketsMax } = ask;
  const cellMs = gridOf(ask, metric, { grain, fromMs });
  const onGrid = widened({ fromMs, toMs }, cellMs);
  const isOffGrid = onGrid.fromMs !== fromMs || onGrid.toMs !== toMs;
  if (grain === null) return ok({ zone, grain, buckets: null, hoursOfWeek: null, edgesRounded: isOffGrid, fromMs, toMs, cellMs });
  const buckets = keptBuckets({ zone, grain, ...onGrid, bucketsMax, cellMs });
  if (buckets !== null) {
    const hoursOfWeek = ask.question.kind === 'heatmap' ? buckets.startsMs.map((ms) => hourOfWeek(zone, ms)) : null;
    return ok({ zone, grain, buckets, hoursOfWeek, edgesRounded: isOffGrid || buckets.edgesRounded, fromMs, toMs, cellMs });
  }
  return failed({
    code: 'range_too_large',
    path: 'from',
    message: `the range holds more than ${bucketsMax} buckets; ask for a coarser grain`,
  });
}

/**
 * Of the ranges that were cut last: on one day many ask for the same one, each about somebody else, and those that end now are the same
 * on the grid of cells. With `lastPieces` it took a dashboard that is made anew from 17.6 to 10.7 ms of the query service's processor
 * time.
 */
const cutRanges = new Map<string, Buckets>();
/** In all of them: 8 MB. A range of ten years of days has 3,653. */
const CUT_BUCKETS_MAX = 500_000;
/** What a short range takes beside its buckets is as much as some of them. */
const BUCKETS_OF_ENTRY = 20;
let cutBuckets = 0;

function keptBuckets(ask: BucketAsk): Buckets | null {
  const { zone, grain, fromMs, toMs, bucketsMax, cellMs } = ask;
  const name = `${zone.id} ${grain} ${fromMs} ${toMs} ${bucketsMax} ${cellMs}`;
  const known = cutRanges.get(name);
  if (known !== undefined) return known;
  const buckets = bucketsOf(ask);
  if (buckets === null) return null;
  const count = buckets.startsMs.length + BUCKETS_OF_ENTRY;
  if (cutBuckets + count > CUT_BUCKETS_MAX) {
    cutRanges.clear();
    cutBuckets = 0;
  }
  cutRanges.set(name, buckets);
  cutBuckets += count;
  return buckets;
}

/** Minutes where the metric keeps them for the whole range, or is asked for them; else the grid of the quarter hours. */
function gridOf(
  ask: PlanAsk,
  metric: CompiledMetric,
  { grain, fromMs }: { readonly grain: QuestionGrain | null; readonly fromMs: number },
): number {
  if (!metric.grains.includes('minute')) return CELL_MS;
  const keptFromS = ask.floors?.minute ?? Number.NEGATIVE_INFINITY;
  return grain === 'minute' || fromMs / 1_000 >= keptFromS ? MINUTE_MS : CELL_MS;
}

/** Zones keep what they learned of their changes; there are some 600 names, so all may stay. */
const zones = new Map<string, Zone>();

export function findZone(id: string): Result<Zone> {
  const known = zones.get(id);
  if (known !== undefined) return ok(known);
  const zone = createZone(id);
  if (zone === null) return failed({ code: 'zone_unknown', path: 'zone', message: 'not the name of an IANA time zone' });
  zones.set(id, zone);
  return ok(zone);
}

function planColumns({ kind, rank }: Question, groups: readonly PlannedDimension[], measures: readonly AskedMeasure[]): AnswerColumn[] {
  const columns: AnswerColumn[] = rank ? [{ name: 'rank', type: 'integer' }] : timeColumns(kind);
  for (const { name, type } of groups) columns.push({ name, type: columnType(type) });
  for (const measure of measures) columns.push(measureColumn(measure));
  return columns;
}

function timeColumns(kind: QuestionKind): AnswerColumn[] {
  if (kind === 'series') return [{ name: 'bucket', type: 'time' }];
  if (kind !== 'heatmap') return [];
  return [
    { name: 'weekday', type: 'integer' },
    { name: 'hour', type: 'integer' },
  ];
}

function identityOf(question: Question, range: CellRange): string {
  const { kind, measures, grain, zone, group_by: groupBy, where, fill, order, k } = question;
  const all = [1, range, kind, measures ?? null, grain ?? null, zone, groupBy, where, fill, order ?? null];
  return toHex(hashParts(PUBLIC_HASH_KEY, [JSON.stringify(k === undefined ? all : [...all, k])]));
}

const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX_OF_BYTE[byte];
  return text;
}
