/**
 * Sends the requests of a run. Open loop: each leaves when it is due, whatever became of those before. Closed loop: each of so many
 * workers sends its next one when its last is answered.
 */
import type { Arrival } from './arrivals.ts';
import type { LoadRequest } from './scenario.ts';
import type { Outcome, Tally } from './tally.ts';

/** What came back: a status with what was wrong, or nobody's answer and why. */
export type Reply = Pick<Outcome, 'status' | 'error' | 'cache'>;
export type Exchange = (request: LoadRequest, user: number) => Promise<Reply>;

export interface LoadDeps {
  readonly exchange: Exchange;
  readonly requestOf: (user: number) => LoadRequest;
  readonly tally: Pick<Tally, 'add'>;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Ends the run; what is under way is waited for. */
  readonly signal: AbortSignal;
}

/** By which a timer may miss its time: within it a request counts as sent when it was due. */
const TIMER_GRAIN_MS = 2;
/** So many requests may leave in a row before answers are read. */
const IN_A_ROW_MAX = 32;

export interface OpenLoop {
  readonly arrivals: Iterable<Arrival>;
  /** Most requests under way; what is due beyond them is an error, for waiting would hold the schedule back. */
  readonly underWayMax: number;
}

export async function runOpenLoop(deps: LoadDeps, { arrivals, underWayMax }: OpenLoop): Promise<void> {
  const startedMs = deps.nowMs();
  const underWay = new Set<Promise<void>>();
  let inARow = 0;
  for (const { atMs, user } of arrivals) {
    const dueMs = startedMs + atMs;
    const waitMs = dueMs - deps.nowMs();
    if (waitMs > 0 || ++inARow % IN_A_ROW_MAX === 0) await deps.sleep(Math.max(0, waitMs));
    if (deps.signal.aborted) break;
    if (underWay.size >= underWayMax) {
      deps.tally.add(notSent(deps.requestOf(user), underWayMax));
      continue;
    }
    const work = sendOne(deps, user, dueMs).finally(() => underWay.delete(work));
    underWay.add(work);
  }
  await Promise.all(underWay);
}

export interface ClosedLoop {
  readonly workers: number;
  /** Of all workers together. */
  readonly requests: number;
}

export async function runClosedLoop(deps: LoadDeps, { workers, requests }: ClosedLoop): Promise<void> {
  let left = requests;
  const work = async (worker: number): Promise<void> => {
    while (left > 0 && !deps.signal.aborted) {
      left -= 1;
      await sendOne(deps, worker, deps.nowMs());
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, requests) }, (_, worker) => work(worker)));
}

/** The time of a request begins when it was due: what waited for this process has waited too. */
async function sendOne(deps: LoadDeps, user: number, dueMs: number): Promise<void> {
  const request = deps.requestOf(user);
  const sentMs = deps.nowMs();
  const lateMs = Math.max(0, sentMs - dueMs);
  const reply = await deps.exchange(request, user);
  const fromMs = lateMs <= TIMER_GRAIN_MS ? sentMs : dueMs;
  deps.tally.add({ ...reply, endpoint: request.endpoint, tookMs: deps.nowMs() - fromMs, lateMs, events: request.events ?? 0 });
}

function notSent({ endpoint }: LoadRequest, underWayMax: number): Outcome {
  const error = `not sent: ${underWayMax} requests were under way`;
  return { endpoint, status: null, error, cache: null, tookMs: 0, lateMs: 0, events: 0 };
}
