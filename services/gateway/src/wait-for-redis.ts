import type { RedisClusterConnection, RedisConnection, RedisOptions } from '@tidegate/redis';
import { whenConnected } from '@tidegate/redis';
import type { Logger } from '@tidegate/telemetry';
import type { Denied } from './tokens/denied.ts';
import type { SharedDenials } from './tokens/shared-denials.ts';

export interface RedisWait {
  readonly redis: RedisConnection | RedisClusterConnection;
  readonly withinMs: number;
  readonly denied: Denied;
  readonly shared: Pick<SharedDenials, 'read'>;
  readonly log: Logger;
}

/** Limits hold from the first request on where Redis is there; without it the gateway serves all the same, and says so. */
export async function waitForRedis({ redis, withinMs, denied, shared, log }: RedisWait): Promise<void> {
  if (await whenConnected(redis, withinMs)) denied.add(await shared.read());
  else log.warn('started_without_redis', { detail: { waited_ms: withinMs } });
}

/** What is told of the connection each time that it is lost, and each time that it stands. */
export function redisLines(log: Logger): Pick<RedisOptions, 'onError' | 'onReady'> {
  return {
    onError: (error) => log.warn('redis_connection_lost', { error }),
    onReady: () => log.info('redis_connected'),
  };
}
