import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { fromTraceparent, toTraceparent } from './trace-context.ts';
import { createTracing } from './tracing.ts';

// The example of the W3C Trace Context recommendation, section 3.2.
const W3C = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

test('a traceparent survives reading and writing, from text and from bytes', () => {
  const context = fromTraceparent(W3C);
  expect(context).toMatchObject({ traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 1 });
  expect(context === null ? null : toTraceparent(context)).toBe(W3C);
  expect(fromTraceparent(new TextEncoder().encode(W3C))).toEqual(context);
});

test.each([
  null,
  undefined,
  '',
  'garbage',
  '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
  'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  '00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01-extra',
])('a malformed traceparent (%s) begins a new trace instead of failing', (value) => {
  expect(fromTraceparent(value)).toBeNull();
  expect(createTracing({ service: 'sample' }).startSpan('step', { parent: value }).traceparent).toMatch(
    /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/,
  );
});

test('a span continues the trace of its parent without an exporter too', () => {
  const span = createTracing({ service: 'sample' }).startSpan('step', { parent: W3C });
  expect(span.traceId).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
  expect(span.traceparent).not.toBe(W3C);
  expect(new TextDecoder().decode(span.traceparentBytes)).toBe(span.traceparent);
});

interface OtlpSpan {
  readonly traceId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status?: { readonly code?: number };
}

/** A collector that keeps the spans it is sent. */
async function startSink() {
  const spans: OtlpSpan[] = [];
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
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { spans, services, endpoint: `http://127.0.0.1:${port}`, close: () => void server.close() };
}

test('spans reach a collector over OTLP/HTTP: one trace through the request, links from the batch', async () => {
  const sink = await startSink();
  try {
    const ingest = createTracing({ service: 'ingest', endpoint: sink.endpoint });
    const aggregator = createTracing({ service: 'aggregator', endpoint: `${sink.endpoint}/` });
    const request = ingest.startSpan('receive_request', { kind: 'server', parent: W3C });
    const append = ingest.startSpan('append', { kind: 'producer', parent: request.traceparent });
    append.end();
    request.end();
    const failing = aggregator.inSpan('flush', { kind: 'consumer', links: [append.traceparentBytes, null] }, () =>
      Promise.reject(new Error('fenced')),
    );
    await expect(failing).rejects.toThrow('fenced');
    await Promise.all([ingest.close(), aggregator.close()]);

    const byName = new Map(sink.spans.map((span) => [span.name, span]));
    expect([...byName.keys()].sort()).toEqual(['append', 'flush', 'receive_request']);
    expect(byName.get('receive_request')).toMatchObject({ traceId: request.traceId, parentSpanId: '00f067aa0ba902b7' });
    expect(byName.get('append')).toMatchObject({ traceId: request.traceId });
    const [link] = byName.get('flush')?.links ?? [];
    expect(link?.traceId).toBe(append.traceId);
    expect(byName.get('flush')?.status?.code).toBe(2); // STATUS_CODE_ERROR of the OTLP definition
    expect([...sink.services].join()).toContain('tidegate-ingest');
  } finally {
    sink.close();
  }
});
