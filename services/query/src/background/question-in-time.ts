/** A question whose answer may become a job. */
import { isJourney } from '@tidegate/core';
import type { Exchange } from '@tidegate/http';
import { visibleRows } from '@tidegate/http';
import type { Answer, Ask, AskOutcome, Asker } from '../ask.ts';
import type { CallOf, Made } from './answer-job.ts';
import type { Background, KeptResult } from './background.ts';
import { jobMeta } from './job-meta.ts';
import { preferenceOf } from './prefer.ts';
import { sendJob } from './send-job.ts';

export interface QuestionInTimeDeps {
  readonly ask: Ask;
  readonly background: Background;
}

const NEVER = new AbortController().signal;

/** Null: a job goes on with it, and the caller was told. */
export async function questionInTime(deps: QuestionInTimeDeps, exchange: Exchange, question: unknown): Promise<AskOutcome | null> {
  const { caller, signal, request } = exchange;
  const asker: Asker = { tenant: caller.tenant, rows: visibleRows(caller), signal };
  const { isAsync, waitMs } = preferenceOf(request.headers['prefer']);
  const readsRaw = isJourney(question);
  if ((!readsRaw && !isAsync) || waitsForReceipt(question)) return deps.ask(question, asker);
  const call: CallOf = { ...callerOf(exchange), call: { of: 'question', question } };
  const begin = async (): Promise<AskOutcome> => deps.ask(question, { ...asker, signal: NEVER });
  const settled = await deps.background.settle({ call, looksFirst: readsRaw, withinMs: waitMs, begin, toMade: madeOfAnswer });
  switch (settled.kind) {
    case 'made':
      return settled.outcome;
    case 'kept':
      return fromJob(settled.kept);
    case 'job':
      sendJob(exchange, settled.job);
      return null;
  }
}

export function callerOf({ caller }: Exchange): Omit<CallOf, 'call'> {
  return { tenant: caller.tenant, owner: caller.keyId, rows: visibleRows(caller), callerSubject: caller.subject ?? null };
}

export function madeOfAnswer(outcome: AskOutcome): Made {
  if (!outcome.ok) return { ok: false, code: outcome.problem.code };
  const { answer, person } = outcome;
  return { ok: true, result: { answer: { ...answer }, about: person === undefined ? [] : [person] } };
}

/** Written by `madeOfAnswer`, so it has that shape; what it says of itself is what it said then. */
function fromJob({ answer: told, about, job, finishedMs, ageMs }: KeptResult): AskOutcome {
  if (!isAnswer(told)) throw new Error('the result of a job is no answer');
  const answer: Answer = told;
  const cache = { state: 'hit' as const, age_ms: ageMs };
  const [person] = about;
  return {
    ok: true,
    answer: { ...answer, meta: { ...answer.meta, cache, job: jobMeta(job, finishedMs) } },
    mayAgeMs: 0,
    ...(person === undefined ? {} : { person }),
  };
}

function isAnswer(told: KeptResult['answer']): told is KeptResult['answer'] & Answer {
  return ['columns', 'rows', 'meta'].every((member) => typeof told[member] === 'object' && told[member] !== null);
}

/** Who waits for a receipt asks about now. */
function waitsForReceipt(question: unknown): boolean {
  return typeof question === 'object' && question !== null && 'after' in question && question.after !== undefined;
}
