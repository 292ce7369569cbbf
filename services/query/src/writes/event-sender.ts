/** Events that this service makes of requests, sent to ingest as the caller who asked: judging, shielding and appending stay in one place. */
import type { FaultCode, MadeEvent } from '@tidegate/core';
import { FAULTS } from '@tidegate/core';
import type { Caller, ProblemFault, RequestContext } from '@tidegate/http';
import { CALLER_HEADER, signCaller } from '@tidegate/http';
import { z } from 'zod';

export interface EventVerdict {
  readonly verdict: 'accepted' | 'rejected' | 'retry';
  readonly code?: string;
  readonly path?: string;
  readonly message?: string;
}

/** `verdicts`: one for each event, in order. Refused: nothing was taken, or it is not known whether it was. */
export type Sent =
  | { readonly ok: true; readonly receipt: string | null; readonly receivedAt: string; readonly verdicts: readonly EventVerdict[] }
  | { readonly ok: false; readonly problem: ProblemFault };

/** `context` null: nobody's request asks for it. */
export type SendEvents = (
  events: readonly MadeEvent[],
  as: { readonly caller: Caller; readonly context: RequestContext | null },
) => Promise<Sent>;

export interface EventSenderDeps {
  readonly ingestUrl: string;
  /** 32 bytes derived from `SECRET_KEY` under the label `tidegate/caller`. */
  readonly callerKey: Uint8Array;
  readonly nowMs: () => number;
}

/** Longer than ingest needs to say that the log takes nothing. */
const TIMEOUT_MS = 10_000;

const REJECTED = z.object({ index: z.int(), code: z.string(), path: z.string(), message: z.string() });
const VERDICTS = z.object({
  rejected: z.array(REJECTED),
  retry: z.array(z.object({ index: z.int() })),
  receipt: z.string().nullable(),
  received_at: z.string(),
});
const REFUSED = z.object({ code: z.string(), rejected: z.array(REJECTED).default([]) });

export function createEventSender({ ingestUrl, callerKey, nowMs }: EventSenderDeps): SendEvents {
  const url = new URL('/v1/events', ingestUrl);
  return async function sendEvents(events, { caller, context }) {
    // Which routes a token may come to was judged by the gateway, of the route that the client asked.
    const { routes: _routes, ...sender } = caller;
    const request = {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [CALLER_HEADER]: signCaller(callerKey, sender, nowMs()),
        ...(context === null ? {} : { 'x-request-id': context.requestId, traceparent: context.traceparent }),
      },
      body: JSON.stringify(events),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    };
    try {
      const response = await fetch(url, request);
      return read(await response.json(), response.headers.get('retry-after'), events.length);
    } catch {
      // Whether the log has it is not known: sent again with the same Idempotency-Key it is the same event.
      return { ok: false, problem: { code: 'upstream_unreachable' } };
    }
  };
}

function read(body: unknown, retryAfter: string | null, count: number): Sent {
  const told = VERDICTS.safeParse(body);
  if (told.success) {
    const { receipt, received_at: receivedAt, rejected, retry } = told.data;
    return { ok: true, receipt, receivedAt, verdicts: verdictsOf(count, rejected, new Set(retry.map(({ index }) => index))) };
  }
  const refused = REFUSED.safeParse(body);
  if (refused.success && refused.data.rejected.length > 0) {
    return { ok: true, receipt: null, receivedAt: '', verdicts: verdictsOf(count, refused.data.rejected, new Set()) };
  }
  const code = refused.success && isKnown(refused.data.code) ? refused.data.code : 'upstream_unreachable';
  return { ok: false, problem: { code, ...(retryAfter === null ? {} : { retryAfterS: Number(retryAfter) }) } };
}

function isKnown(code: string): code is FaultCode {
  return Object.hasOwn(FAULTS, code);
}

function verdictsOf(count: number, rejected: readonly z.output<typeof REJECTED>[], retry: ReadonlySet<number>): readonly EventVerdict[] {
  const verdicts: EventVerdict[] = Array.from({ length: count }, (_, index) => ({ verdict: retry.has(index) ? 'retry' : 'accepted' }));
  for (const { index, code, path, message } of rejected) verdicts[index] = { verdict: 'rejected', code, path, message };
  return verdicts;
}
