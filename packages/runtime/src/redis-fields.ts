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

/** What a connection is made with: the URL where there is one, else its parts. */
export function redisTarget(settings: RedisSettings): RedisTarget {
  const { redisUrl, redisHost: host, redisPort: port, redisDb: db, redisPassword, redisSsl: tls } = settings;
  const how = { connectTimeoutMs: settings.redisTimeoutMs, ...(settings.redisTlsCa === '' ? {} : { tlsCa: settings.redisTlsCa }) };
  if (redisUrl !== NO_URL) return { address: { url: tls ? redisUrl.replace(/^redis:/i, 'rediss:') : redisUrl }, ...how };
  return { address: { host, port, db, tls, ...(redisPassword === '' ? {} : { password: redisPassword }) }, ...how };
}
