import { toIsoUtc } from '@tidegate/core';
import type { JobInfo } from '@tidegate/postgres';

/** What an answer says that a job found. */
export interface JobMeta {
  readonly job_id: string;
  readonly status: 'completed';
  readonly finished_at: string;
}

export function jobMeta({ id }: Pick<JobInfo, 'id'>, finishedMs: number): JobMeta {
  return { job_id: id, status: 'completed', finished_at: toIsoUtc(finishedMs) };
}
