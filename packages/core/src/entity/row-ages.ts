/**
 * Ages on a day of the persons whose rows are read, of a birth date that is sealed (docs/design/sealed-fields.md, section 8). Who
 * can open it works the age out; rows and expressions get the age, and never the date.
 */
import { failed, ok } from '../fault/fault.ts';
import type { Fault, Result } from '../fault/fault.ts';
import type { CompiledEntity } from '../pack/compiled-entity.ts';
import { civilFromDays, wholeYears } from '../time/civil.ts';
import { allOf, wrong } from './figure.ts';
import { membersOf } from './read-members.ts';
import { dateOf } from './row-value.ts';

export interface AgeAsk {
  /** The sealed date of birth. */
  readonly of: string;
  /** The date on which they are so old. */
  readonly on: string;
  /** The field with the year of birth, for where the date cannot be opened; absent: there is no age then. */
  readonly else?: string | undefined;
}

/** One age to be worked out of each row. */
export interface RowAge {
  /** What rows call it. */
  readonly name: string;
  readonly field: string;
  /** Event types that the date may have come with. */
  readonly types: readonly string[];
  readonly on: string;
  readonly year: string | null;
}

export function planAges(asked: Readonly<Record<string, AgeAsk>>, entity: CompiledEntity): Result<readonly RowAge[]> {
  return allOf(Object.entries(asked), ([name, { of, on, else: year = null }]) => {
    const fault = faultOf(name, { of, on, year }, entity);
    return fault === null ? ok({ name, field: of, types: entity.events, on, year }) : failed(fault);
  });
}

function faultOf(
  name: string,
  { of, on, year }: { readonly of: string; readonly on: string; readonly year: string | null },
  entity: CompiledEntity,
): Fault | null {
  const path = `ages.${name}`;
  const { fields } = entity;
  if (!entity.hasSubject) return wrong(path, 'rows of this entity are not of persons');
  if (membersOf(entity).some((member) => member.name === name)) return wrong(path, 'is the name of a member of the rows');
  const born = fields.find((field) => field.name === of);
  if (born?.isSealed !== true || born.type !== 'date') return wrong(`${path}.of`, 'is no sealed date of that entity');
  if (year !== null && fields.find((field) => field.name === year)?.type !== 'integer')
    return wrong(`${path}.else`, 'is no whole number of that entity');
  return dateOf(on) === null ? wrong(`${path}.on`, 'is no date') : null;
}

/** Whole years from a date of birth to a day; null before the birth; undefined where one of them is no date. */
export function ageOn(born: string, on: string): number | null | undefined {
  const [from, to] = [dateOf(born), dateOf(on)];
  if (from === null || to === null) return undefined;
  const years = wholeYears(from, to);
  return years < 0 ? null : years;
}

/** From the year of birth alone: until the birthday it is one too many. Null where the row has none. */
export function ageByYear({ on, year }: RowAge, row: Readonly<Record<string, unknown>>): number | null {
  const [born, day] = [year === null ? null : row[year], dateOf(on)];
  return typeof born === 'number' && day !== null ? civilFromDays(day).year - born : null;
}
