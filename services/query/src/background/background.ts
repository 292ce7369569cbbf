/**
 * Answers a call in time: with what it comes to, or with a job that goes on with it (docs/design/background-answers.md). Steps of
 * the page stand at the lines.
 */
import type { JobInfo, JobQueue, JobReader } from '@tidegate/postgres';
import type { Sealer } from '@tidegate/runtime';
import { ANSWER_JOB, openResult, paramsText } from './answer-job.ts';
import type { CallOf, JobResult, Made } from './answer-job.ts';

export interface BackgroundDeps {
  /** Null: the service has no queue, and every caller waits. */
  readonly queue: Pick<JobQueue, 'submit'> | null;
  readonly jobs: Pick<JobReader, 'findEqual' | 'result'>;
  /** Repeatable. */
  readonly sealer: Sealer;
  readonly nowMs: () => number;
  readonly withinMs: number;
  readonly onError: (error: unknown) => void;
}

export interface InBackground<T> {
  readonly call: CallOf;
  /** It costs much, so it is not begun while an equal job is there. */
  readonly looksFirst: boolean;
  /** Null: as the installation has it. */
  readonly withinMs: number | null;
  readonly begin: () => Promise<T>;
  readonly toMade: (outcome: T) => Made;
}

export interface KeptResult extends JobResult {
  readonly job: JobInfo;
  readonly finishedMs: number;
  readonly ageMs: number;
}

export type Settled<T> =
  | { readonly kind: 'made'; readonly outcome: T }
  | { readonly kind: 'kept'; readonly kept: KeptResult }
  | { readonly kind: 'job'; readonly job: JobInfo };

/** Makes an answer anew: of a job whose call came to another process. */
export type MakeAnew = (call: CallOf, signal: AbortSignal) => Promise<Made>;

export interface Background {
  settle<T>(asked: InBackground<T>): Promise<Settled<T>>;
  /** What this process has begun for the parameters of a job, else what is begun now. */
  make(params: string, call: CallOf, signal: AbortSignal): Promise<Made>;
  /** The result of such a job; null where the text is none. */
  open(text: string): JobResult | null;
  /** Told once, when the routes stand. */
  makeBy(anew: MakeAnew): void;
}

/** A result is given to equal calls for so long: whoever was told to come back finds it, and nobody takes it for news. */
const GIVEN_MS = 60_000;
/** So many answers are held for attempts; an attempt that finds none asks again. */
const UNDER_MAX = 200;
const TAKEN_MS = 15_000;
const LATE = Symbol('late');

export function createBackground(deps: BackgroundDeps): Background {
  const under = new Map<string, Promise<Made>>();
  let anew: MakeAnew = async () => ({ ok: false, code: 'unavailable' });

  function keepUnder(params: string, made: Promise<Made>): void {
    if (under.size >= UNDER_MAX) return;
    under.set(params, made);
    const forget = (): void => {
      if (under.get(params) === made) under.delete(params);
    };
    // The attempt that takes the job comes within seconds; what has failed is asked again by it.
    made.then(() => setTimeout(forget, TAKEN_MS).unref(), forget);
  }

  async function settle<T>({ call, looksFirst, withinMs, begin, toMade }: InBackground<T>): Promise<Settled<T>> {
    const { queue } = deps;
    if (queue === null) return { kind: 'made', outcome: await begin() };
    const params = paramsText(deps.sealer, call);
    // 2
    const first = looksFirst ? await find(deps, call, params) : null;
    if (first !== null) return first;
    // 3
    const running = begin();
    const outcome = await inTime(running, withinMs ?? deps.withinMs);
    if (outcome !== LATE) return { kind: 'made', outcome };
    try {
      // 4
      const kept = looksFirst ? null : await find(deps, call, params);
      if (kept?.kind === 'kept') return kept;
      keepUnder(params, running.then(toMade));
      const { job } = await queue.submit({ tenant: call.tenant, owner: call.owner, kind: ANSWER_JOB, params });
      return { kind: 'job', job };
    } catch (error) {
      deps.onError(error);
      return { kind: 'made', outcome: await running };
    }
  }

  return {
    settle,
    async make(params, call, signal) {
      return under.get(params) ?? anew(call, signal);
    },
    open: (text) => openResult(deps.sealer, text),
    makeBy: (given) => void (anew = given),
  };
}

async function find(
  { jobs, sealer, nowMs }: BackgroundDeps,
  { tenant }: CallOf,
  params: string,
): Promise<Exclude<Settled<never>, { kind: 'made' }> | null> {
  const job = await jobs.findEqual(tenant, ANSWER_JOB, params);
  if (job === null) return null;
  if (job.finishedAtMs === null) return { kind: 'job', job };
  const ageMs = Math.max(0, nowMs() - job.finishedAtMs);
  if (ageMs > GIVEN_MS) return null;
  const text = await jobs.result(tenant, job.id);
  const result = text === null ? null : openResult(sealer, text);
  return result === null ? null : { kind: 'kept', kept: { ...result, job, finishedMs: job.finishedAtMs, ageMs } };
}

async function inTime<T>(running: Promise<T>, ms: number): Promise<T | typeof LATE> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => resolve(LATE), ms);
  });
  // It may fail after nobody waits for it any more.
  running.catch(() => undefined);
  try {
    return await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
  }
}
