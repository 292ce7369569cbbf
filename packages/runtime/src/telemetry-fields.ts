import type { ConfigField } from './config.ts';
import { ConfigError } from './config.ts';
import { text } from './text-schema.ts';

const NO_COLLECTOR = 'none';
const NO_TOKEN = 'none';
const TOKEN_CHARS_MIN = 32;

/** What a service tells about itself, and where: spread them all into its `defineConfig`. */
export const telemetryFields = {
  metricsHost: {
    env: 'METRICS_HOST',
    schema: text.line(),
    default: '127.0.0.1',
    description: 'Address of the probes and metrics.',
  } satisfies ConfigField<string>,
  metricsPort: {
    env: 'METRICS_PORT',
    schema: text.port(),
    default: '9464',
    description: 'Port of `/livez`, `/readyz` and `/metrics`.',
  } satisfies ConfigField<number>,
  profileToken: {
    env: 'PROFILE_TOKEN',
    schema: text.line().refine((token) => token === NO_TOKEN || token.length >= TOKEN_CHARS_MIN, {
      message: `needs at least ${TOKEN_CHARS_MIN} characters`,
    }),
    default: NO_TOKEN,
    secret: true,
    description: 'Who shows it at the port of the metrics may take profiles of the process there (`tidegate profile`). `none`: nobody may.',
  } satisfies ConfigField<string>,
  logLevel: {
    env: 'LOG_LEVEL',
    schema: text.choice(['debug', 'info', 'warn', 'error']),
    default: 'info',
    description: 'Least level that is written. With DEBUG it is debug unless this is set.',
  } satisfies ConfigField<'debug' | 'info' | 'warn' | 'error'>,
  debug: {
    env: 'DEBUG',
    schema: text.flag(),
    default: 'false',
    description: 'Whether lines of the level debug are written: each request, each flush. `tidegate preflight` wants it off.',
  } satisfies ConfigField<boolean>,
  environment: {
    env: 'ENVIRONMENT',
    schema: text.choice(['production', 'staging', 'development', 'test']),
    default: 'development',
    description:
      'What this installation is for. In `production` a start refuses secrets that were typed and not drawn: of few different characters, or with words that stand in examples.',
  } satisfies ConfigField<'production' | 'staging' | 'development' | 'test'>,
  otlpEndpoint: {
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    schema: text.line(),
    default: 'none',
    description:
      'Base URL of an OTLP/HTTP collector: traces go there, and metrics and logs where they are to. `none`: nothing does. Headers, certificates and time limits by the other `OTEL_EXPORTER_OTLP_*` of OpenTelemetry.',
  } satisfies ConfigField<string>,
  traceRatio: {
    env: 'OTEL_TRACES_SAMPLER_ARG',
    schema: text.number({ min: 0, max: 1 }),
    default: '1',
    description: 'Share of the requests that begin an exported trace; one that came with a sampled `traceparent` is always exported.',
  } satisfies ConfigField<number>,
  metricsExporter: {
    env: 'OTEL_METRICS_EXPORTER',
    schema: text.choice(['prometheus', 'otlp', 'none']),
    default: 'prometheus',
    description: 'otlp: metrics are sent to the collector too. They are served at `/metrics` in any case.',
  } satisfies ConfigField<'prometheus' | 'otlp' | 'none'>,
  metricsEveryMs: {
    env: 'OTEL_METRIC_EXPORT_INTERVAL',
    schema: text.integer({ min: 100, max: 3_600_000 }),
    default: '60000',
    description: 'Milliseconds between two sendings of metrics to the collector.',
  } satisfies ConfigField<number>,
  logsExporter: {
    env: 'OTEL_LOGS_EXPORTER',
    schema: text.choice(['none', 'otlp']),
    default: 'none',
    description: 'otlp: log lines are sent to the collector too. They are written to stdout in any case.',
  } satisfies ConfigField<'none' | 'otlp'>,
} as const;

/** Values of `telemetryFields`. */
export interface TelemetrySettings {
  readonly metricsHost: string;
  readonly metricsPort: number;
  readonly profileToken: string;
  readonly otlpEndpoint: string;
  readonly metricsExporter: 'prometheus' | 'otlp' | 'none';
  readonly metricsEveryMs: number;
  readonly logsExporter: 'none' | 'otlp';
}

/**
 * Where the probes and metrics of a service are, and where its metrics are sent.
 * @throws ConfigError where something is to be sent to a collector that nobody named
 */
export function telemetryTarget(settings: TelemetrySettings): {
  readonly host: string;
  readonly port: number;
  readonly push: { readonly endpoint: string; readonly everyMs: number } | null;
  readonly profileToken: string | null;
} {
  const { metricsHost: host, metricsPort: port, otlpEndpoint: endpoint, metricsEveryMs: everyMs } = settings;
  const asked = [settings.metricsExporter, settings.logsExporter].includes('otlp');
  if (asked && endpoint === NO_COLLECTOR)
    throw new ConfigError('telemetry', [
      { env: 'OTEL_EXPORTER_OTLP_ENDPOINT', problem: 'is not set, but metrics or logs are to go there' },
    ]);
  const profileToken = settings.profileToken === NO_TOKEN ? null : settings.profileToken;
  return { host, port, push: settings.metricsExporter === 'otlp' ? { endpoint, everyMs } : null, profileToken };
}
