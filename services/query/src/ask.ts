/** One question: parse → plan → wait for its receipt → read → say what the answer claims. */
import { approximations, confineQuestion, failed, ok, parseCursorMark, toIsoUtc } from '@tidegate/core';
import type {
  AnalysisKind,
  AnswerRow,
  AnswerColumn,
  CursorMark,
  Fault,
  Findings,
  JourneyKind,
  Plan,
  PlanAsk,
  Question,
  Receipt,
  Result,
  RowScope,
} from '@tidegate/core';
import type { ProblemFault } from '@tidegate/http';
import type { ArchiveShare } from '@tidegate/postgres';
import type { Sealer } from '@tidegate/runtime';
import type { JobMeta } from './background/job-meta.ts';
import { freshClaims } from './fresh-claims.ts';
import type { FreshClaims } from './fresh-claims.ts';
import type { Freshness } from './freshness.ts';
import type { KeptHistory } from './kept-history.ts';
import { openAfter, toProblemFault } from './question-faults.ts';
import type { Read, ReadResult } from './read.ts';
import type { ReadLog } from './read-log.ts';
import type { Receipts, ReceiptState } from './receipts.ts';
import type { Registry } from './registry.ts';
import { parseQuestionOnce, planQuestionOnce } from './repeated-questions.ts';
import { openText, sealText } from './sealed-text.ts';

export interface AskDeps {
  readonly registry: Registry;
  readonly read: Read;
  readonly receipts: Receipts;
  readonly freshness: Freshness;
  readonly kept: KeptHistory;
  readonly cursorSealer: Sealer;
  readonly pseudonymOf: (tenant: string, subject: string) => string;
  readonly nowMs: () => number;
  readonly bucketsMax: number;
}

export interface Answer {
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly AnswerRow[];
  readonly next_cursor: string | null;
  readonly meta: AnswerMeta;
}

export interface AnswerMeta extends FreshClaims {
  /** Rows are of a replica of Postgres; absent: of the primary, or kept from it. */
  readonly read_from?: 'replica';
  /** By name ages that are not those of the day: dates of birth could not be opened. Absent: none. */
  readonly ages?: Readonly<Record<string, 'year_of_birth'>>;
  /** Part of what it was made of is in the archive: how many files were opened, what they hold in bytes, and how many events were of it. */
  readonly archive?: ArchiveShare;
  /** Absent where no metric was asked for. */
  readonly metric_version?: number;
  readonly revision?: number;
  readonly grain: string | null;
  readonly zone: string;
  readonly cache: { readonly state: ReadResult['cache']['state']; readonly age_ms: number };
  readonly approximate: Readonly<Record<string, string>>;
  readonly source: 'rollup' | 'raw' | 'entity';
  readonly suppressed_groups: number;
  readonly edges_rounded?: true;
  readonly over_budget?: readonly string[];
  /** Rows of what began before it may be missing: cells are dropped, or the metric has this version since and raw events were. */
  readonly history_from?: string;
  /** Raw events of its buckets are gone, so it cannot be counted again. */
  readonly recountable?: false;
  /** A job found it, then. */
  readonly job?: JobMeta;
  /** Of an analysis or a journey: its kind, and what it says of the whole. */
  readonly analysis?: { readonly kind: AnalysisKind | JourneyKind } & Findings;
}

export type AskOutcome =
  /**
   * `mayAgeMs`: how old the caller lets an answer be that is given for the same question again. `person`: pseudonym of the one
   * whose rows it holds, `*` where it shows several one by one; absent: of nobody in particular.
   */
  | { readonly ok: true; readonly answer: Answer; readonly mayAgeMs: number; readonly person?: string }
  | { readonly ok: false; readonly problem: ProblemFault };

export interface Asker {
  readonly tenant: string;
  /** What may be seen of the answer; null: all. */
  readonly rows: RowScope | null;
  readonly signal: AbortSignal;
  /** Whether what is committed just now may be missing: the answer is neither kept nor followed by what is announced. */
  readonly mayLag?: true;
  /** Whether making the answer waits for its turn, and is refused where that would be long. */
  readonly takesTurns?: true;
  /** Told what the answer is made of; absent: nobody wants to know. */
  readonly reads?: ReadLog;
}

export type Ask = (value: unknown, as: Asker) => Promise<AskOutcome>;

export function createAsk(deps: AskDeps): Ask {
  const answerShared = createSharedAnswers(deps);
  return async function ask(value, asker) {
    const { signal } = asker;
    const prepared = await prepareSurely(deps, value, asker);
    if (!prepared.ok) return { ok: false, problem: prepared.fault };
    const { question, plan, receipt, person } = prepared.value;
    const waited = receipt === null ? null : await deps.receipts.waitFor(receipt, question.wait_ms, signal);
    await asker.reads?.metric(plan.metric.metric, plan.range.subject);
    const skipCache = waited?.countedIn === 'postgres';
    const outcome = await deps.read({
      plan,
      subjectShown: question.subject ?? null,
      skipCache,
      mayLag: mayLag(asker, receipt),
      takesTurns: asker.takesTurns === true,
    });
    if (outcome.ok) {
      const { result } = outcome;
      const after = receipt === null ? null : await deps.receipts.stateOf(receipt, result.held);
      const mayAgeMs = receipt === null ? question.max_staleness_ms : 0;
      return { ok: true, answer: answerShared({ question, plan, after, result }), mayAgeMs, ...(person === null ? {} : { person }) };
    }
    const message = 'the range holds more cells than one answer may be made of';
    return { ok: false, problem: toProblemFault({ code: outcome.fault, path: 'from', message }) };
  };
}

/** Who waits for a receipt asks about now. */
export function mayLag(asker: Asker, receipt: Receipt | null): boolean {
  return asker.mayLag === true && receipt === null;
}

/** Where it is not sure which cells are dropped, it is asked for first. */
async function prepareSurely(deps: AskDeps, value: unknown, asker: Asker): Promise<ReturnType<typeof prepare>> {
  const prepared = prepare(deps, value, asker);
  if (!prepared.ok || deps.kept.isSure(prepared.value.plan.metric)) return prepared;
  await deps.kept.refresh();
  return prepare(deps, value, asker);
}

interface Prepared {
  readonly question: Question;
  readonly plan: Plan;
  readonly receipt: Receipt | null;
  readonly person: string | null;
}

function prepare(deps: AskDeps, value: unknown, { tenant, rows }: Asker): Result<Prepared, ProblemFault> {
  const read = readQuestion(value, rows);
  if (!read.ok) return read;
  const question = read.value;
  const cursor = openCursor(deps.cursorSealer, question.cursor);
  if (cursor === undefined) return refused({ code: 'cursor_invalid', path: 'cursor', message: 'not a cursor of this service' });
  const receipt = openAfter(deps.receipts, question.after, tenant);
  if (!receipt.ok) return refused(receipt.fault);
  const subject = question.subject === undefined ? null : deps.pseudonymOf(tenant, question.subject);
  const plan = planOf(deps, tenant, { question, subject, cursor });
  const person = subject ?? (question.group_by.includes('subject') || question.subjects !== undefined ? '*' : null);
  return plan.ok ? ok({ question, plan: plan.value, receipt: receipt.value, person }) : refused(plan.fault);
}

/** What is asked, held to what may be seen. */
function readQuestion(value: unknown, rows: RowScope | null): Result<Question, ProblemFault> {
  const parsed = parseQuestionOnce(value);
  if (!parsed.ok) return failed({ code: 'question_invalid', errors: parsed.errors });
  const confined = rows === null ? ok(parsed.question) : confineQuestion(parsed.question, rows);
  return confined.ok ? confined : refused(confined.fault);
}

function planOf(deps: AskDeps, tenant: string, asked: Pick<PlanAsk, 'question' | 'subject' | 'cursor'>): Result<Plan> {
  const name = asked.question.metric;
  const metric = deps.registry.metric(tenant, name);
  if (metric === null && deps.registry.isFirstMaking(tenant, name)) return failed(IN_MAKING);
  const floors = metric === null ? {} : deps.kept.floorsOf(metric);
  return planQuestionOnce({ ...asked, metric, floors, nowMs: deps.nowMs(), bucketsMax: deps.bucketsMax });
}

const IN_MAKING: Fault = { code: 'metric_in_making', path: 'metric', message: 'what came before the metric is being folded into it' };

function refused(fault: Fault): Result<never, ProblemFault> {
  return failed(toProblemFault(fault));
}

interface Answering {
  readonly question: Question;
  readonly plan: Plan;
  readonly after: ReceiptState | null;
  readonly result: ReadResult;
}

/**
 * What a thousand viewers share of one reading they share of its answer: what it claims about now is worked out once a
 * millisecond, and the same answer is written once.
 */
function createSharedAnswers(deps: AskDeps): (answering: Answering) => Answer {
  const made = new WeakMap<ReadResult, Pick<Answering, 'question' | 'plan'> & { readonly nowMs: number; readonly answer: Answer }>();
  return function answerShared(answering) {
    const { question, plan, after, result } = answering;
    const nowMs = deps.nowMs();
    const known = made.get(result);
    if (after === null && known?.nowMs === nowMs && known.question === question && known.plan === plan) return known.answer;
    const answer = answerOf(deps, answering);
    if (after === null) made.set(result, { question, plan, nowMs, answer });
    return answer;
  };
}

function answerOf(deps: AskDeps, { question, plan, after, result }: Answering): Answer {
  return {
    columns: plan.columns,
    rows: result.table.rows,
    next_cursor: sealCursor(deps.cursorSealer, result.table.next),
    meta: {
      ...freshClaims(deps, result.held, after),
      ...(result.isOfReplica === true ? { read_from: 'replica' as const } : {}),
      metric_version: plan.metric.version,
      revision: result.table.revision,
      grain: plan.grain,
      zone: question.zone,
      cache: { state: result.cache.state, age_ms: Math.round(result.cache.ageMs) },
      approximate: approximations(plan.measures),
      source: 'rollup',
      suppressed_groups: result.table.suppressed,
      ...(plan.edgesRounded ? { edges_rounded: true as const } : {}),
      ...(result.table.overBudget.length > 0 ? { over_budget: result.table.overBudget } : {}),
      ...historyOf(plan, result),
      ...(deps.kept.isRecountable(plan.metric, plan.range.fromS * 1_000) ? {} : { recountable: false as const }),
    },
  };
}

function historyOf({ metric }: Plan, result: ReadResult): Pick<AnswerMeta, 'history_from'> {
  const fromS = Math.max(metric.historyFromS ?? Number.NEGATIVE_INFINITY, result.historyFromS ?? Number.NEGATIVE_INFINITY);
  return Number.isFinite(fromS) ? { history_from: toIsoUtc(fromS * 1_000) } : {};
}

/** Sealed, because a mark holds values of rows, pseudonyms among them. */
function sealCursor(sealer: Sealer, mark: CursorMark | null): string | null {
  return mark === null ? null : sealText(sealer, mark);
}

/** Undefined where the text is no cursor. */
function openCursor(sealer: Sealer, text: string | null): CursorMark | null | undefined {
  if (text === null) return null;
  return parseCursorMark(openText(sealer, text)) ?? undefined;
}
