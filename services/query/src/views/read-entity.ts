/** Rows of an entity as one query of a view: those that the caller may see, of Postgres, with what is known of how far they go. */
import type { BesideAsk, CompiledEntity, EntityQuery, Fault, FiguresQuestion, Receipt, Result } from '@tidegate/core';
import { alternativesOf, failed, ok } from '@tidegate/core';
import type { ProblemFault } from '@tidegate/http';
import type { EntityPage, EntityReader, EntityRow } from '@tidegate/postgres';
import type { Sealer } from '@tidegate/runtime';
import type { AnswerMeta, Asker } from '../ask.ts';
import type { ClaimingDeps } from '../fresh-claims.ts';
import { freshClaims } from '../fresh-claims.ts';
import { openAfter, toProblemFault } from '../question-faults.ts';
import type { LookedUp } from '../read-log.ts';
import type { Receipts } from '../receipts.ts';
import { openText, sealText } from '../sealed-text.ts';
import type { ReadAges } from './age-reader.ts';
import type { QueryAnswer } from './query-answer.ts';
import { withAges } from './row-ages.ts';

export interface ReadEntityDeps extends ClaimingDeps {
  readonly entities: EntityReader;
  readonly pseudonymOf: (tenant: string, subject: string) => string;
  readonly cursorSealer: Sealer;
  readonly readAges: ReadAges;
  readonly receipts: Pick<Receipts, 'open' | 'waitFor' | 'stateOf'>;
}

export interface EntityQueryAsk {
  readonly query: EntityQuery;
  readonly wait: { readonly after?: string; readonly wait_ms?: number };
  readonly asker: Asker;
}

export type ReadEntity = (asked: EntityQueryAsk) => Promise<Result<QueryAnswer, ProblemFault>>;

const WAIT_MS = 1_000;

export function createReadEntity(deps: ReadEntityDeps): ReadEntity {
  return async function readEntity({ query, wait, asker }) {
    const subject = subjectSeen(query, asker);
    if (!subject.ok) return refused(subject.fault);
    const opened = openAfter(deps.receipts, wait.after, asker.tenant);
    if (!opened.ok) return refused(opened.fault);
    const receipt = opened.value;
    if (receipt !== null) await deps.receipts.waitFor(receipt, wait.wait_ms ?? WAIT_MS, asker.signal);
    // What is heard of counting before the rows are read is in them: it is told after its commit.
    const claims = await claimsOf(deps, receipt);
    const pseudonym = subject.value === null ? undefined : deps.pseudonymOf(asker.tenant, subject.value);
    await noteReads(asker.reads, query, pseudonym ?? null);
    const read = await readRows(deps, query, pseudonym);
    if (!read.ok) return refused(read.fault);
    const { page, person } = read.value;
    const found = await aged(deps, { page, claims, shown: subject.value }, { query, asker });
    return ok({ ...answerOf(deps, query.question.entity, found), ...(person === null ? {} : { person }) });
  };
}

/** What the rows are made of: those asked for, and those that may stand beside them. */
async function noteReads(reads: Asker['reads'], { question }: EntityQuery, person: string | null): Promise<void> {
  if (reads === undefined) return;
  await reads.entity(question.entity, { person, id: idAsked(question), value: valueAsked(question) });
  for (const { entity, on, pick } of Object.values(question.beside ?? {})) {
    const asked = { entity, where: fixedBeside(on, question.where), pick };
    await reads.entity(entity, { person: entity.hasSubject ? person : null, id: idAsked(asked), value: valueAsked(asked) });
  }
}

type Conditions = NonNullable<EntityQuery['question']['where']>;

/** Conditions of members that a row beside has to have equal to the row's own. */
function fixedBeside(on: BesideAsk['on'], where: Conditions = {}): Conditions {
  return Object.fromEntries(Object.entries(on).flatMap(([own, theirs]) => (where[own] === undefined ? [] : [[theirs, where[own]]])));
}

type RowsAsked = Pick<EntityQuery['question'], 'entity' | 'where' | 'pick'>;

/** The one row that is asked for by its id; null: others may come, or decide whether it does. */
function idAsked({ entity, where = {}, pick }: RowsAsked): string | null {
  const name = pick === undefined ? textId(entity) : null;
  const value = name === null ? undefined : where[name]?.eq;
  return typeof value === 'string' ? value : null;
}

/** The value that all rows have which are asked for, and all that decide whether one of them comes. */
function valueAsked({ entity: { lookups }, where = {}, pick }: RowsAsked): LookedUp | null {
  const alike = pick === undefined ? lookups : (pick.last ?? pick.first ?? []);
  for (const lookup of lookups.filter((one) => alike.includes(one))) {
    const text = where[lookup]?.eq;
    if (typeof text === 'string') return { lookup, text };
  }
  return null;
}

/** Numbers may be written in more ways than one. */
function textId({ idFields, fields }: CompiledEntity): string | null {
  const [name = null, ...more] = idFields;
  return more.length === 0 && fields.find((one) => one.name === name)?.column === 'text' ? name : null;
}

interface ReadRows {
  readonly page: EntityPage;
  /** Whose rows they are, for the audit; null: nobody's in particular. */
  readonly person: string | null;
}

async function readRows(deps: ReadEntityDeps, query: EntityQuery, pseudonym: string | undefined): Promise<Result<ReadRows>> {
  const { entity } = query.question;
  if (query.kind === 'figures') {
    const found = await deps.entities.figures({ ...query.question, subject: pseudonym });
    const person = pseudonym ?? (showsPersons(query.question) ? '*' : null);
    return found.ok ? ok({ page: { rows: found.value, cursor: null }, person }) : found;
  }
  const after = openCursor(deps.cursorSealer, entity, query.question.after);
  if (after === null) return failed({ code: 'cursor_invalid', path: 'cursor', message: 'not a cursor of this question' });
  const found = await deps.entities.read({ ...query.question, subject: pseudonym, after });
  return found.ok ? ok({ page: found.value, person: entity.hasSubject ? (pseudonym ?? '*') : null }) : found;
}

/** Whether figures tell several persons one by one. */
function showsPersons({ entity, groupBy, measures }: FiguresQuestion): boolean {
  const isShown = Object.values(measures).some(
    ({ measure, field = [] }) => measure === 'list' || (EXTREMES.has(measure) && field.some(isOfPerson)),
  );
  return entity.hasSubject && (groupBy.some(isOfPerson) || isShown);
}

function isOfPerson(name: string): boolean {
  return alternativesOf(name).includes(SUBJECT);
}

const SUBJECT = 'subject';
const EXTREMES: ReadonlySet<string> = new Set(['min', 'max']);

/** The plain id of the one person whose rows are asked for; null: all. */
function subjectSeen({ question: { entity, subject, beside = {} } }: EntityQuery, { rows }: Asker): Result<string | null> {
  if (rows === null) return ok(subject ?? null);
  if (rows.k !== undefined) return failed(ROWS_OF_FEW);
  // A token that shows some metrics, or some values of dimensions, says nothing of rows.
  const isOfRows = rows.metrics === null && Object.keys(rows.where).length === 0;
  const isOfPersons = [entity, ...Object.values(beside).map((one) => one.entity)].every(({ hasSubject }) => hasSubject);
  if (!isOfRows || !isOfPersons || (subject !== undefined && subject !== rows.subject)) {
    return failed({ code: 'row_refused', path: 'entity', message: 'lies outside of what the caller may see' });
  }
  return ok(rows.subject);
}

const ROWS_OF_FEW: Fault = {
  code: 'groups_unprotected',
  path: 'entity',
  message: 'rows are shown one by one, however few persons have them',
};

async function claimsOf(deps: ReadEntityDeps, receipt: Receipt | null): Promise<AnswerMeta> {
  const held = [...deps.freshness.tracked().values()];
  const after = receipt === null ? null : await deps.receipts.stateOf(receipt, held);
  return {
    ...freshClaims(deps, held, after),
    ...{ grain: null, zone: 'UTC', approximate: {}, source: 'entity', suppressed_groups: 0 },
    cache: { state: 'miss', age_ms: 0 },
  };
}

/** The rows with the ages that are asked for, and whether some are by the year. */
async function aged({ readAges }: ReadEntityDeps, found: Found, { query, asker }: Pick<EntityQueryAsk, 'query' | 'asker'>): Promise<Found> {
  if (query.kind === 'figures' || query.ages.length === 0) return found;
  const { rows, byYear } = await withAges(readAges, { rows: found.page.rows, ages: query.ages }, asker);
  const page = { ...found.page, rows };
  if (byYear.length === 0) return { ...found, page };
  // Nothing tells when the dates can be opened again.
  asker.reads?.untold();
  const ages = Object.fromEntries(byYear.map((name) => [name, 'year_of_birth' as const]));
  return { ...found, page, claims: { ...found.claims, ages } };
}

interface Found {
  readonly page: EntityPage;
  readonly claims: AnswerMeta;
  readonly shown: string | null;
}

function answerOf({ cursorSealer }: ReadEntityDeps, entity: CompiledEntity, { page, claims, shown }: Found): QueryAnswer {
  return {
    rows: shown === null ? page.rows : page.rows.map((row): EntityRow => ('subject' in row ? { ...row, subject: shown } : row)),
    about: { next_cursor: page.cursor === null ? null : sealCursor(cursorSealer, entity, page.cursor), analysis: {} },
    claims,
    mayAgeMs: 0,
  };
}

/** Sealed, because it holds values of a row; bound to the entity. */
function sealCursor(sealer: Sealer, { entity }: CompiledEntity, cursor: string): string {
  return sealText(sealer, [entity, cursor]);
}

/** Undefined: the first page; null: no cursor of this entity. */
function openCursor(sealer: Sealer, { entity }: CompiledEntity, text: string | undefined): string | null | undefined {
  if (text === undefined) return undefined;
  const opened = openText(sealer, text);
  const [of, cursor] = Array.isArray(opened) ? (opened as unknown[]) : [];
  return of === entity && typeof cursor === 'string' ? cursor : null;
}

function refused(fault: Fault): Result<never, ProblemFault> {
  return failed(toProblemFault(fault));
}
