import { toIsoUtc } from '@tidegate/core';
import type { z } from 'zod';
import type { JOB_SCHEMA } from './job-schemas.ts';

/** A job as its row has it; `@tidegate/postgres` has the whole of it. */
export interface ShownJob {
  readonly id: string;
  readonly kind: string;
  readonly state: z.output<typeof JOB_SCHEMA>['status'];
  readonly attempts: number;
  readonly progress: Readonly<Record<string, number>>;
  readonly errorCode: string | null;
  readonly submittedAtMs: number;
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  readonly expiresAtMs: number | null;
}

/** A job as every route shows it. */
export function jobView(job: ShownJob): z.output<typeof JOB_SCHEMA> {
  const url = `/v1/jobs/${job.id}`;
  return {
    job_id: job.id,
    kind: job.kind,
    status: job.state,
    progress_pct: percentOf(job),
    progress: job.progress,
    attempts: job.attempts,
    error_code: job.errorCode,
    submitted_at: toIsoUtc(job.submittedAtMs),
    started_at: isoOrNull(job.startedAtMs),
    finished_at: isoOrNull(job.finishedAtMs),
    expires_at: isoOrNull(job.expiresAtMs),
    poll_url: url,
    result_url: job.state === 'completed' ? `${url}/result` : null,
  };
}

/** 100 is said of nothing that is not completed. */
function percentOf({ state, progress }: ShownJob): number | null {
  if (state === 'completed') return 100;
  const { done = 0, total } = progress;
  if (total === undefined) return state === 'queued' ? 0 : null;
  return total === 0 ? 0 : Math.min(99, Math.floor((100 * done) / total));
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : toIsoUtc(ms);
}
