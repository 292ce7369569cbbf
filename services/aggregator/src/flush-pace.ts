/** A pause may take this many times as long as the flush before it: flushing then takes a third of the time. */
const PAUSE_PER_FLUSH = 2;
/** A pause is worth a millisecond for so many events of the last flush: they share cells, so fewer and larger flushes cost less. */
const EVENTS_PER_PAUSE_MS = 20;
/** So long a pause is worth it for a single event. */
const PAUSE_WORTH_MS = 20;

export interface PauseLimits {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * Milliseconds until the next flush may begin. Freshness is paid with cells written again, so the pause grows with the events
 * that it gathers: at 5,000 events a second it is some 20 ms, when the aggregator is behind it nears `maxMs`.
 */
export function pauseAfter(flush: { readonly durationMs: number; readonly events: number }, { minMs, maxMs }: PauseLimits): number {
  const worthMs = Math.max(PAUSE_WORTH_MS, flush.events / EVENTS_PER_PAUSE_MS);
  return Math.min(maxMs, Math.max(minMs, Math.min(worthMs, flush.durationMs * PAUSE_PER_FLUSH)));
}
