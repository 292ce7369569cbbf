/** Denials that gateways tell each other through Redis, beside the control topic that they all come from in the end. */
import type { DeniedToken, DeniedTokens } from '@tidegate/redis';
import type { Clock } from '@tidegate/runtime';
import type { Logger } from '@tidegate/telemetry';

export interface SharedDenialsOptions {
  readonly tokens: DeniedTokens;
  readonly clock: Clock;
  readonly log: Logger;
  /** Longest that `read` waits; default 1 s. */
  readonly withinMs?: number;
}

export interface SharedDenials {
  /** Waits for nothing: that a token is denied is written down in Postgres before this. */
  tell(denials: readonly DeniedToken[]): void;
  /** Empty where Redis is away or silent. */
  read(): Promise<readonly DeniedToken[]>;
}

const WITHIN_MS = 1_000;

export function createSharedDenials({ tokens, clock, log, withinMs = WITHIN_MS }: SharedDenialsOptions): SharedDenials {
  return {
    tell(denials) {
      const nowMs = clock.nowMs();
      const standing = denials.filter(({ untilMs }) => untilMs > nowMs);
      tokens.add(standing, nowMs).catch((error: unknown) => log.warn('denials_untold', { error }));
    },
    async read() {
      const late = Promise.withResolvers<readonly DeniedToken[]>();
      const timer = setTimeout(() => late.resolve([]), withinMs);
      try {
        return await Promise.race([tokens.read(clock.nowMs()), late.promise]);
      } catch (error) {
        log.warn('denials_unread', { error });
        return [];
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
