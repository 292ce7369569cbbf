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
}

/**
 * Passes a service's answer on as it comes, at the client's pace. Below the client library's request API: its streams and
 * abort signals cost more than the rest of a small request, and signals are held by weak references, which only a full garbage
 * collection lets go.
 */
export function createRelay({ response, headersOf, onFailure, onDone }: RelayOptions): Dispatcher.DispatchHandler {
  let upstream: Dispatcher.DispatchController | null = null;
  const isGone = (): boolean => response.closed && !response.writableFinished;
  const abortIfGone = (): void => {
    if (isGone()) upstream?.abort(new Error('the client went away'));
  };
  response.once('close', () => {
    abortIfGone();
    onDone();
  });
  return {
    onRequestStart(controller) {
      upstream = controller;
      abortIfGone();
    },
    onResponseStart(_controller, statusCode, headers) {
      if (statusCode >= 200) response.writeHead(statusCode, headersOf(headers));
    },
    onResponseData(controller, chunk) {
      if (response.write(chunk)) return;
      controller.pause();
      response.once('drain', () => controller.resume());
    },
    onResponseEnd() {
      upstream = null;
      response.end();
    },
    onResponseError(_controller, error) {
      upstream = null;
      if (!isGone()) onFailure(error);
    },
  };
}
