/**
 * Jobs by the clock: one for each due time, however many processes look. All is one transaction under the lock of the schedule's row, so a
 * death between any two steps leaves everything as it was, and the next look does it.
 *
 * | the last job                      | a new due time has come                      | none has                |
 * |-----------------------------------|----------------------------------------------|-------------------------|
 * | none yet, completed               | the newest begins; those missed are its too  | nothing                 |
 * | queued, processing                | it waits: one job of a schedule at a time    | nothing                 |
 * | failed, cancelled, no more there  | the newest begins, and has the failed one's  | nothing                 |
 */
import type pg from 'pg';
import { run } from '../statements.ts';
import type { JobInfo, JobToSubmit, Submitted } from './job-shape.ts';
import { findJobOf } from './job-store.ts';

export interface DueJob extends Omit<JobToSubmit, 'params'> {
  /** Of the schedule; unique for a tenant and kind. */
  readonly name: string;
  /** The newest due time that has come. */
  readonly dueMs: number;
  /** Given the last due time whose job was completed. Null: it cannot be made now, and the due time stays. */
  readonly paramsOf: (doneMs: number) => string | null;
}

export interface JobScheduleState {
  /** The last due time whose job was completed. */
  readonly doneMs: number;
  /** What this call began; null: nothing. */
  readonly begun: JobInfo | null;
}

interface Row {
  readonly due_ms: number;
  readonly done_ms: number;
  readonly job_id: string | null;
}

/** `submit`: in the transaction of `client`. */
export async function beginDue(
  client: pg.ClientBase,
  due: DueJob,
  submit: (job: JobToSubmit) => Promise<Submitted>,
): Promise<JobScheduleState> {
  const { tenant, kind, name, owner, dueMs, paramsOf } = due;
  const key = [tenant, kind, name];
  await run(client, 'insert-job-schedule', [...key, isoOf(dueMs)]);
  const row = await hold(client, key);
  // Read after the row is held: whoever held it before may have begun this job.
  const last = row.job_id === null ? null : await findJobOf(client, tenant, row.job_id);
  const doneMs = last?.state === 'completed' ? row.due_ms : row.done_ms;
  const params = dueMs <= row.due_ms || isOpen(last) ? null : paramsOf(doneMs);
  const begun = params === null ? null : (await submit({ tenant, owner, kind, params })).job;
  const moved = begun === null ? [isoOf(row.due_ms), row.job_id] : [isoOf(dueMs), begun.id];
  if (begun !== null || doneMs !== row.done_ms) await run(client, 'move-job-schedule', [...key, ...moved, isoOf(doneMs)]);
  return { doneMs, begun };
}

async function hold(client: pg.ClientBase, key: readonly string[]): Promise<Row> {
  const [row] = await run<Row>(client, 'hold-job-schedule', [...key]);
  if (row === undefined) throw new Error(`the schedule ${key.join('/')} is gone`);
  return row;
}

function isOpen(job: JobInfo | null): boolean {
  return job?.state === 'queued' || job?.state === 'processing';
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
