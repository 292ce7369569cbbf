/** Rows of an entity as one query of a view: those that the caller may see, of Postgres, with what is known of how far they go. */
import type { CompiledEntity, EntityAsk, Fault, Receipt, Result, Where } from '@tidegate/core';
import { failed, ok } from '@tidegate/core';
import type { ProblemFault } from '@tidegate/http';
import type { EntityPage, EntityReader, EntityRow } from '@tidegate/postgres';
import type { Sealer } from '@tidegate/runtime';
import type { AnswerMeta, Asker } from '../ask.ts';
import type { ClaimingDeps } from '../fresh-claims.ts';
import { freshClaims } from '../fresh-claims.ts';
import { openAfter, toProblemFault } from '../question-faults.ts';
import type { Receipts } from '../receipts.ts';
import { openText, sealText } from '../sealed-text.ts';
import type { QueryAnswer } from './query-answer.ts';

export interface ReadEntityDeps extends ClaimingDeps {
  readonly entities: EntityReader;
  readonly pseudonymOf: (tenant: string, subject: string) => string;
  readonly cursorSealer: Sealer;
  readonly receipts: Pick<Receipts, 'open' | 'waitFor' | 'stateOf'>;
}

export interface EntityQuery {
  readonly entity: CompiledEntity;
  readonly ask: EntityAsk;
  readonly wait: { readonly after?: string; readonly wait_ms?: number };
  readonly asker: Asker;
}

export type ReadEntity = (query: EntityQuery) => Promise<Result<QueryAnswer, ProblemFault>>;

const WAIT_MS = 1_000;

export function createReadEntity(deps: ReadEntityDeps): ReadEntity {
  return async function readEntity({ entity, ask, wait, asker }) {
    const subject = subjectSeen(entity, ask, asker);
    if (!subject.ok) return refused(subject.fault);
    const after = openCursor(deps.cursorSealer, entity, ask.cursor);
    if (after === null) return refused({ code: 'cursor_invalid', path: 'cursor', message: 'not a cursor of this question' });
    const opened = openAfter(deps.receipts, wait.after, asker.tenant);
    if (!opened.ok) return refused(opened.fault);
    const receipt = opened.value;
    if (receipt !== null) await deps.receipts.waitFor(receipt, wait.wait_ms ?? WAIT_MS, asker.signal);
    // What is heard of counting before the rows are read is in them: it is told after its commit.
    const claims = await claimsOf(deps, receipt);
    const pseudonym = subject.value === null ? undefined : deps.pseudonymOf(asker.tenant, subject.value);
    await asker.reads?.entity(entity, { person: pseudonym ?? null, id: idAsked(entity, ask) });
    const { where, order, limit } = ask;
    const page = await deps.entities.read({ entity, subject: pseudonym, where: where as Where, order, limit, after });
    if (!page.ok) return refused(page.fault);
    return ok({ ...answerOf(deps, entity, { page: page.value, claims, shown: subject.value }), ...personOf(entity, pseudonym) });
  };
}

/** The one row that is asked for by its id; null: others may come. */
function idAsked({ idField, fields }: CompiledEntity, { where }: EntityAsk): string | null {
  const field = fields.find(({ name }) => name === idField);
  const value = field === undefined ? undefined : where[field.name]?.eq;
  // Numbers may be written in more ways than one.
  return field?.column === 'text' && typeof value === 'string' ? value : null;
}

/** Whose rows they are, for the audit. */
function personOf({ hasSubject }: CompiledEntity, pseudonym: string | undefined): Pick<QueryAnswer, 'person'> {
  return hasSubject ? { person: pseudonym ?? '*' } : {};
}

/** The plain id of the one person whose rows are asked for; null: all. */
function subjectSeen({ hasSubject }: CompiledEntity, { subject }: EntityAsk, { rows }: Asker): Result<string | null> {
  if (rows === null) return ok(subject ?? null);
  // A token that shows some metrics, or some values of dimensions, says nothing of rows.
  const isOfRows = rows.metrics === null && Object.keys(rows.where).length === 0;
  if (!isOfRows || !hasSubject || (subject !== undefined && subject !== rows.subject)) {
    return failed({ code: 'row_refused', path: 'entity', message: 'lies outside of what the caller may see' });
  }
  return ok(rows.subject);
}

async function claimsOf(deps: ReadEntityDeps, receipt: Receipt | null): Promise<AnswerMeta> {
  const held = [...deps.freshness.tracked().values()];
  const after = receipt === null ? null : await deps.receipts.stateOf(receipt, held);
  return {
    ...freshClaims(deps, held, after),
    ...{ grain: null, zone: 'UTC', approximate: {}, source: 'entity', suppressed_groups: 0 },
    cache: { state: 'miss', age_ms: 0 },
  };
}

interface Found {
  readonly page: EntityPage;
  readonly claims: AnswerMeta;
  readonly shown: string | null;
}

function answerOf({ cursorSealer }: ReadEntityDeps, entity: CompiledEntity, { page, claims, shown }: Found): QueryAnswer {
  return {
    rows: shown === null ? page.rows : page.rows.map((row): EntityRow => ({ ...row, subject: shown })),
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
