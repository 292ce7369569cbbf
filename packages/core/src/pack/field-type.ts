import type { FieldType } from './compiled.ts';

const NUMBERS: ReadonlySet<FieldType> = new Set(['integer', 'decimal', 'number']);

export function isNumberType(type: FieldType | undefined): boolean {
  return type !== undefined && NUMBERS.has(type);
}
