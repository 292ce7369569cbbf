/** Whether rows that are had by a route, or figures over them, are found by an index where several members together say which. */
import { planFigures } from '../entity/figures-plan.ts';
import { planEntityRead } from '../entity/read-plan.ts';
import type { EntityFound } from '../entity/read-plan.ts';
import type { EntityCondition } from '../entity/read-members.ts';
import type { Json } from '../expression/to-json.ts';
import type { EntityQuery } from './entity-ask.ts';
import { toEntityAsk, toEntityQuery } from './entity-ask.ts';
import type { AskedAbout, QueryFault } from './lint-query.ts';

/** An index finds rows by these; by the others it can only pass over rows. */
const FINDS: readonly EntityCondition['operator'][] = ['eq', 'in', 'gt', 'gte', 'lt', 'lte'];

/** Null where the query is another one, or cannot be planned: that is told elsewhere. */
export function faultOfIndex(filled: Json, { entities }: AskedAbout): QueryFault {
  const ask = toEntityAsk(filled);
  const query = ask.ok ? toEntityQuery(ask.value, entities) : ask;
  const found = query.ok ? foundOf(query.value) : null;
  if (found === null) return null;
  const filters = filtersOf(found);
  if (filters.size < 2 || isIndexed(found, filters)) return null;
  return { path: 'where', message: `no index of the entity begins with two of ${[...filters].join(', ')}, by which rows are found` };
}

function foundOf(query: EntityQuery): EntityFound | null {
  if (query.kind === 'rows') {
    const planned = planEntityRead(query.question);
    return planned.ok ? planned.value : null;
  }
  const planned = planFigures(query.question);
  return planned.ok ? planned.value.found : null;
}

/** Columns of the row itself. */
function filtersOf({ subject, conditions }: EntityFound): ReadonlySet<string> {
  const own = conditions.filter(({ row, or, operator }) => row === null && or === undefined && FINDS.includes(operator));
  return new Set([...(subject === null ? [] : ['_subject']), ...own.map(({ columnName }) => columnName)]);
}

/** The key of the table is an index too: where all of it is known there is one row. */
function isIndexed({ entity: { fields, idFields, isPerEvent, hasSubject, indexes } }: EntityFound, filters: ReadonlySet<string>): boolean {
  const ids = fields.flatMap(({ name, columnName }) => (idFields.includes(name) ? [columnName] : []));
  const isOne = !isPerEvent && ids.every((id) => filters.has(id)) && (!hasSubject || filters.has('_subject'));
  return isOne || indexes.some((index) => index.length > 1 && index.slice(0, 2).every((column) => filters.has(column)));
}
