/** What an expression came to, as an answer holds it. */
import { WrongValue } from './number-functions.ts';
import { spend } from './work.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** Integers beyond 2^53 are texts, what is no number is null; optional values are their value or null. @throws WrongValue */
export function toJson(value: unknown): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      // JSON has no -0: what is kept and what is worked out again are the same.
      return Number.isFinite(value) ? value + 0 : null;
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case 'undefined':
      return null;
    case 'object':
      return value === null ? null : ofObject(value);
    default:
      throw new WrongValue('the value has no form in JSON');
  }
}

function ofObject(value: object): Json {
  if (Array.isArray(value)) {
    spend(value.length);
    return value.map(toJson);
  }
  if (value instanceof Map) return ofEntries([...value]);
  if (value instanceof Date) return value.toISOString();
  if (isOptional(value)) return value.hasValue() ? toJson(value.value()) : null;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new WrongValue('the value has no form in JSON');
  return ofEntries(Object.entries(value));
}

function ofEntries(entries: readonly (readonly [unknown, unknown])[]): Json {
  spend(entries.length);
  return Object.fromEntries(entries.map(([name, one]) => [String(name), toJson(one)]));
}

interface OptionalValue {
  hasValue(): boolean;
  value(): unknown;
}

function isOptional(value: object): value is OptionalValue {
  return 'hasValue' in value && typeof value.hasValue === 'function' && 'value' in value && typeof value.value === 'function';
}
