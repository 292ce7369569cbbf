/** What may be asked of an entity's rows, checked once for every reader (docs/design/entities.md, section 6). */
import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import type { CompiledEntity } from '../pack/compiled-entity.ts';
import type { Where } from '../pack/compiled.ts';
import { allOf, wrong } from './figure.ts';
import { memberCalled, membersOf, planConditions } from './read-members.ts';
import type { EntityCondition, EntityMember, EntityPlace } from './read-members.ts';

export interface EntityQuestion {
  readonly entity: CompiledEntity;
  /** Pseudonym; absent: of all. */
  readonly subject?: string | undefined;
  readonly where?: Where | undefined;
  /** By name a row of another entity that stands beside each row. */
  readonly beside?: Readonly<Record<string, BesideAsk>> | undefined;
  readonly pick?: PickAsk | undefined;
  /** A field, `_created_at` or `_updated_at`, with `-` before it for descending; absent: by subject and id. */
  readonly order?: string | undefined;
  readonly limit: number;
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
  readonly pick?: PickAsk | undefined;
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
}

export interface EntityBeside {
  readonly name: string;
  readonly entity: CompiledEntity;
  readonly members: readonly EntityMember[];
  readonly on: readonly { readonly own: EntityMember; readonly theirs: EntityMember }[];
  readonly conditions: readonly EntityCondition[];
  readonly pick: EntityPick | null;
}

export interface EntityRead {
  readonly entity: CompiledEntity;
  readonly members: readonly EntityMember[];
  readonly subject: string | null;
  readonly conditions: readonly EntityCondition[];
  readonly beside: readonly EntityBeside[];
  readonly pick: EntityPick | null;
  /** Null: by subject and id. */
  readonly order: EntityOrder | null;
  readonly limit: number;
  readonly offset: number;
}

export const ENTITY_ROWS_MAX = 10_000;

export function planEntityRead(question: EntityQuestion): Result<EntityRead> {
  const { limit, offset = 0, order } = question;
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= ENTITY_ROWS_MAX)) {
    return failed({ code: 'request_invalid', path: 'limit', message: `a whole number from 1 to ${ENTITY_ROWS_MAX}` });
  }
  const found = planFound(question);
  if (!found.ok) return found;
  const ordered = order === undefined ? ok(null) : planOrder(found.value.members, order);
  return ordered.ok ? ok({ ...found.value, order: ordered.value, limit, offset }) : ordered;
}

export type EntityFound = Omit<EntityRead, 'order' | 'limit' | 'offset'>;

/** Which rows are meant, and what stands beside them. */
export function planFound(question: Omit<EntityQuestion, 'limit' | 'offset' | 'order' | 'after'>): Result<EntityFound> {
  const { entity, subject = null, where = {} } = question;
  const members = membersOf(entity);
  const beside: EntityBeside[] = [];
  for (const [name, asked] of Object.entries(question.beside ?? {})) {
    const planned = planBeside(name, asked, [...members, ...beside.flatMap((one) => one.members)]);
    if (!planned.ok) return planned;
    beside.push(planned.value);
  }
  const all = [...members, ...beside.flatMap((one) => one.members)];
  const conditions = planConditions(all, where);
  if (!conditions.ok) return conditions;
  const pick = planPick(question.pick, { members, found: conditions.value }, 'pick');
  if (!pick.ok) return pick;
  return ok({ entity, members, subject, conditions: conditions.value, beside, pick: pick.value });
}

function planBeside(name: string, asked: BesideAsk, own: readonly EntityMember[]): Result<EntityBeside> {
  const { entity, where = {} } = asked;
  const path = `beside.${name}`;
  const theirs = membersOf(entity);
  const on: EntityBeside['on'][number][] = [];
  for (const [left, right] of Object.entries(asked.on)) {
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
  const conditions = planConditions(theirs, where, `${path}.where`);
  if (!conditions.ok) return conditions;
  const pick = planPick(asked.pick, { members: theirs, found: conditions.value }, `${path}.pick`);
  return pick.ok ? ok({ name, entity, members: membersOf(entity, name), on, conditions: conditions.value, pick: pick.value }) : pick;
}

/** Rivals are rows of the entity alone. */
function isOwn({ row, or }: EntityPlace): boolean {
  return row === null && or === undefined;
}

interface PickedFrom {
  readonly members: readonly EntityMember[];
  readonly found: readonly EntityCondition[];
}

function planPick(asked: PickAsk | undefined, { members, found }: PickedFrom, path: string): Result<EntityPick | null> {
  if (asked === undefined) return ok(null);
  const isLast = asked.last !== undefined;
  const keys = allOf(asked.last ?? asked.first ?? [], (name) => memberCalled(members, name, `${path}.${isLast ? 'last' : 'first'}`));
  if (!keys.ok) return keys;
  const by = memberCalled(members, asked.by, `${path}.by`);
  if (!by.ok) return by;
  const among = asked.among === undefined ? ok(found.filter(isOwn)) : planConditions(members, asked.among, `${path}.among`);
  if (!among.ok) return among;
  if ([...keys.value, by.value, ...among.value].every(isOwn)) return ok({ keys: keys.value, by: by.value, isLast, among: among.value });
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
