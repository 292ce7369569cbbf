/** `GET /v1/live?job=…`: each change of a job's state, until it is over. */
import type { Exchange } from '@tidegate/http';
import { jobView, sendProblem } from '@tidegate/http';
import type { JobInfo } from '@tidegate/postgres';
import { eventChannel } from './event-channel.ts';
import type { LiveChannel, LiveEnd } from './live-channel.ts';
import { socketChannel } from './socket-channel.ts';

export interface WatchJobDeps {
  /** Null: not there, or not for this caller. */
  readonly findJob: (exchange: Exchange, id: string) => Promise<JobInfo | null>;
  readonly monotonicMs: () => number;
  readonly lifeMs: number;
  /** Rejects when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

const LOOK_EVERY_MS = 500;
const PING_MS = 25_000;
const STALLED_MS = 30_000;

/** `ended`: aborted as the service drains. */
export async function watchJob(
  deps: WatchJobDeps,
  exchange: Exchange,
  { id, ended }: { readonly id: string; readonly ended: AbortSignal },
) {
  const first = await deps.findJob(exchange, id);
  if (first === null) return sendProblem(exchange.response, { code: 'not_found' }, exchange.context);
  const channel = exchange.upgrade === undefined ? eventChannel(exchange) : await socketChannel(exchange, exchange.upgrade);
  const signal = AbortSignal.any([exchange.signal, ended]);
  channel.end(await follow(deps, { first, channel, signal, look: async () => deps.findJob(exchange, id) }));
}

interface Following {
  readonly first: JobInfo;
  readonly channel: LiveChannel;
  readonly signal: AbortSignal;
  readonly look: () => Promise<JobInfo | null>;
}

async function follow({ monotonicMs, lifeMs, pause }: WatchJobDeps, { first, channel, signal, look }: Following): Promise<LiveEnd> {
  const begunMs = monotonicMs();
  const speech = createSpeech(channel, monotonicMs);
  for (let job: JobInfo | null = first; !signal.aborted; job = await look()) {
    // A job that is gone was over, and expired.
    if (job === null) return 'over';
    const end = speech(job) ?? (monotonicMs() - begunMs >= lifeMs ? 'renew' : null);
    if (end !== null) return end;
    await pause(LOOK_EVERY_MS, signal).catch(() => undefined);
    if (signal.aborted) break;
  }
  return 'draining';
}

/** Says what is new of the job, or that it lives; gives why there is nothing more to say. */
function createSpeech(channel: LiveChannel, monotonicMs: () => number): (job: JobInfo) => LiveEnd | null {
  let told: string | null = null;
  let spokenMs = monotonicMs();
  return function say(job) {
    const json = JSON.stringify(jobView(job));
    const silentMs = monotonicMs() - spokenMs;
    if (channel.isFull) return silentMs >= STALLED_MS ? 'slow_reader' : null;
    if (json !== told) channel.tell({ kind: told === null ? 'snapshot' : 'update', id: job.id, json });
    else if (silentMs >= PING_MS) channel.ping();
    if (json !== told || silentMs >= PING_MS) spokenMs = monotonicMs();
    told = json;
    return job.finishedAtMs === null ? null : 'over';
  };
}
