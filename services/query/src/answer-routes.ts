/** The routes of questions: one in a body, one in an address whose answer callers may keep, many in a body. */
import type { Exchange, ProblemFault } from '@tidegate/http';
import { BATCH_QUESTIONS_MAX, invalidMember, readJsonBody, refuse, sendJson, SUBJECT_HEADER, toProblem } from '@tidegate/http';
import type { Step } from '@tidegate/telemetry';
import { z } from 'zod';
import { bodyOf, lasting, toHeader } from './answer-body.ts';
import { ANSWER_TYPES, formatOf } from './answer-format.ts';
import type { AnswerFormat } from './answer-format.ts';
import type { Answer, AnswerMeta, Ask, Asker, AskOutcome } from './ask.ts';
import { askerOf } from './asker.ts';
import { questionInTime } from './background/question-in-time.ts';
import type { QuestionInTimeDeps } from './background/question-in-time.ts';
import type { KeptBodyOf } from './kept-bodies.ts';
import { decodeQuestion } from './repeated-questions.ts';
import { sendBody, sendKept } from './send-body.ts';
import { storeFaultOf } from './store-fault.ts';

export interface AnswerRoutesDeps extends QuestionInTimeDeps {
  readonly keptBodyOf: KeptBodyOf;
  readonly questionBytesMax: number;
  readonly step: Step;
}

type CacheWord = 'HIT' | 'MISS' | 'BYPASS';
const CACHE_WORDS = { hit: 'HIT', miss: 'MISS', fill: 'MISS', bypass: 'BYPASS' } as const satisfies Record<string, CacheWord>;

/** `POST /v1/query`. */
export async function askQuestion(deps: AnswerRoutesDeps, exchange: Exchange): Promise<void> {
  return askBody(deps, exchange, (body) => body);
}

/** `POST /v1/funnels`: a question of kind funnel that need not say so. */
export async function askFunnel(deps: AnswerRoutesDeps, exchange: Exchange): Promise<void> {
  return askBody(deps, exchange, (body) => (typeof body === 'object' && !Array.isArray(body) ? { ...body, kind: 'funnel' } : body));
}

async function askBody(deps: AnswerRoutesDeps, exchange: Exchange, toQuestion: (body: unknown) => unknown): Promise<void> {
  const { questionBytesMax, step } = deps;
  const body = await step('receive_request', async () => readJsonBody(exchange.request, questionBytesMax));
  if (!body.ok) return refuse(exchange, { code: body.fault.code });
  return sendAnswerTo(deps, exchange, toQuestion(body.value));
}

/** Answers a question that is no text of an address, which none may keep. */
export async function sendAnswerTo(deps: AnswerRoutesDeps, exchange: Exchange, question: unknown): Promise<void> {
  const { step } = deps;
  const outcome = await questionInTime(deps, exchange, question);
  if (outcome === null) return;
  if (!outcome.ok) return refuse(exchange, outcome.problem);
  const { answer, person } = outcome;
  const format = formatOf(exchange.request.headers.accept);
  // A table has no place that readers look at for what stands beside the rows.
  const beside = format === 'csv' || format === 'parquet' ? besideRows(answer) : {};
  const headers = {
    'x-cache': cacheWordOf(answer.meta.cache.state),
    'cache-control': 'no-store',
    vary: 'accept',
    ...beside,
    ...ofPerson(person),
  };
  const answered = await step('generate_response', async () => bodyOf(format, answer));
  sendBody(step, exchange, { body: answered, headers: { 'content-type': ANSWER_TYPES[format], ...headers } });
}

/** `GET /v1/query?q=…`: `answer-body.ts` says what may be kept of it. */
export async function askKept(deps: AnswerRoutesDeps, exchange: Exchange): Promise<void> {
  const { keptBodyOf, step } = deps;
  const { query, caller, request } = exchange;
  const [text, ...others] = query.getAll('q');
  if (text === undefined || others.length > 0) return refuse(exchange, questionMissing());
  const question = decodeQuestion(text);
  if (!question.ok) return refuse(exchange, { code: question.fault.code });
  const outcome = await questionInTime(deps, exchange, question.value);
  if (outcome === null) return;
  if (!outcome.ok) return refuse(exchange, outcome.problem);
  const format = formatOf(request.headers.accept);
  const made = async (): Promise<KeptSending> => keptSendingOf(keptBodyOf, { ...outcome, tenant: caller.tenant, format });
  const { body, headers } = await step('generate_response', made);
  sendKept(step, exchange, { contentType: ANSWER_TYPES[format], headers, body: () => body });
}

interface KeptAsked extends Pick<Extract<AskOutcome, { ok: true }>, 'answer' | 'mayAgeMs' | 'person'> {
  readonly tenant: string;
  readonly format: AnswerFormat;
}

interface KeptSending {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>> & { readonly etag: string };
}

/** By an answer that many share: what was sent of it last, and to what. */
const sent = new WeakMap<Answer, { readonly asked: KeptAsked; readonly sending: KeptSending }>();

async function keptSendingOf(keptBodyOf: KeptBodyOf, asked: KeptAsked): Promise<KeptSending> {
  const { answer, mayAgeMs, person, tenant, format } = asked;
  const known = sent.get(answer);
  if (known !== undefined && isSameAsked(known.asked, asked)) return known.sending;
  const { body, etag } = await keptBodyOf({ tenant, format, answer: lasting(answer) });
  const headers = {
    etag,
    'cache-control': mayAgeMs < 1_000 ? 'private, no-cache' : `private, max-age=${Math.floor(mayAgeMs / 1_000)}`,
    // Another key may be of another tenant, and the forms have one address.
    vary: 'accept, authorization, x-api-key',
    'x-cache': cacheWordOf(answer.meta.cache.state),
    ...besideRows(answer),
    ...ofPerson(person),
  };
  const sending = { body, headers };
  sent.set(answer, { asked, sending });
  return sending;
}

function isSameAsked(a: KeptAsked, b: KeptAsked): boolean {
  return a.format === b.format && a.tenant === b.tenant && a.mayAgeMs === b.mayAgeMs && a.person === b.person;
}

function questionMissing(): ProblemFault {
  return invalidMember('q', 'one question as JSON');
}

const BATCH_SCHEMA = z.strictObject({ questions: z.array(z.unknown()).min(1).max(BATCH_QUESTIONS_MAX) });
/** One caller's batch leaves connections to Postgres for others. */
const BATCH_AT_ONCE = 4;

type BatchEntry =
  | { readonly status: 200; readonly answer: Answer }
  | { readonly status: number; readonly problem: ReturnType<typeof toProblem>; readonly retry_after_s?: number };

/** `POST /v1/query/batch`: each question is answered or refused by itself, in the order of the questions. */
export async function askBatch({ ask, questionBytesMax }: AnswerRoutesDeps, exchange: Exchange): Promise<void> {
  const { request, context } = exchange;
  const asker = askerOf(exchange);
  const body = await readJsonBody(request, questionBytesMax);
  if (!body.ok) return refuse(exchange, { code: body.fault.code });
  const batch = BATCH_SCHEMA.safeParse(body.value);
  if (!batch.success) return refuse(exchange, batchInvalid());
  const { questions } = batch.data;
  const entries: BatchEntry[] = [];
  const words = new Set<CacheWord>();
  const persons = new Set<string>();
  const answerFrom = async (first: number): Promise<void> => {
    for (let at = first; at < questions.length; at += BATCH_AT_ONCE) {
      const outcome = await askOrRefuse(ask, questions[at], asker);
      if (outcome.ok) words.add(cacheWordOf(outcome.answer.meta.cache.state));
      if (outcome.ok && outcome.person !== undefined) persons.add(outcome.person);
      entries[at] = outcome.ok ? { status: 200, answer: outcome.answer } : refusedEntry(outcome.problem, context);
    }
  };
  await Promise.all(Array.from({ length: BATCH_AT_ONCE }, async (_, first) => answerFrom(first)));
  // The least that holds for all of them.
  const word = (['BYPASS', 'MISS', 'HIT'] as const).find((one) => words.has(one));
  sendJson(
    exchange,
    { answers: entries },
    { headers: { 'cache-control': 'no-store', ...(word === undefined ? {} : { 'x-cache': word }), ...ofPerson(...persons) } },
  );
}

/** Whose rows the answer holds, for the audit; the gateway keeps it to itself. */
export function ofPerson(...persons: readonly (string | undefined)[]): Readonly<Record<string, string>> {
  const [first, ...others] = persons;
  if (first === undefined) return {};
  return { [SUBJECT_HEADER]: others.length > 0 ? '*' : first };
}

async function askOrRefuse(ask: Ask, question: unknown, as: Asker): Promise<AskOutcome> {
  try {
    return await ask(question, as);
  } catch (error) {
    const problem = storeFaultOf(error, 'question_too_slow');
    if (problem === null) throw error;
    return { ok: false, problem };
  }
}

function refusedEntry(fault: ProblemFault, context: Exchange['context']): BatchEntry {
  const problem = toProblem(fault, context);
  const { retryAfterS } = fault;
  return { status: problem.status, problem, ...(retryAfterS === undefined ? {} : { retry_after_s: retryAfterS }) };
}

function batchInvalid(): ProblemFault {
  const message = `a list of 1 to ${BATCH_QUESTIONS_MAX} questions, and no other member`;
  return invalidMember('questions', message);
}

function besideRows({ meta, next_cursor: cursor }: Answer): Readonly<Record<string, string>> {
  return { 'tidegate-meta': toHeader(meta), ...(cursor === null ? {} : { 'tidegate-next-cursor': cursor }) };
}

export function cacheWordOf(state: AnswerMeta['cache']['state']): CacheWord {
  return CACHE_WORDS[state];
}
