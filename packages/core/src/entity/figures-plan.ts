/** Figures over an entity's rows as they are now: what rollups of a metric cannot take out again, and what stands beside rows. */
import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import type { Where } from '../pack/compiled.ts';
import { resolveRange } from '../query/asked-range.ts';
import { findZone } from '../query/plan.ts';
import { bucketsOf } from '../time/buckets.ts';
import type { BucketGrain } from '../time/buckets.ts';
import { toIsoUtc } from '../time/iso.ts';
import type { Zone } from '../time/zone.ts';
import { allMembers, ENTITY_ROWS_MAX, planFound } from './read-plan.ts';
import type { EntityFound, EntityQuestion } from './read-plan.ts';
import { allOf, planFigure, TIMES } from './figure.ts';
import type { FigureAsk, PlannedFigure } from './figure.ts';
import { memberCalled, membersOf } from './read-members.ts';
import type { EntityMember } from './read-members.ts';

export interface BucketsAsk {
  /** The date or instant that places a row. */
  readonly at: string;
  readonly from: string;
  readonly to: string;
  readonly zone: string;
  /** Absent: the range is one bucket, and no row says so. */
  readonly grain?: BucketGrain | undefined;
}

export interface FiguresQuestion extends Omit<EntityQuestion, 'limit' | 'whole' | 'after'> {
  readonly groupBy: readonly string[];
  readonly range?: BucketsAsk | undefined;
  readonly measures: Readonly<Record<string, FigureAsk>>;
  /** Absent: all, and more than can be answered are refused. */
  readonly limit?: number | undefined;
}

export interface EntityFigures {
  readonly found: EntityFound;
  readonly groups: readonly EntityMember[];
  readonly buckets: FigureBuckets | null;
  readonly figures: readonly PlannedFigure[];
  /** Of a figure; null: by bucket and group. */
  readonly order: { readonly name: string; readonly isDescending: boolean } | null;
  readonly limit: number;
  /** Rows beyond the limit were not asked for; else they are refused. */
  readonly isCut: boolean;
}

export interface FigureBuckets {
  readonly at: EntityMember;
  readonly zone: Zone;
  /** Whether rows are told apart by bucket. */
  readonly isShown: boolean;
  readonly startsMs: readonly number[];
  /** One more than there are buckets. */
  readonly edgesMs: readonly number[];
}

export function planFigures(question: FiguresQuestion): Result<EntityFigures> {
  const buckets = question.range === undefined ? ok(null) : planBuckets(question.range, membersOf(question.entity));
  if (!buckets.ok) return buckets;
  const where = buckets.value === null ? question.where : within(question.where ?? {}, buckets.value);
  const found = planFound({ ...question, where });
  if (!found.ok) return found;
  const members = allMembers(found.value);
  const groups = allOf(question.groupBy, (name, at) => memberCalled(members, name, `group_by[${at}]`));
  if (!groups.ok) return groups;
  const figures = allOf(Object.entries(question.measures), ([name, asked]) => planFigure(name, asked, members));
  if (!figures.ok) return figures;
  const order = planFigureOrder(question.order, figures.value);
  if (!order.ok) return order;
  const { limit = ENTITY_ROWS_MAX } = question;
  const isCut = question.limit !== undefined;
  return ok({ found: found.value, groups: groups.value, buckets: buckets.value, figures: figures.value, order: order.value, limit, isCut });
}

/** A date is the same in every zone: the days of such a member are those of UTC. */
function planBuckets(asked: BucketsAsk, members: readonly EntityMember[]): Result<FigureBuckets> {
  const at = memberCalled(members, asked.at, 'range.at');
  if (!at.ok) return at;
  if (!TIMES.has(at.value.column)) return failed({ code: 'where_type_mismatch', path: 'range.at', message: 'is no date or instant' });
  const zone = findZone(at.value.column === 'date' ? 'UTC' : asked.zone);
  if (!zone.ok) return zone;
  const range = resolveRange({ question: { from: asked.from, to: asked.to }, nowMs: 0 }, zone.value, null);
  if (!range.ok) return range;
  const { fromMs, toMs } = range.value;
  if (asked.grain === undefined) return ok({ at: at.value, zone: zone.value, isShown: false, startsMs: [fromMs], edgesMs: [fromMs, toMs] });
  const buckets = bucketsOf({ zone: zone.value, grain: asked.grain, fromMs, toMs, bucketsMax: ENTITY_ROWS_MAX, cellMs: 1 });
  if (buckets === null) return failed({ code: 'range_too_large', path: 'range', message: `holds more than ${ENTITY_ROWS_MAX} buckets` });
  return ok({ at: at.value, zone: zone.value, isShown: true, ...buckets });
}

function within(where: Where, { at, edgesMs }: FigureBuckets): Where {
  const textOf = (ms: number | undefined): string => toIsoUtc(ms ?? 0).slice(0, at.column === 'date' ? 10 : undefined);
  return { ...where, [at.name]: { ...where[at.name], gte: textOf(edgesMs[0]), lt: textOf(edgesMs.at(-1)) } };
}

function planFigureOrder(order: string | undefined, figures: readonly PlannedFigure[]): Result<EntityFigures['order']> {
  if (order === undefined) return ok(null);
  const isDescending = order.startsWith('-');
  const name = isDescending ? order.slice(1) : order;
  if (figures.some((figure) => figure.name === name)) return ok({ name, isDescending });
  return failed({ code: 'request_invalid', path: 'order', message: 'names no measure of the question' });
}
