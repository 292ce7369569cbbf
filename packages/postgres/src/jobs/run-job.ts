/**
 * One attempt of one job, from the queue's word to its end.
 *
 * | step                            | the process dies after it                                                              |
 * |---------------------------------|----------------------------------------------------------------------------------------|
 * | 1 begin: claim, attempt counted | the queue misses the heartbeat and gives the job to another worker; so with every step |
 * | 2 run, `advance` after pieces   | the next attempt goes on at the cursor of the last piece told                          |
 * | 3 finish: result and state      | the queue gives the job out again, and step 1 finds that nothing is to be done         |
 * | 4 the queue forgets the job     |                                                                                        |
 *
 * A worker that was only paused finds at its next step that its claim is gone, and changes nothing.
 */
import type { Metrics } from '@tidegate/telemetry';
import type { BegunJob, JobAttempts, JobStep } from './job-shape.ts';
import { JOB_ATTEMPTS_MAX, JOB_KEPT_S } from './job-shape.ts';

/** A job that an attempt works on. */
export interface RunningJob<Params> extends Omit<BegunJob, 'params'> {
  readonly params: Params;
  /** Aborted when the process stops or the queue has given the job to another worker: what waits should stop waiting. */
  readonly signal: AbortSignal;
  /** Tells how far the job is. @throws JobStopped where nothing more is to be done */
  advance(step: JobStep): Promise<void>;
}

/** A kind of job, as the service declares it that can do the work. */
export interface JobKind<Params> {
  readonly name: string;
  /** What `submit` was given; throws where it cannot be read. */
  readonly readParams: (text: string) => Params;
  /** How long a result is kept. */
  readonly keepS: number;
  /** Gives the result as JSON. An attempt may come again after any step, so what it does must be the same when done twice. */
  readonly run: (job: RunningJob<Params>) => Promise<string>;
}

/** A kind whose parameters concern nobody but itself. */
export interface DeclaredJob {
  readonly name: string;
  readonly keepS: number;
  readonly run: (job: RunningJob<string>) => Promise<string>;
}

export function declareJob<Params>({ name, keepS, readParams, run }: JobKind<Params>): DeclaredJob {
  return { name, keepS, run: (job) => run({ ...job, params: readParams(job.params) }) };
}

/** The job was cancelled, another attempt has begun, or the process stops. */
export class JobStopped extends Error {
  override readonly name = 'JobStopped';
}

/** The job cannot be done, however often it is tried. */
export class JobFault extends Error {
  override readonly name = 'JobFault';
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

export interface RunJobDeps {
  readonly attempts: JobAttempts;
  readonly metrics: Metrics;
  readonly monotonicMs: () => number;
  readonly newClaim: () => string;
  readonly onFailure: (error: unknown, job: { readonly id: string; readonly kind: string; readonly attempt: number }) => void;
}

type Outcome = 'completed' | 'failed' | 'stopped' | 'retried';

/** Throws where the queue is to give the job out again. */
export function createRunJob(deps: RunJobDeps): (kind: DeclaredJob, id: string, signal: AbortSignal) => Promise<void> {
  const { attempts, metrics, monotonicMs, newClaim } = deps;
  return async function runJob(kind, id, signal) {
    const claim = newClaim();
    const begun = await attempts.begin(id, claim);
    if (begun === null) return;
    const told = (result: Outcome) => metrics.counter('jobs_total', { kind: kind.name, result }).inc();
    if (begun === 'exhausted') return told('failed');
    const startedMs = monotonicMs();
    const ended = await attempt(deps, kind, { begun, claim, signal });
    metrics.histogram('job_duration_seconds', { kind: kind.name }).observe((monotonicMs() - startedMs) / 1_000);
    told(ended.outcome);
    if (ended.outcome === 'retried') throw ended.error;
    if (ended.outcome === 'stopped' && signal.aborted) throw new JobStopped();
  };
}

interface Attempt {
  readonly begun: BegunJob;
  readonly claim: string;
  readonly signal: AbortSignal;
}

async function attempt(
  { attempts, onFailure }: RunJobDeps,
  kind: DeclaredJob,
  { begun, claim, signal }: Attempt,
): Promise<{ readonly outcome: Outcome; readonly error?: unknown }> {
  const { id } = begun;
  async function advance(step: JobStep): Promise<void> {
    if (!(await attempts.advance(id, claim, step)) || signal.aborted) throw new JobStopped();
  }
  try {
    const result = await kind.run({ ...begun, signal, advance });
    return { outcome: (await attempts.finish(id, claim, { result, keepS: kind.keepS })) ? 'completed' : 'stopped' };
  } catch (error) {
    if (signal.aborted || error instanceof JobStopped) {
      await attempts.release(id, claim, false);
      return { outcome: 'stopped' };
    }
    onFailure(error, { id, kind: kind.name, attempt: begun.attempt });
    const code = error instanceof JobFault ? error.code : 'job_failed';
    const isLast = error instanceof JobFault || begun.attempt >= JOB_ATTEMPTS_MAX;
    if (isLast) await attempts.finish(id, claim, { errorCode: code, keepS: JOB_KEPT_S });
    else await attempts.release(id, claim, true);
    return isLast ? { outcome: 'failed' } : { outcome: 'retried', error };
  }
}
