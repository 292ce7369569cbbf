import {
  databaseFields,
  defineConfig,
  directDatabaseField,
  kafkaFields,
  redisClusterField,
  redisFields,
  sharedFields,
  telemetryFields,
  text,
} from '@tidegate/runtime';
import type { ConfigField } from '@tidegate/runtime';

const COUNT = { min: 1, max: 100_000_000 } as const;

/** Settings of the gateway; docs/reference/config.md is generated from this list. */
export const GATEWAY_CONFIG = defineConfig('gateway', {
  apiHost: {
    env: 'API_HOST',
    schema: text.line(),
    default: '127.0.0.1',
    description: 'Address of the public API.',
  } satisfies ConfigField<string>,
  apiPort: {
    env: 'API_PORT',
    schema: text.port(),
    default: '8000',
    description: 'Port of the public API.',
  } satisfies ConfigField<number>,
  tlsCertFile: {
    env: 'TLS_CERT_FILE',
    schema: text.maybe(),
    default: '',
    description:
      'PEM with the certificate of the public API; it is then served by TLS, and renewed files are taken over within seconds. Empty: plain HTTP.',
  } satisfies ConfigField<string>,
  tlsKeyFile: {
    env: 'TLS_KEY_FILE',
    schema: text.maybe(),
    default: '',
    description: 'PEM with the key of that certificate.',
  } satisfies ConfigField<string>,
  tlsVersionMin: {
    env: 'TLS_VERSION_MIN',
    schema: text.choice(['1.2', '1.3']),
    default: '1.3',
    description: 'Least version of TLS. Of 1.2 only what has forward secrecy and authenticated encryption is taken.',
  } satisfies ConfigField<'1.2' | '1.3'>,
  hstsSeconds: {
    env: 'HSTS_SECONDS',
    schema: text.integer({ min: 0, max: 100_000_000 }),
    default: '0',
    description:
      'How long browsers are to ask this host and those under it by TLS alone (Strict-Transport-Security); 0: they are not told.',
  } satisfies ConfigField<number>,
  redirectPort: {
    env: 'REDIRECT_PORT',
    schema: text.portOrNone(),
    default: 'none',
    description:
      'A plain port at the same address that serves nothing: every request is answered 308 with where TLS is spoken, path and query kept. none: there is none.',
  } satisfies ConfigField<number | null>,
  redirectToPort: {
    env: 'REDIRECT_TO_PORT',
    schema: text.integer({ min: 1, max: 65_535 }),
    default: '443',
    description: 'The port that it sends to: where TLS is spoken, as callers see it, by the gateway or by what stands before it.',
  } satisfies ConfigField<number>,
  redirectHosts: {
    env: 'REDIRECT_HOSTS',
    schema: text.list(),
    default: '',
    description: 'Hosts that it sends on, comma separated; others are answered 421. Empty: whichever host a request names.',
  } satisfies ConfigField<readonly string[]>,
  upstreamConnections: {
    env: 'UPSTREAM_CONNECTIONS',
    schema: text.integer({ min: 1, max: 10_000 }),
    default: '128',
    description:
      'Most requests that are under way to each service at the same time, live answers apart; others wait for their turn, tenants one after another.',
  } satisfies ConfigField<number>,
  upstreamTurnWithinMs: {
    env: 'UPSTREAM_TURN_WITHIN_MS',
    schema: text.integer({ min: 0, max: 60_000 }),
    default: '2000',
    description: 'Where that turn would take longer to come than this, the request is refused with 503 `overloaded` and Retry-After.',
  } satisfies ConfigField<number>,
  ingestUrl: {
    env: 'INGEST_URL',
    schema: text.url(['http']),
    description: 'Where the ingest service listens.',
  } satisfies ConfigField<string>,
  queryUrl: {
    env: 'QUERY_URL',
    schema: text.url(['http']),
    description: 'Where the query service listens.',
  } satisfies ConfigField<string>,
  bodyBytesMax: {
    env: 'API_BODY_BYTES_MAX',
    schema: text.integer({ min: 1_024, max: 1_073_741_824 }),
    // 16 MiB, which is what ingest takes after inflation, and 64 KiB: what does not compress grows by less.
    default: '16842752',
    description: 'Bytes of a request body as it comes, compressed or not; more is answered 413.',
  } satisfies ConfigField<number>,
  livePerKeyMax: {
    env: 'LIVE_PER_KEY_MAX',
    schema: text.integer(COUNT),
    default: '100',
    description: 'Answers that stay open (live updates) at once and key, or signed-in user, at one gateway.',
  } satisfies ConfigField<number>,
  livePerTenantMax: {
    env: 'LIVE_PER_TENANT_MAX',
    schema: text.integer(COUNT),
    default: '1000',
    description: 'Answers that stay open at once and tenant, at one gateway.',
  } satisfies ConfigField<number>,
  liveSubscriptionsMax: {
    env: 'LIVE_SUBSCRIPTIONS_MAX',
    schema: text.integer(COUNT),
    default: '50',
    description: 'Subscriptions at once of a WebSocket of `/v1/live`; each counts as an answer that stays open, too.',
  } satisfies ConfigField<number>,
  liveIdleS: {
    env: 'LIVE_IDLE_S',
    schema: text.integer({ min: 1, max: 3_600 }),
    default: '60',
    description: 'Seconds without a byte after which an answer that stays open is ended, and without a subscription a WebSocket.',
  } satisfies ConfigField<number>,
  drainLingerMs: {
    env: 'DRAIN_LINGER_MS',
    schema: text.integer({ min: 0, max: 15_000 }),
    default: '5500',
    description:
      'Milliseconds that a gateway which ends leaves connections without a request open, for their clients to use once more or leave: longer than clients keep theirs (those of Node.js 4 s), no request is lost with one.',
  } satisfies ConfigField<number>,
  enableAnalytics: {
    env: 'ENABLE_ANALYTICS',
    schema: text.flag(),
    default: 'true',
    description:
      'Whether the routes of the limit class `analytics` (`/v1/analytics/…` of packs) are there; off, they are 404 `feature_disabled`.',
  } satisfies ConfigField<boolean>,
  enableLive: {
    env: 'ENABLE_LIVE',
    schema: text.flag(),
    default: 'true',
    description: 'Whether answers may stay open (`/v1/live`); off, such routes are 404 `feature_disabled`.',
  } satisfies ConfigField<boolean>,
  enableAudit: {
    env: 'ENABLE_AUDIT',
    schema: text.flag(),
    default: 'true',
    description:
      'Whether accesses to data are written down in the audit topic; off, answers with rows of persons leave without a record, and `tidegate preflight` says so.',
  } satisfies ConfigField<boolean>,
  redisStartWaitMs: {
    env: 'REDIS_START_WAIT_S',
    schema: text.seconds({ min: 0, max: 300 }),
    default: '30',
    description: 'Longest that a start waits for Redis, in seconds, so that limits hold from the first request on; then it starts without.',
  } satisfies ConfigField<number>,
  rateLimitEnabled: {
    env: 'RATE_LIMIT_ENABLED',
    schema: text.flag(),
    default: 'true',
    description: 'Whether anything is limited.',
  } satisfies ConfigField<boolean>,
  limitIpPerMinute: {
    env: 'RATE_LIMIT_REQUESTS_PER_MINUTE',
    schema: text.integer(COUNT),
    default: '600',
    description: 'Requests a minute and address, a sixtieth of them at once; not for events with a valid key.',
  } satisfies ConfigField<number>,
  limitFitnessPerMinute: {
    env: 'RATE_LIMIT_PER_MINUTE',
    schema: text.integer(COUNT),
    default: '60',
    description: 'Requests a minute and user on the routes of the fitness pack, where it is in place.',
  } satisfies ConfigField<number>,
  limitGlobalPerMinute: {
    env: 'LIMIT_GLOBAL_PER_MINUTE',
    schema: text.integer(COUNT),
    default: '10000',
    description: 'Requests a minute of everybody, a tenth of them at once; not for events with a valid key.',
  } satisfies ConfigField<number>,
  limitIngestPerMinute: {
    env: 'LIMIT_INGEST_PER_MINUTE',
    schema: text.integer(COUNT),
    default: '60000',
    description: 'Requests a minute and key on the routes that take events; also the burst.',
  } satisfies ConfigField<number>,
  limitApiKeyPerMinute: {
    env: 'LIMIT_API_KEY_PER_MINUTE',
    schema: text.integer(COUNT),
    default: '1000',
    description: 'Requests a minute and key on all other routes; also the burst.',
  } satisfies ConfigField<number>,
  limitBudgetMs: {
    env: 'LIMIT_BUDGET_MS',
    schema: text.integer({ min: 1, max: 10_000 }),
    default: '25',
    description:
      'Milliseconds that a request waits at most for Redis to count it; then the mode of its policy decides (open, local or closed).',
  } satisfies ConfigField<number>,
  jwksPlainHosts: {
    env: 'JWKS_PLAIN_HOSTS',
    schema: text.list(),
    default: '',
    description: 'Hosts, comma separated, whose keys may be read over plain http: an issuer in your own network. All others need https.',
  } satisfies ConfigField<readonly string[]>,
  loginTenant: {
    env: 'LOGIN_TENANT',
    schema: text.line(),
    default: 'demo',
    description: 'Whose users sign in where a request names no tenant.',
  } satisfies ConfigField<string>,
  trustedProxies: {
    env: 'TRUSTED_PROXIES',
    schema: text.maybe(),
    default: '',
    description: 'Addresses or ranges of proxies whose X-Forwarded-For is believed, comma separated; by default nobody is.',
  } satisfies ConfigField<string>,
  ...kafkaFields,
  topicPrefix: sharedFields.topicPrefix,
  ...databaseFields,
  ...directDatabaseField,
  ...redisFields,
  ...redisClusterField,
  redisPrefix: sharedFields.redisPrefix,
  secretKey: sharedFields.secretKey,
  ...telemetryFields,
});
