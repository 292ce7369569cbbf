/** A view whose answer may become a job. */
import type { Exchange } from '@tidegate/http';
import { givenOf } from '../views/given.ts';
import type { RunView, ViewAnswer, ViewAsk, ViewOutcome } from '../views/run-view.ts';
import type { Background, KeptResult } from './background.ts';
import { callInTime } from './call-in-time.ts';
import { jobMeta } from './job-meta.ts';
import { madeOfView } from './make-anew.ts';
import { preferenceOf } from './prefer.ts';

export interface ViewInTimeDeps {
  readonly runView: RunView;
  readonly background: Background;
}

/** Null: a job goes on with it, and the caller was told. What a view found is kept by its class, so equal jobs are no first look. */
export async function viewInTime({ runView, background }: ViewInTimeDeps, exchange: Exchange, asked: ViewAsk): Promise<ViewOutcome | null> {
  const { view, values, asker } = asked;
  const { isAsync, waitMs } = preferenceOf(exchange.request.headers['prefer']);
  // A job keeps its answer, and what is sealed in one is for nobody who comes later.
  if ((!view.isBackground && !isAsync) || view.sealed.length > 0 || values.wait.after !== undefined) return runView(asked);
  const given = [...givenOf(exchange.query)];
  return callInTime<ViewOutcome>(background, exchange, {
    ...{ call: { of: 'view', pack: view.pack, view: view.view, given }, looksFirst: false, withinMs: waitMs, toMade: madeOfView },
    begin: async (signal) => runView({ ...asked, asker: { ...asker, signal } }),
    fromJob: (kept) => ({ ok: true, answer: fromJob(kept) }),
  });
}

/** Written by `madeOfView`, so it has that shape; what it says of itself is what it said then. */
function fromJob({ answer, about, job, finishedMs, ageMs }: KeptResult): ViewAnswer {
  const { meta: told, ...body } = answer;
  const cache = { state: 'hit' as const, age_ms: ageMs };
  const meta = { ...(told as ViewAnswer['meta']), cache, job: jobMeta(job, finishedMs) };
  return { body: body as ViewAnswer['body'], meta, mayAgeMs: 0, persons: about };
}
