import type { RedisClusterConnection, RedisConnection } from '@tidegate/redis';
import { whenConnected } from '@tidegate/redis';
import type { Clock } from '@tidegate/runtime';
import type { Logger } from '@tidegate/telemetry';
import type { Denied } from './tokens/denied.ts';
import type { SharedDenials } from './tokens/shared-denials.ts';

export interface RedisWait {
  readonly redis: RedisConnection | RedisClusterConnection;
  readonly withinMs: number;
  readonly denied: Denied;
  readonly shared: Pick<SharedDenials, 'read'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Limits hold from the first request on where Redis is there; without it the gateway serves all the same, and says so. */
export async function waitForRedis({ redis, withinMs, denied, shared, clock, log }: RedisWait): Promise<void> {
  const startedMs = clock.monotonicMs();
  const isThere = await whenConnected(redis, withinMs);
  const detail = { waited_ms: Math.round(clock.monotonicMs() - startedMs) };
  if (!isThere) return log.warn('started_without_redis', { detail });
  log.info('redis_connected', { detail });
  denied.add(await shared.read());
}
