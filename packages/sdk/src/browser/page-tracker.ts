/**
 * Tracking in a web page, with a publishable key: events leave in the background, and when the page is hidden what is left goes out
 * with `fetch(…, { keepalive: true })`, which outlives the page. `navigator.sendBeacon` does the same but cannot carry the key.
 */
import { createClient } from '../client.ts';
import { createEventBuffer, type EventBuffer, type TrackProblem } from '../track/event-buffer.ts';
import { trackerOver, type Tracker } from '../track/tracker.ts';
import type { EventInput } from '../wire.ts';

export interface PageTrackerOptions {
  readonly gateway: string;
  /** `tidegate keys create page --publishable`: it can write events and read nothing. */
  readonly publishableKey: string;
  readonly source?: string;
  /** Default 2,000. */
  readonly waitMs?: number;
  readonly onProblem?: (problem: TrackProblem) => void;
  /** For tests. */
  readonly page?: Page;
  readonly fetch?: typeof fetch;
}

declare const document: Page;

interface Page {
  readonly visibilityState: string;
  addEventListener(type: 'visibilitychange', listener: () => void): void;
}

/** Browsers let 64 KiB be under way in requests that outlive their page. */
const KEEPALIVE_BYTES_MAX = 60_000;

export function createPageTracker(options: PageTrackerOptions): Tracker {
  const { gateway, publishableKey, source, waitMs = 2_000, onProblem, page = document, fetch: ownFetch = fetch.bind(globalThis) } = options;
  const client = createClient({ gateway, apiKey: publishableKey, fetch: ownFetch });
  const buffer = createEventBuffer({
    send: (events, signal) => client.send(events, { concurrency: 1, signal }),
    ...{ waitMs, batchEvents: 100, eventsMax: 1_000 },
    ...(onProblem === undefined ? {} : { onProblem }),
  });
  page.addEventListener('visibilitychange', () => {
    if (page.visibilityState === 'hidden') sendLast(buffer, { gateway, publishableKey, fetch: ownFetch });
  });
  return trackerOver(buffer, source);
}

/**
 * Sends all that is not settled and waits for nothing. It stays in the buffer: a page that comes back sends it again, which counts
 * once.
 */
function sendLast(buffer: EventBuffer, target: Required<Pick<PageTrackerOptions, 'gateway' | 'publishableKey' | 'fetch'>>): void {
  const headers = { authorization: `Bearer ${target.publishableKey}`, 'content-type': 'application/x-ndjson' };
  const body = linesWithin(buffer.unsettled(), KEEPALIVE_BYTES_MAX);
  if (body === '') return;
  const sent = target.fetch(`${target.gateway.replace(/\/$/, '')}/v1/events`, { method: 'POST', keepalive: true, headers, body });
  sent.catch(() => undefined);
}

/** The newest that fit: those before them had more time to leave. */
function linesWithin(events: readonly EventInput[], bytesMax: number): string {
  const lines: string[] = [];
  let bytes = 0;
  for (const event of events.toReversed()) {
    const line = `${JSON.stringify(event)}\n`;
    bytes += new TextEncoder().encode(line).length;
    if (bytes > bytesMax) break;
    lines.unshift(line);
  }
  return lines.join('');
}
