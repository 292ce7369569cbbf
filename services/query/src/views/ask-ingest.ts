/** What is sealed is asked of ingest, which alone has the means (docs/adr/0040-ingest-opens.md), as the caller who asked. */
import type { Caller, RequestContext } from '@tidegate/http';
import { CALLER_HEADER, signCaller } from '@tidegate/http';
import type { z } from 'zod';

export interface AskIngestDeps {
  readonly ingestUrl: string;
  /** 32 bytes derived from `SECRET_KEY` under the label `tidegate/caller`. */
  readonly callerKey: Uint8Array;
  readonly nowMs: () => number;
}

/** `context` null: nobody's request asks for it. */
export interface AskedAs {
  readonly caller: Caller;
  readonly context: RequestContext | null;
}

/** Null: it cannot be had now. */
export type AskIngest<T> = (body: object, as: AskedAs) => Promise<T | null>;

/** An answer without what is sealed is better than a late one. */
const TIMEOUT_MS = 2_000;

export function createAskIngest<T>(
  { ingestUrl, callerKey, nowMs }: AskIngestDeps,
  { path, answer }: { readonly path: string; readonly answer: z.ZodType<T> },
): AskIngest<T> {
  const url = new URL(path, ingestUrl);
  return async function askIngest(body, { caller, context }) {
    // Which routes a token may come to was judged by the gateway, of the route that the client asked.
    const { routes: _routes, ...reader } = caller;
    const headers = {
      'content-type': 'application/json',
      [CALLER_HEADER]: signCaller(callerKey, reader, nowMs()),
      ...(context === null ? {} : { 'x-request-id': context.requestId, traceparent: context.traceparent }),
    };
    try {
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(TIMEOUT_MS) });
      const read = answer.safeParse(await response.json());
      return read.success ? read.data : null;
    } catch {
      return null;
    }
  };
}
