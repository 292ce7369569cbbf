/** Sends log lines to a collector over OTLP/HTTP. Loaded where somebody asked for it only. */
import type { Attributes } from '@opentelemetry/api';
import { ROOT_CONTEXT, SeverityNumber, trace } from '@opentelemetry/api';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { endWithin } from './end-within.ts';
import type { LogLine } from './logger.ts';

export interface LogPushOptions {
  readonly service: string;
  /** Base URL of the collector. */
  readonly endpoint: string;
}

export interface LogPush {
  emit(line: LogLine): void;
  /** Sends what is still held, and ends. */
  close(): Promise<void>;
}

const SEVERITIES = {
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
} as const;

/** Of the service tells the resource, and the event is the body. */
const ELSEWHERE = new Set(['service', 'event']);

export function startLogPush({ service, endpoint }: LogPushOptions): LogPush {
  const exporter = new OTLPLogExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/logs` });
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': `tidegate-${service}` }),
    processors: [new BatchLogRecordProcessor({ exporter, scheduledDelayMillis: 1_000 })],
  });
  const logger = provider.getLogger('tidegate');
  return {
    emit({ level, atMs, event, members, span }) {
      logger.emit({
        ...{ timestamp: atMs, eventName: event, body: event, severityNumber: SEVERITIES[level], severityText: level },
        attributes: flatten(members),
        context: span === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, span),
      });
    },
    close: () => endWithin(provider),
  };
}

/** Members of members by a name with points; of lists their texts; what is null is left out. */
function flatten(members: Readonly<Record<string, unknown>>, prefix = ''): Attributes {
  const attributes: Attributes = {};
  for (const [name, value] of Object.entries(members)) {
    const full = `${prefix}${name}`;
    if (value === null || value === undefined || ELSEWHERE.has(full)) continue;
    if (Array.isArray(value)) attributes[full] = value.map(String);
    else if (typeof value === 'object') Object.assign(attributes, flatten({ ...value }, `${full}.`));
    else if (typeof value === 'number' || typeof value === 'boolean') attributes[full] = value;
    else attributes[full] = String(value);
  }
  return attributes;
}
