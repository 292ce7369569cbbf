import { startOtlpSink } from '@tidegate/testkit';
import { describe, expect, test } from 'vitest';
import { currentTraceId, fromTraceparent, toTraceparent } from './trace-context.ts';
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

test('spans reach a collector over OTLP/HTTP: one trace through the request, links from the batch', async () => {
  const sink = await startOtlpSink();
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
    expect([...sink.senders.spans].toSorted()).toEqual(['tidegate-aggregator', 'tidegate-ingest']);
  } finally {
    sink.close();
  }
});

describe('a step of a request', () => {
  test('is a span inside the one that it runs in, ends with what it returns, and fails with it', async () => {
    const sink = await startOtlpSink();
    try {
      const tracing = createTracing({ service: 'query', endpoint: sink.endpoint });
      const request = tracing.startSpan('GET /v1/query');
      const answer = await request.run(async () => {
        expect(tracing.step('authenticate', () => currentTraceId())).toBe(request.traceId);
        const failing = tracing.step('generate_response', async () => Promise.reject(new TypeError('no')));
        await expect(failing).rejects.toThrow('no');
        return tracing.step('check_cache', async () => tracing.step('query_database', async () => Promise.resolve('rows')));
      });
      request.end();
      await tracing.close();
      expect(answer).toBe('rows');
      const named = (name: string) => sink.spans.find((span) => span.name === name);
      const outer = named('GET /v1/query')?.spanId;
      expect([named('authenticate')?.parentSpanId, named('check_cache')?.parentSpanId]).toEqual([outer, outer]);
      expect(named('query_database')?.parentSpanId).toBe(named('check_cache')?.spanId);
      expect(named('generate_response')?.status?.code).toBe(2);
    } finally {
      sink.close();
    }
  });

  test('without an exporter is the action alone', () => {
    const tracing = createTracing({ service: 'query' });
    expect(tracing.step('authenticate', () => currentTraceId())).toBeNull();
  });
});
