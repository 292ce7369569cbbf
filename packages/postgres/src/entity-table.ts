/** Statements over an entity's table. Their text follows from its columns, which the compiled pack names; values are parameters. */
import { entityTable } from '@tidegate/core';
import type { CompiledEntity, EntityColumn, EntityField } from '@tidegate/core';

export type TableColumn = Pick<EntityField, 'columnName' | 'column'>;

/** Columns of one table, as one or more definitions of it name them; sorted. */
export interface EntityTable {
  readonly name: string;
  readonly columns: readonly TableColumn[];
}

export function tableOf(entities: readonly CompiledEntity[]): EntityTable {
  const [first] = entities;
  if (first === undefined) throw new Error('a table of no entity');
  const columns = new Map(
    entities.flatMap(({ fields }) => fields.map(({ columnName, column }): [string, TableColumn] => [columnName, { columnName, column }])),
  );
  return { name: entityTable(first), columns: [...columns.values()].toSorted((a, b) => (a.columnName < b.columnName ? -1 : 1)) };
}

/** Names come from compiled packs and hold no quote; should one ever do, it ends nothing. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** As `EntityValue` has it: numerics as text, instants in epoch milliseconds, dates in days since 1970. */
export function selected({ columnName, column }: TableColumn, alias = 't', as = columnName): string {
  return `${shownText(column, `${alias}.${quoted(columnName)}`)} AS ${quoted(as)}`;
}

export function shownText(column: EntityColumn, at: string): string {
  return SELECTED[column](at);
}

const SELECTED: Readonly<Record<EntityColumn, (at: string) => string>> = {
  text: (at) => at,
  numeric: (at) => `trim_scale(${at})::text`,
  double: (at) => at,
  boolean: (at) => at,
  instant: (at) => `(extract(epoch FROM ${at}) * 1000)::float8`,
  date: (at) => `${at} - DATE '1970-01-01'`,
  json: (at) => `${at}::text`,
};

/** In which array type values are sent, and how they become the column's. */
export const SENT: Readonly<Record<EntityColumn, { readonly array: string; readonly cast: string }>> = {
  text: { array: 'text', cast: '' },
  numeric: { array: 'text', cast: '::numeric' },
  double: { array: 'text', cast: '::float8' },
  boolean: { array: 'text', cast: '::boolean' },
  instant: { array: 'timestamptz', cast: '' },
  date: { array: 'date', cast: '' },
  json: { array: 'text', cast: '::json' },
};

/** Rows of these keys, locked in key order. $1 text[] tenant, $2 text[] subject, $3 text[] id. */
export function lockRowsText({ name, columns }: EntityTable): string {
  const values = columns.map((column) => `, ${selected(column)}`).join('');
  return `SELECT t._tenant, t._subject, t._id, t._state${values}
FROM unnest($1::text[], $2::text[], $3::text[]) AS k (tenant, subject, id)
JOIN ${quoted(name)} t ON t._tenant = k.tenant AND t._subject = k.subject AND t._id = k.id
ORDER BY t._tenant, t._subject, t._id
FOR UPDATE OF t`;
}

/**
 * Makes the rows of these keys that are not there, and locks those that are, in key order: nothing is updated. $1 text[] tenant,
 * $2 text[] subject, $3 text[] id, $4 int4[] partition, $5 bytea the state of a row of which nothing is known.
 */
export function ensureRowsText({ name }: EntityTable): string {
  return `INSERT INTO ${quoted(name)} AS t (_tenant, _subject, _id, _exists, _partition, _state)
SELECT k.tenant, k.subject, k.id, false, k.partition, $5::bytea
FROM unnest($1::text[], $2::text[], $3::text[], $4::int4[]) AS k (tenant, subject, id, partition)
ORDER BY k.tenant COLLATE "C", k.subject COLLATE "C", k.id COLLATE "C"
ON CONFLICT (_tenant, _subject, _id) DO UPDATE SET _partition = t._partition WHERE false`;
}

/** Keys of rows that are there and older than an instant, oldest first. $1 tenant, $2 partition that wrote them, $3 instant, $4 most rows. */
export function agedKeysText({ name }: EntityTable, at: '_created_at' | '_updated_at'): string {
  return `SELECT _subject, _id FROM ${quoted(name)}
WHERE _tenant = $1 AND _exists AND _partition = $2::int4 AND ${at} < $3::timestamptz
ORDER BY ${at}
LIMIT $4::int4`;
}

/** $1 tenant, $2 text[] subject, $3 text[] id. */
export function deleteRowsText({ name }: EntityTable): string {
  return `DELETE FROM ${quoted(name)} t USING unnest($2::text[], $3::text[]) AS k (subject, id)
WHERE t._tenant = $1 AND t._subject = k.subject AND t._id = k.id`;
}

/**
 * Rows of a tenant in key order, of those that none of the partitions wrote the key alone. $1 tenant, $2 subject and $3 id that they come
 * after, $4 whether they begin with the first instead, $5 int4[] partition, $6 most rows.
 */
export function partitionRowsText({ name, columns }: EntityTable): string {
  const own = (text: string): string => `CASE WHEN t._partition = ANY ($5::int4[]) THEN ${text} END`;
  const values = columns.map(({ columnName, column }) => `, ${own(shownText(column, `t.${quoted(columnName)}`))} AS ${quoted(columnName)}`);
  return `SELECT t._tenant, t._subject, t._id, t._partition = ANY ($5::int4[]) AS _is_own, ${own('t._state')} AS _state${values.join('')}
FROM ${quoted(name)} t
WHERE t._tenant = $1 AND ($4::boolean OR (t._subject, t._id) > ($2, $3))
ORDER BY t._tenant, t._subject, t._id
LIMIT $6::int4`;
}

/**
 * Rows as they are now, new ones and others. $1 text[] tenant, $2 text[] subject, $3 text[] id, $4 timestamptz[] created,
 * $5 timestamptz[] updated, $6 text[] exists, $7 int4[] partition, $8 bytea[] state, then each column.
 */
export function writeRowsText({ name, columns }: EntityTable): string {
  const own = ['_tenant', '_subject', '_id', '_created_at', '_updated_at', '_exists', '_partition', '_state'];
  const names = [...own, ...columns.map(({ columnName }) => columnName)].map(quoted);
  const arrays = [
    'text',
    'text',
    'text',
    'timestamptz',
    'timestamptz',
    'text',
    'int4',
    'bytea',
    ...columns.map(({ column }) => SENT[column].array),
  ];
  const casts = ['', '', '', '', '', '::boolean', '', '', ...columns.map(({ column }) => SENT[column].cast)];
  const changed = names.slice(3).map((column) => `${column} = EXCLUDED.${column}`);
  return `INSERT INTO ${quoted(name)} (${names.join(', ')})
SELECT ${casts.map((cast, at) => `v.c${at}${cast}`).join(', ')}
FROM unnest(${arrays.map((array, at) => `$${at + 1}::${array}[]`).join(', ')}) AS v (${arrays.map((_, at) => `c${at}`).join(', ')})
ON CONFLICT (_tenant, _subject, _id) DO UPDATE SET ${changed.join(', ')}`;
}
