import { once } from 'node:events';
import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';

/** A span as OTLP's JSON tells it. */
export interface SunkSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status?: { readonly code?: number };
}

export interface SpanSink {
  /** What came so far. */
  readonly spans: readonly SunkSpan[];
  /** Resource attributes of the senders, as JSON. */
  readonly services: ReadonlySet<string>;
  readonly endpoint: string;
  close(): void;
}

/** A collector of traces (OTLP over HTTP) that keeps the spans it is sent. */
export async function startSpanSink(): Promise<SpanSink> {
  const spans: SunkSpan[] = [];
  const services = new Set<string>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const body = JSON.parse((request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString());
      for (const resource of body.resourceSpans) {
        services.add(JSON.stringify(resource.resource.attributes));
        for (const scope of resource.scopeSpans) spans.push(...scope.spans);
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { spans, services, endpoint: `http://127.0.0.1:${port}`, close: () => void server.close() };
}
