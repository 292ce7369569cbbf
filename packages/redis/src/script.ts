import { createHash } from 'node:crypto';
import type { RedisConnection } from './connect.ts';

/** Runs a Lua script; the reply is whatever it returns. */
export type Script = (keys: readonly string[], args: readonly (string | number | Buffer)[]) => Promise<unknown>;

/**
 * Calls a script by its hash, and sends the text only to a server that does not know it: after a restart, SCRIPT FLUSH or
 * a failover the first call pays one more round trip.
 */
export function createScript(redis: RedisConnection, text: string): Script {
  const sha1 = createHash('sha1').update(text).digest('hex');
  return async function runScript(keys, args) {
    try {
      return await redis.evalsha(sha1, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return redis.eval(text, keys.length, ...keys, ...args);
    }
  };
}
