/** `POST /v1/rejected/replay`: asks for the job `rejected.replay`, which `replay-job.ts` does. */
import { BULK_REPLAY_SCHEMA, decodeExactly, invalidRequest, jobView, refuseUnread, sendJson } from '@tidegate/http';
import type { Exchange, Handler, ProblemFault } from '@tidegate/http';
import type { JobQueue } from '@tidegate/postgres';
import { encodingOf, readBody } from './body.ts';
import { REPLAY_JOB } from './replay-job.ts';
import { whilePostgresAnswers } from './replay.ts';

export interface ReplayManyDeps {
  /** Null: this process was not told where Postgres is. */
  readonly jobs: Pick<JobQueue, 'submit'> | null;
}

const BODY_BYTES_MAX = 65_536;
const RETRY_AFTER_S = 2;

export function createReplayMany({ jobs }: ReplayManyDeps): Handler {
  return whilePostgresAnswers(async function replayMany(exchange) {
    const body = await readWhole(exchange);
    if (body === 'aborted') return;
    if (typeof body === 'object' && 'code' in body) return refuseUnread(exchange, body);
    const params = readParams(body.text);
    if ('code' in params) return refuseUnread(exchange, params);
    if (jobs === null) return refuseUnread(exchange, { code: 'unavailable', retryAfterS: RETRY_AFTER_S });
    const { tenant, keyId: owner } = exchange.caller;
    const { job } = await jobs.submit({ tenant, owner, kind: REPLAY_JOB, params: params.json });
    const view = jobView(job);
    sendJson(exchange, view, { status: 202, headers: { location: view.poll_url, 'retry-after': '1' } });
  });
}

/** What was asked for, as JSON in which members stand in the schema's order: equal wishes are equal texts. */
function readParams(text: string): { readonly json: string } | ProblemFault {
  const given = text === '' ? {} : decodeExactly(text);
  if (given === undefined) return { code: 'bad_json' };
  const asked = BULK_REPLAY_SCHEMA.safeParse(given);
  if (asked.success) return { json: JSON.stringify(asked.data) };
  return invalidRequest(asked.error);
}

async function readWhole({ request }: Exchange): Promise<{ readonly text: string } | ProblemFault | 'aborted'> {
  const encoding = encodingOf(request.headers['content-encoding']);
  if (encoding === null) return { code: 'unsupported_encoding' };
  const pieces: Uint8Array[] = [];
  const end = await readBody(request, { encoding, bytesMax: BODY_BYTES_MAX, onChunk: (piece) => pieces.push(piece.slice()) > 0 });
  if (end === 'aborted') return end;
  if (end !== 'complete') return { code: end === 'too_large' ? 'body_too_large' : 'bad_encoding' };
  return { text: Buffer.concat(pieces).toString() };
}
