import type { Random } from '@tidegate/runtime';
import { gatherWrites, systemRandom } from '@tidegate/runtime';
import type { Cluster } from 'ioredis';
import { Redis } from 'ioredis';

/** Where Redis is: a URL, or its parts. */
export type RedisAddress =
  | { readonly url: string }
  | { readonly host: string; readonly port: number; readonly db?: number; readonly password?: string; readonly tls?: boolean };

export interface RedisOptions {
  readonly address: RedisAddress;
  /** Shown in CLIENT LIST, for instance `tidegate-gateway`. */
  readonly name: string;
  /**
   * A command that has not been answered by then fails; its effect is then unknown. Holds for the library's own handshake
   * too, so a budget of a few milliseconds is kept by the caller instead: a busy moment would end the connection.
   */
  readonly commandTimeoutMs?: number;
  /** Certificates of the authorities for TLS, PEM; absent: those of the runtime. */
  readonly tlsCa?: string;
  /** Longest time until a connection can be used, the server's first answers included; default 1 s. */
  readonly connectTimeoutMs?: number;
  readonly onError?: (error: Error) => void;
  /** Called each time that the connection stands, the first one too. */
  readonly onReady?: () => void;
}

/** A connection that never keeps a caller waiting for a server that is away: it fails at once and reconnects by itself. */
export type RedisConnection = Redis;

const CONNECT_TIMEOUT_MS = 1_000;
/** Before the first, the second and every further try. */
const RECONNECT_MS = [50, 200, 800] as const;

/** Wait before a connection is made again: at least half of it, so that not all who lost a server return in the same instant. */
export function reconnectMs(attempt: number, random: Random): number {
  const ms = RECONNECT_MS[attempt - 1] ?? RECONNECT_MS[2];
  return Math.round(ms / 2 + (ms / 2) * random());
}

/** Connects in the background; what is asked before the connection stands fails. */
export function connectRedis({ address, name, commandTimeoutMs, onError, onReady, ...how }: RedisOptions): RedisConnection {
  const connectTimeoutMs = how.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  const redis = new Redis({
    ...toOptions(address, how.tlsCa),
    connectionName: name,
    ...(commandTimeoutMs === undefined ? {} : { commandTimeout: commandTimeoutMs }),
    connectTimeout: connectTimeoutMs,
    // The library would hold commands until the server is back, and repeat them: a limit decided late is worse than none.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (attempt) => reconnectMs(attempt, systemRandom),
    keepAlive: 10_000,
  });
  redis.on('error', (error: Error) => onError?.(withoutCommand(error)));
  redis.on('ready', () => onReady?.());
  giveUpAfter(redis, connectTimeoutMs);
  // An announcement of twelve partitions makes some forty commands.
  redis.on('connect', () => gatherWrites(redis.stream));
  return redis;
}

/** The library's error holds the command that failed, which for AUTH is the password. */
export function withoutCommand(error: Error): Error {
  Reflect.deleteProperty(error, 'command');
  return error;
}

/** The library's own limit ends when TCP or TLS stands: a server that then says nothing would be waited for for ever. */
function giveUpAfter(redis: Redis, connectTimeoutMs: number): void {
  let timer: NodeJS.Timeout | undefined;
  const giveUp = (): void => void redis.stream.destroy(new Error(`Redis did not answer within ${connectTimeoutMs} ms`));
  redis.on('connect', () => (timer = setTimeout(giveUp, connectTimeoutMs)));
  for (const event of ['ready', 'close', 'end']) redis.on(event, () => clearTimeout(timer));
}

/** Resolves once the connection stands, or after `withinMs` in any case; for starts that prefer it but can do without. */
export async function whenConnected(redis: Redis | Cluster, withinMs: number): Promise<boolean> {
  if (redis.status === 'ready') return true;
  const settled = Promise.withResolvers<boolean>();
  const onReady = (): void => settled.resolve(true);
  const timer = setTimeout(() => settled.resolve(false), withinMs);
  redis.once('ready', onReady);
  try {
    return await settled.promise;
  } finally {
    clearTimeout(timer);
    redis.off('ready', onReady);
  }
}

type ServerOptions = Readonly<Record<'host', string> & Record<'port', number>> & {
  readonly db?: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: { readonly ca?: string };
};

function toOptions(address: RedisAddress, ca: string | undefined): ServerOptions {
  const secured = { tls: ca === undefined ? {} : { ca } };
  if (!('url' in address)) {
    const { tls, ...rest } = address;
    return { ...rest, ...(tls === true ? secured : {}) };
  }
  const url = new URL(address.url);
  return {
    host: url.hostname,
    port: Number(url.port === '' ? 6_379 : url.port),
    ...(url.pathname.length > 1 ? { db: Number(url.pathname.slice(1)) } : {}),
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' ? secured : {}),
  };
}
