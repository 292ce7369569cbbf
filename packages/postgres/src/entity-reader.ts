/** The port through which rows of entities are read (docs/design/entities.md, section 6). */
import { EACH_ROW, failed, ok, shownValue, toIsoIn } from '@tidegate/core';
import type {
  EntityBeside,
  EntityColumn,
  EntityFigures,
  EntityMember,
  EntityQuestion,
  EntityRead,
  EntityValue,
  FiguresQuestion,
  PlannedFigure,
  Result,
} from '@tidegate/core';

/** Scalars; lists and objects as the event had them. */
export type EntityRowValue = EntityValue | null | readonly unknown[] | Readonly<Record<string, unknown>>;

/** By the names of the entity's fields, `subject`, `_created_at` and `_updated_at`; null where a row has no value, or none is beside it. */
export type EntityRow = Readonly<Record<string, EntityRowValue>>;

export interface EntityPage {
  readonly rows: readonly EntityRow[];
  /** For `after` of the same question; null on the last page. It holds values of a row: seal it before a caller sees it. */
  readonly cursor: string | null;
}

/** Over rows that are there, not those that are deleted; one statement, however many. */
export interface EntityReader {
  read(question: EntityQuestion): Promise<Result<EntityPage>>;
  /** Objects by the names of groups and measures, and `bucket` where the question has a grain. */
  figures(question: FiguresQuestion): Promise<Result<readonly EntityRow[]>>;
}

/** A row as it lies in the table, by the name of its column. */
export interface StoredEntityRow {
  readonly subject: string;
  readonly id: string;
  readonly values: ReadonlyMap<string, EntityValue>;
  /** Rows beside it by their names; one that is not there is absent. */
  readonly beside: ReadonlyMap<string, Omit<StoredEntityRow, 'beside'>>;
}

/** `found`: one more than the limit where there is a next page. */
export function toPage(read: EntityRead, found: readonly StoredEntityRow[]): Result<EntityPage> {
  const { order, limit, isWhole } = read;
  if (isWhole && found.length > limit) {
    return failed({
      code: 'range_too_large',
      message: `finds more than ${limit} rows, which are answered whole or not at all: ask for less`,
    });
  }
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  return ok({
    rows: page.map((row) => toWholeRow(read, row)),
    cursor: last === undefined ? null : writeMark({ value: order === null ? null : (last.values.get(order.columnName) ?? null), ...last }),
  });
}

/** With the rows beside it. */
function toWholeRow({ members, beside, each }: EntityRead, row: StoredEntityRow): EntityRow {
  const others = beside.map((one) => [one.name, toBeside(one, row)]);
  const text = each === null ? [] : [[EACH_ROW, Object.fromEntries(row.beside.get(EACH_ROW)?.values ?? [])]];
  return { ...toRow(members, row), ...(Object.fromEntries([...others, ...text]) as EntityRow) };
}

function toBeside({ name, members }: EntityBeside, { beside }: StoredEntityRow): EntityRow | null {
  const row = beside.get(name);
  return row === undefined ? null : toRow(members, row, `${name}.`);
}

/** `prefix`: what stands before the names of the members. */
function toRow(members: readonly EntityMember[], row: Omit<StoredEntityRow, 'beside'>, prefix = ''): EntityRow {
  return Object.fromEntries(members.map((member) => [member.name.slice(prefix.length), shown(member, row)]));
}

function shown({ column, columnName }: EntityMember, row: Omit<StoredEntityRow, 'beside'>): EntityRowValue {
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

/** Figures of one bucket and group. */
export interface StoredFigures {
  readonly bucket: number | null;
  readonly groups: readonly (EntityValue | null)[];
  readonly figures: readonly (EntityValue | null)[];
}

/** `found`: one more than the limit where there are more. */
export function toFigureRows(asked: EntityFigures, found: readonly StoredFigures[]): Result<readonly EntityRow[]> {
  const { groups, buckets, figures, limit, isCut } = asked;
  if (found.length > limit && !isCut) {
    return failed({ code: 'range_too_large', path: 'group_by', message: `holds more than ${limit} groups: name a limit, or less of them` });
  }
  return ok(
    found.slice(0, limit).map((row) => ({
      ...(row.bucket === null || buckets === null ? {} : { bucket: toIsoIn(buckets.zone, buckets.startsMs[row.bucket] ?? 0) }),
      ...Object.fromEntries(groups.map(({ name, column }, at) => [name, shownAs(column, row.groups[at] ?? null)])),
      ...Object.fromEntries(figures.map((figure, at) => [figure.name, shownFigure(figure, row.figures[at] ?? null)])),
    })),
  );
}

function shownAs(column: EntityColumn, value: EntityValue | null): EntityRowValue {
  return value === null ? null : shownValue(column, value);
}

function shownFigure({ column, list }: PlannedFigure, value: EntityValue | null): EntityRowValue {
  if (list === null || value === null) return shownAs(column, value);
  const rows = JSON.parse(String(value)) as readonly (readonly (EntityValue | null)[])[];
  return rows.map((row) => Object.fromEntries(list.members.map((member, at) => [member.name, shownAs(member.column, row[at] ?? null)])));
}
