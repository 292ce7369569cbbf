/** What a filled query of a view asks of the rows of an entity: the rows themselves, or figures over them. */
import { z } from 'zod';
import { FIGURES } from '../entity/figure.ts';
import type { FiguresQuestion } from '../entity/figures-plan.ts';
import { ENTITY_ROWS_MAX } from '../entity/read-plan.ts';
import type { BesideAsk, EntityQuestion, PickAsk } from '../entity/read-plan.ts';
import { planAges } from '../entity/row-ages.ts';
import type { RowAge } from '../entity/row-ages.ts';
import type { Json } from '../expression/to-json.ts';
import { failed, ok } from '../fault/fault.ts';
import type { Fault, Result } from '../fault/fault.ts';
import type { CompiledEntity } from '../pack/compiled-entity.ts';
import type { Where } from '../pack/compiled.ts';
import { CONDITIONS_SCHEMA, errorsOf } from '../query/question.ts';
import type { QuestionError } from '../query/question.ts';
import { NAME_SCHEMA } from './view-schema.ts';
import { membersOf, toWhere, withoutNulls } from './filled.ts';
import type { Members } from './filled.ts';

const name = z.string().max(129);
const where = z.record(z.string(), CONDITIONS_SCHEMA);
/** A hundred years. */
const SECONDS_MAX = 3_155_760_000;
/** One name stands for a list of one. */
const listed = z.union([name.transform((one) => [one]), z.array(name).min(1).max(4)]);

const pick = z
  .strictObject({ first: listed.optional(), last: listed.optional(), by: name, among: where.optional() })
  .refine(({ first, last }) => (first === undefined) !== (last === undefined), { message: 'names what is the first, or what is the last' });

const boundObject = z.strictObject({ of: name, plus_s: z.number().min(-SECONDS_MAX).max(SECONDS_MAX).optional(), when: where.optional() });
const bound = z.union([name.transform((of) => ({ of })), boundObject]);
const bounds = z.strictObject({ gt: bound.optional(), gte: bound.optional(), lt: bound.optional(), lte: bound.optional() });

const beside = z.strictObject({
  entity: z.string(),
  on: z.record(z.string(), name).refine((on) => Object.keys(on).length > 0, { message: 'names the members that are equal' }),
  where: where.optional(),
  within: z.record(name, bounds).optional(),
  order: z.string().max(130).optional(),
  pick: pick.optional(),
});

const pair = z.tuple([name, name]);
const figure = z
  .strictObject({
    measure: z.enum(FIGURES),
    field: listed.optional(),
    weight: listed.optional(),
    fields: z.array(name).min(1).max(20).optional(),
    by: name.optional(),
    days: pair.optional(),
    seconds: pair.optional(),
    q: z.number().min(0).max(1).optional(),
    where: where.optional(),
    gte: z.number().optional(),
    lt: z.number().optional(),
  })
  .refine(({ field, days, seconds }) => [field, days, seconds].filter((one) => one !== undefined).length <= 1, {
    message: 'measures a field, or the days or seconds between two',
  });

const range = z.strictObject({
  at: name,
  from: z.string(),
  to: z.string(),
  zone: z.string().default('UTC'),
  grain: z.enum(['quarter_hour', 'hour', 'day', 'week', 'month', 'quarter', 'year']).optional(),
});

const age = z.strictObject({ of: name, on: z.string().max(10), else: name.optional() });

const ENTITY_ASK = z
  .strictObject({
    entity: z.string(),
    subject: z.string().min(1).max(256).optional(),
    where: where.default({}),
    any: z.array(where).min(1).max(8).optional(),
    each: z.record(NAME_SCHEMA, z.array(z.string().max(1_024)).min(1).max(100)).optional(),
    beside: z.record(z.string().max(64), beside).optional(),
    pick: pick.optional(),
    range: range.optional(),
    group_by: z.array(name).max(8).optional(),
    measures: z.record(z.string().max(64), figure).optional(),
    order: z.string().max(130).optional(),
    ages: z.record(z.string().max(64), age).optional(),
    limit: z.int().min(1).max(ENTITY_ROWS_MAX).optional(),
    whole: z.literal(true).optional(),
    cursor: z.string().max(4_096).optional(),
    offset: z.int().min(0).max(ENTITY_ROWS_MAX).optional(),
  })
  .refine(({ measures, group_by: groups, range: asked }) => measures !== undefined || (groups === undefined && asked === undefined), {
    message: 'rows have no groups and no range: name measures',
  })
  .refine(({ measures, cursor }) => measures === undefined || cursor === undefined, { message: 'figures have no pages' })
  .refine(({ offset = 0, cursor, measures }) => offset === 0 || (cursor === undefined && measures === undefined), {
    message: 'give either offset or cursor, of rows',
    path: ['offset'],
  })
  .refine(
    ({ whole, cursor, offset, limit, measures }) =>
      whole === undefined || [cursor, offset, limit, measures].every((one) => one === undefined),
    {
      message: 'rows that are asked for whole have no pages and no limit, and figures are whole without it',
      path: ['whole'],
    },
  )
  .refine(({ measures, ages }) => measures === undefined || ages === undefined, { message: 'figures have no ages' });

/** Rows of an entity or figures over them, as a view asks for them. */
export type EntityAsk = z.output<typeof ENTITY_ASK>;

export function toEntityAsk(filled: Json): Result<EntityAsk, readonly QuestionError[]> {
  const read = ENTITY_ASK.safeParse(withWhere(withoutNulls(membersOf(filled))));
  return read.success ? ok(read.data) : failed(errorsOf(read.error));
}

/** Conditions may be written short wherever they stand. */
function withWhere(asked: Members): Members {
  const any = asked['any'];
  const inside = (of: Json | undefined, change: (one: Members) => Members): Json | undefined =>
    of === undefined
      ? undefined
      : Object.fromEntries(Object.entries(membersOf(of)).map(([key, one]) => [key, change(withoutNulls(membersOf(one)))]));
  const written: Record<string, Json | undefined> = {
    ...withPick(asked),
    any: Array.isArray(any) ? any.map((one: Json) => toWhere(one)) : any,
    beside: inside(asked['beside'], withBounds),
    measures: inside(asked['measures'], withConditions),
  };
  return Object.fromEntries(Object.entries(written).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

function withConditions(asked: Members): Members {
  const conditions = asked['where'];
  return conditions === undefined ? asked : { ...asked, where: toWhere(conditions) };
}

function withBounds(asked: Members): Members {
  const written = withPick(asked);
  const within = written['within'];
  if (within === undefined) return written;
  const bounds = Object.entries(membersOf(within)).map(([name, of]) => {
    const each = Object.entries(membersOf(of)).map(([operator, one]) => [
      operator,
      typeof one === 'string' ? one : withWhen(membersOf(one)),
    ]);
    return [name, Object.fromEntries(each) as Members];
  });
  return { ...written, within: Object.fromEntries(bounds) as Members };
}

function withWhen(asked: Members): Members {
  const when = asked['when'];
  return when === undefined ? asked : { ...asked, when: toWhere(when) };
}

function withPick(asked: Members): Members {
  const written = withConditions(asked);
  const picked = written['pick'];
  return picked === undefined ? written : { ...written, pick: amongWritten(withoutNulls(membersOf(picked))) };
}

function amongWritten(picked: Members): Members {
  const among = picked['among'];
  return among === undefined ? picked : { ...picked, among: toWhere(among) };
}

export type EntityQuery =
  | { readonly kind: 'rows'; readonly question: EntityQuestion; readonly ages: readonly RowAge[] }
  | { readonly kind: 'figures'; readonly question: FiguresQuestion };

const ROWS_OF_A_PAGE = 100;

function pageOf(whole: true | undefined): number {
  return whole === undefined ? ROWS_OF_A_PAGE : ENTITY_ROWS_MAX;
}

type Entities = ReadonlyMap<string, CompiledEntity>;

/** With the entities that it names, of one pack. */
export function toEntityQuery(ask: EntityAsk, entities: Entities): Result<EntityQuery> {
  const { measures } = ask;
  const entity = entities.get(ask.entity);
  if (entity === undefined) return failed(noEntity('entity'));
  if (ask.subject !== undefined && !entity.hasSubject) return failed(notOfPersons('subject'));
  const rows = toBeside(ask, entities);
  if (!rows.ok) return rows;
  const of = { entity, subject: ask.subject, order: ask.order };
  const named = { any: ask.any?.map((one) => one as Where), each: ask.each };
  const found = { ...of, ...named, where: toConditions(ask.where), beside: rows.value, pick: toPick(ask.pick) };
  return measures === undefined ? toRows(found, ask) : ok(toFigures(found, { ...ask, measures }));
}

function toBeside({ beside: asked = {} }: EntityAsk, entities: Entities): Result<Readonly<Record<string, BesideAsk>>> {
  const rows: Record<string, BesideAsk> = {};
  for (const [row, one] of Object.entries(asked)) {
    const other = entities.get(one.entity);
    if (other === undefined) return failed(noEntity(`beside.${row}.entity`));
    const { on, within, order } = one;
    rows[row] = { entity: other, on, where: toConditions(one.where), within: within as BesideAsk['within'], order, pick: toPick(one.pick) };
  }
  return ok(rows);
}

type Found = Omit<EntityQuestion, 'limit' | 'whole' | 'offset' | 'after'>;

function toRows(found: Found, { ages: asked = {}, whole, limit = pageOf(whole), cursor, offset }: EntityAsk): Result<EntityQuery> {
  const ages = planAges(asked, found.entity);
  return ages.ok ? ok({ kind: 'rows', question: { ...found, limit, whole, offset, after: cursor }, ages: ages.value }) : ages;
}

type FiguresAsk = EntityAsk & { readonly measures: NonNullable<EntityAsk['measures']> };

function toFigures(found: Found, { group_by: groupBy = [], range: asked, measures, limit }: FiguresAsk): EntityQuery {
  const figures = Object.fromEntries(Object.entries(measures).map(([key, one]) => [key, { ...one, where: toConditions(one.where) }]));
  return { kind: 'figures', question: { ...found, groupBy, range: asked, measures: figures, limit } };
}

function toConditions(conditions: z.output<typeof where> | undefined): Where | undefined {
  return conditions as Where | undefined;
}

function toPick(asked: z.output<typeof pick> | undefined): PickAsk | undefined {
  return asked === undefined ? undefined : { ...asked, among: toConditions(asked.among) };
}

function noEntity(path: string): Fault {
  return { code: 'request_invalid', path, message: 'is no entity of this pack' };
}

function notOfPersons(path: string): Fault {
  return { code: 'request_invalid', path, message: 'rows of this entity are not of persons' };
}
