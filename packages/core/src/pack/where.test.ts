import { describe, expect, test } from 'vitest';
import type { ExactNumber } from '../event/exact-number.ts';
import { parseExact } from '../event/exact-number.ts';
import type { Where } from './compiled.ts';
import type { FieldAccess } from './where.ts';
import { compileWhere } from './where.ts';

describe('a condition', () => {
  const values: Readonly<Record<string, string | boolean | ExactNumber | null>> = {
    text: 'b',
    flag: true,
    number: parseExact('0.30'),
    none: null,
  };
  const access: FieldAccess = {
    kind: (field) => {
      const value = values[field];
      if (value === undefined) return 'absent';
      return value === null ? 'null' : typeof value === 'string' ? 'string' : typeof value === 'boolean' ? 'boolean' : 'number';
    },
    text: (field) => String(values[field]),
    exact: (field) => values[field] as ExactNumber,
    boolean: (field) => values[field] === true,
  };

  test.each<[string, Where, boolean]>([
    ['equal text', { text: { eq: 'b' } }, true],
    ['a decimal equal to its shorter form', { number: { eq: 0.3 } }, true],
    ['in a list', { text: { in: ['a', 'b'] } }, true],
    ['not in a list', { text: { not_in: ['a', 'b'] } }, false],
    ['between', { number: { gt: 0.2, lte: 0.3 } }, true],
    ['outside', { number: { lt: 0.3 } }, false],
    ['prefix', { text: { prefix: 'b' } }, true],
    ['a number never equals a text', { text: { eq: 1 } }, false],
    ['nor is it before or after it', { text: { gte: 1 } }, false],
    ['an absent member exists not', { nothing: { exists: false } }, true],
    ['a null member exists not', { none: { exists: true } }, false],
    ['an absent member is not this value', { nothing: { ne: 'x' } }, true],
    ['an absent member is in no order', { nothing: { lt: 5 } }, false],
    ['all conditions must hold', { text: { eq: 'b' }, flag: { eq: false } }, false],
  ])('%s', (_name, where, holds) => {
    expect(compileWhere(where)(access)).toBe(holds);
  });
});
