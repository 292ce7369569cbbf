/**
 * The queue of background jobs: pg-boss decides who works on what next, tells a dead worker by its heartbeat, and waits between
 * attempts; our row of `job` is the truth about the job. Both are written in one transaction when a job is submitted.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Metrics } from '@tidegate/telemetry';
import type pg from 'pg';
import type { PgBoss } from 'pg-boss';
import { v7 as uuidv7 } from 'uuid';
import { inTransaction } from '../in-transaction.ts';
import { beginDue } from './job-schedule.ts';
import type { DueJob, JobScheduleState } from './job-schedule.ts';
import { countJobs, createJobAttempts, deleteExpiredJobs, insertJob } from './job-store.ts';
import type { JobToSubmit, Submitted } from './job-shape.ts';
import { QUEUE_SCHEMA } from './queue-schema.ts';
import type { DeclaredJob, RunJobDeps } from './run-job.ts';
import { createRunJob } from './run-job.ts';

export interface JobQueue {
  /** @throws where Postgres is away */
  submit(job: JobToSubmit): Promise<Submitted>;
  /** Begins what a schedule has due, once for each due time however many processes ask. @throws where Postgres is away */
  beginDue(due: DueJob): Promise<JobScheduleState>;
  /** Works on jobs of these kinds until it is closed, from when Postgres is there. */
  work(kinds: readonly DeclaredJob[]): void;
  /** Attempts under way end at their next step; each goes on elsewhere. The pool stays the caller's. */
  close(): Promise<void>;
}

export interface JobQueueDeps {
  /** As `tidegate_jobs`, and never through a pooler of transactions. */
  readonly pool: pg.Pool;
  readonly metrics: Metrics;
  readonly monotonicMs: () => number;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onFailure: RunJobDeps['onFailure'];
  readonly onError: (error: unknown) => void;
}

/** A worker that has said nothing for so long is dead: the least that pg-boss takes. */
const HEARTBEAT_S = 10;
const HEARTBEAT_EVERY_S = 3;
const SUPERVISE_EVERY_S = 5;
/** For jobs that come back: of a worker that died, or after a failure. What this process submits is begun at once. */
const POLL_S = 5;
/** A job of a day is given out again, and goes on at its cursor. */
const ATTEMPT_S_MAX = 86_400;
/** Attempts are counted in the row, where those that a stopping process broke off do not count. */
const DELIVERIES_MAX = 1_000;
const RETRY_AFTER_S_MAX = 60;
/** Of a process; one of each tenant at a time, so that no tenant waits behind another's long one. */
const AT_A_TIME = 2;
const CONNECT_AGAIN_MS = 2_000;
const TALLY_EVERY_MS = 5_000;
const STOP_MS_MAX = 8_000;

export function createJobQueue(deps: JobQueueDeps): JobQueue {
  const { pool } = deps;
  const stopped = new AbortController();
  const attempts = createJobAttempts(pool);
  const runJob = createRunJob({ ...deps, attempts, newClaim: randomUUID });
  const tasks: Promise<void>[] = [];
  const workers = new Map<string, string>();
  let boss: Promise<PgBoss> | null = null;

  function connected(): Promise<PgBoss> {
    boss ??= connect(deps).catch((error: unknown) => {
      boss = null;
      throw error;
    });
    return boss;
  }

  async function take(kind: DeclaredJob): Promise<void> {
    const own = await connected();
    await own.createQueue(kind.name, QUEUE_OPTIONS);
    const workOptions = { pollingIntervalSeconds: POLL_S, heartbeatRefreshSeconds: HEARTBEAT_EVERY_S };
    const worker = await own.work<{ id: string }>(
      kind.name,
      { ...workOptions, localConcurrency: AT_A_TIME, localGroupConcurrency: 1 },
      async (jobs) => {
        for (const { data, signal } of jobs) await runJob(kind, data.id, AbortSignal.any([signal, stopped.signal]));
      },
    );
    workers.set(kind.name, worker);
  }

  /** Whoever works on the kind here begins at once. */
  async function submitting<T>(kind: string, write: (boss: PgBoss) => Promise<T>): Promise<T> {
    const own = await connected();
    await own.createQueue(kind, QUEUE_OPTIONS);
    const written = await write(own);
    const worker = workers.get(kind);
    if (worker !== undefined) own.notifyWorker(worker);
    return written;
  }

  return {
    submit: async (job) => submitting(job.kind, (own) => inTransaction(pool, (client) => submit(own, client, job))),
    beginDue: async (due) =>
      submitting(due.kind, (own) => inTransaction(pool, (client) => beginDue(client, due, (job) => submit(own, client, job)))),
    work(kinds) {
      for (const kind of kinds) tasks.push(untilItWorks(deps, stopped.signal, () => take(kind)));
      tasks.push(tally(deps, kinds, stopped.signal));
    },
    async close() {
      stopped.abort();
      await Promise.all(tasks);
      const own = await boss?.catch(() => null);
      await own?.stop({ graceful: true, timeout: STOP_MS_MAX, close: false });
    },
  };
}

async function untilItWorks({ pause, onError }: JobQueueDeps, signal: AbortSignal, step: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    try {
      return await step();
    } catch (error) {
      onError(error);
      await pause(CONNECT_AGAIN_MS, signal).catch(() => undefined);
    }
  }
}

const QUEUE_OPTIONS = {
  heartbeatSeconds: HEARTBEAT_S,
  expireInSeconds: ATTEMPT_S_MAX,
  retryLimit: DELIVERIES_MAX,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: RETRY_AFTER_S_MAX,
  deleteAfterSeconds: ATTEMPT_S_MAX,
};

async function connect({ pool, onError }: JobQueueDeps): Promise<PgBoss> {
  // Loaded by the first who needs it: most processes never submit a job.
  const { PgBoss } = await import('pg-boss');
  const boss = new PgBoss({
    db: { executeSql: async (text, values) => pool.query(text, values) },
    schema: QUEUE_SCHEMA,
    // The migrator installs the schema; this role may not.
    ...{ migrate: false, createSchema: false },
    superviseIntervalSeconds: SUPERVISE_EVERY_S,
    monitorIntervalSeconds: SUPERVISE_EVERY_S,
    // What it can do beyond that is not used here.
    ...{ schedule: false, registerInstance: false, reindex: false, monitorVacuum: false, flowIntervalSeconds: ATTEMPT_S_MAX },
    openTelemetry: { enabled: false },
  });
  // Without a listener an error of its timers would end the process.
  boss.on('error', onError);
  try {
    return await boss.start();
  } catch (error) {
    await boss.stop({ graceful: false, close: false });
    throw error;
  }
}

async function submit(boss: PgBoss, client: pg.ClientBase, job: JobToSubmit): Promise<Submitted> {
  const sha256 = createHash('sha256').update(job.params).digest();
  const submitted = await insertJob(client, uuidv7(), { ...job, sha256 });
  if (submitted.isNew) {
    const db = { executeSql: async (text: string, values?: unknown[]) => client.query(text, values) };
    await boss.send(job.kind, { id: submitted.job.id }, { db, group: { id: job.tenant } });
  }
  return submitted;
}

/** Keeps the gauges of the queue, and lets go what has expired. */
async function tally({ pool, metrics, pause, onError }: JobQueueDeps, kinds: readonly DeclaredJob[], signal: AbortSignal): Promise<void> {
  const names = kinds.map(({ name }) => name);
  while (!signal.aborted) {
    try {
      for (const { kind, queued, processing, oldestS } of await countJobs(pool, names)) {
        metrics.gauge('jobs_waiting', { kind }).set(queued);
        metrics.gauge('jobs_running', { kind }).set(processing);
        metrics.gauge('jobs_oldest_waiting_seconds', { kind }).set(oldestS);
      }
      await deleteExpiredJobs(pool);
    } catch (error) {
      onError(error);
    }
    await pause(TALLY_EVERY_MS, signal).catch(() => undefined);
  }
}
