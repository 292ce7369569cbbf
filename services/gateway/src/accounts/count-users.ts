import type { ControlStore } from '@tidegate/postgres';
import { pause } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';

export interface CountUsers {
  readonly accounts: Pick<ControlStore['accounts'], 'countUsers'>;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly everyMs?: number;
}

const EVERY_MS = 60_000;

/** `users_total`, looked up once a minute. Every gateway tells the same number: whoever draws it takes the greatest, not the sum. */
export async function countUsers({ accounts, metrics, log, signal, everyMs = EVERY_MS }: CountUsers): Promise<void> {
  while (!signal.aborted) {
    try {
      const users = await accounts.countUsers();
      metrics.gauge('users_total').set(users);
    } catch (error) {
      // What was known stays: it is true of the last minute in which somebody could be asked.
      log.warn('users_not_counted', { error });
    }
    await pause(everyMs, signal).catch(() => undefined);
  }
}
