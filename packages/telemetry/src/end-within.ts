import { setTimeout as delay } from 'node:timers/promises';

/** What was told at the very end may take so long to reach the collector. */
const LAST_WORDS_MS = 2_000;

/** Ends what sends to a collector. One that is away costs what it was to be sent, and nothing else: nobody waits for it. */
export async function endWithin(sender: { shutdown(): Promise<void> }): Promise<void> {
  const ended = new AbortController();
  const limit = delay(LAST_WORDS_MS, undefined, { signal: ended.signal }).catch(() => undefined);
  await Promise.race([sender.shutdown().catch(() => undefined), limit]);
  ended.abort();
}
