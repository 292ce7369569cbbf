import type { RejectedBeyond } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';

export interface TellBeyondDeps {
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly clock: Clock;
}

const DAY_MS = 86_400_000;

/** Counts refused events that no row is kept of, and names each tenant whose quota is spent once a day. */
export function createTellBeyond({ metrics, log, clock }: TellBeyondDeps): (beyond: readonly RejectedBeyond[]) => void {
  const named = new Map<string, number>();
  return function tellBeyond(beyond) {
    for (const { tenant, code, events } of beyond) {
      metrics.counter('rejected_beyond_quota_total', { code }).inc(events);
      const day = Math.floor(clock.nowMs() / DAY_MS);
      if (named.get(tenant) === day) continue;
      named.set(tenant, day);
      log.warn('rejected_quota_spent', { detail: { tenant, code } });
    }
  };
}
