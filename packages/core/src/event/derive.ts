import type { CompiledField, DerivedCase, Derivation, FieldAction, FieldType } from '../pack/compiled.ts';
import { compileWhere } from '../pack/where.ts';
import { civilFromDays, DAY_MS, wholeYears } from '../time/civil.ts';
import type { ExactNumber } from './exact-number.ts';
import { memberNumber, memberText } from './field-check.ts';
import { parseDate, parseInstant } from './instant.ts';
import { MemberAccess } from './member-access.ts';
import type { FieldPlaces } from './member-access.ts';
import type { MemberList } from './member-list.ts';
import { endOf, startOf } from './member-list.ts';

/** Replaces the text of a field whose action is hash or pseudonymise; the result is ASCII without quotes. */
export type Treat = (action: FieldAction, field: string, text: string) => string;

/** The value that another one is made of. */
export interface DeriveFrom {
  readonly bytes: Uint8Array;
  readonly list: MemberList;
  /** -1 where the event does not hold it. */
  readonly index: number;
  readonly fields: FieldPlaces;
  /** When the event happened. */
  readonly timeMs: number;
}

export interface DerivedField {
  readonly name: string;
  /** Position of the field that it is made of. */
  readonly from: number;
  /** As JSON in ASCII; null: the event has none. */
  readonly value: (from: DeriveFrom, treat: Treat) => string | null;
}

/** The fields of an event type that ingest makes itself, from values that may not be kept. */
export function compileDerived(fields: readonly CompiledField[]): readonly DerivedField[] {
  return fields.flatMap(({ name, derive }) => {
    if (derive === undefined) return [];
    const from = fields.findIndex((field) => field.name === derive.from);
    return [{ name, from, value: compileValue(name, derive, fields) }];
  });
}

function compileValue(name: string, derive: Derivation, fields: readonly CompiledField[]): DerivedField['value'] {
  const fromType = fields.find((field) => field.name === derive.from)?.type ?? 'string';
  switch (derive.as) {
    case 'present':
      return ({ index }) => String(index >= 0);
    case 'hash':
      return ({ bytes, list, index }, treat) => (index < 0 ? null : `"${treat('hash', name, memberText(bytes, list, index))}"`);
    case 'value':
      return bandIn(derive.bands ?? []);
    case 'table':
      return lookedUpIn(derive.table ?? {});
    case 'cases':
      return firstOf(derive.cases ?? [], fields);
    case 'year':
      return numberIn(derive.bands, (from) => civilFromDays(dayOf(from, fromType)).year);
    case 'age':
      return numberIn(derive.bands, (from) => wholeYears(dayOf(from, fromType), Math.floor(from.timeMs / DAY_MS)));
  }
}

/** The number, or its band where there are bands; null where there is nothing to make it of, or it is negative. */
function numberIn(bands: readonly number[] | undefined, numberOf: (from: DeriveFrom) => number): DerivedField['value'] {
  const named = bands === undefined ? String : (value: number) => `"${bandOf(bands, value)}"`;
  return function deriveNumber(from) {
    const value = from.index < 0 ? -1 : numberOf(from);
    return value < 0 ? null : named(value);
  };
}

/** What a table gives for a text; null where it gives nothing. */
function lookedUpIn(table: Readonly<Record<string, string | number>>): DerivedField['value'] {
  const given = new Map(Object.entries(table).map(([value, gives]) => [value, typeof gives === 'number' ? String(gives) : `"${gives}"`]));
  return ({ bytes, list, index }) => (index < 0 ? null : (given.get(memberText(bytes, list, index)) ?? null));
}

/** What the first case that fits gives; null where none does, or the event does not hold what it is made of. */
function firstOf(cases: readonly DerivedCase[], fields: readonly CompiledField[]): DerivedField['value'] {
  const event = new MemberAccess(fields.map(({ name }) => name));
  const tests = cases.map(({ gives, where, at_least: least }) => ({
    json: `"${gives}"`,
    holds: compileWhere(where),
    pairs: Object.entries(least),
  }));
  return function deriveCase(from) {
    if (from.index < 0) return null;
    event.of = from;
    return tests.find(({ holds, pairs }) => holds(event) && pairs.every(([one, other]) => event.isAtLeast(one, other)))?.json ?? null;
  };
}

/** The band of a whole number, below zero too. */
function bandIn(bands: readonly number[]): DerivedField['value'] {
  return ({ bytes, list, index }) => (index < 0 ? null : `"${bandOf(bands, toDouble(memberNumber(bytes, list, index)))}"`);
}

/** The judge has found the number to be one; what a double rounds lies far beyond every band. */
function toDouble(value: number | ExactNumber | null): number {
  return typeof value === 'object' && value !== null ? Number(value.unscaled) / 10 ** value.scale : (value ?? 0);
}

/** `<18`, `18-64` and `65+` of the bands 18 and 65. */
function bandOf(bands: readonly number[], value: number): string {
  const above = bands.findIndex((bound) => value < bound);
  if (above === 0) return `<${bands[0] ?? 0}`;
  return above < 0 ? `${bands.at(-1) ?? 0}+` : `${bands[above - 1] ?? 0}-${(bands[above] ?? 0) - 1}`;
}

/** Days since 1970-01-01, of an instant in UTC; the judge has found the text to be what the type says. */
function dayOf({ bytes, list, index }: DeriveFrom, type: FieldType): number {
  const [start, end] = [startOf(list, index) + 1, endOf(list, index) - 1];
  return type === 'date' ? parseDate(bytes, start, end) : Math.floor(parseInstant(bytes, start, end) / DAY_MS);
}
