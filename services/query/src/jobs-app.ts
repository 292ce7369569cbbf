/** The queue of background jobs, and answers that become one; a part of `app.ts`. */
import type { DeclaredJob, JobQueue, JobReader } from '@tidegate/postgres';
import { createJobQueue } from '@tidegate/postgres';
import { createRepeatableSealer, deriveKey, pause, systemClock } from '@tidegate/runtime';
import type { ConfigValues, ServiceContext } from '@tidegate/runtime';
import type { Metrics } from '@tidegate/telemetry';
import { createAnswerJob } from './background/answer-job.ts';
import { createBackground } from './background/background.ts';
import type { Background } from './background/background.ts';
import type { queryConfig } from './config.ts';

export interface RunningJobs {
  readonly background: Background;
  readonly queue: Pick<JobQueue, 'submit' | 'beginDue'>;
  readonly jobs: JobReader;
  /** When the packs are known. */
  readonly ready: Promise<unknown>;
  /** One more kind that this service does. */
  declare(job: DeclaredJob): void;
  /** What was declared is done from here on. */
  work(): void;
  close(): Promise<void>;
}

export interface JobsParts {
  /** As the role of the queue; it is ended with it. */
  readonly pool: Parameters<typeof createJobQueue>[0]['pool'];
  readonly metrics: Metrics;
  readonly jobs: JobReader;
  /** When the packs are known. */
  readonly ready: Promise<unknown>;
}

export function startJobs(
  config: ConfigValues<typeof queryConfig>,
  { log }: Pick<ServiceContext, 'log'>,
  { pool, metrics, jobs, ready }: JobsParts,
): RunningJobs {
  const queue = createJobQueue({
    ...{ pool, metrics, pause, monotonicMs: systemClock.monotonicMs },
    onFailure: (error, job) => log.error('job_attempt_failed', { error, detail: job }),
    onError: (error) => log.warn('job_queue_failed', { error }),
  });
  const sealer = createRepeatableSealer(deriveKey(config.secretKey, 'tidegate/answer-job', 32));
  const background = createBackground({
    ...{ queue, jobs, sealer, nowMs: systemClock.nowMs, withinMs: config.answerWithinMs },
    onError: (error) => log.warn('job_not_submitted', { error }),
  });
  const declared = [createAnswerJob({ sealer, make: background.make })];
  return {
    ...{ background, queue, jobs, ready },
    declare: (job) => void declared.push(job),
    // An attempt that knew no packs yet would fail for want of them.
    work: () => void ready.then(() => queue.work(declared)),
    async close() {
      await queue.close();
      await pool.end();
    },
  };
}
