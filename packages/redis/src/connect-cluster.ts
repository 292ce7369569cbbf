import { gatherWrites, systemRandom } from '@tidegate/runtime';
import type { Redis } from 'ioredis';
import { Cluster } from 'ioredis';
import type { RedisOptions } from './connect.ts';
import { connectRedis, reconnectMs, withoutCommand } from './connect.ts';

export interface RedisClusterOptions {
  /** Some of its nodes; the others are learned from them. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly password?: string;
  readonly tls?: boolean;
  /** Certificates of the authorities for TLS, PEM; absent: those of the runtime. */
  readonly tlsCa?: string;
  /** Shown in CLIENT LIST, for instance `tidegate-gateway`. */
  readonly name: string;
  /** Longest until a connection to a node stands. */
  readonly connectTimeoutMs: number;
  readonly onError?: (error: Error) => void;
  readonly onReady?: () => void;
}

export type RedisClusterConnection = Cluster;

type Named = 'name' | 'onError' | 'onReady';
type Target<T> = Omit<T, Named>;

/** One server, or a cluster where there is one: for what asks by keys of one hash tag at a time, as buckets do. */
export function connectEither(
  { server, cluster }: { readonly server: Target<RedisOptions>; readonly cluster: Target<RedisClusterOptions> | null },
  named: Pick<RedisOptions, Named>,
): Redis | Cluster {
  return cluster === null ? connectRedis({ ...server, ...named }) : connectRedisCluster({ ...cluster, ...named });
}

/** Nodes that are added, and slots that move while nobody asks for them, are seen within it. */
const LOOK_EVERY_MS = 5_000;
/**
 * While a slot moves a script whose keys are not all in one place is told to try again. A slot of buckets moves in milliseconds,
 * and who asks waits for 25 ms at most.
 */
const TRY_AGAIN_MS = 4;
const TRIES_MAX = 8;

/**
 * Connections to the nodes of a Redis Cluster. As with one server nobody is kept waiting for a node that is away: what is asked
 * of it fails at once. A node that says that a slot is elsewhere has run nothing, so the command is sent there.
 */
export function connectRedisCluster(options: RedisClusterOptions): RedisClusterConnection {
  const { nodes, name, password, tls, tlsCa, connectTimeoutMs, onError, onReady } = options;
  const cluster = new Cluster(
    nodes.map(({ host, port }) => ({ host, port })),
    {
      redisOptions: {
        connectionName: name,
        connectTimeout: connectTimeoutMs,
        ...(password === undefined ? {} : { password }),
        ...(tls === true ? { tls: tlsCa === undefined ? {} : { ca: tlsCa } } : {}),
        maxRetriesPerRequest: 0,
        autoResendUnfulfilledCommands: false,
        keepAlive: 10_000,
      },
      enableOfflineQueue: false,
      maxRedirections: TRIES_MAX,
      retryDelayOnTryAgain: TRY_AGAIN_MS,
      retryDelayOnMoved: 0,
      // What was sent may have been done: whoever asked decides whether to ask again.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      slotsRefreshTimeout: connectTimeoutMs,
      slotsRefreshInterval: LOOK_EVERY_MS,
      clusterRetryStrategy: (attempt) => reconnectMs(attempt, systemRandom),
      // The library's own lookup would forget the names by which certificates are checked.
      dnsLookup: (host, done) => done(null, host),
    },
  );
  cluster.on('ready', () => onReady?.());
  cluster.on('error', (error: Error) => onError?.(withoutCommand(error)));
  cluster.on('node error', (error: Error) => onError?.(withoutCommand(error)));
  cluster.on('+node', (node: Redis) => node.on('connect', () => gatherWrites(node.stream)));
  return cluster;
}
