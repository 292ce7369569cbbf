/** What may be asked of an entity's rows, checked once for every reader (docs/design/entities.md, section 6). */
import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import type { CompiledEntity } from '../pack/compiled-entity.ts';
import type { Where } from '../pack/compiled.ts';
import { planBounds } from './beside-bounds.ts';
import type { BothRows, BoundOperator, EntityBound } from './beside-bounds.ts';
import { allOf, wrong } from './figure.ts';
import { memberCalled, membersOf, planConditions } from './read-members.ts';
import type { EntityCondition, EntityMember, EntityPlace } from './read-members.ts';

export interface EntityQuestion {
  readonly entity: CompiledEntity;
  /** Pseudonym; absent: of all. */
  readonly subject?: string | undefined;
  readonly where?: Where | undefined;
  /** Conditions of which one holds, beside those of `where`. */
  readonly any?: readonly Where[] | undefined;
  /** Each row once for each of some texts, which is its member `each.<name>`. */
  readonly each?: Readonly<Record<string, readonly string[]>> | undefined;
  /** By name a row of another entity that stands beside each row. */
  readonly beside?: Readonly<Record<string, BesideAsk>> | undefined;
  readonly pick?: PickAsk | undefined;
  /** A field, `_created_at` or `_updated_at`, with `-` before it for descending; absent: by subject and id. */
  readonly order?: string | undefined;
  readonly limit: number;
  /** All rows are meant: more than the limit are refused, where else a page is cut. */
  readonly whole?: boolean | undefined;
  /** Rows to leave out at the start; absent: none. */
  readonly offset?: number | undefined;
  /** The cursor of the page before. */
  readonly after?: string | undefined;
}

/** The row that was updated last of those whose members (the values) are equal to the row's own, or to those of a row beside before it (the names). */
export interface BesideAsk {
  readonly entity: CompiledEntity;
  readonly on: Readonly<Record<string, string>>;
  readonly where?: Where | undefined;
  /** By a member of the other row the instants of the row between which it lies. */
  readonly within?: Readonly<Record<string, BoundsAsk>> | undefined;
  /** The first by this member is meant, with `-` before it the last; of equal ones that with the greater id. */
  readonly order?: string | undefined;
  readonly pick?: PickAsk | undefined;
}

export type BoundsAsk = Readonly<Partial<Record<BoundOperator, BoundAsk>>>;

/** An instant of the row, or of one beside before it, and seconds after it. A row without it has none beside. */
export interface BoundAsk {
  readonly of: string;
  readonly plus_s?: number | undefined;
  /** It binds only rows of which this is true. */
  readonly when?: Where | undefined;
}

/** Of rows with equal members only the one that is first, or last. */
export interface PickAsk {
  readonly first?: readonly string[] | undefined;
  readonly last?: readonly string[] | undefined;
  /** Rows without it are left out. */
  readonly by: string;
  /** Among which rows it is the first; absent: those that `where` finds. */
  readonly among?: Where | undefined;
}

export interface EntityOrder {
  readonly columnName: string;
  readonly column: EntityMember['column'];
  readonly isDescending: boolean;
  /** Whether rows may have no value. */
  readonly isOptional: boolean;
}

export interface EntityPick {
  readonly keys: readonly EntityMember[];
  readonly by: EntityMember;
  readonly isLast: boolean;
  readonly among: readonly EntityCondition[];
  readonly any: EntityAny;
}

/** Lists of conditions: where there are some, all of one of the lists hold. */
export type EntityAny = readonly (readonly EntityCondition[])[];

export interface EntityBeside {
  readonly name: string;
  readonly entity: CompiledEntity;
  readonly members: readonly EntityMember[];
  readonly on: readonly { readonly own: EntityMember; readonly theirs: EntityMember }[];
  readonly conditions: readonly EntityCondition[];
  readonly bounds: readonly EntityBound[];
  /** Null: by when they were updated, the last first. */
  readonly order: BesideOrder | null;
  readonly pick: EntityPick | null;
}

export interface BesideOrder {
  readonly by: EntityMember;
  readonly isDescending: boolean;
}

export interface EntityEach {
  readonly member: EntityMember;
  readonly values: readonly string[];
}

export interface EntityRead {
  readonly entity: CompiledEntity;
  readonly members: readonly EntityMember[];
  readonly subject: string | null;
  readonly conditions: readonly EntityCondition[];
  readonly any: EntityAny;
  readonly each: EntityEach | null;
  readonly beside: readonly EntityBeside[];
  readonly pick: EntityPick | null;
  /** Null: by subject and id. */
  readonly order: EntityOrder | null;
  readonly limit: number;
  readonly isWhole: boolean;
  readonly offset: number;
}

export const ENTITY_ROWS_MAX = 10_000;

export function planEntityRead(question: EntityQuestion): Result<EntityRead> {
  const { limit, offset = 0, order, whole: isWhole = false } = question;
  const found = isLimit(limit) ? planFound(question) : failed(NO_LIMIT);
  if (!found.ok) return found;
  if (found.value.each !== null && !isWhole) return failed(wrong('each', 'has no pages: the rows are asked for whole'));
  const ordered = order === undefined ? ok(null) : planOrder(found.value.members, order);
  return ordered.ok ? ok({ ...found.value, order: ordered.value, limit, isWhole, offset }) : ordered;
}

function isLimit(limit: number): boolean {
  return Number.isInteger(limit) && limit >= 1 && limit <= ENTITY_ROWS_MAX;
}

const NO_LIMIT = { code: 'request_invalid', path: 'limit', message: `a whole number from 1 to ${ENTITY_ROWS_MAX}` } as const;

export type EntityFound = Omit<EntityRead, 'order' | 'limit' | 'isWhole' | 'offset'>;

/** Which rows are meant, and what stands beside them. */
export function planFound(question: Omit<EntityQuestion, 'limit' | 'whole' | 'offset' | 'order' | 'after'>): Result<EntityFound> {
  const { entity, subject = null, where = {} } = question;
  const members = membersOf(entity);
  const joined = planJoined(question, members);
  if (!joined.ok) return joined;
  const all = allMembers({ members, ...joined.value });
  const conditions = planConditions(all, where);
  if (!conditions.ok) return conditions;
  const any = allOf(question.any ?? [], (one, at) => planConditions(all, one, `any[${at}]`));
  if (!any.ok) return any;
  const pick = planPick(question.pick, { members, found: conditions.value, any: any.value }, 'pick');
  if (!pick.ok) return pick;
  return ok({ entity, members, subject, conditions: conditions.value, any: any.value, ...joined.value, pick: pick.value });
}

type Joined = Pick<EntityFound, 'each' | 'beside'>;

/** What a question about these rows may name. */
export function allMembers({ members, each, beside }: Joined & Pick<EntityFound, 'members'>): readonly EntityMember[] {
  return [...members, ...(each === null ? [] : [each.member]), ...beside.flatMap((one) => one.members)];
}

function planJoined(question: Pick<EntityQuestion, 'each' | 'beside'>, members: readonly EntityMember[]): Result<Joined> {
  const each = planEach(question);
  if (!each.ok) return each;
  const beside: EntityBeside[] = [];
  for (const [name, asked] of Object.entries(question.beside ?? {})) {
    const planned = planBeside(name, asked, allMembers({ members, each: each.value, beside }));
    if (!planned.ok) return planned;
    beside.push(planned.value);
  }
  return ok({ each: each.value, beside });
}

/** The row that holds one of the texts. */
export const EACH_ROW = 'each';

function planEach({ each = {}, beside = {} }: Pick<EntityQuestion, 'each' | 'beside'>): Result<EntityEach | null> {
  const [asked, ...more] = Object.entries(each);
  if (asked === undefined) return ok(null);
  const [columnName, values] = asked;
  if (more.length > 0) return failed(wrong('each', 'names one member'));
  if (Object.hasOwn(beside, EACH_ROW)) return failed(wrong(`beside.${EACH_ROW}`, 'is the row of the texts'));
  const member = { name: `${EACH_ROW}.${columnName}`, row: EACH_ROW, columnName, column: 'text', isSealed: false } as const;
  return ok({ member, values });
}

function planBeside(name: string, asked: BesideAsk, own: readonly EntityMember[]): Result<EntityBeside> {
  const { entity, where = {} } = asked;
  const path = `beside.${name}`;
  const theirs = membersOf(entity);
  const on = planOn(asked.on, { own, theirs }, path);
  if (!on.ok) return on;
  const conditions = planConditions(theirs, where, `${path}.where`);
  if (!conditions.ok) return conditions;
  const bounds = planBounds(asked.within ?? {}, { own, theirs }, `${path}.within`);
  if (!bounds.ok) return bounds;
  const order = planBesideOrder(asked.order, theirs, `${path}.order`);
  if (!order.ok) return order;
  const pick = planPick(asked.pick, { members: theirs, found: conditions.value, any: [] }, `${path}.pick`);
  if (!pick.ok) return pick;
  const found = { conditions: conditions.value, bounds: bounds.value, order: order.value, pick: pick.value };
  return ok({ name, entity, members: membersOf(entity, name), on: on.value, ...found });
}

function planOn(asked: BesideAsk['on'], { own, theirs }: BothRows, path: string): Result<EntityBeside['on']> {
  const on: EntityBeside['on'][number][] = [];
  for (const [left, right] of Object.entries(asked)) {
    const mine = memberCalled(own, left, `${path}.on`);
    if (!mine.ok) return mine;
    const other = memberCalled(theirs, right, `${path}.on.${left}`);
    if (!other.ok) return other;
    if (other.value.or !== undefined) return failed(wrong(`${path}.on.${left}`, 'names one member of the other row'));
    if (mine.value.column !== other.value.column) {
      return failed({ code: 'where_type_mismatch', path: `${path}.on.${left}`, message: 'the two members are of different types' });
    }
    on.push({ own: mine.value, theirs: other.value });
  }
  return ok(on);
}

function planBesideOrder(order: string | undefined, theirs: readonly EntityMember[], path: string): Result<BesideOrder | null> {
  if (order === undefined) return ok(null);
  const isDescending = order.startsWith('-');
  const by = memberCalled(theirs, isDescending ? order.slice(1) : order, path);
  if (!by.ok) return by;
  return by.value.or === undefined ? ok({ by: by.value, isDescending }) : failed(wrong(path, 'names one member'));
}

/** Rivals are rows of the entity alone. */
function isOwn({ row, or }: EntityPlace): boolean {
  return row === null && or === undefined;
}

interface PickedFrom {
  readonly members: readonly EntityMember[];
  readonly found: readonly EntityCondition[];
  readonly any: EntityAny;
}

function planPick(asked: PickAsk | undefined, { members, found, any: foundAny }: PickedFrom, path: string): Result<EntityPick | null> {
  if (asked === undefined) return ok(null);
  const isLast = asked.last !== undefined;
  const keys = allOf(asked.last ?? asked.first ?? [], (name) => memberCalled(members, name, `${path}.${isLast ? 'last' : 'first'}`));
  if (!keys.ok) return keys;
  const by = memberCalled(members, asked.by, `${path}.by`);
  if (!by.ok) return by;
  const among = asked.among === undefined ? ok(found.filter(isOwn)) : planConditions(members, asked.among, `${path}.among`);
  if (!among.ok) return among;
  const any = asked.among === undefined ? foundAny : [];
  if ([...keys.value, by.value, ...among.value, ...any.flat()].every(isOwn)) {
    return ok({ keys: keys.value, by: by.value, isLast, among: among.value, any });
  }
  return failed(wrong(path, 'names one member each of the rows themselves'));
}

function planOrder(members: readonly EntityMember[], order: string): Result<EntityOrder> {
  const isDescending = order.startsWith('-');
  const member = memberCalled(members, isDescending ? order.slice(1) : order, 'order');
  if (!member.ok) return member;
  const { columnName, column, or } = member.value;
  if (or !== undefined) return failed(wrong('order', 'names one member'));
  return ok({ columnName, column, isDescending, isOptional: !columnName.startsWith('_') });
}
