import { once } from 'node:events';
import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string; readonly doubleValue?: number };
}

/** A span as OTLP's JSON tells it. */
export interface SunkSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status?: { readonly code?: number };
}

interface SunkPoint {
  readonly attributes: readonly Attribute[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
  readonly asDouble?: number;
  readonly count?: number;
  readonly sum?: number;
  readonly bucketCounts?: readonly number[];
  readonly explicitBounds?: readonly number[];
}

/** A metric as OTLP's JSON tells it. */
export interface SunkMetric {
  readonly name: string;
  readonly description: string;
  readonly gauge?: { readonly dataPoints: readonly SunkPoint[] };
  readonly sum?: { readonly dataPoints: readonly SunkPoint[]; readonly aggregationTemporality: number; readonly isMonotonic: boolean };
  readonly histogram?: { readonly dataPoints: readonly SunkPoint[]; readonly aggregationTemporality: number };
}

/** A log record as OTLP's JSON tells it. */
export interface SunkLog {
  readonly timeUnixNano: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: { readonly stringValue?: string };
  readonly attributes: readonly Attribute[];
  readonly traceId?: string;
  readonly spanId?: string;
}

export interface OtlpSink {
  /** What came so far. */
  readonly spans: readonly SunkSpan[];
  readonly metrics: readonly SunkMetric[];
  readonly logs: readonly SunkLog[];
  /** All that came, as text. */
  readonly bodies: readonly string[];
  /** `service.name` of who sent something of the kind. */
  readonly senders: Readonly<Record<'spans' | 'metrics' | 'logs', ReadonlySet<string>>>;
  readonly endpoint: string;
  close(): void;
}

interface Resource {
  readonly attributes: readonly Attribute[];
}

/** A request has one of the three. */
interface Sent {
  readonly resourceSpans?: readonly { resource: Resource; scopeSpans: readonly { spans: readonly SunkSpan[] }[] }[];
  readonly resourceMetrics?: readonly { resource: Resource; scopeMetrics: readonly { metrics: readonly SunkMetric[] }[] }[];
  readonly resourceLogs?: readonly { resource: Resource; scopeLogs: readonly { logRecords: readonly SunkLog[] }[] }[];
}

/** A collector (OTLP over HTTP) that keeps what it is sent. */
export async function startOtlpSink(): Promise<OtlpSink> {
  const [spans, metrics, logs, bodies]: [SunkSpan[], SunkMetric[], SunkLog[], string[]] = [[], [], [], []];
  const senders = { spans: new Set<string>(), metrics: new Set<string>(), logs: new Set<string>() };
  const keep = ({ resourceSpans = [], resourceMetrics = [], resourceLogs = [] }: Sent): void => {
    for (const { resource, scopeSpans } of resourceSpans) {
      senders.spans.add(serviceOf(resource));
      for (const scope of scopeSpans) spans.push(...scope.spans);
    }
    for (const { resource, scopeMetrics } of resourceMetrics) {
      senders.metrics.add(serviceOf(resource));
      for (const scope of scopeMetrics) metrics.push(...scope.metrics);
    }
    for (const { resource, scopeLogs } of resourceLogs) {
      senders.logs.add(serviceOf(resource));
      for (const scope of scopeLogs) logs.push(...scope.logRecords);
    }
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString();
      bodies.push(text);
      keep(JSON.parse(text));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { spans, metrics, logs, bodies, senders, endpoint: `http://127.0.0.1:${port}`, close };
}

function serviceOf({ attributes }: Resource): string {
  return attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
}
