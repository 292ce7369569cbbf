/** Statements that read rows of entities. Names come from the compiled pack; values are parameters. */
import { EACH_ROW } from '@tidegate/core';
import type {
  CompiledEntity,
  EntityBeside,
  EntityColumn,
  EntityCondition,
  EntityFound,
  EntityMember,
  EntityOrder,
  EntityPick,
  EntityPlace,
  EntityRead,
} from '@tidegate/core';
import type { EntityValue, WhereOperator } from '@tidegate/core';
import type { EntityMark } from './entity-reader.ts';
import { quoted, selected, SENT, tableOf } from './entity-table.ts';

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Adds a parameter; answers what stands for it. */
export type Bind = (column: EntityColumn, value: EntityValue) => string;

export const INSTANTS = [
  { columnName: '_created_at', column: 'instant' },
  { columnName: '_updated_at', column: 'instant' },
] as const;

/** What the row itself is called in a statement; a row beside has its name with a mark before it. */
const OWN = 't';

export function aliasOf(row: string | null): string {
  return row === null ? OWN : quoted(`b.${row}`);
}

export function placeText({ row, columnName, or = [] }: EntityPlace): string {
  const own = `${aliasOf(row)}.${quoted(columnName)}`;
  return or.length === 0 ? own : `coalesce(${[own, ...or.map(placeText)].join(', ')})`;
}

export function createBind(values: unknown[]): Bind {
  return (column, value) => `$${values.push(toParameter(column, value))}${CASTS[column]}`;
}

/** One more row than the limit, by which a next page is known. */
export function readRowsText(read: EntityRead, mark: EntityMark | null): Statement {
  const { entity, beside, each, order, limit, offset } = read;
  const values: unknown[] = [entity.tenant];
  const bind = createBind(values);
  const own = [...entity.fields, ...INSTANTS].map((column) => `, ${selected(column)}`);
  const others = beside.flatMap(({ name, members }) => members.map((member) => `, ${selectedBeside(name, member)}`));
  const texts = each === null ? '' : `, ${selectedBeside(EACH_ROW, each.member)}`;
  const from = foundText(read, bind);
  const behindMark = mark === null ? '' : ` AND ${behind(order, mark, bind)}`;
  return {
    text: `SELECT t._subject, t._id${[...own, ...others].join('')}${texts}
${from}${behindMark}
ORDER BY ${orderText(order)}t._subject, t._id${each === null ? '' : `, ${placeText(each.member)}`}
LIMIT ${limit + 1}${offset === 0 ? '' : ` OFFSET ${offset}`}`,
    values,
  };
}

/** In the answer by the name of its row too. */
function selectedBeside(row: string, { columnName, column }: EntityPlace): string {
  return selected({ columnName, column }, aliasOf(row), besideColumn(row, columnName));
}

export function besideColumn(row: string, columnName: string): string {
  return `${row}/${columnName}`;
}

/** FROM and WHERE. The tenant is the first parameter. */
export function foundText({ entity, subject, conditions, any, each, beside, pick }: EntityFound, bind: Bind): string {
  const person = subject === null ? null : bind('text', subject);
  const scope = { person, bind };
  const texts = each === null ? '' : eachText(each, bind);
  const joined = `${texts}${beside.map((one) => besideText(one, scope)).join('')}`;
  const table = quoted(tableOf([entity]).name);
  const tests = [
    ...thereTests(OWN, person),
    ...(entity.hasSubject ? [] : [`${OWN}._subject = ''`]),
    ...conditions.map((condition) => testOf(condition, ownText(entity, condition, person !== null), bind)),
    ...anyText(any, placeText, bind),
    ...(pick === null ? [] : [pickText(pick, { table, own: OWN, rival: 'p' }, scope)]),
  ];
  return `FROM ${table} t${joined}
WHERE ${tests.join(' AND ')}`;
}

function eachText({ member: { row, columnName }, values }: NonNullable<EntityFound['each']>, bind: Bind): string {
  const texts = values.map((value) => bind('text', value)).join(', ');
  return `\nCROSS JOIN unnest(ARRAY[${texts}]) ${aliasOf(row)}(${quoted(columnName)})`;
}

function anyText(any: EntityFound['any'], at: (place: EntityPlace) => string, bind: Bind): readonly string[] {
  const lists = any.map((conditions) => ['true', ...conditions.map((condition) => testOf(condition, at(condition), bind))].join(' AND '));
  return lists.length === 0 ? [] : [`((${lists.join(') OR (')}))`];
}

interface Scope {
  /** What stands for the one whose rows alone are meant. */
  readonly person: string | null;
  readonly bind: Bind;
}

function thereTests(alias: string, person: string | null): readonly string[] {
  return [`${alias}._exists`, `${alias}._tenant = $1`, ...(person === null ? [] : [`${alias}._subject = ${person}`])];
}

/** The one of those that fit which its order names, or none. Of one person's rows only that person's. */
function besideText({ name, entity, on, conditions, bounds, order, pick }: EntityBeside, { person, bind }: Scope): string {
  const table = quoted(tableOf([entity]).name);
  const scope = { person: entity.hasSubject ? person : null, bind };
  const at = ({ columnName }: EntityPlace): string => `u.${quoted(columnName)}`;
  // By the table's key where all of it is known: one look-up a row, whatever the indexes of the pack.
  const isKeyed = scope.person !== null || !entity.hasSubject;
  const theirAt = (theirs: EntityMember): string => (isKeyed && isKey(entity, theirs) ? 'u._id' : at(theirs));
  const tests = [
    ...thereTests('u', scope.person),
    ...(entity.hasSubject ? [] : ["u._subject = ''"]),
    ...on.map(({ own, theirs }) => `${theirAt(theirs)} = ${placeText(own)}`),
    ...conditions.map((condition) => testOf(condition, at(condition), bind)),
    ...bounds.map((one) => boundText(one, at(one.theirs), bind)),
    ...(order === null ? [] : [`${at(order.by)} IS NOT NULL`]),
    ...(pick === null ? [] : [pickText(pick, { table, own: 'u', rival: 'v' }, scope)]),
  ];
  const first = order === null ? [] : [`${at(order.by)}${order.isDescending ? ' DESC' : ''}`];
  const sorted = [...first, ...tiedTexts('u').map((tied) => `${tied} DESC`)].join(', ');
  return `
LEFT JOIN LATERAL (SELECT u.* FROM ${table} u WHERE ${tests.join(' AND ')}
  ORDER BY ${sorted} LIMIT 1) ${aliasOf(name)} ON true`;
}

/** By the table's key where all of it is known, as rows beside are found: whatever the indexes of the pack. */
function ownText(entity: CompiledEntity, condition: EntityCondition, isOfPerson: boolean): string {
  const { row, or, operator } = condition;
  const isOwn = row === null && or === undefined && (operator === 'eq' || operator === 'in');
  const isKeyed = isOfPerson || !entity.hasSubject;
  return isOwn && isKeyed && isKey(entity, condition) ? `${OWN}._id` : placeText(condition);
}

function boundText({ operator, own, plusS, when }: EntityBeside['bounds'][number], at: string, bind: Bind): string {
  const after = plusS === 0 ? '' : ` + ${bind('double', plusS)} * interval '1 second'`;
  const bound = `${at} ${BOUND_TEXTS[operator]} ${placeText(own)}${after}`;
  if (when.length === 0) return bound;
  const tests = when.map((condition) => testOf(condition, placeText(condition), bind));
  return `((${tests.join(' AND ')}) IS NOT TRUE OR ${bound})`;
}

const BOUND_TEXTS: Readonly<Record<EntityBeside['bounds'][number]['operator'], string>> = { gt: '>', gte: '>=', lt: '<', lte: '<=' };

/** Whether the member alone is what rows are known by; numbers lie in the key as texts. */
function isKey({ fields, idFields }: CompiledEntity, { columnName, column }: EntityPlace): boolean {
  const [id, ...others] = idFields;
  return column === 'text' && others.length === 0 && fields.some((field) => field.name === id && field.columnName === columnName);
}

/** What decides between rows at one place, the greater is the later: the last event of each, then the key, for one event may make several rows. */
export function tiedTexts(alias: string): readonly string[] {
  const [created, updated] = [`${alias}._created_at`, `${alias}._updated_at`];
  return [updated, `newest_event(${alias}._state, ${created}, ${updated})`, `${alias}._subject`, `${alias}._id`];
}

interface Rivals {
  readonly table: string;
  readonly own: string;
  readonly rival: string;
}

/** No row with equal members comes before it, or after it. What has no value of a member is the only one of its kind. */
function pickText({ keys, by, isLast, among, any }: EntityPick, { table, own, rival }: Rivals, { person, bind }: Scope): string {
  const at = (alias: string, { columnName }: EntityPlace): string => `${alias}.${quoted(columnName)}`;
  const placed = (alias: string): string => `(${[at(alias, by), ...tiedTexts(alias)].join(', ')})`;
  const tests = [
    ...thereTests(rival, person),
    ...keys.map((key) => `${at(rival, key)} = ${at(own, key)}`),
    ...among.map((condition) => testOf(condition, at(rival, condition), bind)),
    ...anyText(any, (place) => at(rival, place), bind),
    `${placed(rival)} ${isLast ? '>' : '<'} ${placed(own)}`,
  ];
  return `${at(own, by)} IS NOT NULL AND NOT EXISTS (SELECT FROM ${table} ${rival} WHERE ${tests.join(' AND ')})`;
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

export function testOf({ column, operator, values }: EntityCondition, at: string, bind: Bind): string {
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
