/** A write of a pack, asked of query by the gateway itself. */
import { CALLER_HEADER, signCaller } from '@tidegate/http';
import type { Clock } from '@tidegate/runtime';
import type { SendWrite } from './registration.ts';

export interface SendWriteDependencies {
  readonly queryUrl: string;
  /** 32 bytes derived from `SECRET_KEY` under the label `tidegate/caller`. */
  readonly callerKey: Uint8Array;
  readonly clock: Clock;
}

/** Longer than query waits for ingest and for the commit. */
const TIMEOUT_MS = 25_000;

export function createSendWrite({ queryUrl, callerKey, clock }: SendWriteDependencies): SendWrite {
  return async function sendWrite({ pack, name }, { caller, context, body }) {
    try {
      const response = await fetch(new URL(`/v1/writes/${pack}/${name}`, queryUrl), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          [CALLER_HEADER]: signCaller(callerKey, caller, clock.nowMs()),
          'x-request-id': context.requestId,
          traceparent: context.traceparent,
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return { status: response.status, body: await response.json() };
    } catch {
      return null;
    }
  };
}
