import { randomUUID } from 'node:crypto';
import type { BegunJob, JobAttempts, JobFilter, JobInfo, JobReader, JobToSubmit, Submitted } from './jobs/job-shape.ts';
import { JOB_ATTEMPTS_MAX, JOB_KEPT_S } from './jobs/job-shape.ts';

interface Row extends JobInfo {
  readonly params: string;
  readonly claim: string | null;
  readonly cursor: unknown;
  readonly result: string | null;
}

/** The rows of jobs in memory: the twin of `createJobReader` and `createJobAttempts`. */
export interface MemoryJobs extends JobReader, JobAttempts {
  submit(job: JobToSubmit): Promise<Submitted>;
  /** As they were submitted. */
  paramsOf(id: string): string | null;
}

interface Table {
  readonly rows: Map<string, Row>;
  readonly nowMs: () => number;
}

export function createMemoryJobs(nowMs: () => number = () => Date.now()): MemoryJobs {
  const table: Table = { rows: new Map(), nowMs };
  return {
    ...createReader(table),
    ...createAttempts(table),
    submit: async (job) => submit(table, job),
    paramsOf: (id) => table.rows.get(id)?.params ?? null,
  };
}

function submit({ rows, nowMs }: Table, job: JobToSubmit): Submitted {
  const isEqual = (row: Row): boolean => row.tenant === job.tenant && row.kind === job.kind && row.params === job.params;
  const equal = [...rows.values()].find((row) => isOpen(row) && isEqual(row));
  if (equal !== undefined) return { job: infoOf(equal), isNew: false };
  const row: Row = { ...job, ...FRESH, id: randomUUID(), submittedAtMs: nowMs() };
  rows.set(row.id, row);
  return { job: infoOf(row), isNew: true };
}

function createReader(table: Table): JobReader {
  const { rows, nowMs } = table;
  const isSeen = ({ expiresAtMs }: Row): boolean => expiresAtMs === null || expiresAtMs > nowMs();
  const seen = (tenant: string, id: string): Row | null => {
    const row = rows.get(id);
    return row?.tenant === tenant && isSeen(row) ? row : null;
  };
  return {
    async list({ tenant, after, rowsMax, ...asked }) {
      const wanted = [...rows.values()].filter((row) => row.tenant === tenant && isSeen(row) && fits(row, asked));
      const sorted = wanted.toSorted((a, b) => (isBehind(a, b) ? 1 : -1));
      return sorted
        .filter((row) => after === null || isBehind(row, after))
        .slice(0, rowsMax)
        .map(infoOf);
    },
    async find(tenant, id) {
      const row = seen(tenant, id);
      return row === null ? null : infoOf(row);
    },
    async findEqual(tenant, kind, params) {
      const equal = [...rows.values()].filter((row) => row.tenant === tenant && row.kind === kind && row.params === params && isSeen(row));
      const finishedMs = ({ finishedAtMs }: Row): number => finishedAtMs ?? Infinity;
      const [newest] = equal.filter((row) => isOpen(row) || row.state === 'completed').toSorted((a, b) => finishedMs(b) - finishedMs(a));
      return newest === undefined ? null : infoOf(newest);
    },
    result: async (tenant, id) => seen(tenant, id)?.result ?? null,
    async cancel(tenant, id) {
      const row = seen(tenant, id);
      return row !== null && isOpen(row) && change(table, row, { state: 'cancelled', ...ended(table, JOB_KEPT_S) });
    },
  };
}

function createAttempts(table: Table): JobAttempts {
  const { rows, nowMs } = table;
  const held = (id: string, claim: string): Row | null => {
    const row = rows.get(id);
    return row?.claim === claim && row.state === 'processing' ? row : null;
  };
  return {
    async begin(id, claim) {
      const row = rows.get(id);
      if (row === undefined || !isOpen(row)) return null;
      const startedAtMs = row.startedAtMs ?? nowMs();
      if (row.attempts >= JOB_ATTEMPTS_MAX) {
        change(table, row, { claim, startedAtMs, state: 'failed', errorCode: 'job_failed', ...ended(table, JOB_KEPT_S) });
        return 'exhausted';
      }
      change(table, row, { claim, startedAtMs, state: 'processing', attempts: row.attempts + 1 });
      return begunOf({ ...row, attempts: row.attempts + 1 });
    },
    async advance(id, claim, { progress, cursor }) {
      const row = held(id, claim);
      return row !== null && change(table, row, { progress, cursor });
    },
    async finish(id, claim, { keepS, ...ending }) {
      const row = held(id, claim);
      if (row === null) return false;
      const how = 'result' in ending ? ({ state: 'completed', result: ending.result } as const) : ({ state: 'failed', ...ending } as const);
      return change(table, row, { ...how, ...ended(table, keepS) });
    },
    async release(id, claim, counts) {
      const row = held(id, claim);
      return row !== null && change(table, row, { state: 'queued', claim: null, attempts: row.attempts - (counts ? 0 : 1) });
    },
  };
}

function change({ rows }: Table, row: Row, to: Partial<Row>): true {
  rows.set(row.id, { ...row, ...to });
  return true;
}

function ended({ nowMs }: Table, keepS: number): Pick<Row, 'finishedAtMs' | 'expiresAtMs'> {
  return { finishedAtMs: nowMs(), expiresAtMs: nowMs() + keepS * 1_000 };
}

function isOpen({ state }: Row): boolean {
  return state === 'queued' || state === 'processing';
}

function fits(row: Row, { owner, state, kind }: Pick<JobFilter, 'owner' | 'state' | 'kind'>): boolean {
  return (owner === null || row.owner === owner) && (state === null || row.state === state) && (kind === null || row.kind === kind);
}

/** Newest first, then by falling id. */
function isBehind(row: Pick<Row, 'submittedAtMs' | 'id'>, other: Pick<Row, 'submittedAtMs' | 'id'>): boolean {
  return row.submittedAtMs === other.submittedAtMs ? row.id < other.id : row.submittedAtMs < other.submittedAtMs;
}

const FRESH = {
  state: 'queued',
  attempts: 0,
  progress: {},
  errorCode: null,
  startedAtMs: null,
  finishedAtMs: null,
  expiresAtMs: null,
  claim: null,
  cursor: null,
  result: null,
} as const;

function begunOf({ id, tenant, kind, params, submittedAtMs, attempts, progress, cursor }: Row): BegunJob {
  return { id, tenant, kind, params, submittedAtMs, attempt: attempts, progress, cursor };
}

function infoOf({ params: _params, claim: _claim, cursor: _cursor, result: _result, ...info }: Row): JobInfo {
  return info;
}
