/** What announcements say of changed rows: their keys, and by which values answers may have looked them up (docs/design/answer-cache.md). */
import type { CompiledEntity } from '../pack/compiled-entity.ts';
import type { ChangedEntities, ChangedRow, EntityRowKey, EntityRowState } from './entity-shape.ts';

/** `before` and `after` are the same rows in the same order. */
export function changedRows(
  entity: CompiledEntity,
  before: readonly EntityRowState[],
  after: readonly EntityRowState[],
): readonly ChangedEntities[] {
  const { tenant, pack, entity: name, lookups, fields } = entity;
  const columns = lookups.map((lookup) => fields.find((field) => field.name === lookup)?.columnName ?? '');
  const keys = after.map(({ key, state }, at): ChangedRow => {
    const stored = before[at]?.state;
    const valuesOf = (column: string): readonly string[] => {
      const values = [stored?.values.get(column)?.value, state.values.get(column)?.value];
      return [...new Set(values.filter((value) => typeof value === 'string'))];
    };
    return { ...key, values: columns.map(valuesOf) };
  });
  return keys.length === 0 ? [] : [{ tenant, pack, entity: name, lookups, keys }];
}

/** Rows that went: which values they had is not told, so whoever looked any up has to look again. */
export function goneRows({ tenant, pack, entity }: CompiledEntity, keys: readonly EntityRowKey[]): readonly ChangedEntities[] {
  return keys.length === 0 ? [] : [{ tenant, pack, entity, lookups: [], keys: keys.map((key) => ({ ...key, values: [] })) }];
}
