/** Whether the brokers take what is sent, as the appends themselves tell. */
export interface BrokerHealth {
  sent(): void;
  settled(isAppended: boolean): void;
  /**
   * Null where a request may be taken. In trouble one request is let through now and then: whether its append succeeds is what
   * tells that the trouble is over.
   */
  trouble(): { readonly retryAfterS: number } | null;
}

/** So long may nothing be acknowledged while something waits for it: longer than a leader takes to move. */
const SILENT_MS = 3_000;
/** So many appends one after another may fail at once. */
const FAILURES_MAX = 3;
const RETRY_AFTER_S = { min: 1, max: 30 };

export function createBrokerHealth(monotonicMs: () => number): BrokerHealth {
  let inFlight = 0;
  let failures = 0;
  /** Since when something waits and nothing was acknowledged; null: nothing does, or it is not known to. */
  let silentSinceMs: number | null = null;
  let nextTryMs = 0;

  const isIll = (nowMs: number): boolean => failures >= FAILURES_MAX || (silentSinceMs !== null && nowMs - silentSinceMs > SILENT_MS);

  return {
    sent() {
      inFlight += 1;
      silentSinceMs ??= monotonicMs();
    },
    settled(isAppended) {
      inFlight -= 1;
      failures = isAppended ? 0 : failures + 1;
      if (isAppended) silentSinceMs = inFlight > 0 ? monotonicMs() : null;
    },
    trouble() {
      const nowMs = monotonicMs();
      if (!isIll(nowMs)) {
        nextTryMs = nowMs;
        return null;
      }
      const forS = (nowMs - (silentSinceMs ?? nowMs)) / 1_000;
      const retryAfterS = Math.min(RETRY_AFTER_S.max, Math.max(RETRY_AFTER_S.min, Math.ceil(forS / 4)));
      if (inFlight === 0 && nowMs >= nextTryMs) {
        nextTryMs = nowMs + 1_000;
        return null;
      }
      return { retryAfterS };
    },
  };
}
