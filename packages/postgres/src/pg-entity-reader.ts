/** Rows of entities in Postgres. */
import { failed, ok, planEntityRead } from '@tidegate/core';
import type { EntityColumn, EntityCondition, EntityOrder, EntityRead, EntityValue, WhereOperator } from '@tidegate/core';
import type pg from 'pg';
import { readMark, toPage } from './entity-reader.ts';
import type { EntityMark, EntityReader, StoredEntityRow } from './entity-reader.ts';
import { quoted, selected, SENT, tableOf } from './entity-table.ts';
import { valuesOf } from './entity-rows.ts';

export function createEntityReader(pool: Pick<pg.Pool, 'query'>): EntityReader {
  return {
    async read(question) {
      const planned = planEntityRead(question);
      if (!planned.ok) return planned;
      const read = planned.value;
      const mark = question.after === undefined ? null : readMark(question.after, read);
      if (mark === null && question.after !== undefined)
        return failed({ code: 'cursor_invalid', message: 'is no cursor of this question' });
      const { text, values } = readRowsText(read, mark);
      const { rows } = await pool.query<Record<string, unknown>>(text, [...values]);
      return ok(
        toPage(
          read,
          rows.map((row) => toStored(row, read)),
        ),
      );
    },
  };
}

const INSTANTS = [
  { columnName: '_created_at', column: 'instant' },
  { columnName: '_updated_at', column: 'instant' },
] as const;

function toStored(row: Record<string, unknown>, { entity }: EntityRead): StoredEntityRow {
  return { subject: String(row['_subject']), id: String(row['_id']), values: valuesOf(row, [...entity.fields, ...INSTANTS]) };
}

interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Adds a parameter; answers what stands for it. */
type Bind = (column: EntityColumn, value: EntityValue) => string;

/** One more row than the limit, by which a next page is known. */
export function readRowsText(read: EntityRead, mark: EntityMark | null): Statement {
  const { entity, subject, conditions, order, limit } = read;
  const values: unknown[] = [entity.tenant];
  const bind: Bind = (column, value) => `$${values.push(toParameter(column, value))}${CASTS[column]}`;
  const columns = [...entity.fields, ...INSTANTS].map((column) => `, ${selected(column)}`).join('');
  const tests = [
    't._exists',
    't._tenant = $1',
    ...(subject === null ? [] : [`t._subject = ${bind('text', subject)}`]),
    ...conditions.map((condition) => testOf(condition, bind)),
    ...(mark === null ? [] : [behind(order, mark, bind)]),
  ];
  return {
    text: `SELECT t._subject, t._id${columns}
FROM ${quoted(tableOf([entity]).name)} t
WHERE ${tests.join(' AND ')}
ORDER BY ${orderText(order)}t._subject, t._id
LIMIT ${limit + 1}`,
    values,
  };
}

const CASTS: Readonly<Record<EntityColumn, string>> = {
  ...{ text: '::text', numeric: '::numeric', double: '::float8', boolean: '::boolean', json: '::text' },
  instant: '::timestamptz',
  date: '::date',
};

/** As texts that Postgres reads: the column's type is told by the cast. */
function toParameter(column: EntityColumn, value: EntityValue): unknown {
  if (column === 'instant') return new Date(Number(value)).toISOString();
  if (column === 'date') return new Date(Number(value) * DAY_MS).toISOString().slice(0, 10);
  return SENT[column].array === 'text' ? String(value) : value;
}

const DAY_MS = 86_400_000;

function testOf({ columnName, column, operator, values }: EntityCondition, bind: Bind): string {
  const at = `t.${quoted(columnName)}`;
  if (operator === 'exists') return `${at} IS ${values[0] === true ? 'NOT NULL' : 'NULL'}`;
  if (operator === 'prefix') return `starts_with(${at}, ${bind('text', values[0] ?? '')})`;
  const listed = values.map((value) => bind(column, value)).join(', ');
  return COMPARISONS[operator](at, listed);
}

/** What has no value is neither equal to anything nor before or after it. */
const COMPARISONS: Readonly<Record<Exclude<WhereOperator, 'exists' | 'prefix'>, (at: string, listed: string) => string>> = {
  eq: (at, listed) => `${at} = ${listed}`,
  in: (at, listed) => `${at} IN (${listed})`,
  ne: (at, listed) => `${at} IS DISTINCT FROM ${listed}`,
  not_in: (at, listed) => `(${at} IS NULL OR ${at} NOT IN (${listed}))`,
  lt: (at, listed) => `${at} < ${listed}`,
  lte: (at, listed) => `${at} <= ${listed}`,
  gt: (at, listed) => `${at} > ${listed}`,
  gte: (at, listed) => `${at} >= ${listed}`,
};

/** A column that always has a value can be read along its index in both directions. */
function orderText(order: EntityOrder | null): string {
  if (order === null) return '';
  const nulls = order.isOptional && order.isDescending ? ' NULLS LAST' : '';
  return `t.${quoted(order.columnName)}${order.isDescending ? ' DESC' : ''}${nulls}, `;
}

function behind(order: EntityOrder | null, { value, subject, id }: EntityMark, bind: Bind): string {
  const byKey = `(t._subject, t._id) > (${bind('text', subject)}, ${bind('text', id)})`;
  if (order === null) return byKey;
  const at = `t.${quoted(order.columnName)}`;
  if (value === null) return `(${at} IS NULL AND ${byKey})`;
  const marked = bind(order.column, value);
  const later = `${at} ${order.isDescending ? '<' : '>'} ${marked}`;
  return `(${later} OR ${at} = ${marked} AND ${byKey}${order.isOptional ? ` OR ${at} IS NULL` : ''})`;
}
