import type { FieldType } from '../pack/compiled.ts';
import { isNumberType } from '../pack/field-type.ts';
import { OTHER_VALUE } from '../rollup/dimension-budget.ts';
import type { DataKind } from '../event/canonical-shape.ts';
import { parseExact } from '../event/exact-number.ts';
import type { FieldAccess } from '../pack/where.ts';
import type { AnswerScalar, PlannedDimension } from './shape.ts';

/** Lets the predicates that judge events judge the stored texts of a series' dimensions, each in its own type. */
export interface DimsAccess extends FieldAccess {
  /** Sets the series that is asked about from now on. */
  look(dims: readonly (string | null)[]): void;
}

export function createDimsAccess(dimensions: readonly PlannedDimension[]): DimsAccess {
  const byName = new Map(dimensions.map((dimension) => [dimension.name, dimension]));
  let current: readonly (string | null)[] = [];
  const raw = (name: string): string | null => current[byName.get(name)?.index ?? -1] ?? null;
  return {
    look: (dims) => {
      current = dims;
    },
    kind(name) {
      const text = raw(name);
      if (text === null) return 'absent';
      return text === OTHER_VALUE ? 'string' : kindOf(byName.get(name)?.type ?? 'string');
    },
    text: (name) => raw(name) ?? '',
    exact: (name) => parseExact(raw(name) ?? ''),
    boolean: (name) => raw(name) === 'true',
  };
}

function kindOf(type: FieldType): DataKind {
  if (type === 'boolean') return 'boolean';
  return isNumberType(type) ? 'number' : 'string';
}

/** The stored text of a dimension as an answer shows it; integers that a double cannot hold stay texts, and so does `_other`. */
export function dimensionValue(text: string | null, type: FieldType): AnswerScalar {
  if (text === null || text === OTHER_VALUE) return text;
  if (type === 'boolean') return text === 'true';
  if (!isNumberType(type)) return text;
  return numberOrText(text);
}

/** A number where the nearest double reads back as the same digits, else the digits as text: nothing is rounded unseen. */
export function numberOrText(canonical: string): number | string {
  const value = Number(canonical);
  if (Number.isInteger(value)) return Number.isSafeInteger(value) && String(value) === canonical ? value : canonical;
  return plainDigits(value) === canonical ? value : canonical;
}

/** JavaScript writes very small numbers with an exponent; canonical decimals have none. */
function plainDigits(value: number): string {
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(text);
  if (match === null) return text;
  return `${match[1] ?? ''}0.${'0'.repeat(Number(match[4]) - 1)}${match[2] ?? ''}${match[3] ?? ''}`;
}
