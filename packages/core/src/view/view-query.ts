/** What a filled query of a view asks: members without a value fall away, and `where` may be written short. */
import type { Json } from '../expression/to-json.ts';
import type { CompiledView } from './compiled-view.ts';
import type { ViewValues } from './params.ts';

type Members = Readonly<Record<string, Json>>;

/** A question as `POST /v1/query` takes it. */
export function toQuestion(filled: Json, { cache }: Pick<CompiledView, 'cache'>, { wait }: Pick<ViewValues, 'wait'>): Members {
  const asked = withoutNulls(membersOf(filled));
  const where = asked['where'];
  return {
    ...(cache === null || cache.maxStalenessMs === 0 ? {} : { max_staleness_ms: cache.maxStalenessMs }),
    ...asked,
    ...(where === undefined ? {} : { where: toWhere(where) }),
    ...wait,
  };
}

/** The rows of an entity that are asked for. */
export function toEntityAsk(filled: Json): Members {
  const asked = withoutNulls(membersOf(filled));
  const where = asked['where'];
  return where === undefined ? asked : { ...asked, where: toWhere(where) };
}

/** A value stands for `eq`, a list for `in`; a condition whose value is null is none. */
function toWhere(where: Json): Json {
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

function membersOf(value: Json): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

function withoutNulls(members: Members): Members {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}
