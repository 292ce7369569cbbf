import { databaseFields, defineConfig, kafkaFields, redisFields, sharedFields, text } from '@tidegate/runtime';
import type { ConfigField } from '@tidegate/runtime';

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
  limitIngestPerMinute: {
    env: 'LIMIT_INGEST_PER_MINUTE',
    schema: text.integer({ min: 1, max: 100_000_000 }),
    default: '60000',
    description: 'Requests a minute and key on the routes that take events; also the burst.',
  } satisfies ConfigField<number>,
  limitApiKeyPerMinute: {
    env: 'LIMIT_API_KEY_PER_MINUTE',
    schema: text.integer({ min: 1, max: 100_000_000 }),
    default: '1000',
    description: 'Requests a minute and key on all other routes; also the burst.',
  } satisfies ConfigField<number>,
  jwksPlainHosts: {
    env: 'JWKS_PLAIN_HOSTS',
    schema: text.maybe().transform((list) =>
      list
        .split(',')
        .map((host) => host.trim())
        .filter((host) => host !== ''),
    ),
    default: '',
    description: 'Hosts, comma separated, whose keys may be read over plain http: an issuer in your own network. All others need https.',
  } satisfies ConfigField<readonly string[]>,
  ...kafkaFields,
  topicPrefix: sharedFields.topicPrefix,
  ...databaseFields,
  ...redisFields,
  redisPrefix: sharedFields.redisPrefix,
  secretKey: sharedFields.secretKey,
  metricsHost: sharedFields.metricsHost,
  metricsPort: sharedFields.metricsPort,
  logLevel: sharedFields.logLevel,
  otlpEndpoint: sharedFields.otlpEndpoint,
  traceRatio: sharedFields.traceRatio,
});
