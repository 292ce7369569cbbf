import { createHash } from 'node:crypto';
import type pg from 'pg';
import { run } from '../statements.ts';
import type { BegunJob, JobAttempts, JobCount, JobInfo, JobProgress, JobReader, JobState, JobToSubmit, Submitted } from './job-shape.ts';
import { JOB_ATTEMPTS_MAX, JOB_KEPT_S } from './job-shape.ts';

interface Row {
  readonly job_id: string;
  readonly tenant: string;
  readonly owner: string;
  readonly kind: string;
  readonly state: JobState;
  readonly attempts: number;
  readonly progress: JobProgress;
  readonly error_code: string | null;
  readonly submitted_at_ms: number;
  readonly started_at_ms: number | null;
  readonly finished_at_ms: number | null;
  readonly expires_at_ms: number | null;
}

type BegunRow = Pick<Row, 'tenant' | 'kind' | 'state' | 'attempts' | 'progress' | 'submitted_at_ms'> & {
  readonly params: string;
  readonly cursor: unknown;
};

export function createJobReader(pool: pg.Pool): JobReader {
  return {
    async list({ tenant, owner, state, kind, after, rowsMax }) {
      const last = after === null ? [null, null] : [new Date(after.submittedAtMs).toISOString(), after.id];
      return (await run<Row>(pool, 'list-jobs', [tenant, owner, state, kind, ...last, rowsMax])).map(toInfo);
    },
    find: async (tenant, id) => findJobOf(pool, tenant, id),
    async findEqual(tenant, kind, params) {
      const [row] = await run<Row>(pool, 'find-equal-job', [tenant, kind, createHash('sha256').update(params).digest()]);
      return row === undefined ? null : toInfo(row);
    },
    async result(tenant, id) {
      const [row] = await run<{ result: string }>(pool, 'read-job-result', [tenant, id]);
      return row?.result ?? null;
    },
    cancel: async (tenant, id) => (await run(pool, 'cancel-job', [tenant, id, JOB_KEPT_S])).length === 1,
  };
}

export async function findJobOf(on: pg.ClientBase | pg.Pool, tenant: string, id: string): Promise<JobInfo | null> {
  const [row] = await run<Row>(on, 'find-job', [tenant, id]);
  return row === undefined ? null : toInfo(row);
}

export function createJobAttempts(pool: pg.Pool): JobAttempts {
  const does = async (statement: string, values: unknown[]): Promise<boolean> => (await run(pool, statement, values)).length === 1;
  return {
    async begin(id, claim) {
      const [row] = await run<BegunRow>(pool, 'begin-job', [id, claim, JOB_ATTEMPTS_MAX, JOB_KEPT_S]);
      if (row === undefined) return null;
      return row.state === 'failed' ? 'exhausted' : toBegun(id, row);
    },
    advance: async (id, claim, { progress, cursor }) =>
      does('advance-job', [id, claim, JSON.stringify(progress), JSON.stringify(cursor ?? null)]),
    finish: async (id, claim, { keepS, ...ending }) =>
      does('finish-job', 'result' in ending ? [id, claim, ending.result, null, keepS] : [id, claim, null, ending.errorCode, keepS]),
    release: async (id, claim, counts) => does('release-job', [id, claim, counts]),
  };
}

/** The row of a new job, or of the equal one that is not finished. `on`: the transaction that also puts it into the queue. */
export async function insertJob(on: pg.ClientBase, id: string, job: JobToSubmit & { readonly sha256: Uint8Array }): Promise<Submitted> {
  const { tenant, owner, kind, params, sha256 } = job;
  // An equal job may end between the two statements; then a new one can be made.
  for (;;) {
    const [made] = await run<Row>(on, 'insert-job', [id, tenant, owner, kind, params, Buffer.from(sha256)]);
    if (made !== undefined) return { job: toInfo(made), isNew: true };
    const [known] = await run<Row>(on, 'find-open-job', [tenant, kind, Buffer.from(sha256)]);
    if (known !== undefined) return { job: toInfo(known), isNew: false };
  }
}

export async function countJobs(pool: pg.Pool, kinds: readonly string[]): Promise<readonly JobCount[]> {
  const rows = await run<Omit<JobCount, 'oldestS'> & { oldest_s: number }>(pool, 'count-jobs', [kinds]);
  return rows.map(({ kind, queued, processing, oldest_s: oldestS }) => ({ kind, queued, processing, oldestS }));
}

export async function deleteExpiredJobs(pool: pg.Pool): Promise<void> {
  await run(pool, 'delete-expired-jobs', []);
}

function toBegun(id: string, row: BegunRow): BegunJob {
  const { tenant, kind, params, attempts, progress, cursor } = row;
  return { id, tenant, kind, params, submittedAtMs: row.submitted_at_ms, attempt: attempts, progress, cursor };
}

function toInfo(row: Row): JobInfo {
  return {
    id: row.job_id,
    tenant: row.tenant,
    owner: row.owner,
    kind: row.kind,
    state: row.state,
    attempts: row.attempts,
    progress: row.progress,
    errorCode: row.error_code,
    submittedAtMs: row.submitted_at_ms,
    startedAtMs: row.started_at_ms,
    finishedAtMs: row.finished_at_ms,
    expiresAtMs: row.expires_at_ms,
  };
}
