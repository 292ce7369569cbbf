/** `GET /v1/jobs`, one of them, its result, and its end. Whoever asked for a job sees it, and so does an administrator of the tenant. */
import type { Exchange } from '@tidegate/http';
import { invalidRequest, JOBS_QUERY, jobView, refuse, sendJson } from '@tidegate/http';
import { ofPerson } from './answer-routes.ts';
import { ANSWER_JOB } from './background/answer-job.ts';
import type { Background } from './background/background.ts';
import type { JobFilter, JobInfo, JobReader } from '@tidegate/postgres';
import type { Sealer } from '@tidegate/runtime';
import { z } from 'zod';
import { openText, sealText } from './sealed-text.ts';

export interface JobsDeps {
  readonly jobs: JobReader;
  readonly cursorSealer: Sealer;
  /** Opens results that name persons. */
  readonly background: Pick<Background, 'open'>;
}

type Answering = (exchange: Exchange) => Promise<void>;

export interface JobHandlers {
  readonly listJobs: Answering;
  readonly readJob: Answering;
  readonly readJobResult: Answering;
  readonly cancelJob: Answering;
}

/** What the list was asked for, then instant and id of the last row that was told. */
const CURSOR_SCHEMA = z.tuple([z.string(), z.number(), z.string()]);
const ADMIN = 'tenant:admin';

/** Null: not there, or not for this caller, who is told neither. */
export async function findJob({ jobs }: Pick<JobsDeps, 'jobs'>, { caller }: Exchange, id: string): Promise<JobInfo | null> {
  const job = await jobs.find(caller.tenant, id);
  return job !== null && (job.owner === caller.keyId || caller.scopes.includes(ADMIN)) ? job : null;
}

export function createJobHandlers({ jobs, cursorSealer, background }: JobsDeps): JobHandlers {
  const find = async (exchange: Exchange): Promise<JobInfo | null> => findJob({ jobs }, exchange, exchange.params['job'] ?? '');

  return {
    async listJobs(exchange) {
      const asked = JOBS_QUERY.safeParse(Object.fromEntries(exchange.query));
      if (!asked.success) return refuse(exchange, invalidRequest(asked.error));
      const { status, kind, cursor, limit } = asked.data;
      const list = listOf(exchange, { status, kind });
      const after = cursor === undefined ? null : openCursor(cursorSealer, list, cursor);
      if (after === undefined) return refuse(exchange, { code: 'cursor_invalid' });
      const rows = await jobs.list({ ...list, after, rowsMax: limit + 1 });
      const page = rows.slice(0, limit);
      const last = rows.length > limit ? page.at(-1) : undefined;
      sendJson(exchange, { jobs: page.map(jobView), next_cursor: last === undefined ? null : sealCursor(cursorSealer, list, last) });
    },
    async readJob(exchange) {
      const job = await find(exchange);
      return job === null ? refuse(exchange, { code: 'not_found' }) : sendJson(exchange, jobView(job));
    },
    async readJobResult(exchange) {
      const job = await find(exchange);
      if (job === null) return refuse(exchange, { code: 'not_found' });
      const result = await jobs.result(job.tenant, job.id);
      if (result === null) return refuse(exchange, { code: 'job_without_result' });
      const opened = job.kind === ANSWER_JOB ? background.open(result) : null;
      sendText(exchange, opened === null ? result : JSON.stringify(opened), ofPerson(...(opened?.about ?? [])));
    },
    async cancelJob(exchange) {
      const job = await find(exchange);
      if (job === null) return refuse(exchange, { code: 'not_found' });
      await jobs.cancel(job.tenant, job.id);
      sendJson(exchange, jobView((await jobs.find(job.tenant, job.id)) ?? job));
    },
  };
}

type Listed = Omit<JobFilter, 'after' | 'rowsMax'>;

function listOf({ caller }: Exchange, { status, kind }: Pick<z.output<typeof JOBS_QUERY>, 'status' | 'kind'>): Listed {
  const owner = caller.scopes.includes(ADMIN) ? null : caller.keyId;
  return { tenant: caller.tenant, owner, state: status ?? null, kind: kind ?? null };
}

function nameOf({ tenant, owner, state, kind }: Listed): string {
  return JSON.stringify(['jobs', tenant, owner, state, kind]);
}

function sealCursor(sealer: Sealer, list: Listed, last: JobInfo): string {
  return sealText(sealer, [nameOf(list), last.submittedAtMs, last.id]);
}

/** Undefined where it is no cursor of this list. */
function openCursor(sealer: Sealer, list: Listed, text: string): JobFilter['after'] | undefined {
  const read = CURSOR_SCHEMA.safeParse(openText(sealer, text));
  if (!read.success) return undefined;
  const [name, submittedAtMs, id] = read.data;
  return name === nameOf(list) ? { submittedAtMs, id } : undefined;
}

/** The result goes out as it was written: numbers in it may have more digits than a double. */
function sendText({ response, context }: Exchange, json: string, headers: Readonly<Record<string, string>>): void {
  const body = Buffer.from(json);
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-request-id': context.requestId,
    ...headers,
  });
  response.end(body);
}
