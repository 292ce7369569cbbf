/**
 * Events on their way to the gateway. `add` takes an event and returns at once; batches leave in the background, one request at a
 * time, and what is not answered stays here until it is. An event that is sent again is sent unchanged, so it counts once.
 *
 * What can be lost, and how it is told (`onProblem`): the oldest events while the gateway is away and more than `eventsMax` have come
 * (`full`), events that the gateway refuses for good (`rejected`), and what is left when `close` has waited long enough (`given_up`).
 */
import { ApiError } from '../api-error.ts';
import type { SendReport } from '../sender.ts';
import type { EventInput, Rejection } from '../wire.ts';
import { createPace } from './pace.ts';

export type TrackProblem =
  | { readonly kind: 'full' | 'given_up'; readonly events: number }
  | { readonly kind: 'rejected'; readonly rejections: readonly Rejection[] }
  /** They are kept and tried again. */
  | { readonly kind: 'unsent'; readonly error: Error };

export interface EventBufferOptions {
  readonly send: (events: readonly EventInput[], signal: AbortSignal) => Promise<SendReport>;
  /** Most events in a request; default 500. */
  readonly batchEvents?: number;
  /** How long an event may wait for others, in ms; default 1,000. */
  readonly waitMs?: number;
  /** Most events that are kept, the newest; default 10,000. */
  readonly eventsMax?: number;
  /** What it throws stays with it. */
  readonly onProblem?: (problem: TrackProblem) => void;
}

export interface EventBuffer {
  /** False: the buffer is closed, or all that it may hold is under way. Never throws and never waits. */
  add(event: EventInput): boolean;
  /** Events that were lost, whatever for. */
  lost(): number;
  /** Resolves when what was added before is settled; rejects when the gateway cannot be reached for it. */
  flush(): Promise<void>;
  /** Takes nothing more and waits for the rest, at most so long (default 5,000 ms). */
  close(withinMs?: number): Promise<void>;
  /** All that is not settled, what is under way too, which is safe to send again. */
  unsettled(): readonly EventInput[];
}

export function createEventBuffer(options: EventBufferOptions): EventBuffer {
  const { send, batchEvents = 500, waitMs = 1_000, eventsMax = 10_000 } = options;
  let waiting: EventInput[] = [];
  let underWay: readonly EventInput[] = [];
  let closing: Promise<void> | null = null;
  const { tell, lost } = createLosses(options.onProblem);
  const giveUp = new AbortController();
  const pace = createPace({ work: sendAll, hasMore: () => waiting.length > 0, waitMs });

  function add(event: EventInput): boolean {
    const isFull = waiting.length + underWay.length >= eventsMax;
    if (closing !== null || isFull) tell({ kind: closing !== null ? 'given_up' : 'full', events: 1 });
    // What is under way may be counted already; of the others the oldest is worth least.
    if (closing !== null || (isFull && waiting.shift() === undefined)) return false;
    waiting.push(event);
    if (waiting.length >= batchEvents) pace.full();
    else pace.soon();
    return true;
  }

  async function sendAll(): Promise<void> {
    while (waiting.length > 0) {
      underWay = waiting.slice(0, batchEvents);
      waiting = waiting.slice(batchEvents);
      try {
        const { rejected } = await send(underWay, giveUp.signal);
        if (rejected.length > 0) tell({ kind: 'rejected', rejections: rejected });
      } catch (error) {
        keepOrRefuse(error instanceof Error ? error : new Error(String(error)));
      } finally {
        underWay = [];
      }
    }
  }

  /**
   * A request that no key and no change of limits would mend is dropped, and so is an event that cannot be written as JSON: it would hold
   * up all others for ever. All else stands in line again, before what came later.
   */
  function keepOrRefuse(error: Error): void {
    tell({ kind: 'unsent', error });
    const kept = isUnreadable(error) ? [] : underWay.filter(isWritable);
    waiting = [...kept, ...waiting];
    if (kept.length === underWay.length) throw error;
    tell({ kind: 'given_up', events: underWay.length - kept.length });
  }

  async function flush(): Promise<void> {
    // What is being sent may have begun before the last event was added.
    await pace.underWay();
    if (waiting.length > 0) await pace.now();
  }

  async function end(withinMs: number): Promise<void> {
    await Promise.race([flush().catch(() => undefined), abortAfter(giveUp, withinMs)]);
    pace.stop();
    const left = waiting.length + underWay.length;
    if (left > 0) tell({ kind: 'given_up', events: left });
    waiting = [];
    giveUp.abort();
  }

  const close = (withinMs = 5_000): Promise<void> => (closing ??= end(withinMs));
  return { add, lost, flush, close, unsettled: () => [...underWay, ...waiting] };
}

/** What is lost is counted, and told to whoever listens. */
function createLosses(onProblem: EventBufferOptions['onProblem']) {
  let lost = 0;
  return {
    lost: (): number => lost,
    tell(problem: TrackProblem): void {
      if (problem.kind === 'rejected') lost += problem.rejections.length;
      else if (problem.kind !== 'unsent') lost += problem.events;
      try {
        onProblem?.(problem);
      } catch {
        // Whoever tracks has work of its own, which no fault of ours and of our listeners may end.
      }
    },
  };
}

function isUnreadable(error: Error): boolean {
  return error instanceof ApiError && (error.status === 400 || error.status === 413 || error.status === 415);
}

/** False: `data` refers to itself, or holds what JSON has no word for. */
function isWritable(event: EventInput): boolean {
  try {
    JSON.stringify(event);
    return true;
  } catch {
    return false;
  }
}

/** Resolves then, also where whoever sends does not listen to the signal. */
async function abortAfter(giveUp: AbortController, ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    giveUp.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
  giveUp.abort(new Error('closed before it was sent'));
}
