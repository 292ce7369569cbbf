/** One call to its answer: where that takes long the gateway makes a job of it, which is waited for here. */
import { ApiError } from './api-error.ts';
import type { Call, Reply, Transport } from './transport.ts';

const FIRST_LOOK_MS = 100;
const LOOK_EVERY_MS_MAX = 1_000;

/** Rejects with `ApiError` unless the status is 2xx, or where the job fails. */
export function createAsking(transport: Transport, sleep: (ms: number, signal?: AbortSignal) => Promise<void>) {
  async function once(request: Call): Promise<Reply> {
    const reply = await transport(request);
    if (reply.status < 200 || reply.status > 299) throw new ApiError(reply.status, reply.json);
    return reply;
  }

  async function ended(pollUrl: string, signal: AbortSignal | undefined): Promise<void> {
    for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(LOOK_EVERY_MS_MAX, 2 * pauseMs)) {
      await sleep(pauseMs, signal);
      const { json } = await once({ method: 'GET', path: pollUrl, ...(signal === undefined ? {} : { signal }) });
      const { status, error_code: code } = json as { readonly status: string; readonly error_code: string | null };
      if (status === 'completed') return;
      if (status === 'failed' || status === 'cancelled')
        throw new ApiError(500, { status: 500, code: code ?? 'job_failed', title: `The job ${status}` });
    }
  }

  return async function ask(request: Call): Promise<Reply> {
    for (;;) {
      const reply = await once(request);
      const pollUrl = reply.status === 202 ? pollUrlOf(reply.json) : null;
      if (pollUrl === null) return reply;
      await ended(pollUrl, request.signal);
      // The same call finds what the job found, in the form that it asks for.
    }
  };
}

function pollUrlOf(json: unknown): string | null {
  if (typeof json !== 'object' || json === null || !('status' in json) || json.status !== 'processing') return null;
  return 'poll_url' in json && typeof json.poll_url === 'string' ? json.poll_url : null;
}
