import type { ConfigField } from './config.ts';
import { text } from './text-schema.ts';

const NO_URL = 'none';

/** Where Redis is: spread them all into the `defineConfig` of a service that uses it. */
export const redisFields = {
  redisUrl: {
    env: 'REDIS_URL',
    schema: text.url(['redis', 'rediss']).or(text.choice([NO_URL])),
    default: NO_URL,
    description:
      'Redis, `redis://` or `rediss://` for TLS. It wins over `REDIS_HOST` and the other parts; `none`: they say where Redis is.',
    secret: true,
  } satisfies ConfigField<string>,
  redisHost: {
    env: 'REDIS_HOST',
    schema: text.line(),
    default: 'localhost',
    description: 'Host of Redis.',
  } satisfies ConfigField<string>,
  redisPort: { env: 'REDIS_PORT', schema: text.port(), default: '6379', description: 'Port of Redis.' } satisfies ConfigField<number>,
  redisDb: {
    env: 'REDIS_DB',
    schema: text.integer({ min: 0, max: 65_535 }),
    default: '0',
    description: 'Number of the Redis database.',
  } satisfies ConfigField<number>,
  redisPassword: {
    env: 'REDIS_PASSWORD',
    schema: text.maybe(),
    default: '',
    description: 'Password of Redis; empty: none.',
    secret: true,
  } satisfies ConfigField<string>,
  redisSsl: {
    env: 'REDIS_SSL',
    schema: text.flag(),
    default: 'false',
    description: 'Whether Redis is reached by TLS; a `rediss://` URL says so by itself.',
  } satisfies ConfigField<boolean>,
  redisTlsCa: {
    env: 'REDIS_TLS_CA',
    schema: text.maybe(),
    default: '',
    description: "PEM of the authorities that sign for Redis; empty: the runtime's own.",
    secret: true,
  } satisfies ConfigField<string>,
  redisTimeoutMs: {
    env: 'REDIS_TIMEOUT',
    schema: text.seconds({ min: 0.1, max: 60 }),
    default: '2',
    description: 'Longest time in which a connection to Redis is made, in seconds. Commands have shorter budgets of their own.',
  } satisfies ConfigField<number>,
} as const;

const NODE = /^(?:\[([0-9a-f:]+)\]|([^\s:,]+)):(\d{1,5})$/i;

/** What a service that can work on a cluster reads beside `redisFields`. */
export const redisClusterField = {
  redisCluster: {
    env: 'REDIS_CLUSTER',
    schema: text.maybe().transform((list, context): readonly RedisNode[] =>
      list
        .split(',')
        .map((node) => node.trim())
        .filter((node) => node !== '')
        .map((node) => {
          const [, six, name, port] = NODE.exec(node) ?? [];
          if (port === undefined) context.addIssue('must be host:port, comma separated');
          return { host: six ?? name ?? '', port: Number(port ?? 0) };
        }),
    ),
    default: '',
    description:
      'Nodes of a Redis Cluster for limits, `host:port`, comma separated: some of them are enough. It wins over `REDIS_URL` there, with `REDIS_PASSWORD` and `REDIS_SSL` as for one server; empty: one server.',
  } satisfies ConfigField<readonly RedisNode[]>,
} as const;

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/** Values of `redisFields`. */
export interface RedisSettings {
  readonly redisUrl: string;
  readonly redisHost: string;
  readonly redisPort: number;
  readonly redisDb: number;
  readonly redisPassword: string;
  readonly redisSsl: boolean;
  readonly redisTlsCa: string;
  readonly redisTimeoutMs: number;
}

export interface RedisTarget {
  readonly address:
    | { readonly url: string }
    | { readonly host: string; readonly port: number; readonly db: number; readonly password?: string; readonly tls: boolean };
  /** PEM; absent: the runtime's own authorities. */
  readonly tlsCa?: string;
  readonly connectTimeoutMs: number;
}

export interface RedisClusterTarget {
  readonly nodes: readonly RedisNode[];
  readonly password?: string;
  readonly tls: boolean;
  readonly tlsCa?: string;
  readonly connectTimeoutMs: number;
}

/** What connections to a cluster are made with; null: there is none. */
export function redisClusterTarget(settings: RedisSettings & { readonly redisCluster: readonly RedisNode[] }): RedisClusterTarget | null {
  const { redisCluster: nodes, redisPassword: password, redisSsl: tls, redisTlsCa: tlsCa, redisTimeoutMs: connectTimeoutMs } = settings;
  if (nodes.length === 0) return null;
  return { nodes, tls, connectTimeoutMs, ...(password === '' ? {} : { password }), ...(tlsCa === '' ? {} : { tlsCa }) };
}

/** What a connection is made with: the URL where there is one, else its parts. */
export function redisTarget(settings: RedisSettings): RedisTarget {
  const { redisUrl, redisHost: host, redisPort: port, redisDb: db, redisPassword, redisSsl: tls } = settings;
  const how = { connectTimeoutMs: settings.redisTimeoutMs, ...(settings.redisTlsCa === '' ? {} : { tlsCa: settings.redisTlsCa }) };
  if (redisUrl !== NO_URL) return { address: { url: tls ? redisUrl.replace(/^redis:/i, 'rediss:') : redisUrl }, ...how };
  return { address: { host, port, db, tls, ...(redisPassword === '' ? {} : { password: redisPassword }) }, ...how };
}
