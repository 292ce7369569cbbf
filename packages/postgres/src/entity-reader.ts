/** The port through which rows of entities are read (docs/design/entities.md, section 6). */
import { shownValue } from '@tidegate/core';
import type { EntityMember, EntityQuestion, EntityRead, EntityValue, Result } from '@tidegate/core';

/** Scalars; lists and objects as the event had them. */
export type EntityRowValue = EntityValue | null | readonly unknown[] | Readonly<Record<string, unknown>>;

/** By the names of the entity's fields, `subject`, `_created_at` and `_updated_at`; null where a row has no value. */
export type EntityRow = Readonly<Record<string, EntityRowValue>>;

export interface EntityPage {
  readonly rows: readonly EntityRow[];
  /** For `after` of the same question; null on the last page. It holds values of a row: seal it before a caller sees it. */
  readonly cursor: string | null;
}

/** Rows that are there, not those that are deleted; one statement, however many. */
export interface EntityReader {
  read(question: EntityQuestion): Promise<Result<EntityPage>>;
}

/** A row as it lies in the table, by the name of its column. */
export interface StoredEntityRow {
  readonly subject: string;
  readonly id: string;
  readonly values: ReadonlyMap<string, EntityValue>;
}

/** `found`: one more than the limit where there is a next page. */
export function toPage({ members, order, limit }: EntityRead, found: readonly StoredEntityRow[]): EntityPage {
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  return {
    rows: page.map((row) => Object.fromEntries(members.map((member) => [member.name, shown(member, row)]))),
    cursor: last === undefined ? null : writeMark({ value: order === null ? null : (last.values.get(order.columnName) ?? null), ...last }),
  };
}

function shown({ column, columnName }: EntityMember, row: StoredEntityRow): EntityRowValue {
  const value = columnName === '_subject' ? row.subject : row.values.get(columnName);
  if (value === undefined) return null;
  return column === 'json' ? (JSON.parse(String(value)) as EntityRowValue) : shownValue(column, value);
}

/** Behind which row a page begins: rows are found again by value, so those that come between two pages neither hide nor repeat one. */
export interface EntityMark {
  readonly value: EntityValue | null;
  readonly subject: string;
  readonly id: string;
}

function writeMark({ value, subject, id }: EntityMark): string {
  return Buffer.from(JSON.stringify([value, subject, id])).toString('base64url');
}

/** Null where it is none of this question's. */
export function readMark(cursor: string, { order }: EntityRead): EntityMark | null {
  const decoded = decode(cursor);
  if (!Array.isArray(decoded) || decoded.length !== 3) return null;
  const [value, subject, id] = decoded as unknown[];
  if (typeof subject !== 'string' || typeof id !== 'string') return null;
  if (value === null) return order === null || order.isOptional ? { value, subject, id } : null;
  const type = order === null ? 'none' : MARK_TYPES[order.column];
  return typeof value === type ? { value: value as EntityValue, subject, id } : null;
}

const MARK_TYPES = {
  ...{ text: 'string', numeric: 'string', json: 'string' },
  ...{ double: 'number', instant: 'number', date: 'number' },
  boolean: 'boolean',
} as const;

function decode(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}
