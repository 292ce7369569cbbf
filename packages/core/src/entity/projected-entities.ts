/** Which entities of a pack are projected, by which columns. */
import type { CompiledEntity, EntityField } from '../pack/compiled-entity.ts';
import type { CompiledMetric, CompiledPack } from '../pack/compiled.ts';

export function isSameEntity(a: CompiledEntity, b: CompiledEntity): boolean {
  return a.tenant === b.tenant && a.pack === b.pack && a.entity === b.entity;
}

/**
 * Those of the pack in force, by its definition, with the columns that metric versions of earlier definitions still count by: a
 * row is one, whatever looks at it. An entity that the pack has given up is projected while a version over it is folded.
 */
export function projectedEntities(pack: CompiledPack, metrics: readonly CompiledMetric[]): readonly CompiledEntity[] {
  const entities = new Map(pack.entities);
  for (const { over } of metrics) {
    if (over === undefined) continue;
    const known = entities.get(over.entity.entity);
    entities.set(over.entity.entity, known === undefined ? over.entity : withFields(known, over.entity.fields));
  }
  return [...entities.values()];
}

function withFields(entity: CompiledEntity, more: readonly EntityField[]): CompiledEntity {
  const known = new Set(entity.fields.map(({ columnName }) => columnName));
  const added = more.filter(({ columnName }) => !known.has(columnName));
  return added.length === 0 ? entity : { ...entity, fields: [...entity.fields, ...added] };
}
