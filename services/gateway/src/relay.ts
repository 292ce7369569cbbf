import type { ServerResponse } from 'node:http';
import type { IncomingHttpHeaders } from 'undici/types/header.js';
import type { Dispatcher } from 'undici';

export interface RelayOptions {
  readonly response: ServerResponse;
  readonly headersOf: (headers: IncomingHttpHeaders) => Record<string, string | string[]>;
  /** Of the service; not called when it was the client that left. The answer may have begun. */
  readonly onFailure: (error: Error) => void;
  /** The answer is out, or was given up. */
  readonly onDone: () => void;
  /** A client that takes nothing of what waits for it for so long is cut off. */
  readonly stallMs: number;
}

/** Bodies up to this length wait for their end, which is due: head and body then leave as one text in one write. */
const WHOLE_BYTES_MAX = 16 * 1_024;

/**
 * Passes a service's answer on as it comes, at the client's pace. Below the client library's request API: its streams and
 * abort signals cost more than the rest of a small request, and signals are held by weak references, which only a full garbage
 * collection lets go.
 */
export function createRelay({ response, headersOf, onFailure, onDone, stallMs }: RelayOptions): Dispatcher.DispatchHandler {
  let upstream: Dispatcher.DispatchController | null = null;
  let stalled: NodeJS.Timeout | undefined;
  let awaitedBytes = 0;
  /** All of a short body; one character a byte. */
  let whole: string | null = null;
  /** The client has left, or was told something else in place of this answer: what is left of it nobody wants. */
  const isGone = (): boolean => response.closed;
  const abortIfGone = (): void => {
    if (isGone()) upstream?.abort(new Error('the client went away'));
  };
  response.on('close', () => {
    abortIfGone();
    clearTimeout(stalled);
    onDone();
  });
  /** Who does not read holds a connection to the service, of which there are only so many. */
  function awaitReader(): void {
    clearTimeout(stalled);
    stalled = setTimeout(() => response.destroy(), stallMs);
  }
  return {
    onRequestStart(controller) {
      upstream = controller;
      abortIfGone();
    },
    onResponseStart(_controller, statusCode, headers) {
      if (statusCode < 200) return;
      response.writeHead(statusCode, headersOf(headers));
      awaitedBytes = Number(headers['content-length'] ?? 0);
      // Of an answer that may say nothing for long its beginning goes out at once.
      if (headers['transfer-encoding'] !== undefined) response.flushHeaders();
    },
    onResponseData(controller, chunk) {
      if (chunk.length === awaitedBytes && awaitedBytes <= WHOLE_BYTES_MAX) {
        // As bytes they would be a second piece of a vectored write, which took a third of an answer (docs/adr/0037-a-lean-gateway.md).
        whole = chunk.toString('latin1');
        return;
      }
      if (response.write(chunk)) return;
      controller.pause();
      awaitReader();
      response.once('drain', () => {
        clearTimeout(stalled);
        controller.resume();
      });
    },
    onResponseEnd() {
      upstream = null;
      if (whole === null) response.end();
      else response.end(whole, 'latin1');
      if (response.writableNeedDrain) awaitReader();
    },
    onResponseError(_controller, error) {
      upstream = null;
      if (!isGone()) onFailure(error);
    },
  };
}
