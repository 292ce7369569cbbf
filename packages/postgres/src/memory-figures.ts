/** Figures over rows in memory, by their definitions. */
import { ExactSum, formatExact, parseExact } from '@tidegate/core';
import type { EntityColumn, EntityFigures, EntityMember, EntityValue, FigureList, FigureValue, PlannedFigure } from '@tidegate/core';
import type { StoredEntityRow, StoredFigures } from './entity-reader.ts';
import { compareKeys, compareTied, compareValues, holds, valueAt } from './memory-entity-match.ts';

const DAY_MS = 86_400_000;

/** `rows`: those that are found, with what stands beside them. One more group than the limit. */
export function figuresOf(asked: EntityFigures, rows: readonly StoredEntityRow[]): readonly StoredFigures[] {
  const keyed = rows.map((row) => ({
    row,
    bucket: bucketOf(asked, row),
    groups: asked.groups.map((group) => valueAt(row, group) ?? null),
  }));
  const groups = Map.groupBy(keyed, ({ bucket, groups: values }) => JSON.stringify([bucket, values]));
  if (asked.groups.length === 0 && asked.buckets?.isShown !== true && groups.size === 0) groups.set('', []);
  const made = [...groups.values()].map((members): StoredFigures => ({
    bucket: members[0]?.bucket ?? null,
    groups: members[0]?.groups ?? [],
    figures: asked.figures.map((figure) =>
      figureOf(
        figure,
        members.map(({ row }) => row),
      ),
    ),
  }));
  return made.toSorted((a, b) => compareFigures(asked, a, b)).slice(0, asked.limit + 1);
}

function bucketOf({ buckets }: EntityFigures, row: StoredEntityRow): number | null {
  if (buckets === null || !buckets.isShown) return null;
  const ms = instantOf(buckets.at, row) ?? 0;
  return buckets.edgesMs.findLastIndex((edge) => edge <= ms);
}

function compareFigures({ order, figures, groups }: EntityFigures, a: StoredFigures, b: StoredFigures): number {
  const at = figures.findIndex(({ name }) => name === order?.name);
  const figure = figures[at];
  const pairs = [
    ...(figure === undefined ? [] : [nullsLast([a.figures[at], b.figures[at]], figure.column, order?.isDescending === true ? -1 : 1)]),
    (a.bucket ?? 0) - (b.bucket ?? 0),
    ...groups.map(({ column }, place) => nullsLast([a.groups[place], b.groups[place]], column, 1)),
  ];
  return pairs.find((one) => one !== 0) ?? 0;
}

type Pair = readonly [EntityValue | null | undefined, EntityValue | null | undefined];

function nullsLast([a = null, b = null]: Pair, column: EntityColumn, sign: 1 | -1): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return sign * compareValues(a, b, column === 'numeric');
}

function isAmong({ least, below }: PlannedFigure, value: number): boolean {
  return (least === null || value >= least) && (below === null || value < below);
}

interface Measured {
  readonly row: StoredEntityRow;
  readonly value: EntityValue;
  readonly weight: number | null;
}

function figureOf(figure: PlannedFigure, rows: readonly StoredEntityRow[]): EntityValue | null {
  const { kind, value, list, by, weight, conditions } = figure;
  const counted = rows.filter((row) => conditions.every((condition) => holds(condition, valueAt(row, condition))));
  if (list !== null) return listOf(list, counted);
  if (value === null) return String(counted.length);
  const found = counted.flatMap((row): Measured[] => {
    const one = measured(value, row);
    return one !== null && isAmong(figure, Number(one)) ? [{ row, value: one, weight: numberOf(firstOf(weight, row)) }] : [];
  });
  if (by !== null) return endOf(found, by, kind === 'last' ? -1 : 1);
  if (weight.length > 0) return weighted(found);
  return ofValues(
    figure,
    found.map((one) => one.value),
  );
}

function ofValues(figure: PlannedFigure, values: readonly EntityValue[]): EntityValue | null {
  const { kind } = figure;
  if (kind === 'count') return String(values.length);
  if (kind === 'distinct') return String(new Set(values.map(String)).size);
  if (kind === 'min' || kind === 'max') return extreme(values, { isExact: figure.column === 'numeric', sign: kind === 'min' ? -1 : 1 });
  return ofNumbers(figure, values);
}

/** Of those at one place the one of the later event. */
function endOf(found: readonly Measured[], by: EntityMember, sign: 1 | -1): EntityValue | null {
  const placed = found.filter(({ row }) => valueAt(row, by) !== undefined);
  const [first] = placed.toSorted(
    (a, b) => nullsLast([valueAt(a.row, by), valueAt(b.row, by)], by.column, sign) || compareTied(b.row, a.row),
  );
  return first?.value ?? null;
}

function listOf({ members, by }: FigureList, rows: readonly StoredEntityRow[]): string {
  const sorted = rows.toSorted((a, b) => nullsLast([valueAt(a, by), valueAt(b, by)], by.column, 1) || compareKeys(a, b));
  return JSON.stringify(sorted.map((row) => members.map((member) => valueAt(row, member) ?? null)));
}

function weighted(found: readonly Measured[]): number | null {
  const all = found.reduce((total, { weight }) => total + (weight ?? 0), 0);
  return all === 0 ? null : found.reduce((total, { value, weight }) => total + Number(value) * (weight ?? 0), 0) / all;
}

function numberOf(value: EntityValue | null): number | null {
  return value === null ? null : Number(value);
}

function firstOf(members: readonly EntityMember[], row: StoredEntityRow): EntityValue | null {
  return members.map((member) => valueAt(row, member)).find((one) => one !== undefined) ?? null;
}

function measured(value: FigureValue, row: StoredEntityRow): EntityValue | null {
  if (value.kind === 'first') return firstOf(value.members, row);
  const [from, to] = [instantOf(value.from, row), instantOf(value.to, row)];
  if (from === null || to === null) return null;
  return value.kind === 'seconds' ? (to - from) / 1_000 : Math.floor(to / DAY_MS) - Math.floor(from / DAY_MS);
}

function instantOf(member: EntityMember, row: StoredEntityRow): number | null {
  const value = valueAt(row, member);
  if (value === undefined) return null;
  return member.column === 'date' ? Number(value) * DAY_MS : Number(value);
}

function extreme(
  values: readonly EntityValue[],
  { isExact, sign }: { readonly isExact: boolean; readonly sign: 1 | -1 },
): EntityValue | null {
  return values.reduce<EntityValue | null>(
    (best, one) => (best === null || sign * compareValues(one, best, isExact) > 0 ? one : best),
    null,
  );
}

function ofNumbers({ kind, column, q }: PlannedFigure, values: readonly EntityValue[]): EntityValue | null {
  const total = new ExactSum();
  for (const value of values) total.add(parseExact(String(value)) ?? { unscaled: 0, scale: 0 });
  const sum = formatExact(total.value());
  if (kind === 'sum') return column === 'numeric' ? sum : Number(sum);
  if (values.length === 0) return null;
  const mean = Number(sum) / values.length;
  if (kind === 'avg') return mean;
  const numbers = values.map(Number).toSorted((a, b) => a - b);
  if (kind === 'percentile') return percentile(numbers, q);
  return numbers.length < 2 ? null : Math.sqrt(numbers.reduce((all, one) => all + (one - mean) ** 2, 0) / (numbers.length - 1));
}

function percentile(sorted: readonly number[], q: number): number | null {
  const place = q * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return below === undefined || above === undefined ? null : below + (above - below) * (place - Math.floor(place));
}
