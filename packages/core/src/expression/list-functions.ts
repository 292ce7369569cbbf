/** What expressions do with lists of rows. Each walks its list once and is charged for it. */
import { withheldCells } from '../query/small-groups.ts';
import type { PersonTally } from '../query/small-groups.ts';
import { compareValues, listOf, numberOf, WrongValue } from './number-functions.ts';
import { spend } from './work.ts';

type Row = Readonly<Record<string, unknown>>;

export function rowOf(value: unknown): Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new WrongValue('a row is needed');
  return value instanceof Map ? (Object.fromEntries(value) as Row) : (value as Row);
}

/** A member, or null where there is none: rows of what was never sent lack it. */
export function memberOf(row: unknown, name: unknown): unknown {
  const key = textOf(name);
  // A map may hold a row of each person: it is not walked for one.
  if (row instanceof Map) return row.get(key) ?? null;
  const members = rowOf(row);
  return Object.hasOwn(members, key) ? members[key] : null;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  throw new WrongValue('a text is needed');
}

/** By a member, or by several in turn; `-` before a name: the greatest first. Nulls come last either way; ties keep their order. */
export function sortBy(list: unknown, by: unknown): readonly unknown[] {
  const keys = (Array.isArray(by) ? by : [by]).map(textOf);
  const rows = listOf(list);
  spend(rows.length * Math.ceil(Math.log2(rows.length + 2)));
  const marked = rows.map((row) => ({ row, values: keys.map((key) => memberOf(row, key.replace(/^-/, ''))) }));
  marked.sort((a, b) => {
    for (const [at, key] of keys.entries()) {
      const order = compareMarked(a.values[at], b.values[at], key.startsWith('-'));
      if (order !== 0) return order;
    }
    return 0;
  });
  return marked.map(({ row }) => row);
}

function compareMarked(a: unknown, b: unknown, isFalling: boolean): number {
  const order = compareValues(a, b);
  return isFalling && a !== null && b !== null ? -order : order;
}

/** `{key, rows}` for each value of a member, in the order in which the values first come. */
export function groupBy(list: unknown, name: unknown): readonly Row[] {
  const groups = new Map<unknown, unknown[]>();
  for (const row of listOf(list)) {
    const key = memberOf(row, name);
    const rows = groups.get(key);
    if (rows === undefined) groups.set(key, [row]);
    else rows.push(row);
  }
  return [...groups].map(([key, rows]) => ({ key, rows }));
}

/** From the value of a member to its row, the last where several have it. Rows without the value are left out. */
export function keyBy(list: unknown, name: unknown): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>();
  for (const row of listOf(list)) {
    const key = memberOf(row, name);
    if (key !== null) found.set(textOf(key), row);
  }
  return found;
}

export function take(list: unknown, count: unknown): readonly unknown[] {
  return listOf(list).slice(0, Math.max(0, numberOf(count) ?? 0));
}

export function skip(list: unknown, count: unknown): readonly unknown[] {
  return listOf(list).slice(Math.max(0, numberOf(count) ?? 0));
}

/** The last so many. */
export function tail(list: unknown, count: unknown): readonly unknown[] {
  const rows = listOf(list);
  return rows.slice(Math.max(0, rows.length - (numberOf(count) ?? 0)));
}

export function first(list: unknown): unknown {
  return listOf(list)[0] ?? null;
}

export function last(list: unknown): unknown {
  return listOf(list).at(-1) ?? null;
}

/** Each row with `rank` 1, 2, 3 … in the order of the list (D-08). */
export function ranked(list: unknown): readonly Row[] {
  return listOf(list).map((row, at) => ({ rank: at + 1, ...rowOf(row) }));
}

/** The rows of both; members of the second win. */
export function merge(a: unknown, b: unknown): Row {
  return { ...rowOf(a), ...rowOf(b) };
}

export function flatten(lists: unknown): readonly unknown[] {
  return listOf(lists).flatMap((one) => listOf(one));
}

/** Each value once, in the order in which it first comes. */
export function distinct(list: unknown): readonly unknown[] {
  return [...new Set(listOf(list))];
}

export function compact(list: unknown): readonly unknown[] {
  return listOf(list).filter((value) => value !== null);
}

/** 0, 1, … count - 1. */
export function range(count: unknown): readonly number[] {
  const length = Math.max(0, Math.floor(numberOf(count) ?? 0));
  spend(length);
  return Array.from({ length }, (_, at) => at);
}

/** The sum of a list of numbers so far, at each of its places. */
export function runningSum(list: unknown): readonly number[] {
  let total = 0;
  return listOf(list).map((value) => (total += numberOf(value) ?? 0));
}

/** At each place the sum of its number and of those before it, `count` in all; of nothing but nulls null. */
export function rollingSum(list: unknown, count: unknown): readonly (number | null)[] {
  return rolling(list, count, (numbers) => numbers.reduce((total, one) => total + one, 0));
}

export function rollingAvg(list: unknown, count: unknown): readonly (number | null)[] {
  return rolling(list, count, (numbers) => numbers.reduce((total, one) => total + one, 0) / numbers.length);
}

function rolling(list: unknown, count: unknown, of: (numbers: readonly number[]) => number): readonly (number | null)[] {
  const values = listOf(list).map(numberOf);
  const width = Math.max(1, Math.floor(numberOf(count) ?? 1));
  spend(values.length * Math.min(width, values.length));
  return values.map((_, at) => {
    const numbers = values.slice(Math.max(0, at - width + 1), at + 1).filter((one) => one !== null);
    return numbers.length === 0 ? null : of(numbers);
  });
}

/** At each place its value, or the last one of at most so many places before it. */
export function carried(list: unknown, count: unknown): readonly unknown[] {
  const most = Math.max(0, Math.floor(numberOf(count) ?? 0));
  let known: unknown = null;
  let age = 0;
  return listOf(list).map((value) => {
    age = value === null ? age + 1 : 0;
    if (value !== null) known = value;
    return age > most ? null : known;
  });
}

/** Two lists: rows up to the half of all that a member adds up to, and those after it. A row is where its middle is, in the second at the half. */
export function halves(list: unknown, member: unknown): readonly [readonly unknown[], readonly unknown[]] {
  const rows = listOf(list).map((row) => ({ row, size: numberOf(memberOf(row, member)) ?? 0 }));
  const half = rows.reduce((total, { size }) => total + size, 0) / 2;
  const sides: [unknown[], unknown[]] = [[], []];
  let before = 0;
  for (const { row, size } of rows) {
    sides[before + size / 2 < half ? 0 : 1].push(row);
    before += size;
  }
  return sides;
}

/**
 * Rows that are the parts of one total, no person in two of them: the member, of 1 to least - 1 persons, is null and the row
 * `suppressed`, and so the smallest of the others where less is withheld than that many.
 */
export function withhold(list: unknown, member: unknown, least: unknown): readonly Row[] {
  const rows = listOf(list).map(rowOf);
  spend(rows.length * Math.ceil(Math.log2(rows.length + 2)));
  const name = textOf(member);
  const cells = rows.map((row) => ({ places: [placeOf(row)], persons: numberOf(memberOf(row, name)) ?? 0 }));
  const withheld = withheldCells(cells, numberOf(least) ?? 1, COUNTED_ONCE);
  return rows.map((row, at) => (withheld.has(at) ? { ...row, [name]: null, suppressed: true } : row));
}

/** Which of equally small rows comes first: what it is, integers of expressions included. */
function placeOf(row: Row): string {
  return JSON.stringify(row, (_name, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

/** Nobody is in two parts. */
const COUNTED_ONCE: PersonTally<number> = { empty: () => 0, join: (into, from) => into + from, size: (persons) => persons };

export function coalesce(value: unknown, otherwise: unknown): unknown {
  return value ?? otherwise;
}
