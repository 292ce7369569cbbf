/** Members of a filled query: those without a value fall away, and conditions may be written short. */
import type { Json } from '../expression/to-json.ts';

export type Members = Readonly<Record<string, Json>>;

export function membersOf(value: Json): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

export function withoutNulls(members: Members): Members {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}

/** A value stands for `eq`, a list for `in`; a condition whose value is null is none. */
export function toWhere(where: Json): Json {
  const conditions: Record<string, Json> = {};
  for (const [name, condition] of Object.entries(withoutNulls(membersOf(where)))) {
    const written = toCondition(condition);
    if (Object.keys(written).length > 0) conditions[name] = written;
  }
  return conditions;
}

function toCondition(condition: Json): Members {
  if (Array.isArray(condition)) return { in: condition };
  return typeof condition === 'object' ? withoutNulls(membersOf(condition)) : { eq: condition };
}
