/** Whether a list that is had by a route goes by an index, where it is filtered by several members together. */
import { planEntityRead } from '../entity/read-plan.ts';
import type { EntityRead } from '../entity/read-plan.ts';
import type { EntityCondition } from '../entity/read-members.ts';
import type { Json } from '../expression/to-json.ts';
import { toEntityAsk, toEntityQuery } from './entity-ask.ts';
import type { AskedAbout, QueryFault } from './lint-query.ts';

/** An index finds rows by these; by the others it can only pass over rows. */
const FINDS: readonly EntityCondition['operator'][] = ['eq', 'in', 'gt', 'gte', 'lt', 'lte'];

/** Null where the query is another one, or cannot be planned: that is told elsewhere. */
export function faultOfIndex(filled: Json, { entities }: AskedAbout): QueryFault {
  const ask = toEntityAsk(filled);
  const query = ask.ok ? toEntityQuery(ask.value, entities) : ask;
  if (!query.ok || query.value.kind !== 'rows') return null;
  const planned = planEntityRead(query.value.question);
  if (!planned.ok) return null;
  const filters = filtersOf(planned.value);
  if (filters.size < 2 || isIndexed(planned.value, filters)) return null;
  return { path: 'where', message: `no index of the entity begins with two of ${[...filters].join(', ')}, by which the list is filtered` };
}

/** Columns of the row itself. */
function filtersOf({ subject, conditions }: EntityRead): ReadonlySet<string> {
  const own = conditions.filter(({ row, or, operator }) => row === null && or === undefined && FINDS.includes(operator));
  return new Set([...(subject === null ? [] : ['_subject']), ...own.map(({ columnName }) => columnName)]);
}

/** The key of the table is an index too: where all of it is known there is one row. */
function isIndexed({ entity: { fields, idFields, isPerEvent, hasSubject, indexes } }: EntityRead, filters: ReadonlySet<string>): boolean {
  const ids = fields.flatMap(({ name, columnName }) => (idFields.includes(name) ? [columnName] : []));
  const isOne = !isPerEvent && ids.every((id) => filters.has(id)) && (!hasSubject || filters.has('_subject'));
  return isOne || indexes.some((index) => index.length > 1 && index.slice(0, 2).every((column) => filters.has(column)));
}
