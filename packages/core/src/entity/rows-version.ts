import { hashText } from '../hash/value-hash.ts';
import type { CompiledEntity } from '../pack/compiled-entity.ts';
import type { CompiledMetric } from '../pack/compiled.ts';

/**
 * The rows of an entity as owners make them of raw events: like a metric version over it that counts nothing. Another definition of
 * the entity is another version, so what came before a field, an event type or the whole entity was declared is read again.
 */
export function rowsVersion(entity: CompiledEntity): CompiledMetric {
  const { tenant, pack, events, deletedBy } = entity;
  return {
    ...{ tenant, pack, metric: `${pack}/${entity.entity}`, version: definitionHash(entity) },
    eventTypes: [...new Set([...events, ...deletedBy])],
    over: { entity, at: null },
    ...{ dimensions: [], sets: [], grains: [], measures: [] },
  };
}

/** Titles and indexes decide over no row. */
function definitionHash({ idFields, isPerEvent, ownRowEvents, hasSubject, events, deletedBy, fields, each }: CompiledEntity): number {
  const columns = fields.map(({ columnName, timeOf = null, isOfItem }) => [columnName, timeOf, ...(isOfItem === true ? [each] : [])]);
  const own = ownRowEvents.length === 0 ? [] : [ownRowEvents.toSorted()];
  return hashText(JSON.stringify([idFields, isPerEvent, hasSubject, events.toSorted(), deletedBy.toSorted(), columns, ...own]));
}
