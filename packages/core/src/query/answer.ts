/** From cells to rows: merges states over partitions, buckets and series, then fills, orders and cuts. Pure. */
import type { MeasureKind } from '../pack/compiled.ts';
import { OTHER_VALUE } from '../rollup/dimension-budget.ts';
import { createState, readMeasureAt } from '../rollup/state.ts';
import { toIsoIn } from '../time/iso.ts';
import type { CursorMark } from './cursor.ts';
import { createLocator } from './bucket-locator.ts';
import { createDimsAccess, dimensionValue } from './dims-access.ts';
import { HOURS_OF_WEEK, weekdayAndHour } from './hour-of-week.ts';
import { measureAnswer } from './measure-value.ts';
import type { StateAlgebra } from './measure-value.ts';
import type { Group, HiddenCells } from './hidden-cells.ts';
import { hiddenIn } from './hidden-cells.ts';
import type { Plan } from './plan.ts';
import { SUBJECT_INDEX } from './plan.ts';
import { compareRows, markOf, rowOfMark } from './row-order.ts';
import type { KeyedRow } from './row-order.ts';
import type { AnswerRow, AnswerValue, PlannedDimension } from './shape.ts';

export interface SeriesOfCells {
  readonly subject: string;
  readonly dims: readonly (string | null)[];
}

/** Takes the state of one cell, in any order of cells. */
export type CellSink<S> = (bucketS: number, state: S, revision: number) => void;

export interface AnswerTable {
  readonly rows: readonly AnswerRow[];
  /** Where the next page begins; null on the last one. */
  readonly next: CursorMark | null;
  /** Sum over the cells that were merged. */
  readonly revision: number;
  /** Dimensions of the question of which values are counted as `_other` in its range, because a day's budget was spent. */
  readonly overBudget: readonly string[];
  /** Rows that are withheld: of few persons, or so that a total of the others does not give those away. */
  readonly suppressed: number;
}

export interface AnswerBuilder<S> {
  /** Null: the series does not count for this question. */
  series(entry: SeriesOfCells): CellSink<S> | null;
  finish(): AnswerTable;
}

/** `subjectShown` stands in the answer for the pseudonym of the one subject that the caller named by its plain id. */
export function createAnswer<S>(plan: Plan, algebra: StateAlgebra<S>, subjectShown: string | null): AnswerBuilder<S> {
  const dims = createDimsAccess(plan.dimensions);
  const groups = new Map<string, Group<S>>();
  const locate = createLocator(plan.range, plan.buckets);
  const rowOf = (bucket: number): number => plan.hoursOfWeek?.[bucket] ?? bucket;
  const watched = [...new Set([...plan.groups, ...plan.filters.map(({ dimension }) => dimension)])];

  /** A series that the filters leave out for no other reason than that its values are not told may hold what is asked for. */
  function untold(entry: SeriesOfCells): CellSink<S> | null {
    if (othersOf(watched, entry).length === 0) return null;
    const failing = plan.filters.filter(({ holds }) => !holds(dims)).map(({ dimension }) => dimension);
    const others = othersOf(failing, entry);
    if (others.length < failing.length) return null;
    return (bucketS) => {
      if (locate(bucketS) >= 0) note(overBudget, others);
    };
  }

  const isOf = createIsOf(plan);
  const countsBySeries = plan.smallGroups?.persons === null;
  let revisions = 0;
  const overBudget = new Set<string>();
  return {
    series(entry) {
      if (!isOf(entry)) return null;
      dims.look(entry.dims);
      const isCounted = plan.where === null || plan.where(dims);
      if (!isCounted) return untold(entry);
      const others = othersOf(watched, entry);
      const group = groupOf(groups, groupTexts(plan, entry));
      const person = countsBySeries && entry.subject !== '' ? entry.subject : null;
      return (bucketS, state, revision) => {
        const at = locate(bucketS);
        if (at < 0) return;
        note(overBudget, others);
        const row = rowOf(at);
        group.states[row] = algebra.merge(group.states[row] ?? algebra.empty(), state);
        if (person !== null) (group.persons[row] ??= new Set()).add(person);
        revisions += revision;
      };
    },
    finish() {
      const hidden = hiddenIn(plan, algebra, groups);
      const rows = keyedRows(plan, algebra, { groups, hidden });
      const after = plan.cursor === null ? null : rowOfMark(plan.cursor);
      const compare = compareRows(plan);
      const ordered = (after === null ? rows : rows.filter((row) => compare(row, after) > 0)).sort(compare);
      const end = plan.offset + plan.limit;
      const page = ordered.slice(plan.offset, end);
      const last = page.at(-1);
      const before = rows.length - ordered.length + plan.offset;
      const shown = page.map(createShow(plan, subjectShown));
      return {
        rows: plan.isRanked ? shown.map((row, at) => [before + at + 1, ...row]) : shown,
        next: last === undefined || ordered.length <= end ? null : markOf(plan, last),
        revision: revisions,
        overBudget: [...overBudget].sort(),
        suppressed: hidden?.cells ?? 0,
      };
    },
  };
}

/** Whether the series is of a subject that is asked for. */
function createIsOf({ range: { subject: only, among: named } }: Plan): (entry: SeriesOfCells) => boolean {
  const among = named === undefined ? null : new Set(named);
  return ({ subject }) => (only === null || subject === only) && (among === null || among.has(subject));
}

/** Names of these dimensions of which the series does not tell the value. */
function othersOf(dimensions: readonly PlannedDimension[], entry: SeriesOfCells): readonly string[] {
  return dimensions.flatMap(({ name, index }) => (entry.dims[index] === OTHER_VALUE ? [name] : []));
}

function note(into: Set<string>, names: readonly string[]): void {
  for (const name of names) into.add(name);
}

function groupTexts(plan: Plan, entry: SeriesOfCells): (string | null)[] {
  return plan.groups.map(({ index }) => (index === SUBJECT_INDEX ? entry.subject : (entry.dims[index] ?? null)));
}

function groupOf<S>(groups: Map<string, Group<S>>, texts: readonly (string | null)[]): Group<S> {
  // Texts never hold U+0000, so joining by it keeps keys apart; 0 and 1 keep an absent value from an empty one.
  const key = texts.map((text) => (text === null ? '0' : `1${text}`)).join('\u0000');
  const known = groups.get(key);
  if (known !== undefined) return known;
  const group: Group<S> = { key, texts, states: [], persons: [] };
  groups.set(key, group);
  return group;
}

/** What tells the rows of a group apart. */
function placesOf({ hoursOfWeek, buckets }: Plan): readonly (number | null)[] {
  return hoursOfWeek === null ? (buckets?.startsMs ?? [null]) : ALL_HOURS;
}

const ALL_HOURS = Array.from({ length: HOURS_OF_WEEK }, (_, hour) => hour);

/** Rows of entities that left a group leave no row of zeros behind. */
function isGone<S>({ metric }: Plan, algebra: StateAlgebra<S>, state: S): boolean {
  return metric.over !== undefined && algebra.isEmpty?.(state) === true;
}

interface Answered<S> {
  readonly groups: Map<string, Group<S>>;
  /** Null: everything is shown. */
  readonly hidden: HiddenCells<S> | null;
}

/** Rows in no order. Without groups there is always the one group of everything, so that it can be filled or be all zero. */
function keyedRows<S>(plan: Plan, algebra: StateAlgebra<S>, { groups, hidden }: Answered<S>): KeyedRow[] {
  const isFilled = plan.kind === 'summary' || plan.fill !== 'none';
  if (isFilled && plan.groups.length === 0) groupOf(groups, []);
  const rows: KeyedRow[] = [];
  const valuesOf = createValues(plan, algebra, { isFilled, hidden });
  for (const group of groups.values()) {
    // That there is such a group would tell of its few.
    if (hidden?.isAllHidden(group) === true && group.texts.length > 0) continue;
    const { key, texts } = group;
    for (const [at, bucketMs] of placesOf(plan).entries()) {
      const values = valuesOf(group, at);
      if (values !== null) rows.push({ key, texts, bucketMs, values });
    }
  }
  return rows;
}

/** Of a place of a group; null: it has no row. */
function createValues<S>(
  plan: Plan,
  algebra: StateAlgebra<S>,
  { isFilled, hidden }: Pick<Answered<S>, 'hidden'> & { readonly isFilled: boolean },
): (group: Group<S>, at: number) => KeyedRow['values'] | null {
  return (group, at) => {
    const state = group.states[at];
    if (hidden?.isHidden(group, at) === true) return isFilled ? withoutValues(plan) : null;
    if (state !== undefined && !isGone(plan, algebra, state)) return plan.measures.map((measure) => algebra.read(state, measure));
    return isFilled ? emptyValues(plan) : null;
  };
}

function withoutValues({ measures }: Plan): KeyedRow['values'] {
  return measures.map(() => null);
}

/**
 * Nothing happened: counts (of different values and in lists too) are 0 and nothing else has a value; asked to fill with zero a
 * sum is 0 too; with null all is null.
 */
function emptyValues(plan: Plan): KeyedRow['values'] {
  return plan.measures.map(({ measure }) => {
    if (plan.fill === 'null') return null;
    if (COUNTS.has(measure.kind)) return readMeasureAt(createState([measure]), 0);
    return measure.kind === 'sum' && plan.fill === 'zero' ? { unscaled: 0, scale: 0 } : null;
  });
}

const COUNTS: ReadonlySet<MeasureKind> = new Set<MeasureKind>(['count', 'distinct', 'top_k', 'histogram']);

function createShow(plan: Plan, subjectShown: string | null): (row: KeyedRow) => AnswerRow {
  const isoOf = new Map<number, string>();
  const time = (bucketMs: number): string => {
    const text = isoOf.get(bucketMs) ?? toIsoIn(plan.zone, bucketMs);
    isoOf.set(bucketMs, text);
    return text;
  };
  const when = (bucketMs: number): AnswerValue[] => (plan.hoursOfWeek === null ? [time(bucketMs)] : [...weekdayAndHour(bucketMs)]);
  return ({ bucketMs, texts, values }) => {
    const row: AnswerValue[] = bucketMs === null ? [] : when(bucketMs);
    for (const [at, { type, index }] of plan.groups.entries()) {
      const text = texts[at] ?? null;
      row.push(index === SUBJECT_INDEX ? (subjectShown ?? (text === '' ? null : text)) : dimensionValue(text, type));
    }
    for (const [at, { measure }] of plan.measures.entries()) row.push(measureAnswer(values[at] ?? null, measure));
    return row;
  };
}
