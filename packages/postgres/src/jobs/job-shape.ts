/** Background jobs as callers see them and as an attempt works on them; docs/design/jobs.md says how they live. */

export type JobState = 'queued' | 'processing' | 'completed' | 'failed' | 'cancelled';

/** Counts by name; `done` of `total` is how far the job is. */
export type JobProgress = Readonly<Record<string, number>>;

export interface JobInfo {
  readonly id: string;
  readonly tenant: string;
  /** Id of the key that submitted it. */
  readonly owner: string;
  readonly kind: string;
  readonly state: JobState;
  readonly attempts: number;
  readonly progress: JobProgress;
  /** Of a failed job. */
  readonly errorCode: string | null;
  readonly submittedAtMs: number;
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  /** When the job and its result are gone; null while it is not finished. */
  readonly expiresAtMs: number | null;
}

export interface JobToSubmit {
  readonly tenant: string;
  readonly owner: string;
  readonly kind: string;
  /** JSON. Equal texts are equal jobs. */
  readonly params: string;
}

export interface Submitted {
  readonly job: JobInfo;
  /** False: an equal job is not finished, and this is that one. */
  readonly isNew: boolean;
}

export interface JobFilter {
  readonly tenant: string;
  /** Null: of anybody of the tenant. */
  readonly owner: string | null;
  readonly state: JobState | null;
  readonly kind: string | null;
  /** The last row of the page before. */
  readonly after: { readonly submittedAtMs: number; readonly id: string } | null;
  readonly rowsMax: number;
}

/** What the query service needs: jobs are shown and cancelled. */
export interface JobReader {
  /** Newest first. */
  list(filter: JobFilter): Promise<readonly JobInfo[]>;
  /** Null where the tenant has no such job, or it has expired. */
  find(tenant: string, id: string): Promise<JobInfo | null>;
  /** The one with these parameters that is not finished, else the one that was completed last and is not expired; null: there is none. */
  findEqual(tenant: string, kind: string, params: string): Promise<JobInfo | null>;
  /** JSON; null where the job is not completed. */
  result(tenant: string, id: string): Promise<string | null>;
  /** False where it is finished already, or not there. */
  cancel(tenant: string, id: string): Promise<boolean>;
}

/** One attempt as it begins. */
export interface BegunJob {
  readonly id: string;
  readonly tenant: string;
  readonly kind: string;
  readonly params: string;
  readonly submittedAtMs: number;
  /** From 1. */
  readonly attempt: number;
  readonly progress: JobProgress;
  /** What the last attempt gave to `advance`; null: nothing. */
  readonly cursor: unknown;
}

export interface JobStep {
  readonly progress: JobProgress;
  /** JSON: where the next attempt would go on. */
  readonly cursor: unknown;
}

export type JobEnding = { readonly result: string } | { readonly errorCode: string };

/**
 * What an attempt may do to its job. `claim` names the attempt: each of these is false, and changes nothing, where the job is
 * finished or another attempt has begun.
 */
export interface JobAttempts {
  /** Null: nothing is to be done, for the job is finished; `exhausted`: it had all its attempts and has failed now. */
  begin(id: string, claim: string): Promise<BegunJob | 'exhausted' | null>;
  advance(id: string, claim: string, step: JobStep): Promise<boolean>;
  finish(id: string, claim: string, ending: JobEnding & { readonly keepS: number }): Promise<boolean>;
  /** Ends the attempt, not the job. `counts`: false where it was broken off through no fault of its own. */
  release(id: string, claim: string, counts: boolean): Promise<boolean>;
}

export interface JobCount {
  readonly kind: string;
  readonly queued: number;
  readonly processing: number;
  /** How long the oldest job that waits has waited; 0: none does. */
  readonly oldestS: number;
}

/** How often a job is tried before it fails. */
export const JOB_ATTEMPTS_MAX = 3;
/** How long a job without a result can be seen after its end. */
export const JOB_KEPT_S = 86_400;
