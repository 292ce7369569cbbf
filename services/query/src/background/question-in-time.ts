/** A question whose answer may become a job. */
import { isJourney } from '@tidegate/core';
import type { Exchange } from '@tidegate/http';
import type { Answer, Ask, AskOutcome } from '../ask.ts';
import { askerOf } from '../asker.ts';
import type { Made } from './answer-job.ts';
import type { Background, KeptResult } from './background.ts';
import { callInTime } from './call-in-time.ts';
import { jobMeta } from './job-meta.ts';
import { preferenceOf } from './prefer.ts';

export interface QuestionInTimeDeps {
  readonly ask: Ask;
  readonly background: Background;
}

/** Null: a job goes on with it, and the caller was told. */
export async function questionInTime(
  { ask, background }: QuestionInTimeDeps,
  exchange: Exchange,
  question: unknown,
): Promise<AskOutcome | null> {
  const asker = askerOf(exchange);
  const { isAsync, waitMs } = preferenceOf(exchange.request.headers['prefer']);
  const readsRaw = isJourney(question);
  if ((!readsRaw && !isAsync) || waitsForReceipt(question)) return ask(question, asker);
  return callInTime(background, exchange, {
    ...{ call: { of: 'question', question }, looksFirst: readsRaw, withinMs: waitMs, toMade: madeOfAnswer, fromJob },
    begin: async (signal) => ask(question, { ...asker, signal }),
  });
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
